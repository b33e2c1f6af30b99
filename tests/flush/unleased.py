"""The engine without the lease of the workbook, for the control that shows what the lease prevents."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from sync import foreground, runs, visit
from sync.lease import Lease
from sync.models import Workbook


class Unleased(Lease):
    """Is granted to everybody, never runs out, and keeps nobody from writing."""

    def check(self) -> None:
        pass

    def renew(self) -> None:
        pass

    def release(self) -> None:
        pass

    @contextmanager
    def fenced(self) -> Iterator[Workbook]:
        with transaction.atomic():
            yield Workbook.objects.select_for_update().get(pk=self.workbook_id)


def drain() -> None:
    _grant_to_everybody()
    foreground.drain(started_by="a worker without a lease")


def sweep() -> None:
    _grant_to_everybody()
    runs.sweep()


def _grant_to_everybody() -> None:
    """In a process of its own, which ends with its work."""
    pytest.MonkeyPatch().setattr(visit, "acquire", lambda workbook: Unleased(workbook.pk, "", 0, 0.0))
