"""To Do: lists and tasks. Nothing here is made only once, and little can be searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sync.emulator.errors import GraphError
from sync.emulator.http import Response
from sync.emulator.outlook import values
from sync.emulator.outlook.answers import find, heading, many, one
from sync.emulator.outlook.errors import invalid_body, invalid_query, not_settable
from sync.emulator.outlook.items import Item
from sync.emulator.outlook.postoffice import Mailbox
from sync.emulator.outlook.queries import Collection, selected
from sync.emulator.outlook.rights import mailbox_of
from sync.emulator.outlook.zones import date_time_zone, on_the_clock

if TYPE_CHECKING:
    from sync.emulator.state import Call

_LINKS = "linkedResources"
_LINK: dict[str, values.Check] = {
    "applicationName": values.text,
    "displayName": values.text,
    "externalId": values.text,
    "webUrl": values.text,
}


def _body(name: str, value: Any) -> dict[str, str]:
    """Plain text, which is all that the app shows."""
    given = values.body(name, value)
    if given["contentType"] != "text":
        raise invalid_body("The body of a task can only be of content type text.")
    return given


def _date(name: str, value: Any) -> dict[str, str] | None:
    """A date with its zone, the time of day of which is dropped; null takes it away."""
    if value is None:
        return None
    given = date_time_zone(name, value)
    return {**given, "dateTime": f"{given['dateTime'][:10]}T00:00:00.0000000"}


def _moment(name: str, value: Any) -> dict[str, str] | None:
    return None if value is None else date_time_zone(name, value)


def _links(name: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list):
        raise invalid_body(f"Cannot convert the value of the property '{name}'.")
    return [{**values.read_properties(part, "linkedResource", _LINK), "id": str(uuid4())} for part in value]


_SETTABLE: dict[str, values.Check] = {
    "title": values.text,
    "body": _body,
    "dueDateTime": _date,
    "startDateTime": _date,
    "reminderDateTime": _moment,
    "completedDateTime": _moment,
    "isReminderOn": values.flag,
    "importance": values.one_of("low", "normal", "high"),
    "status": values.one_of("notStarted", "inProgress", "completed", "waitingOnOthers", "deferred"),
    "categories": values.texts,
    _LINKS: _links,
}
_READ_ONLY = frozenset({"id", "createdDateTime", "lastModifiedDateTime", "hasAttachments"})
_LIST: dict[str, values.Check] = {"displayName": values.text}

TASKS = Collection(
    type_name="todoTask",
    properties=_READ_ONLY | (_SETTABLE.keys() - {_LINKS}),
    filters={"status": "text"},
    sorts=("createdDateTime", "lastModifiedDateTime"),
    extended=False,
)
LISTS = Collection(
    type_name="todoTaskList",
    properties=frozenset({"id", "displayName", "isOwner", "isShared", "wellknownListName"}),
    filters={},
    sorts=(),
    extended=False,
)


def list_lists(call: Call) -> Response:
    """All lists, the default one among them."""
    box = mailbox_of(call)
    return many(call, box, "todo/lists", box.lists, LISTS, show=lambda item: _show_list(call, item))


def create_list(call: Call) -> Response:
    """A new list; two may have the same name."""
    box = mailbox_of(call)
    given = values.read_properties(call.request.json(), "todoTaskList", _LIST)
    if not given.get("displayName"):
        raise invalid_body("A list needs a displayName.")
    made = Item("", {**given, "isOwner": True, "isShared": False, "wellknownListName": "none"})
    box.lists.append(made)
    call.emulator.post.changed()
    return one(call, box, "todo/lists", _show_list(call, made), status=201)


def get_list(call: Call) -> Response:
    """One list."""
    box = mailbox_of(call)
    return one(call, box, "todo/lists", _show_list(call, find(call, box.lists, "list")))


def delete_list(call: Call) -> Response:
    """A list with its tasks; those that every mailbox has stay."""
    box = mailbox_of(call)
    wanted = find(call, box.lists, "list")
    if wanted.data["wellknownListName"] != "none":
        raise GraphError(400, "This list cannot be deleted.", code="invalidRequest")
    box.lists.remove(wanted)
    box.tasks = [task for task in box.tasks if task.folder != wanted.id]
    call.emulator.post.changed()
    return Response(204)


def list_tasks(call: Call) -> Response:
    """The tasks of a list."""
    box, tasks = _tasks(call)
    return many(call, box, "tasks", tasks, TASKS, show=lambda task: _show(call, task))


def create_task(call: Call) -> Response:
    """A new task, each time it is asked for."""
    box, _others = _tasks(call)
    now = call.emulator.post.now()
    given = _read(call.request.json())
    if not given.get("title"):
        raise invalid_body("A task needs a title.")
    start = {
        "importance": "normal",
        "isReminderOn": False,
        "status": "notStarted",
        "createdDateTime": now,
        "hasAttachments": False,
        "categories": [],
        "body": {"contentType": "text", "content": ""},
        _LINKS: [],
    }
    task = Item(call.parameters["list"], start)
    box.tasks.append(task)
    _change(call, task, given)
    shown = {**_show(call, task), _LINKS: task.data[_LINKS]}
    return one(call, box, "tasks", shown, status=201)


def get_task(call: Call) -> Response:
    """One task."""
    box, tasks = _tasks(call)
    return one(call, box, "tasks", _show(call, find(call, tasks, "task")))


def change_task(call: Call) -> Response:
    """Change a task; its links are not among what can be changed."""
    box, tasks = _tasks(call)
    task = find(call, tasks, "task")
    given = _read(call.request.json())
    if _LINKS in given:
        raise not_settable(f"Set action is invalid for property '{_LINKS}'.")
    _change(call, task, given)
    return one(call, box, "tasks", _show(call, task))


def delete_task(call: Call) -> Response:
    """A task is gone at once."""
    box, tasks = _tasks(call)
    box.tasks.remove(find(call, tasks, "task"))
    call.emulator.post.changed()
    return Response(204)


def _tasks(call: Call) -> tuple[Mailbox, list[Item]]:
    """The mailbox and the tasks of the list in the address. GraphError 404 when there is no such list."""
    box = mailbox_of(call)
    wanted = find(call, box.lists, "list")
    return box, [task for task in box.tasks if task.folder == wanted.id]


def _read(body: Any) -> dict[str, Any]:
    if isinstance(body, dict) and (closed := _READ_ONLY & body.keys()):
        raise not_settable(f"Set action is invalid for property '{sorted(closed)[0]}'.")
    return values.read_properties(body, "todoTask", _SETTABLE)


def _change(call: Call, task: Item, given: dict[str, Any]) -> None:
    """Take over values; a task that gets done is given the day, one that is opened again loses it."""
    was_done = task.data["status"] == "completed"
    task.data |= given
    done = task.data["status"] == "completed"
    if done != was_done:
        today = {"dateTime": on_the_clock(call.emulator.clock.utc()), "timeZone": "UTC"}
        task.data["completedDateTime"] = today if done else None
    task.touch(call.emulator.post.now())
    call.emulator.post.changed()


def _show(call: Call, task: Item) -> dict[str, Any]:
    """A task without what is not set; with its links only when they are asked for."""
    expand = call.request.query_value("$expand")
    if expand not in (None, _LINKS):
        raise invalid_query(f"Parsing OData Select and Expand failed: '{expand}' is not valid.")
    wanted = selected(call.request, TASKS) or TASKS.properties
    properties = {name: value for name, value in task.data.items() if name in wanted and value is not None}
    links = {_LINKS: task.data[_LINKS]} if expand else {}
    return {**heading(call, task), **properties, **links}


def _show_list(call: Call, item: Item) -> dict[str, Any]:
    wanted = selected(call.request, LISTS) or LISTS.properties
    return {**heading(call, item), **{name: value for name, value in item.data.items() if name in wanted}}
