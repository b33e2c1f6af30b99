"""People's Outlook as these stories see it: what stands in a calendar and a To Do list, and carrying it there."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from notifications import outlook_items, outlook_work
from notifications.models import OutlookBox, OutlookItem, OutlookSlot
from repairs import clock
from sync import runs
from sync.emulator.process import EmulatorProcess
from sync.models import Run
from tests.graph.emulated import Control

AMY = "amy@genthrust.example"
Stands = list[tuple[str, str]]


class Desk(Control):
    """The emulator's own address, and the work that brings follow-ups to it."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        super().__init__(emulator)
        self.emulator = emulator

    def begin(self) -> None:
        """Empty mailboxes, nothing out of order."""
        self.fault({"kind": "delay", "seconds": 0})  # also ends a Retry-After
        self._client.delete("/faults").raise_for_status()
        self.reset()

    def all_well(self) -> None:
        self._client.delete("/faults").raise_for_status()

    def fired(self) -> int:
        """How many of the faults that were asked for have happened."""
        return sum(rule["fired"] > 0 for rule in self._client.get("/faults").json())

    def forget(self) -> None:
        self._client.delete("/log").raise_for_status()

    def requests(self) -> list[str]:
        """What was asked of Outlook since the log was emptied."""
        return [f"{entry['method']} {entry['path'].rpartition('/')[2]}" for entry in self.log()]

    def events(self, address: str = AMY) -> Stands:
        """Subject and day of each all-day event."""
        return sorted(
            (item["data"]["subject"], item["data"]["start"]["dateTime"][:10])
            for item in self.mailbox(address)["events"]
            if item["data"]["isAllDay"]
        )

    def tasks(self, address: str = AMY, *, done: bool = False) -> Stands:
        """Title and day of each task that is to be done, or of each that is ticked off."""
        found = [item["data"] for item in self.mailbox(address)["tasks"]]
        return sorted(
            (task["title"], task["dueDateTime"]["dateTime"][:10])
            for task in found
            if (task["status"] == "completed") == done
        )

    def settle(self) -> None:
        """Waits for what is to be waited for, and carries on until nothing is left to do."""
        for _ in range(20):
            if not OutlookItem.objects.filter(pending_since__isnull=False).exists():
                return
            self.advance(3600)
            let_time_pass()
            carry()
        raise AssertionError("never at rest")

    def lists(self, address: str = AMY) -> list[str]:
        return [item["data"]["displayName"] for item in self.mailbox(address)["lists"]]

    def person_removes(self, path: str, address: str = AMY) -> None:
        """A person removes an event, a task or a list in Outlook itself."""
        url = f"{self.emulator.base_url}/users/{address}{path}"
        headers = {"Authorization": f"Bearer {self.emulator.token}"}
        self._client.delete(url, headers=headers).raise_for_status()


def carry() -> Mapping[str, Any]:
    """One run of what is due now, as a worker does it; how it ended."""
    outlook_items.start_due()
    run = next((run for run in runs.due(clock.now()) if run.kind == outlook_items.KIND), None)
    if run is None:
        return {}
    claim = runs.claim(run)
    assert claim
    runs.perform(claim, outlook_work.work)
    run.refresh_from_db()
    return {"state": run.state, **run.result}


def let_time_pass() -> None:
    """As if every wait were over: of items, of a run that waits, of what a dead worker held, of Microsoft's."""
    past = clock.now() - dt.timedelta(seconds=1)
    OutlookSlot.objects.filter(until__isnull=False).update(until=past)
    OutlookItem.objects.filter(due_at__isnull=False).update(due_at=past)
    OutlookBox.objects.update(not_before=None)
    Run.objects.filter(state=Run.State.QUEUED).update(due_at=past)
    Run.objects.filter(lease_until__isnull=False).update(lease_until=past)
