"""What may be uploaded: types by their content, sizes, and names that every file system and SharePoint can bear."""

import re
import unicodedata
import zipfile
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from repairs.errors import Refusal

HEAD = 8192  # bytes looked at
LONGEST_NAME = 120
LONGEST_LIST = 1024 * 1024  # bytes in which an archive lists its parts; each part in it takes 367 of memory
# Of Windows and SharePoint, and of addresses.
UNFIT = re.compile(r'[\x00-\x1f\x7f"*:<>?/\\|#%\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')
NOWHERE = re.compile(r"(?i)_vti_")  # SharePoint's own, and refused by it wherever it stands in a name
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d|desktop)$")
Check = Callable[[bytes], bool]


def _begins(*signatures: bytes) -> Check:
    return lambda head: head.startswith(signatures)


def _text(head: bytes) -> bool:
    """In any encoding of bytes: Excel writes a plain CSV in Windows-1252, and mails may hold 8-bit letters of any."""
    return not re.search(rb"[\x00-\x08\x0e-\x1f]", head)


_JPEG = _begins(b"\xff\xd8\xff")
_TIFF = _begins(b"II*\x00", b"MM\x00*")
_ZIP = _begins(b"PK\x03\x04")
# Every type that a deployment may allow, by its ending, with how its content begins.
CONTENT: dict[str, Check] = {
    "pdf": lambda head: b"%PDF-" in head[:1024],
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    "webp": lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
    "heic": lambda head: head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"),
    "tif": _TIFF,
    "tiff": _TIFF,
    "docx": _ZIP,
    "xlsx": _ZIP,
    "msg": _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "eml": _text,
    "txt": _text,
    "csv": _text,
}

MAIN_PART = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
"""What a file of Office that is whole holds."""


def checked(upload: "UploadedFile[Any]") -> str:
    """The safe name of an upload that may come in. Refusal with a sentence that names the file."""
    name = safe_name(upload.name or "")
    ending = name.rpartition(".")[2].lower()
    if ending not in settings.DOCUMENT_TYPES:
        raise Refusal(f"“{name}” is not taken: only {', '.join(settings.DOCUMENT_TYPES)} files are.")
    if not upload.size:
        raise Refusal(f"“{name}” is empty.")
    if upload.size > settings.DOCUMENT_MAX_MB * 1024 * 1024:
        raise Refusal(f"“{name}” is larger than {settings.DOCUMENT_MAX_MB} MB.")
    upload.seek(0)
    head = upload.read(HEAD)
    upload.seek(0)
    if not CONTENT[ending](head) or (ending in MAIN_PART and not _holds(upload, MAIN_PART[ending])):
        raise Refusal(f"“{name}” is named .{ending}, but its content is something else.")
    return name


def _holds(upload: "UploadedFile[Any]", part: str) -> bool:
    """Whether it is a whole archive with that part in it."""
    try:
        with zipfile.ZipFile(_Sparing(upload)) as packed:
            return part in packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    finally:
        upload.seek(0)


class _Sparing:
    """An upload as zipfile reads it: the list of parts in one piece, wherever the archive says that it is."""

    def __init__(self, upload: "UploadedFile[Any]") -> None:
        self._read, self.seek, self.tell = upload.read, upload.seek, upload.tell

    def read(self, size: int = -1, /) -> bytes:
        if size > LONGEST_LIST:
            raise zipfile.BadZipFile("Its list of parts is too long.")
        piece: bytes = self._read(size)
        return piece


def safe_name(given: str) -> str:
    """The last part of a path, without what a file system, SharePoint or an address stumbles over."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = re.sub(r"\s+", " ", NOWHERE.sub(" ", UNFIT.sub(" ", last))).strip(" .~")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    stem = stem[: LONGEST_NAME - len(ending) - 1].strip(" .")
    if not stem or RESERVED.match(stem):
        stem = f"document {stem}".strip()
    return f"{stem}.{ending}" if ending else stem


def numbered(name: str, number: int) -> str:
    """`quote.pdf` as number 2 is `quote (2).pdf`."""
    if number == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({number}){dot}{ending}" if dot else f"{name} ({number})"
