"""What is left behind: by a process that died between writing a file and its row, by acts on many orders, and by the
writing of orders."""

import os
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from genthrust import retention
from repairs import clock
from repairs.models import BulkAct, Document, OrderWriting

# An upload that goes on is not older than this, in seconds.
YOUNG = 24 * 3600
LOOKED_AT = timedelta(days=14)
COUNTED = timedelta(days=1)  # many times as long as anything counted is kept


def stray_files(dry_run: bool) -> int:
    """Files older than a day that no document knows: in the folder of the documents, and on their way there."""
    strays = [*_old(unknown_files()), *_old(_files(Path(settings.FILE_UPLOAD_TEMP_DIR)))]
    if not dry_run:
        for path in strays:
            path.unlink(missing_ok=True)
    return len(strays)


def writings(dry_run: bool) -> int:
    """What says that orders were written, a day later; the last one stays, to name the state that they are in."""
    newest = OrderWriting.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    old = OrderWriting.objects.filter(pk__lt=newest, at__lt=clock.now() - COUNTED)
    return retention.forget(old, dry_run)


def bulk_acts(dry_run: bool) -> int:
    """What became of each order of an act on many; the history of the orders keeps it."""
    return retention.forget(BulkAct.objects.filter(begun_at__lt=clock.now() - LOOKED_AT), dry_run)


def unknown_files() -> list[Path]:
    """Files in the folder of the documents that no document knows, however new, by their names."""
    folder = Path(settings.DOCUMENTS_DIR)
    known = set(Document.objects.values_list("file", flat=True))
    return sorted(path for path in _files(folder) if str(path.relative_to(folder)) not in known)


def _old(paths: Iterable[Path]) -> Iterator[Path]:
    before = time.time() - YOUNG
    return (path for path in paths if path.stat().st_mtime < before)


def _files(folder: Path) -> Iterator[Path]:
    return (Path(place) / name for place, _, names in os.walk(folder) for name in names)
