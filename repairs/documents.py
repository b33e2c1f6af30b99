"""The verbs of an order's documents: add, remove, bring back. A removed one stays for a while (retention)."""

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet

from repairs import activity, clock, document_files
from repairs.errors import Refusal
from repairs.models import Activity, Document, RepairOrder
from repairs.models.documents import storage
from repairs.signals import announce_document

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_PER_ORDER = 200


def of_order(order: RepairOrder) -> QuerySet[Document]:
    """Those that are not removed, the newest first."""
    return Document.objects.filter(order=order, removed_at=None).order_by("-id")


def add(order: RepairOrder, *, by: "User | None", upload: "UploadedFile[Any]", kind: str) -> Document:
    """Keeps a file with an order. Raises Refusal, and then nothing is kept.

    A name that the order has already gets a number: nothing is ever overwritten. After any other error the file stays
    until a purge finds that no document knows it: what failed may have been the answer to the commit.
    """
    if kind not in Document.Kind.values:
        raise Refusal(f"“{kind}” is not a kind of document.")
    name = document_files.checked(upload)
    kept = _keep(order, upload, name)
    try:
        return _record(order, by=by, kept=kept, name=name, kind=kind, size=upload.size or 0)
    except Refusal:
        storage().delete(kept)
        raise


def remove(document: Document, *, by: "User | None") -> None:
    """Takes a document off its order; `restore` brings it back until it is purged."""
    _switch(document, by=by, removed=True, told=f"Removed “{document.name}”")


def restore(document: Document, *, by: "User | None") -> None:
    """Brings a removed document back. Refusal when its file has been purged."""
    _switch(document, by=by, removed=False, told=f"Brought “{document.name}” back")


def purge(document: Document) -> None:
    """Forgets a removed document for good, with its file."""
    kept = str(document.file.name)
    with transaction.atomic():
        if not Document.objects.filter(pk=document.pk, removed_at__isnull=False).delete()[0]:
            raise Refusal(f"“{document.name}” is not removed.")
    storage().delete(kept)


def _keep(order: RepairOrder, upload: "UploadedFile[Any]", name: str) -> str:
    """Writes the file under a name that nobody can guess or collide with; gives that name."""
    ending = name.rpartition(".")[2]
    place = f"{order.number}/{uuid.uuid4().hex}.{ending}"  # nobody else's, so that what is there of it can go
    try:
        kept = storage().save(place, File(upload))
        _write_out(Path(storage().path(kept)))
        return kept
    except OSError as error:
        with suppress(OSError):
            storage().delete(place)
        raise Refusal(
            f"“{name}” can't be kept: the server's disk is full or can't be written to. Nothing was saved."
        ) from error


def _write_out(path: Path) -> None:
    """The file, and its names in the folders, are on the disk before any row speaks of it: the power may fail."""
    for written in (path, path.parent, path.parent.parent):
        handle = os.open(written, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _record(order: RepairOrder, *, by: "User | None", kept: str, name: str, kind: str, size: int) -> Document:
    with transaction.atomic():
        locked = RepairOrder.objects.select_for_update().get(
            pk=order.pk
        )  # two uploads choose names one by one
        if locked.documents.count() >= MOST_PER_ORDER:
            raise Refusal(f"{locked.label} has {MOST_PER_ORDER} documents already.")
        free = _free_name(locked, name)
        document = Document.objects.create(
            order=locked, kind=kind, name=free, name_key=_key(free), file=kept, size=size,
            by=by, by_name=activity.name_of(by),
        )  # fmt: skip
        told = f"Added “{free}” ({document.get_kind_display()})"
        activity.record(locked, verb=Activity.Verb.DOCUMENT, by=by, changes={}, text=told)
        announce_document(document)
    return document


def _free_name(order: RepairOrder, name: str) -> str:
    taken = set(order.documents.values_list("name_key", flat=True))
    candidates = (document_files.numbered(name, number) for number in range(1, MOST_PER_ORDER + 2))
    return next(candidate for candidate in candidates if _key(candidate) not in taken)


def _switch(document: Document, *, by: "User | None", removed: bool, told: str) -> None:
    at = clock.now() if removed else None
    with transaction.atomic():
        changed = Document.objects.filter(pk=document.pk, removed_at__isnull=removed).update(removed_at=at)
        if not changed:
            if Document.objects.filter(pk=document.pk).exists():
                return  # somebody else was quicker with the same
            raise Refusal(f"“{document.name}” has been purged and can't be brought back.")
        document.removed_at = at
        activity.record(document.order, verb=Activity.Verb.DOCUMENT, by=by, changes={}, text=told)
        announce_document(document)


def _key(name: str) -> str:
    return hashlib.sha256(name.casefold().encode()).hexdigest()
