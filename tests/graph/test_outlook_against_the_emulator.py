"""Mail, calendar and To Do against the emulator, which refuses what Outlook refuses and counts what really left."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sync.emulator.process import EmulatorProcess, start_emulator
from sync.graph.calendar import Calendar
from sync.graph.client import Connection
from sync.graph.errors import Gone, GraphError, NeedsPerson, NotNow, OutcomeUnknown, Refused, RetryLater
from sync.graph.mail import Letter, Mailbox, Message
from sync.graph.todo import TaskList
from sync.graph.tokens import StaticToken
from tests.graph.emulated import Control, make_ledger

OFFICE = "repairs@genthrust.example"
SHOP = "quotes@shop.example"
BOSS = "boss@genthrust.example"
ZONE = "America/New_York"
DAY = date(2026, 12, 1)
LETTER = Letter(
    to=(SHOP,), cc=(BOSS,), subject="Quote for RO 38001?", html="<p>Any news?</p>", marker="m-38001-1"
)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = make_ledger(tmp_path_factory.mktemp("emulator") / "Ledger.xlsx")
    with start_emulator(path, options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def control(emulator: EmulatorProcess) -> Iterator[Control]:
    control = Control(emulator)
    control.reset()
    yield control
    control.close()


@pytest.fixture
def connection(emulator: EmulatorProcess, control: Control) -> Iterator[Connection]:
    connection = Connection(emulator.base_url, StaticToken(emulator.token))
    yield connection
    connection.close()


@pytest.fixture
def mailbox(connection: Connection) -> Mailbox:
    return Mailbox(connection, address=OFFICE)


@pytest.fixture
def calendar(connection: Connection) -> Calendar:
    return Calendar(connection, address=OFFICE)


@pytest.fixture
def tasks(connection: Connection) -> TaskList:
    tasks = TaskList(connection, address=OFFICE)
    tasks.ensure()
    return tasks


def sent(mailbox: Mailbox, control: Control, letter: Letter = LETTER) -> Message:
    """A letter that has arrived in Sent Items."""
    mailbox.send(mailbox.draft(letter).id)
    control.advance(60)
    (found,) = mailbox.find(letter.marker)
    assert not found.is_draft
    return found


def test_a_letter_is_drafted_found_sent_once_and_kept(mailbox: Mailbox, control: Control) -> None:
    draft = mailbox.draft(LETTER)
    assert (draft.is_draft, draft.subject, draft.recipients) == (True, LETTER.subject, (SHOP, BOSS))
    assert draft.at is not None
    assert mailbox.find(LETTER.marker) == [draft]
    mailbox.send(draft.id)
    waiting = mailbox.get(draft.id)
    assert waiting is not None
    assert waiting.is_draft  # on its way, and yet it looks as if it were not
    control.advance(60)
    kept = mailbox.get(draft.id)
    assert kept is not None
    assert mailbox.find(LETTER.marker) == [kept]
    assert (kept.is_draft, kept.sender, kept.conversation_id) == (False, OFFICE, draft.conversation_id)
    assert kept.at is not None
    assert kept.at > draft.at
    assert kept.folder_id != draft.folder_id
    (left,) = control.outbox()
    assert (left["mailbox"], left["to"], left["cc"]) == (OFFICE, [SHOP], [BOSS])
    assert left["subject"] == LETTER.subject
    assert "<p>Any news?</p>" in left["body"]


def test_mail_of_our_own_address(connection: Connection, control: Control) -> None:
    Mailbox(connection).send(Mailbox(connection).draft(LETTER).id)
    assert [mail["mailbox"] for mail in control.outbox()] == ["demo@genthrust.example"]


def test_a_draft_is_changed_until_it_is_sent(mailbox: Mailbox, control: Control) -> None:
    draft = mailbox.draft(LETTER)
    changed = Letter(to=(BOSS,), cc=(), subject="Other", html="<p>Other</p>", marker=LETTER.marker)
    assert mailbox.update(draft.id, changed).recipients == (BOSS,)
    assert mailbox.update(draft.id, LETTER, keep_subject=True).subject == "Other"
    mailbox.send(draft.id)
    with pytest.raises(NotNow):
        mailbox.update(draft.id, LETTER)
    control.advance(60)
    with pytest.raises(Refused):
        mailbox.update(draft.id, LETTER)


def test_a_letter_into_the_conversation_of_earlier_ones(mailbox: Mailbox, control: Control) -> None:
    first = sent(mailbox, control)
    control.advance(3600)
    came = control.by_hand("receive", mailbox=OFFICE, id=LETTER.marker, body="In two weeks.")
    control.advance(3600)
    second = Letter(to=(SHOP,), cc=(), subject="not used", html="<p>Two weeks on</p>", marker="m-38001-2")
    draft = mailbox.draft_reply(came["immutable_id"], second)
    assert (draft.subject, draft.recipients, draft.is_draft) == (f"RE: {LETTER.subject}", (SHOP,), True)
    assert "Two weeks on" in draft.body
    assert mailbox.find("m-38001-2") == [draft]
    mailbox.send(draft.id)
    control.advance(60)
    thread = mailbox.conversation(first.conversation_id)
    assert [message.sender for message in thread] == [OFFICE, SHOP, OFFICE]
    assert "In two weeks." in thread[1].body
    assert mailbox.conversation(first.conversation_id, most=1) == thread[-1:]
    assert [mail["to"] for mail in control.outbox()] == [[SHOP], [SHOP]]
    assert {mail["conversation_id"] for mail in control.outbox()} == {first.conversation_id}


def test_a_letter_that_follows_one_of_our_own_goes_to_the_shop(mailbox: Mailbox, control: Control) -> None:
    first = sent(mailbox, control)
    reply = mailbox.draft_reply(first.id, LETTER)
    assert reply.recipients == (SHOP, BOSS)
    with pytest.raises(Gone):
        mailbox.draft_reply("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A", LETTER)


def test_a_long_conversation_comes_whole(mailbox: Mailbox, control: Control) -> None:
    first = sent(mailbox, control)
    for number in range(60):
        control.advance(60)
        control.by_hand("receive", mailbox=OFFICE, conversation_id=first.conversation_id, body=f"({number})")
    latest = mailbox.conversation(first.conversation_id)
    assert len(latest) == 50
    assert "(10)" in latest[0].body
    assert "(59)" in latest[-1].body
    assert len(mailbox.conversation(first.conversation_id, most=100)) == 61


def test_what_left_is_found_whatever_else_came(mailbox: Mailbox, control: Control) -> None:
    """Outlook picks it out: a mailbox of thousands of mails is not read to find the few."""
    early = sent(mailbox, control, replace(LETTER, marker="early"))
    control.advance(3600)
    first = sent(mailbox, control)
    mailbox.draft(replace(LETTER, marker="draft"))
    for _ in range(51):  # more than a page
        control.by_hand("receive", mailbox=OFFICE, id=LETTER.marker, body="In two weeks.")
    assert early.at
    assert first.at
    before = len(control.log())
    assert mailbox.marked_since(first.at) == {LETTER.marker: first}
    assert mailbox.marked_since(early.at) == {"early": early, LETTER.marker: first}
    assert len(control.log()) == before + 2, "one page for each"


SEND = {"method": "POST", "path_regex": "/send$"}
DRAFT = {"method": "POST", "path_regex": "/messages$"}
UNCLEAR: list[tuple[dict[str, object], bool]] = [
    ({"kind": "status", "status": 504}, False),
    ({"kind": "status_after_apply", "status": 504}, True),
    ({"kind": "status", "status": 503, "retry_after": 5}, False),
    ({"kind": "status_after_apply", "status": 503, "retry_after": 5}, True),
    ({"kind": "status_after_apply", "status": 500}, True),
    ({"kind": "drop"}, False),
    ({"kind": "drop_after_apply"}, True),
]


@pytest.mark.parametrize(("action", "happened"), UNCLEAR)
def test_an_unclear_send_is_unknown_and_its_marker_tells(
    connection: Connection, control: Control, action: dict[str, object], happened: bool
) -> None:
    mailbox = Mailbox(connection, address=OFFICE)
    draft = mailbox.draft(LETTER)
    control.fault(action, SEND)
    with pytest.raises(OutcomeUnknown):
        mailbox.send(draft.id)
    assert len(control.outbox()) == int(happened)
    control.advance(60)
    (found,) = Mailbox(connection, address=OFFICE).find(LETTER.marker)
    assert found.is_draft is not happened
    assert sum(entry["path"].endswith("/send") for entry in control.log()) == 1


@pytest.mark.parametrize(("action", "happened"), UNCLEAR)
def test_an_unclear_draft_is_unknown_and_its_marker_tells(
    connection: Connection, control: Control, action: dict[str, object], happened: bool
) -> None:
    control.fault(action, DRAFT)
    with pytest.raises(OutcomeUnknown):
        Mailbox(connection, address=OFFICE).draft(LETTER)
    control.advance(60)
    assert len(Mailbox(connection, address=OFFICE).find(LETTER.marker)) == int(happened)


def test_an_answer_whose_filling_in_failed_is_found_and_filled_in(mailbox: Mailbox, control: Control) -> None:
    first = sent(mailbox, control)
    second = Letter(to=(SHOP,), cc=(), subject="", html="<p>Two weeks on</p>", marker="m-38001-2")
    control.fault({"kind": "status", "status": 500}, {"method": "PATCH"})
    with pytest.raises(OutcomeUnknown):
        mailbox.draft_reply(first.id, second)
    (found,) = mailbox.find("m-38001-2")
    assert "Two weeks on" in mailbox.update(found.id, second, keep_subject=True).body


def test_a_refused_send_sends_nothing(mailbox: Mailbox, control: Control) -> None:
    nowhere = Letter(to=("no address",), cc=(), subject="x", html="x", marker="m1")
    with pytest.raises(Refused, match="address"):
        mailbox.send(mailbox.draft(nowhere).id)
    control.options(send_as_denied=OFFICE)
    with pytest.raises(NeedsPerson, match="as that address"):
        mailbox.send(mailbox.draft(LETTER).id)
    assert control.outbox() == []


def test_nothing_is_sent_inside_a_retry_after(mailbox: Mailbox, control: Control) -> None:
    draft = mailbox.draft(LETTER)
    control.fault({"kind": "status", "status": 429, "retry_after": 30}, SEND)
    for _ in range(2):
        with pytest.raises(RetryLater) as caught:
            mailbox.send(draft.id)
        assert caught.value.retry_after == pytest.approx(30, abs=29)
    assert (control.outbox(), control.stats()["retry_after_violations"]) == ([], 0)


def test_what_people_do_with_a_draft_in_outlook_itself(mailbox: Mailbox, control: Control) -> None:
    edited, thrown, purged, gone_out = (
        mailbox.draft(Letter(to=(SHOP,), cc=(), subject=marker, html="<p>x</p>", marker=marker))
        for marker in ("edited", "thrown", "purged", "gone_out")
    )
    control.by_hand("edit", mailbox=OFFICE, id="edited", changes={"subject": "By hand"})
    control.by_hand("delete", mailbox=OFFICE, id="thrown")
    control.by_hand("delete", mailbox=OFFICE, id="purged", for_good=True)
    control.by_hand("send", mailbox=OFFICE, id="gone_out")
    control.advance(60)
    (known,) = mailbox.find("edited")
    assert (known.id, known.subject, mailbox.thrown_away(known)) == (edited.id, "By hand", False)
    (known,) = mailbox.find("thrown")
    assert (known.id, known.is_draft, mailbox.thrown_away(known)) == (thrown.id, True, True)
    assert (mailbox.find("purged"), mailbox.get(purged.id)) == ([], None)
    (known,) = mailbox.find("gone_out")
    assert (known.id, known.is_draft) == (gone_out.id, False)
    with pytest.raises(Gone):
        mailbox.send(gone_out.id)
    with pytest.raises(Gone):
        mailbox.send(purged.id)
    assert len(control.outbox()) == 1


def test_deleting_twice_is_fine(mailbox: Mailbox) -> None:
    draft = mailbox.draft(LETTER)
    for _ in range(3):
        mailbox.delete(draft.id)
    assert mailbox.get(draft.id) is None


@pytest.mark.parametrize(
    ("address", "options"),
    [("nobody@elsewhere.example", {}), (OFFICE, {"forbidden_mailboxes": OFFICE}), ("", {"app_only": True})],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda connection, address: Mailbox(connection, address=address).find("m"),
        lambda connection, address: Mailbox(connection, address=address).draft(LETTER),
        lambda connection, address: TaskList(connection, address=address).ensure(),
        lambda connection, address: make_event(Calendar(connection, address=address)),
    ],
)
def test_a_mailbox_that_we_cannot_use_is_not_an_empty_one(
    connection: Connection,
    control: Control,
    address: str,
    options: dict[str, Any],
    call: Callable[[Connection, str], object],
) -> None:
    control.options(**options)
    with pytest.raises(GraphError) as caught:
        call(connection, address)
    assert type(caught.value) is (NeedsPerson if address else Refused)


def make_event(calendar: Calendar, *, day: date = DAY) -> str:
    return calendar.create(
        transaction_id="t1", subject="Ask about RO 38001", body="Call.", day=day, time_zone=ZONE
    )


def events(control: Control) -> list[tuple[str, str, bool]]:
    listed = [item["data"] for item in control.mailbox(OFFICE)["events"]]
    return [
        (item["start"]["dateTime"][:19], item["end"]["dateTime"][:19], item["isAllDay"]) for item in listed
    ]


def test_an_event_is_made_once_moved_and_removed(calendar: Calendar, control: Control) -> None:
    event = make_event(calendar)
    assert make_event(calendar) == event
    assert events(control) == [("2026-12-01T00:00:00", "2026-12-02T00:00:00", True)]
    assert calendar.move(event, DAY + timedelta(days=7), ZONE)
    assert events(control) == [("2026-12-08T00:00:00", "2026-12-09T00:00:00", True)]
    assert calendar.remove(event)
    assert not calendar.remove(event)
    assert not calendar.move(event, DAY, ZONE)
    assert events(control) == []


@pytest.mark.parametrize("status", [400, 409])
def test_an_event_under_a_used_id_is_the_one_that_is_there(
    calendar: Calendar, control: Control, status: int
) -> None:
    control.options(duplicate_transaction_status=status)
    event = make_event(calendar)
    assert make_event(calendar, day=DAY + timedelta(days=1)) == event
    assert len(events(control)) == 1


@pytest.mark.parametrize(("action", "happened"), UNCLEAR)
def test_an_unclear_event_is_made_again_and_is_there_once(
    connection: Connection, control: Control, action: dict[str, object], happened: bool
) -> None:
    control.fault(action, {"method": "POST", "path_regex": "/events$"})
    with pytest.raises(OutcomeUnknown):
        make_event(Calendar(connection, address=OFFICE))
    assert len(events(control)) == int(happened)
    control.advance(60)
    make_event(Calendar(connection, address=OFFICE))
    assert len(events(control)) == 1


def make_task(tasks: TaskList, external_id: str = "f1") -> str:
    return tasks.create(
        title="[RO-38001] Ask",
        body="Call.",
        day=DAY,
        time_zone=ZONE,
        external_id=external_id,
        link="https://r.example/38001",
    )


def test_our_list_is_made_once(connection: Connection, control: Control, tasks: TaskList) -> None:
    assert TaskList(connection, address=OFFICE).ensure() == tasks.list_id
    names = [item["data"]["displayName"] for item in control.mailbox(OFFICE)["lists"]]
    assert names.count("RO follow-ups") == 1


def test_a_task_is_made_found_moved_and_ticked_off(tasks: TaskList, control: Control) -> None:
    task = make_task(tasks)
    for number in range(2, 30):  # more than one page
        make_task(tasks, f"f{number}")
    assert (tasks.find("f1"), tasks.find("f29") != [], tasks.find("f30")) == ([task], True, [])
    assert tasks.move(task, DAY + timedelta(days=7), ZONE)
    assert tasks.complete(task)
    done = control.mailbox(OFFICE)["tasks"][0]["data"]
    assert (done["status"], done["dueDateTime"]["dateTime"][:10]) == ("completed", "2026-12-08")
    assert tasks.find("f1") == []
    assert tasks.remove(task)
    assert not tasks.complete(task)
    assert not tasks.move(task, DAY, ZONE)
    assert not tasks.remove(task)


@pytest.mark.parametrize(("action", "happened"), UNCLEAR)
def test_an_unclear_task_is_unknown_and_found_when_it_is_there(
    connection: Connection, control: Control, tasks: TaskList, action: dict[str, object], happened: bool
) -> None:
    control.fault(action, {"method": "POST", "path_regex": "/tasks$"})
    with pytest.raises(OutcomeUnknown):
        make_task(tasks)
    control.advance(60)
    again = TaskList(connection, address=OFFICE, list_id=tasks.list_id)
    assert len(again.find("f1")) == int(happened)
