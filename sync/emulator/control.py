"""The emulator's own address, `/_emulator/...`: faults, work by hand, the log, the outbox, the clock. No sign-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from sync.emulator.edits import apply_edits
from sync.emulator.errors import GraphError
from sync.emulator.http import Request, Response
from sync.emulator.login import by_hand as sign_ins
from sync.emulator.outlook import by_hand
from sync.emulator.state import Emulator

PREFIX = "/_emulator/"

Action = Callable[["Control", Request], Awaitable[Any]]


class Control:
    """Answers the control address of one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def answer(self, request: Request) -> Response:
        """200 with JSON, 404 for an unknown address, 400 with a sentence for a bad value."""
        name = unquote(request.raw_path).strip("/").partition("/")[2]
        action = _ACTIONS.get((request.method, name))
        if action is None:
            return Response(404, {"error": f"there is no {request.method} {name}"})
        try:
            return Response(200, await action(self, request))
        except (ValueError, KeyError, TypeError) as error:
            return Response(400, {"error": f"{type(error).__name__}: {error}"})
        except GraphError as error:
            return Response(400, {"error": error.message})

    async def add_fault(self, request: Request) -> Any:
        """Switch a fault on."""
        return self._emulator.faults.add(request.json()).describe()

    async def list_faults(self, _request: Request) -> Any:
        """All faults with how often they were met and fired."""
        return self._emulator.faults.describe()

    async def clear_faults(self, request: Request) -> Any:
        """Switch off the fault named by `?id=`; without it all of them, and end each running Retry-After."""
        number = request.query_value("id")
        self._emulator.faults.clear(int(number) if number else None)
        if not number:
            self._emulator.closed_until.clear()
        return self._emulator.faults.describe()

    async def edit(self, request: Request) -> Any:
        """Change cells as a person would."""
        body = request.json()
        apply_edits(self._emulator.storage, body["sheet"], body["ops"])
        return {"edited": len(body["ops"])}

    async def log(self, _request: Request) -> Any:
        """Every request in order."""
        return self._emulator.journal.log()

    async def clear_log(self, _request: Request) -> Any:
        """Forget the log and the sums."""
        self._emulator.journal.clear()
        self._emulator.post.most_running = 0
        return {}

    async def stats(self, _request: Request) -> Any:
        """The sums over the log."""
        emulator = self._emulator
        return {
            **emulator.journal.stats(),
            "open_sessions": len(emulator.sessions.open_ids()),
            "max_outlook_at_once": emulator.post.most_running,
        }

    async def clock(self, request: Request) -> Any:
        """Push the clock forward."""
        self._emulator.clock.advance(float(request.json()["advance_seconds"]))
        return {"now": self._emulator.clock.now()}

    async def save(self, _request: Request) -> Any:
        """Save now; answers when the file is there."""
        if not (self._emulator.post.save() and await self._emulator.storage.save()):
            raise ValueError("the workbook or the mailboxes could not be saved")
        return {"saved": True}

    async def cells(self, request: Request) -> Any:
        """All values of a sheet's shared copy, from A1 on."""
        book = self._emulator.storage.current()
        sheet = book.sheet(request.query_value("sheet") or "")
        used = sheet.used(values_only=True)
        columns = range(1, used.right + 1)
        rows = [sheet.row_cells(number) for number in range(1, used.bottom + 1)]
        values = [[book.content(sheet, row.get(column))[0] for column in columns] for row in rows]
        return {"sheet": sheet.title, "values": values}

    async def outbox(self, request: Request) -> Any:
        """All mails that really left, the oldest first; `?marker=` chooses those with that extended property."""
        marker = request.query_value("marker")
        return [mail for mail in self._emulator.post.outbox if marker in (None, mail["marker"])]

    async def mailbox(self, request: Request) -> Any:
        """Everything in the mailbox of `?address=`."""
        return by_hand.look(self._emulator, request.query_value("address") or self._emulator.options.me)

    async def mail(self, request: Request) -> Any:
        """Somebody does something in Outlook: `receive`, `send`, `edit` or `delete`."""
        return by_hand.act(self._emulator, request.raw_path.rpartition("/")[2], request.json())

    async def sign_in(self, request: Request) -> Any:
        """Something happens to a person's sign-in: `revoke`, `disable`, `withdraw_consent` or `ask_again`."""
        return sign_ins.act(self._emulator, request.raw_path.rpartition("/")[2], request.json())

    async def tokens(self, _request: Request) -> Any:
        """Every code and token that was given out."""
        return self._emulator.tokens.all_texts()

    async def set_options(self, request: Request) -> Any:
        """Change options."""
        self._emulator.options.update(request.json())
        return self._emulator.options.as_dict()

    async def get_options(self, _request: Request) -> Any:
        """The options in force."""
        return self._emulator.options.as_dict()

    async def reset(self, _request: Request) -> Any:
        """Close all sessions, drop unsaved changes, faults and options, empty mailboxes and library, forget the log."""
        emulator = self._emulator
        emulator.sessions.end_all()
        emulator.tokens.clear()
        emulator.storage.discard()
        emulator.faults.clear()
        emulator.closed_until.clear()
        emulator.post.clear()
        emulator.files.clear()
        emulator.options.update(emulator.first_options)
        emulator.journal.clear()
        emulator.post.most_running = 0
        return {}


_ACTIONS: dict[tuple[str, str], Action] = {
    ("POST", "faults"): Control.add_fault,
    ("GET", "faults"): Control.list_faults,
    ("DELETE", "faults"): Control.clear_faults,
    ("POST", "edit"): Control.edit,
    ("GET", "log"): Control.log,
    ("DELETE", "log"): Control.clear_log,
    ("GET", "stats"): Control.stats,
    ("POST", "clock"): Control.clock,
    ("POST", "save"): Control.save,
    ("GET", "cells"): Control.cells,
    ("GET", "outbox"): Control.outbox,
    ("GET", "mailbox"): Control.mailbox,
    **{("POST", f"mail/{name}"): Control.mail for name in by_hand.ACTS},
    **{("POST", f"login/{name}"): Control.sign_in for name in sign_ins.ACTS},
    ("GET", "login/tokens"): Control.tokens,
    ("POST", "options"): Control.set_options,
    ("GET", "options"): Control.get_options,
    ("POST", "reset"): Control.reset,
}
