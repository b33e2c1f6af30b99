"""To Do: lists, tasks, and how little of them can be searched for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.outlook import Outlook, by_marker, code

LINK = {"applicationName": "Repair orders", "displayName": "RO 38001", "externalId": "38001-1"}


@pytest.fixture
def tasks(office: Outlook) -> str:
    """The tasks of a list of our own."""
    made = office.make("todo/lists", {"displayName": "RO follow-ups"})
    return f"todo/lists/{made['id']}/tasks"


def test_every_mailbox_has_a_default_list(office: Outlook) -> None:
    known = {found["displayName"]: found["wellknownListName"] for found in office.list("todo/lists")}
    assert known == {"Tasks": "defaultList", "Flagged Emails": "flaggedEmails"}
    default = office.list("todo/lists")[0]
    assert office.get(f"todo/lists/{default['id']}")["displayName"] == "Tasks"
    assert office.call("DELETE", f"todo/lists/{default['id']}").status_code == 400


def test_two_lists_may_have_one_name(office: Outlook) -> None:
    made = [office.make("todo/lists", {"displayName": "RO follow-ups"})["id"] for _ in range(2)]
    assert made[0] != made[1]
    assert office.call("POST", "todo/lists", {"name": "x"}).status_code == 400
    assert office.call("POST", "todo/lists", {}).status_code == 400


def test_a_task_is_made_done_opened_and_deleted(office: Outlook, tasks: str) -> None:
    due = {"dateTime": "2026-12-01T09:00:00", "timeZone": "America/New_York"}
    task = office.make(
        tasks,
        {
            "title": "[RO-38001] Ask",
            "body": {"contentType": "text", "content": "Call them"},
            "dueDateTime": due,
            "linkedResources": [LINK],
        },
    )
    path = f"{tasks}/{task['id']}"
    assert task["status"] == "notStarted"
    assert task["dueDateTime"] == {**due, "dateTime": "2026-12-01T00:00:00.0000000"}
    assert task["linkedResources"][0]["externalId"] == "38001-1"
    assert "linkedResources" not in office.get(path)
    assert "linkedResources" in office.get(path, expand="linkedResources", select="title")
    done = office.call("PATCH", path, {"status": "completed"}).json()
    assert "completedDateTime" in done
    assert office.list(tasks, filter="status ne 'completed'") == []
    assert len(office.list(tasks, filter="status eq 'completed'")) == 1
    opened = office.call("PATCH", path, {"status": "notStarted", "dueDateTime": None}).json()
    assert not {"completedDateTime", "dueDateTime"} & opened.keys()
    assert office.call("DELETE", path).status_code == 204
    assert code(office.call("PATCH", path, {"title": "x"})) == "ErrorItemNotFound"


def test_every_post_makes_a_task(office: Outlook, tasks: str) -> None:
    office.graph.fault("status_after_apply", match={"path_regex": "/tasks$"}, status=504)
    assert office.call("POST", tasks, {"title": "x"}).status_code == 504
    office.make(tasks, {"title": "x"})
    assert len(office.list(tasks)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"contentType": "html", "content": "<b>x</b>"}},
        {"transactionId": "t1"},
        {"singleValueExtendedProperties": []},
        {"dueDateTime": "2026-12-01"},
        {"dueDateTime": {"dateTime": "2026-12-01T00:00:00", "timeZone": "Company Time"}},
        {"status": "done"},
        {"linkedResources": [{"id": "1"}]},
        {"title": 5},
        {"id": "x"},
    ],
)
def test_a_task_that_the_service_refuses(office: Outlook, tasks: str, changes: dict[str, Any]) -> None:
    task = office.make(tasks, {"title": "fine"})
    assert office.call("POST", tasks, {"title": "x", **changes}).status_code == 400
    assert office.call("PATCH", f"{tasks}/{task['id']}", changes).status_code == 400
    assert office.list(tasks) == [{name: value for name, value in task.items() if name not in _EXTRA}]


_EXTRA = {"@odata.context", "linkedResources"}


def test_a_task_needs_a_title_and_keeps_its_links(office: Outlook, tasks: str) -> None:
    assert office.call("POST", tasks, {"body": {"content": "x"}}).status_code == 400
    task = office.make(tasks, {"title": "x", "linkedResources": [LINK]})
    assert office.call("PATCH", f"{tasks}/{task['id']}", {"linkedResources": []}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "linkedResources/any(l:l/externalId eq '38001-1')"},
        {"filter": "title eq 'x'"},
        {"filter": by_marker("x")},
        {"orderby": "title"},
        {"expand": "checklistItems"},
    ],
)
def test_tasks_are_searched_for_as_far_as_the_service_can(
    office: Outlook, tasks: str, query: dict[str, str]
) -> None:
    office.make(tasks, {"title": "x"})
    assert office.call("GET", tasks, **query).status_code == 400


def test_the_header_for_ids_that_stay_does_nothing_here(office: Outlook, tasks: str) -> None:
    task = office.make(tasks, {"title": "x"})
    office.headers = {}
    assert office.list(tasks)[0]["id"] == task["id"]


def test_a_list_is_deleted_with_its_tasks(office: Outlook, tasks: str) -> None:
    task = office.make(tasks, {"title": "x"})
    other = office.list("todo/lists")[0]["id"]
    assert office.call("GET", f"todo/lists/{other}/tasks/{task['id']}").status_code == 404
    assert office.call("DELETE", tasks.removesuffix("/tasks")).status_code == 204
    assert office.call("GET", tasks).status_code == 404
