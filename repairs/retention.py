"""Files without a document: what a process that died between writing a file and its row has left behind."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from repairs.models import Document

# An upload that goes on is not older than this, in seconds.
YOUNG = 24 * 3600


def stray_files(dry_run: bool) -> int:
    """Files older than a day that no document knows: in the folder of the documents, and on their way there."""
    folder = Path(settings.DOCUMENTS_DIR)
    known = set(Document.objects.values_list("file", flat=True))
    strays = [path for path in _old_files(folder) if str(path.relative_to(folder)) not in known]
    strays += _old_files(Path(settings.FILE_UPLOAD_TEMP_DIR))
    if not dry_run:
        for path in strays:
            path.unlink(missing_ok=True)
    return len(strays)


def _old_files(folder: Path) -> Iterator[Path]:
    before = time.time() - YOUNG
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if path.stat().st_mtime < before:
                yield path
