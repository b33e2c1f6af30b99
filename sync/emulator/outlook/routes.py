"""Where in Graph everything of Outlook stands: under `/me` and under `/users/{address}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.emulator.outlook import calendar, folders, messages, replies, sending, todo
from sync.emulator.routing import Router

if TYPE_CHECKING:
    from sync.emulator.state import Handler

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "messages", messages.list_messages),
    ("POST", "messages", messages.create_message),
    ("GET", "messages/{message}", messages.get_message),
    ("PATCH", "messages/{message}", messages.change_message),
    ("DELETE", "messages/{message}", messages.delete_message),
    ("POST", "messages/{message}/send", sending.send_message),
    ("POST", "messages/{message}/createReply", replies.create_reply),
    ("GET", "mailFolders/{folder}", folders.get_folder),
    ("GET", "mailFolders/{folder}/messages", messages.list_messages),
    ("POST", "sendMail", sending.send_mail),
    ("GET", "events", calendar.list_events),
    ("POST", "events", calendar.create_event),
    ("GET", "events/{event}", calendar.get_event),
    ("PATCH", "events/{event}", calendar.change_event),
    ("DELETE", "events/{event}", calendar.delete_event),
    ("GET", "todo/lists", todo.list_lists),
    ("POST", "todo/lists", todo.create_list),
    ("GET", "todo/lists/{list}", todo.get_list),
    ("DELETE", "todo/lists/{list}", todo.delete_list),
    ("GET", "todo/lists/{list}/tasks", todo.list_tasks),
    ("POST", "todo/lists/{list}/tasks", todo.create_task),
    ("GET", "todo/lists/{list}/tasks/{task}", todo.get_task),
    ("PATCH", "todo/lists/{list}/tasks/{task}", todo.change_task),
    ("DELETE", "todo/lists/{list}/tasks/{task}", todo.delete_task),
)


def add_routes(router: Router[Handler]) -> None:
    """Add all of them."""
    for method, path, handler in _ROUTES:
        router.add(method, f"me/{path}", handler)
        router.add(method, f"users/{{user}}/{path}", handler)


def service_of(raw_path: str) -> str:
    """Which of the services behind Graph answers a path: `outlook` or `files`."""
    first = raw_path.lstrip("/").partition("/")[0].partition("(")[0].lower()
    return "outlook" if first in {"me", "users"} else "files"
