"""Tasks on the wire: in a list of our own, found by our id, and gone when a person deleted or moved them."""

from datetime import date

import pytest

from sync.graph.client import Connection
from sync.graph.errors import Gone, GraphError, NeedsPerson, NotNow, OutcomeUnknown
from sync.graph.todo import TaskList
from tests.graph.scripted import Answer, ScriptedGraph, refusal

ZONE = "America/New_York"
DAY = date(2026, 12, 1)
GONE = Answer(404, refusal("ErrorItemNotFound"))
OPEN = "/v1.0/me/todo/lists/l%3D/tasks?$filter=status%20ne%20%27completed%27"


@pytest.fixture
def tasks(connection: Connection) -> TaskList:
    return TaskList(connection, list_id="l=")


def create(tasks: TaskList) -> str:
    return tasks.create(
        title="[RO-38001] Ask",
        body="Call them.",
        day=DAY,
        time_zone=ZONE,
        external_id="f7",
        link="https://r.example/38001",
    )


def test_our_list_is_found_by_its_name(graph: ScriptedGraph, connection: Connection) -> None:
    listed = [("1", "Tasks"), ("3", "RO follow-ups"), ("2", "RO follow-ups"), ("4", "ro follow-ups")]
    graph.answer(
        Answer(200, {"value": [{"id": list_id, "displayName": name} for list_id, name in listed]}),
        Answer(201, {"id": "t"}),
    )
    tasks = TaskList(connection)
    assert tasks.ensure() == tasks.list_id == "2"
    create(tasks)
    assert [got.path for got in graph.received] == ["/v1.0/me/todo/lists", "/v1.0/me/todo/lists/2/tasks"]


def test_our_list_is_made_when_it_is_not_there(graph: ScriptedGraph, connection: Connection) -> None:
    graph.answer(
        Answer(200, {"value": [{"id": "1", "displayName": "Tasks"}]}),
        Answer(201, {"id": "l=", "displayName": "RO follow-ups"}),
    )
    assert TaskList(connection).ensure() == "l="
    made = graph.received[1]
    assert (made.method, made.path) == ("POST", "/v1.0/me/todo/lists")
    assert made.body == {"displayName": "RO follow-ups"}


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([Answer(500)], NotNow),
        ([Answer(200, {"value": [{"displayName": "RO follow-ups"}]})], NotNow),
        ([Answer(404)], NeedsPerson),
        ([Answer(200, {"value": []}), Answer(504)], OutcomeUnknown),
    ],
)
def test_a_list_that_cannot_be_had_stays_unknown(
    graph: ScriptedGraph, connection: Connection, answers: list[Answer], kind: type[GraphError]
) -> None:
    graph.answer(*answers)
    tasks = TaskList(connection)
    with pytest.raises(GraphError) as caught:
        tasks.ensure()
    assert (type(caught.value), tasks.list_id) == (kind, "")


def test_a_task(graph: ScriptedGraph, tasks: TaskList) -> None:
    graph.answer(Answer(201, {"id": "t="}))
    assert create(tasks) == "t="
    (got,) = graph.received
    assert (got.method, got.path) == ("POST", "/v1.0/me/todo/lists/l%3D/tasks")
    assert got.body == {
        "title": "[RO-38001] Ask",
        "body": {"contentType": "text", "content": "Call them."},
        "dueDateTime": {"dateTime": "2026-12-01T00:00:00", "timeZone": ZONE},
        "linkedResources": [
            {
                "applicationName": "GenThrust",
                "displayName": "[RO-38001] Ask",
                "externalId": "f7",
                "webUrl": "https://r.example/38001",
            }
        ],
    }


def test_a_task_without_a_link_still_carries_our_id(graph: ScriptedGraph, tasks: TaskList) -> None:
    graph.answer(Answer(201, {"id": "t"}))
    tasks.create(title="Ask", body="", day=date(2026, 12, 1), time_zone=ZONE, external_id="f7")
    (link,) = graph.received[0].body["linkedResources"]
    assert link == {"applicationName": "GenThrust", "displayName": "Ask", "externalId": "f7"}


def test_a_task_for_a_list_that_is_gone(graph: ScriptedGraph, tasks: TaskList) -> None:
    graph.answer(GONE, GONE)
    with pytest.raises(Gone):
        create(tasks)
    assert tasks.find("f7") == []


def test_a_task_is_found_by_our_id_among_the_open_ones(graph: ScriptedGraph, tasks: TaskList) -> None:
    graph.answer(
        Answer(
            200,
            {
                "value": [
                    {"id": "1", "linkedResources": [{"externalId": "other"}, {"externalId": "f7"}]},
                    {"id": "2", "linkedResources": [{}, {"externalId": None}]},
                    {"id": "3"},
                    {"id": "4", "linkedResources": [{"externalId": "f7"}]},
                ]
            },
        )
    )
    assert tasks.find("f7") == ["1", "4"]
    assert [got.path for got in graph.received] == [f"{OPEN}&$expand=linkedResources"]


def test_where_links_cannot_be_had_with_the_tasks_each_task_is_asked(
    graph: ScriptedGraph, tasks: TaskList
) -> None:
    graph.answer(
        Answer(400, refusal("RequestBroker--ParseUri")),
        Answer(200, {"value": [{"id": "1"}, {"id": "2"}, {"id": "3="}]}),
        Answer(200, {"value": [{"externalId": "other"}]}),
        GONE,
        Answer(200, {"value": [{"externalId": "f7"}]}),
    )
    assert tasks.find("f7") == ["3="]
    assert graph.received[1].path == OPEN
    assert graph.received[4].path == "/v1.0/me/todo/lists/l%3D/tasks/3%3D/linkedResources"


def test_a_search_that_fails_does_not_say_that_nothing_is_there(
    graph: ScriptedGraph, tasks: TaskList
) -> None:
    graph.answer(Answer(200, {"value": [{"id": "1", "linkedResources": ["f7"]}]}), Answer(504))
    for _ in range(2):
        with pytest.raises(NotNow):
            tasks.find("f7")


def test_a_task_is_moved_ticked_off_and_removed(graph: ScriptedGraph, tasks: TaskList) -> None:
    graph.answer(Answer(200, {"id": "t"}), Answer(200, {"id": "t"}), Answer(204))
    assert tasks.move("t", DAY, ZONE)
    assert tasks.complete("t")
    assert tasks.remove("t")
    assert [(got.method, got.body) for got in graph.received] == [
        ("PATCH", {"dueDateTime": {"dateTime": "2026-12-01T00:00:00", "timeZone": ZONE}}),
        ("PATCH", {"status": "completed"}),
        ("DELETE", None),
    ]
    assert {got.path for got in graph.received} == {"/v1.0/me/todo/lists/l%3D/tasks/t"}


def test_a_task_that_is_gone_is_no_error(graph: ScriptedGraph, tasks: TaskList) -> None:
    graph.answer(GONE, GONE, GONE)
    assert not tasks.move("t", DAY, ZONE)
    assert not tasks.complete("t")
    assert not tasks.remove("t")
