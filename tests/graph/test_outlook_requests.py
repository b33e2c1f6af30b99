"""What mail, calendar and To Do have in common on the wire: whose Outlook it is, pages, waits, and what is certain."""

import socket
from collections.abc import Callable
from datetime import date

import pytest

from sync.graph.calendar import Calendar
from sync.graph.client import Connection
from sync.graph.errors import GraphError, NeedsPerson, NotNow, OutcomeUnknown, RetryLater
from sync.graph.mail import Letter, Mailbox
from sync.graph.outlook import MAX_PAGES
from sync.graph.todo import TaskList
from sync.graph.tokens import StaticToken
from tests.graph.scripted import Answer, ScriptedGraph

LETTER = Letter(to=("quotes@shop.example",), cc=(), subject="RO 38001", html="<p>Hello</p>", marker="m1")
DAY = date(2026, 12, 1)
MADE = {"id": "AAkB=", "isDraft": True}


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return Mailbox(connection, address="repairs@genthrust.example")


def write_mail(mailbox: Mailbox) -> None:
    mailbox.draft(LETTER)


WRITES: list[Callable[[Mailbox], object]] = [
    write_mail,
    lambda mailbox: mailbox.draft_reply("m", LETTER),
    lambda mailbox: mailbox.update("m", LETTER),
    lambda mailbox: mailbox.send("m"),
    lambda mailbox: mailbox.delete("m"),
]
READS: list[Callable[[Mailbox], object]] = [
    lambda mailbox: mailbox.find("m1"),
    lambda mailbox: mailbox.get("m"),
    lambda mailbox: mailbox.conversation("c"),
]


@pytest.mark.parametrize(
    ("address", "root"),
    [
        ("", "/me"),
        ("repairs@genthrust.example", "/users/repairs%40genthrust.example"),
        ("odd/o'neil#EXT#@x.example", "/users/odd%2Fo%27neil%23EXT%23%40x.example"),
    ],
)
def test_whose_outlook_it_is(graph: ScriptedGraph, connection: Connection, address: str, root: str) -> None:
    graph.answer(Answer(202), Answer(204), Answer(204))
    Mailbox(connection, address=address).send("a/b=+")
    Calendar(connection, address=address).remove("e 1")
    TaskList(connection, address=address, list_id="l=").remove("t?")
    assert [got.path for got in graph.received] == [
        f"/v1.0{root}/messages/a%2Fb%3D%2B/send",
        f"/v1.0{root}/events/e%201",
        f"/v1.0{root}/todo/lists/l%3D/tasks/t%3F",
    ]
    assert [got.headers.get("prefer") for got in graph.received] == ['IdType="ImmutableId"'] * 2 + [None]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("answer", [Answer(drop=True), Answer(504), Answer(503), Answer(500)])
def test_an_unclear_write_is_unknown_and_sent_once(
    graph: ScriptedGraph, mailbox: Mailbox, write: Callable[[Mailbox], object], answer: Answer
) -> None:
    graph.answer(answer, Answer(202, MADE))
    with pytest.raises(OutcomeUnknown):
        write(mailbox)
    assert len(graph.received) == 1


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(drop=True), NotNow),
        (Answer(504), NotNow),
        (Answer(500), NotNow),
        (Answer(503), RetryLater),
        (Answer(200, raw=b"<html>"), NotNow),
        (Answer(200, ["no object"]), NotNow),
        (Answer(200, {"value": {"id": "m"}}), NotNow),
        (Answer(200, {"value": ""}), NotNow),
        (Answer(200, {"value": [{"id": "m"}], "id": "m"}), NotNow),
        (Answer(200, {"value": [{"isDraft": False}], "isDraft": False}), NotNow),
        (Answer(200, {"value": [{"id": "m", "isDraft": None}], "id": "m", "isDraft": None}), NotNow),
        (Answer(200, {"value": [None]}), NotNow),
    ],
)
def test_a_read_that_fails_is_never_unknown_and_never_empty(
    graph: ScriptedGraph,
    mailbox: Mailbox,
    read: Callable[[Mailbox], object],
    answer: Answer,
    kind: type[GraphError],
) -> None:
    graph.answer(answer)
    with pytest.raises(GraphError) as caught:
        read(mailbox)
    assert type(caught.value) is kind
    assert len(graph.received) == 1


@pytest.mark.parametrize(
    "body",
    [None, {}, {"id": "m"}, {"id": "m", "isDraft": None}, {"id": "", "isDraft": True}, {"isDraft": True}],
)
def test_a_success_that_says_nothing_leaves_a_write_unknown(
    graph: ScriptedGraph, mailbox: Mailbox, body: object
) -> None:
    graph.answer(Answer(201, body))
    with pytest.raises(OutcomeUnknown):
        mailbox.draft(LETTER)


@pytest.mark.parametrize("status", [429, 503])
def test_nothing_is_sent_inside_a_retry_after(graph: ScriptedGraph, mailbox: Mailbox, status: int) -> None:
    graph.answer(Answer(status, headers={"Retry-After": "30"}))
    with pytest.raises(GraphError) as first:
        mailbox.send("m")
    assert first.value.retry_after == 30
    assert type(first.value) is (RetryLater if status == 429 else OutcomeUnknown)
    for call in (*WRITES, *READS):
        with pytest.raises(RetryLater) as later:
            call(mailbox)
        assert 0 < (later.value.retry_after or 0) <= 30
    assert len(graph.received) == 1


def test_a_write_without_a_connection_was_certainly_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connection = Connection(f"http://127.0.0.1:{unused.getsockname()[1]}/v1.0", StaticToken("t0"))
        for call in (*WRITES, *READS):
            with pytest.raises(NotNow, match="could not be reached"):
                call(Mailbox(connection))
        connection.close()


class SignInIsDown(StaticToken):
    def token(self, claims: str | None = None) -> str:
        raise OutcomeUnknown("Microsoft's sign-in service could not be reached.")


def test_a_write_without_sign_in_was_certainly_not_sent(graph: ScriptedGraph) -> None:
    connection = Connection(graph.base_url, SignInIsDown(""))
    with pytest.raises(NotNow, match="sign-in service"):
        Mailbox(connection).send("m")
    assert graph.received == []


def test_a_check_right_before_sending_can_stop_it(graph: ScriptedGraph, connection: Connection) -> None:
    def lease_is_lost() -> None:
        raise PermissionError("the lease is lost")

    mailbox = Mailbox(connection, before_send=lease_is_lost)
    with pytest.raises(PermissionError):
        mailbox.send("m")
    assert graph.received == []


def test_pages_are_followed_with_the_same_header(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(
        Answer(200, {"value": [MADE], "@odata.nextLink": f"{graph.base_url}/users/r/messages?$skip=1"}),
        Answer(200, {"value": [], "@odata.nextLink": f"{graph.base_url}/users/r/messages?$skip=2"}),
        Answer(200, {"value": [{"id": "m2", "isDraft": False}]}),
    )
    assert [message.id for message in mailbox.find("m1")] == ["AAkB=", "m2"]
    assert [got.path.rpartition("/")[2] for got in graph.received[1:]] == [
        "messages?$skip=1",
        "messages?$skip=2",
    ]
    assert {got.headers["prefer"] for got in graph.received} == {'IdType="ImmutableId"'}


def test_a_page_elsewhere_is_not_followed(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    graph.answer(Answer(200, {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/next"}))
    with pytest.raises(NeedsPerson, match="another server"):
        mailbox.find("m1")


def test_pages_without_end_come_to_one(graph: ScriptedGraph, mailbox: Mailbox) -> None:
    page = {"value": [], "@odata.nextLink": f"{graph.base_url}/users/r/messages?again"}
    graph.answer(*[Answer(200, page)] * (MAX_PAGES + 1))
    with pytest.raises(NotNow, match="end"):
        mailbox.find("m1")
    assert len(graph.received) == MAX_PAGES


@pytest.mark.parametrize(
    "call",
    [
        write_mail,
        lambda mailbox: mailbox.find("m1"),
        lambda mailbox: mailbox.conversation("c"),
    ],
)
def test_a_missing_mailbox_does_not_pass_for_a_missing_message(
    graph: ScriptedGraph, mailbox: Mailbox, call: Callable[[Mailbox], object]
) -> None:
    graph.answer(Answer(404))
    with pytest.raises(NeedsPerson, match="no mailbox"):
        call(mailbox)


def test_without_an_id_nothing_is_sent(graph: ScriptedGraph, connection: Connection) -> None:
    for call in (
        lambda: Mailbox(connection).delete(""),
        lambda: Calendar(connection).remove(""),
        lambda: TaskList(connection, list_id="l").remove(""),
        lambda: TaskList(connection).remove("t"),
    ):
        with pytest.raises(ValueError, match="no id"):
            call()
    assert graph.received == []
