"""Which mailboxes may be used, how many requests at a time, and that mail outlives the emulator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sync.emulator.process import EmulatorDidNotStart, start_emulator
from tests.emulator.client import Graph, make_workbook
from tests.emulator.outlook import OFFICE, SHOP, Outlook, all_day, code, people


def test_an_unknown_mailbox(graph: Graph) -> None:
    answer = Outlook(graph, "nobody@elsewhere.example").call("GET", "messages")
    assert (answer.status_code, code(answer)) == (404, "ErrorInvalidUser")


def test_a_closed_mailbox(graph: Graph, office: Outlook) -> None:
    graph.options(forbidden_mailboxes=f"x@genthrust.example, {OFFICE}")
    answer = office.call("POST", "messages", {})
    assert (answer.status_code, code(answer)) == (403, "ErrorAccessDenied")


@pytest.mark.parametrize(
    ("sender", "options", "status"),
    [
        ("sales@genthrust.example", {}, 202),
        ("sales@genthrust.example", {"forbidden_mailboxes": "sales@*"}, 403),
        ("sales@genthrust.example", {"send_as_denied": "sales@genthrust.example"}, 403),
        ("sales@elsewhere.example", {}, 403),
        (None, {"send_as_denied": OFFICE}, 403),
    ],
)
def test_whose_name_may_be_used(
    office: Outlook, sender: str | None, options: dict[str, Any], status: int
) -> None:
    if options:
        office.graph.options(**options)
    draft = office.draft(**({"from": people(sender)[0]} if sender else {}))
    answer = office.send(draft["id"])
    assert answer.status_code == status
    assert status == 202 or code(answer) == "ErrorSendAsDenied"
    assert [mail["from"] for mail in office.outbox()] == ([sender] if status == 202 else [])


def test_unknown_paths_and_methods(office: Outlook) -> None:
    assert office.call("GET", "contacts").status_code == 400
    assert office.call("DELETE", "messages").status_code == 405
    url = f"{office.graph.emulator.base_url}//users/{OFFICE.replace('@', '%40')}/messages"
    assert office.graph.http.get(url).status_code == 200
    assert office.graph.http.get(url, headers={"Authorization": "Bearer x"}).status_code == 401


def test_one_request_too_many_at_a_time(office: Outlook) -> None:
    office.graph.fault("delay", match={"path_regex": "/messages"}, times=None, seconds=0.5)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: office.call("GET", "messages"), range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 429]
    (refused,) = [answer for answer in answers if answer.status_code == 429]
    assert (code(refused), refused.headers["Retry-After"]) == ("ApplicationThrottled", "1")
    stats = office.graph.control("GET", "stats")
    assert (stats["max_outlook_at_once"], stats["outlook_concurrency_refused"]) == (5, 1)


def test_a_retry_after_closes_outlook_and_not_the_files(office: Outlook) -> None:
    graph = office.graph
    graph.fault("status", match={"path_regex": "/sendMail"}, status=429, retry_after=30)
    message = {"toRecipients": people(SHOP)}
    assert office.call("POST", "sendMail", {"message": message}).headers["Retry-After"] == "30"
    assert graph.http.get(graph.range_url("A1")).status_code == 200
    assert office.call("GET", "messages").status_code == 429
    step = {"id": "1", "method": "GET", "url": f"{office.path}/messages"}
    assert graph.batch([step]).json()["responses"][0]["status"] == 429
    assert graph.control("GET", "stats")["retry_after_violations"] == 2
    office.later(31)
    assert office.call("GET", "messages").status_code == 200
    assert office.outbox() == []


def test_mail_outlives_the_emulator(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    make_workbook(path)
    with start_emulator(path, options={"save_debounce": 3600}) as emulator, Graph(emulator) as graph:
        office = Outlook(graph)
        kept, sent = office.draft(subject="kept"), office.draft(subject="sent")
        office.send(sent["id"])
        event = office.make("events", all_day(transactionId="t1"))
        tasks = f"todo/lists/{office.list('todo/lists')[0]['id']}/tasks"
        task = office.make(tasks, {"title": "ask"})
    assert [file.name for file in tmp_path.glob("*.json")] == ["book.outlook.json"]
    with start_emulator(path) as emulator, Graph(emulator) as graph:
        office = Outlook(graph)
        office.later(3)
        assert office.get(f"messages/{kept['id']}")["isDraft"] is True
        assert office.get(f"messages/{sent['id']}")["isDraft"] is False
        assert [mail["subject"] for mail in office.outbox()] == ["sent"]
        assert office.make("events", all_day(transactionId="t1"))["id"] == event["id"]
        assert office.list(tasks)[0]["id"] == task["id"]


def test_mail_that_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    make_workbook(path)
    mail = tmp_path / "book.outlook.json"
    mail.write_text('{"mailboxes": 5}')
    with pytest.raises(EmulatorDidNotStart):
        start_emulator(path)
    assert mail.read_text() == '{"mailboxes": 5}'


def test_a_reset_empties_the_mailboxes(office: Outlook) -> None:
    office.send(office.draft()["id"])
    office.graph.control("POST", "reset")
    assert (office.list(), office.outbox()) == ([], [])
