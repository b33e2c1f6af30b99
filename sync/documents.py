"""Carrying documents to SharePoint: into `Repair Orders/RO-<number>/`, each by one durable run.

A run looks at what is wanted (the document stands on its order, or it was removed) and at what is there, and does
the rest. An upload goes piece by piece; its address and how much has arrived are kept, so that whoever takes the run
up goes on where it stopped. Nothing is ever overwritten: where the name is taken by other content, a number is added;
where it is taken by the very same content, that is ours, from an attempt whose answer was lost.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from repairs import clock
from repairs.activity import name_of
from repairs.document_files import numbered
from repairs.models import Document
from repairs.signals import document_changed
from sync import doorbell, marks, quiet, runs, sealed
from sync.graph.connection import connection
from sync.graph.errors import GraphError, NeedsPerson, NotNow, OutcomeUnknown, Refused, RetryLater
from sync.graph.library import PIECE, Library, NameTaken, StoredFile, UploadGone
from sync.graph.workbook import WorkbookFile
from sync.models import DocumentCopy, Run
from sync.quickxor import quick_xor_hash
from sync.runs import Claim, Failed, Postponed
from sync.setback import TOLERANCE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "document"
FOLDER = "Repair Orders"
# A removed document stays in SharePoint for so long, because people change their mind.
UNDO = timedelta(minutes=10)
FIRST_PAUSE, LONGEST_PAUSE = 5, 300  # seconds after an attempt in vain
# After so many in a row the pauses are the longest, and a person is told beyond the document's own page.
MANY_FAILURES = 7
MOST_NAMES = 50
GONE = "The file is not on this server any more. Please remove the document and add the file again."


def listen() -> None:
    document_changed.connect(_on_document_changed, dispatch_uid="sync.documents")


def _on_document_changed(document: Document, **_: Any) -> None:
    """Inside the transaction of the act, which has the document's row. A run that is at it may have looked already."""
    DocumentCopy.objects.get_or_create(document=document)
    copy = DocumentCopy.objects.select_for_update().get(document=document)
    wanted = _open_runs(document).exists() or _is_wanted(copy, document)
    copy.due_at = _when(document) if wanted else None
    copy.trouble, copy.failures = "", 0
    copy.save(update_fields=["due_at", "trouble", "failures"])
    transaction.on_commit(doorbell.ring)


def try_again(document: Document, *, by: "User | None") -> None:
    """Carries it, or takes it back, at once: a person has seen to what was in the way.

    Nothing happens where nothing is in the way: a removed document keeps its ten minutes.
    """
    with transaction.atomic():
        troubled = DocumentCopy.objects.filter(document=document).exclude(trouble="")
        if not troubled.update(trouble="", failures=0):
            return
        run = runs.start(kind=KIND, about=document.pk, started_by=name_of(by), by=by)
        if run.state == Run.State.QUEUED:
            runs.retry(run, by=by)


def came_to_nothing(pk: int, sentence: str) -> None:
    """A run ended without success: what a person must see to is told where they look for the document."""
    DocumentCopy.objects.filter(document=pk).update(trouble=sentence)


def _open_runs(document: Document) -> QuerySet[Run]:
    return Run.objects.filter(kind=KIND, about=document.pk, state__in=Run.OPEN)


def _is_wanted(copy: DocumentCopy, document: Document) -> bool:
    """Whether SharePoint may have anything of a removed document, or nothing yet of one that stands on its order."""
    return bool(copy.item_id or copy.name or copy.upload) if document.removed_at else not copy.item_id


def _when(document: Document) -> datetime:
    return document.removed_at + UNDO if document.removed_at else clock.now()


def _settle(claim: Claim, copy: DocumentCopy) -> None:
    """At the end of a run that went well: the document may have been removed, or brought back, since it looked.

    The rows are locked in the order in which an act locks them.
    """
    with transaction.atomic():
        document = Document.objects.select_for_update().get(pk=copy.document_id)
        now = DocumentCopy.objects.select_for_update().get(pk=copy.pk)
        due_at = now.due_at or _when(document)
        _note(claim, now, due_at=due_at if _is_wanted(now, document) else None, trouble="", failures=0)


def start_due() -> None:
    """One run for each copy that is due and has none."""
    due = DocumentCopy.objects.filter(due_at__lte=clock.now()).exclude(_has_a_run())
    for copy in due.select_related("document"):
        with transaction.atomic():
            if DocumentCopy.objects.filter(pk=copy.pk, due_at=copy.due_at).update(due_at=None):
                runs.start(kind=KIND, about=copy.document_id, started_by=copy.document.by_name)


def _has_a_run() -> Exists:
    return Exists(Run.objects.filter(kind=KIND, about=OuterRef("document_id"), state__in=Run.OPEN))


def in_trouble() -> QuerySet[DocumentCopy]:
    """Those that wait for a person: only one can help, or it was tried in vain many times, or not any more."""
    waiting = Q(failures__gte=MANY_FAILURES) | ~Q(_has_a_run())
    return DocumentCopy.objects.exclude(trouble="").filter(waiting).order_by("pk")


def mend() -> None:
    """None waits for longer than a removed one does, also where the clock was set back (see sync.setback)."""
    latest = clock.now() + UNDO
    DocumentCopy.objects.filter(due_at__gt=latest + TOLERANCE).update(due_at=latest)


def order_of(pk: int) -> int | None:
    """The number of a document's order; None when the document was purged."""
    return Document.objects.filter(pk=pk).values_list("order__number", flat=True).first()


def work(claim: Claim) -> None:
    """Brings SharePoint to what the document says."""
    copy = (
        DocumentCopy.objects.select_related("document__order")
        .filter(document__pk=claim.run.about or 0)
        .first()
    )
    if copy is None:
        raise Failed("The document has been purged.")
    try:
        _bring(claim, copy)
    except RetryLater as error:
        raise _asked_to_wait(claim, copy, error) from error
    except (NotNow, OutcomeUnknown, NeedsPerson) as error:
        raise _again(claim, copy, error) from error
    except Refused as error:
        if error.retry_after:
            quiet.keep(marks.the_workbook().pk, error.retry_after)
        raise Failed(error.sentence, detail=repr(error)) from error
    _settle(claim, copy)


def _bring(claim: Claim, copy: DocumentCopy) -> None:
    check = quiet.guard(marks.the_workbook().pk, claim.renew)
    library = Library(connection(), _drive_id(), before_send=check)
    if copy.document.removed_at:
        _take_back(claim, library, copy)
        return
    if copy.item_id and not library.has(copy.item_id):  # taken out by one who did not live to say so
        _folder(
            library, copy.document
        )  # asked as well, so that a library that is not found takes nothing for gone
        _gone(copy)
    if not copy.item_id:
        _carry(claim, library, copy)


def _take_back(claim: Claim, library: Library, copy: DocumentCopy) -> None:
    if copy.name and not copy.item_id:
        _end_upload(claim, library, copy)
    if copy.item_id:
        claim.report(f"Removing {copy.name} from SharePoint")
        library.delete(copy.item_id)
        claim.step(f"Moved {copy.name} to SharePoint's recycle bin.")
        _gone(copy)
    _note(claim, copy, web_url="", name="", upload="", sent=0)


def _gone(copy: DocumentCopy) -> None:
    """That item is gone for good, whoever has the run by now: it may have taken it for one that is there, so the
    document is looked at once more. What another has brought since is another item, and stays known.
    """
    DocumentCopy.objects.filter(pk=copy.pk, item_id=copy.item_id).update(item_id="", due_at=clock.now())
    copy.item_id = ""


def _end_upload(claim: Claim, library: Library, copy: DocumentCopy) -> None:
    """Nothing more arrives. The last piece may have, with its answer lost: then the file is there."""
    if address := sealed.unseal(copy.upload):
        library.cancel(address)
    found = library.find(copy.name, inside=_folder(library, copy.document))
    if found is None:
        return
    if _is_ours(found, copy.document):
        _note(claim, copy, item_id=found.id)
    elif not _is_here(copy.document):
        claim.step(
            f"Our file is gone, so nobody can tell whether {copy.name} in SharePoint is a copy. Please look there.",
            trouble=True,
        )


def _folder(library: Library, document: Document) -> str:
    return library.folder(f"RO-{document.order.number}", inside=library.folder(FOLDER))


def _carry(claim: Claim, library: Library, copy: DocumentCopy) -> None:
    document = copy.document
    claim.report(f"Looking for the folder of {document.order.label}", done=copy.sent, total=document.size)
    folder = _folder(library, document)
    for name in _names(copy):
        try:
            stored = _uploaded(claim, library, copy, folder, name)
        except NameTaken:
            _note(claim, copy, upload="", sent=0)
            found = library.find(name, inside=folder)
            if found is None or not _is_ours(found, document):
                continue
            stored = found
        _arrived(claim, copy, stored)
        return
    raise Failed(
        f"In SharePoint, {MOST_NAMES} other files are named like {document.name}. Please make room there."
    )


def _names(copy: DocumentCopy) -> Iterator[str]:
    """The name under which it may have arrived first, then the document's own, then numbered ones."""
    own = [numbered(copy.document.name, number) for number in range(1, MOST_NAMES + 1)]
    yield from dict.fromkeys([copy.name, *own] if copy.name else own)


def _uploaded(claim: Claim, library: Library, copy: DocumentCopy, folder: str, name: str) -> StoredFile:
    """Begins the upload or goes on with it, and sends all that is missing."""
    address, sent = _resumed(claim, library, copy)
    if not address:
        address, sent = library.begin(name, inside=folder), 0
        _note(claim, copy, upload=sealed.seal(address), sent=0, name=name)
    try:
        return _sent_all(claim, library, copy, address, sent)
    except UploadGone as error:
        _note(claim, copy, upload="", sent=0)
        raise OutcomeUnknown("SharePoint gave the upload up; it begins anew.") from error


def _resumed(claim: Claim, library: Library, copy: DocumentCopy) -> tuple[str, int]:
    """The address of the upload that has begun, and how much has arrived; ("", 0) when there is none any more."""
    address = sealed.unseal(copy.upload)
    if not address:
        return "", 0
    try:
        return address, library.arrived(address)
    except UploadGone:
        _note(claim, copy, upload="", sent=0)
        return "", 0


def _sent_all(claim: Claim, library: Library, copy: DocumentCopy, address: str, sent: int) -> StoredFile:
    document = copy.document
    stored: StoredFile | None = None
    try:
        with document.file.open("rb") as file:
            if file.size != document.size:
                raise Failed(GONE, detail=f"{file.size} bytes of {document.size}")
            file.seek(sent)
            while stored is None:
                claim.check_ending()
                claim.report(f"Sending {document.name}", done=sent, total=document.size)
                piece = file.read(PIECE)
                if not piece:
                    raise OutcomeUnknown("SharePoint has the whole document but has not said so.")
                stored = library.send(address, piece, begin=sent, total=document.size)
                sent += len(piece)
                _note(claim, copy, sent=sent)
    except FileNotFoundError as error:
        raise Failed(GONE, detail=str(error)) from error
    return stored


def _arrived(claim: Claim, copy: DocumentCopy, stored: StoredFile) -> None:
    there = {"item_id": stored.id, "web_url": stored.web_url, "name": stored.name}
    _note(claim, copy, **there, upload="", sent=copy.document.size)
    claim.step(f"{stored.name} is in SharePoint.")


def _is_here(document: Document) -> bool:
    name = document.file.name
    return bool(name and document.file.storage.exists(name))


def _is_ours(found: StoredFile, document: Document) -> bool:
    """The same content. Without a hash, or our own file, it counts as another's: a second copy harms nobody."""
    if found.size != document.size or not found.quick_xor or not _is_here(document):
        return False
    with document.file.open("rb") as file:
        return quick_xor_hash(iter(lambda: file.read(PIECE), b"")) == found.quick_xor


def _note(claim: Claim, copy: DocumentCopy, **fields: Any) -> None:
    """Written at once, while the run is certainly ours; a removal that comes in meanwhile keeps its own due time.

    The copy comes before the run: in that order they are locked by whoever starts one.
    """
    with transaction.atomic():
        DocumentCopy.objects.filter(pk=copy.pk).update(**fields)
        claim.renew()
    for name, value in fields.items():
        setattr(copy, name, value)


def _drive_id() -> str:
    """The library in which the workbook is, too."""
    if settings.GRAPH_DRIVE_ID:
        return str(settings.GRAPH_DRIVE_ID)
    workbook = marks.the_workbook()
    known = workbook.found_drives.get(settings.SHAREPOINT_SITE_ID, "")
    if known:
        return known
    file = WorkbookFile(connection(), drive_id="", item_id="", before_send=quiet.guard(workbook.pk))
    return file.find_drive(settings.SHAREPOINT_SITE_ID)


def _asked_to_wait(claim: Claim, copy: DocumentCopy, error: RetryLater) -> Postponed:
    if isinstance(error, quiet.StillQuiet):  # it was not tried, so nothing is wrong with it
        return Postponed(error.sentence, due_at=error.until)
    until = clock.now() + timedelta(seconds=FIRST_PAUSE)
    if error.retry_after:
        until = quiet.heed(marks.the_workbook().pk, error)
    _note(claim, copy, trouble=error.sentence)
    return Postponed(error.sentence, due_at=until)


def _again(claim: Claim, copy: DocumentCopy, error: GraphError) -> Postponed:
    """Never given up: the pauses grow to five minutes, and the document waits on this server.

    What only a person can mend counts as many failures at once, so it goes on by itself soon after that is done.
    """
    if error.retry_after:
        quiet.keep(marks.the_workbook().pk, error.retry_after)
    failures = max(copy.failures + 1, MANY_FAILURES if isinstance(error, NeedsPerson) else 0)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    _note(claim, copy, trouble=error.sentence, failures=failures)
    return Postponed(error.sentence, due_at=clock.now() + timedelta(seconds=pause))
