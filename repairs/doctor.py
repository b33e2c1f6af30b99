"""What `manage.py doctor` asks of this app: whether uploaded documents can be kept."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from genthrust.doctor import Finding, mend, note, ok

PART = "documents"
FEW = 10  # so many of the largest documents are little room


def documents() -> Iterator[Finding]:
    """The folder of the uploads takes a file, and has room."""
    folder = Path(settings.DOCUMENTS_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as tried:
            tried.write(b"a document")
            tried.flush()
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        yield mend(
            PART, f"Nothing can be kept in {folder} ({error.strerror}). Please mend the folder or its rights."
        )
        return
    told = f"{folder} can be written to and has {free:,} MB of room."
    if free < settings.DOCUMENT_MAX_MB:
        yield mend(PART, f"{told} That is less than one document may need; please make room.")
    elif free < FEW * settings.DOCUMENT_MAX_MB:
        yield note(PART, f"{told} Please make room soon.")
    else:
        yield ok(PART, told)
