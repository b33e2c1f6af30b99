"""Tasks in Microsoft To Do, in a list of our own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from sync.graph.client import Connection, no_check
from sync.graph.errors import Gone, Refused
from sync.graph.outlook import READ_TIMEOUT, Outlook, Row, filtered, identity, midnight, within

LIST_NAME: Final = "RO follow-ups"
APPLICATION: Final = "GenThrust"
_LISTS: Final = "/todo/lists"


class TaskList:
    """Our list in the To Do of `address`, or in our own (`/me`) when that is empty.

    `list_id` is what `ensure` returned once; the caller keeps it. To Do has no immutable ids: a task that a
    person moves to another list counts as gone. Unlike mail and events, To Do makes a task as often as it is
    asked to: after an OutcomeUnknown of `create`, `find` comes first. Errors are those of Mailbox; requests,
    their number at once and `before_send`: see Outlook.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        address: str = "",
        list_id: str = "",
        before_send: Callable[[], None] = no_check,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._outlook = Outlook(
            connection, address=address, before_send=before_send, read_timeout=read_timeout, headers={}
        )
        self.list_id = list_id

    def look(self) -> None:
        """Read the names of the lists, which shows whether To Do is open to us. Errors as of any read."""
        self._outlook.read(_LISTS, lambda page: page)

    def ensure(self) -> str:
        """Find our list by its name, or make it, and use it from now on; returns its id."""
        named = self._outlook.rows(_LISTS, lambda row: (str(row["displayName"]), identity(row)))
        ours = sorted(list_id for name, list_id in named if name == LIST_NAME)
        # Two that were made at the same moment do no harm as long as everybody takes the same one.
        self.list_id = (
            ours[0] if ours else self._outlook.write("POST", _LISTS, {"displayName": LIST_NAME}, identity)
        )
        return self.list_id

    def create(
        self, *, title: str, body: str, day: date, time_zone: str, external_id: str, link: str = ""
    ) -> str:
        """Make a task that is due on a day and carries our id, and return its own. Gone: the list is gone."""
        task = {
            "title": title,
            "body": {"contentType": "text", "content": body},
            "dueDateTime": midnight(day, time_zone),
            "linkedResources": [
                {
                    "applicationName": APPLICATION,
                    "displayName": title,
                    "externalId": external_id,
                    **({"webUrl": link} if link else {}),
                }
            ],
        }
        return self._outlook.write("POST", self._tasks(), task, identity)

    def find(self, external_id: str) -> list[str]:
        """The ids of the open tasks in our list that carry our id; none when the list is gone."""
        try:
            tasks = self._open_tasks()
        except Gone:
            return []
        return [task_id for task_id, known in tasks if external_id in known]

    def complete(self, task_id: str) -> bool:
        """Tick a task off; False when it is gone."""
        return self._done("PATCH", task_id, {"status": "completed"})

    def move(self, task_id: str, day: date, time_zone: str) -> bool:
        """Let a task be due on another day; False when it is gone."""
        return self._done("PATCH", task_id, {"dueDateTime": midnight(day, time_zone)})

    def remove(self, task_id: str) -> bool:
        """Delete a task; False when it was gone already."""
        return self._done("DELETE", task_id)

    def _open_tasks(self) -> list[tuple[str, list[str]]]:
        """Each open task's id, and the external ids of its links."""
        path = f"{self._tasks()}?{filtered(_OPEN)}"
        try:
            return self._outlook.rows(f"{path}&$expand=linkedResources", _linked)
        except Refused:
            # To Do promises no more than "some" query options; asking task by task is the documented way.
            return [(task_id, self._links(task_id)) for task_id in self._outlook.rows(path, identity)]

    def _links(self, task_id: str) -> list[str]:
        try:
            return self._outlook.rows(f"{self._task(task_id)}/linkedResources", _external_id)
        except Gone:
            return []

    def _done(self, method: str, task_id: str, change: dict[str, Any] | None = None) -> bool:
        try:
            self._outlook.act(method, self._task(task_id), change)
        except Gone:
            return False
        return True

    def _tasks(self) -> str:
        return f"{within(_LISTS, self.list_id)}/tasks"

    def _task(self, task_id: str) -> str:
        return within(self._tasks(), task_id)


_OPEN: Final = "status ne 'completed'"


def _linked(row: Row) -> tuple[str, list[str]]:
    return identity(row), [_external_id(link) for link in row.get("linkedResources") or ()]


def _external_id(link: Row) -> str:
    return str(link.get("externalId") or "")
