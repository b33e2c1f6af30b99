"""What `manage.py doctor` asks of this app: Microsoft 365 and the workbook, the processes, the work that waits.

The workbook is looked at like by every other visitor: with the lease, so that nobody writes meanwhile, and never
before a Retry-After is over. Texts are written in a session that keeps no changes: whatever becomes of it, nobody
ever sees them in the file. That our account may also keep changes is shown by the flushes, whose trouble is told.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from genthrust.doctor import Finding, mend, note, ok
from repairs import clock
from repairs.wording import counted
from sync import beats, columns, documents, lease, marks, queries, quiet, work
from sync.graph.connection import Connection, connection
from sync.graph.errors import GraphError, RetryLater
from sync.graph.library import Library, NameTaken
from sync.graph.workbook import WorkbookFile, read_range, write_range
from sync.lease import LeaseLost
from sync.models import DocumentCopy, Run, Workbook
from sync.reader import Reader
from sync.sheets import Book, address
from sync.signed_in import sign_in_service
from sync.styling import styled

MICROSOFT = "Microsoft 365"
WORKBOOK = "workbook"
SHAREPOINT = "SharePoint"
CLOCK = "clock"
SIGN_IN_APP = "sign-in app"
PROCESSES = "processes"
WORK = "work"

SECONDS = 30.0  # for one answer of Microsoft's
LITTLE_OFF, FAR_OFF = 60, 300  # seconds of a clock; sign-in services refuse tokens from about five minutes on
# Each of these would become a number, a date or a formula if Excel took it as typed.
TEXTS = ("00123", "3-4", "1E5", "=1+1")
NO_FILE = "genthrust-doctor.txt"
TRIED = columns.BY_FIELD["serial_number"]
QUIET = timedelta(minutes=2)
LATE = timedelta(minutes=15)


def microsoft() -> Iterator[Finding]:
    """Sign-in, the file, its ledger sheets, a text that comes back, and the clock."""
    if missing := _missing():
        yield mend(WORKBOOK, missing)
        return
    workbook = marks.the_workbook()
    if until := quiet.ends(workbook.pk):
        yield note(MICROSOFT, f"Microsoft asked us to send nothing before {until:%H:%M:%S} UTC.")
        return
    try:
        there = connection()
        there.sign_in()
    except GraphError as error:
        yield mend(MICROSOFT, error.sentence)
        return
    yield ok(MICROSOFT, f"Signed in at {there.base_url}.")
    yield from _with_lease(there, workbook)


def _missing() -> str:
    if not settings.EXCEL_WORKBOOK_ID:
        return "EXCEL_WORKBOOK_ID is not set, so nobody knows which file the workbook is."
    if not settings.GRAPH_DRIVE_ID and not settings.SHAREPOINT_SITE_ID:
        return "GRAPH_DRIVE_ID or SHAREPOINT_SITE_ID must say where the workbook is."
    return ""


def _with_lease(there: Connection, workbook: Workbook) -> Iterator[Finding]:
    held = lease.acquire(workbook)
    if held is None:
        yield note(WORKBOOK, "A worker writes to it now; please ask again in a minute.")
        return
    drive_id = workbook.drive_id or workbook.found_drives.get(settings.SHAREPOINT_SITE_ID, "")
    file = WorkbookFile(
        there,
        drive_id=drive_id,
        item_id=workbook.item_id,
        before_send=quiet.guard(workbook.pk, held.check),
        read_timeout=SECONDS,
    )
    try:
        with held.renewed():
            yield from _file(file)
            yield _library(Library(there, file.drive_id, before_send=quiet.guard(workbook.pk, held.check)))
    except LeaseLost:
        yield note(WORKBOOK, "A worker took it over meanwhile; please ask again in a minute.")
    except RetryLater as error:
        quiet.heed(workbook.pk, error)
        yield note(WORKBOOK, f"{error.sentence} Please ask again later.")
    except GraphError as error:
        yield mend(WORKBOOK, error.sentence)
    finally:
        held.release()
    yield from _clock(file.clock_ahead)


def _file(file: WorkbookFile) -> Iterator[Finding]:
    if not file.drive_id:
        file.find_drive(settings.SHAREPOINT_SITE_ID)
    item = file.item()
    yield ok(WORKBOOK, f"{item.name or 'The file'} is there, {item.size // 1000:,} kB.")
    session_id = file.open_session(keeps_changes=False)
    try:
        book = Reader(file, session_id).read(whole=(), spare={})
        yield from _sheets(book)
        if book.sheets:
            yield _text(file, session_id, book)
    finally:
        with suppress(GraphError, LeaseLost):  # it ends by itself a few minutes later
            file.close_session(session_id)


def _library(library: Library) -> Finding:
    """An upload beside the folders of the orders, begun and cancelled before a byte is sent: no file comes of it."""
    try:
        with suppress(NameTaken):  # as good: we were let in
            library.cancel(library.begin(NO_FILE, inside="root"))
    except RetryLater:
        raise
    except GraphError as error:
        return mend(SHAREPOINT, f"{error.sentence} Documents stay on this server until that is mended.")
    return ok(SHAREPOINT, "Documents can be uploaded to the library of the workbook.")


def _sheets(book: Book) -> Iterator[Finding]:
    for reason in book.refused.values():
        yield mend(WORKBOOK, reason)
    if book.sheets:
        rows = sum(len(places) for places in book.places.values())
        yield ok(WORKBOOK, f"Recognised as ledgers: {', '.join(book.sheets)}, with {counted(rows, 'row')}.")


def _text(file: WorkbookFile, session_id: str, book: Book) -> Finding:
    """Writes texts below everything, as a flush writes a serial number, and reads them."""
    view = next(iter(book.sheets.values()))
    first, column = view.last_row + 2, view.columns[TRIED.field]
    where = address(first, column, first + len(TEXTS) - 1, column)
    cells = [styled(TRIED, text) for text in TEXTS]
    steps = (
        write_range(
            view.sheet_id, where, [[cell.value] for cell in cells], [[cell.number_format] for cell in cells]
        ),
        read_range(view.sheet_id, where),
    )
    results = file.run(session_id, steps)
    for result in results:
        if result.error:
            raise result.error
    found = [row[0] for row in (results[-1].body or {}).get("values", ())]
    changed = [f"{text} as {got!r}" for text, got in zip(TEXTS, found, strict=False) if got != text]
    if changed or len(found) != len(TEXTS):
        return mend(
            WORKBOOK,
            f"Excel does not keep text as it was written: {', '.join(changed) or 'nothing'} came back. "
            "Please stop the workers, and report this: serial numbers would be spoiled.",
        )
    return ok(WORKBOOK, "Text that was written into a cell came back as text.")


def _clock(ahead: float | None) -> Iterator[Finding]:
    if ahead is None:
        return
    off = f"This machine's clock is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} Microsoft's."
    if abs(ahead) >= FAR_OFF:
        yield mend(CLOCK, f"{off} Please let it be set by NTP: sign-ins fail, and due times are wrong.")
    elif abs(ahead) >= LITTLE_OFF:
        yield note(CLOCK, f"{off} Please let it be set by NTP.")
    else:
        yield ok(CLOCK, "It goes with Microsoft's.")


def sign_in_app() -> Iterator[Finding]:
    """Whether Microsoft knows the app that people sign in to, and its secret, which no flush ever needs."""
    if not settings.MICROSOFT_SIGN_IN:
        return
    try:
        sign_in_service().try_secret()
    except GraphError as error:
        code = f" ({error.detail})" if error.detail else ""
        yield mend(SIGN_IN_APP, f"{error.sentence}{code}")
        return
    yield ok(SIGN_IN_APP, "Microsoft knows the app that people sign in to, and its secret.")


def processes() -> Iterator[Finding]:
    """Whether a scheduler and workers were heard of lately."""
    yield _heard(beats.SCHEDULER, "scheduler", working=False)
    yield _heard(beats.WORKER, "worker", working=beats.is_working(work.kinds_in("")))
    for lane in work.lanes():
        if not settings.EMBEDDED:
            working = beats.is_working(work.kinds_in(lane.name))
            yield _heard(lane.name, f"worker of the lane “{lane.name}”", working=working)


def _heard(name: str, label: str, *, working: bool) -> Finding:
    at = beats.last(name)
    if working or (at and at > clock.now() - QUIET):
        return ok(PROCESSES, f"A {label} is running.")
    told = (
        f"No {label} was heard of since {at:%Y-%m-%d %H:%M} UTC." if at else f"No {label} was ever heard of."
    )
    if settings.EMBEDDED:
        return note(PROCESSES, f"{told} `manage.py serve` runs everything in one process.")
    command = "scheduler" if name == beats.SCHEDULER else "worker"
    return mend(PROCESSES, f"{told} Please start `manage.py {command}`, and see whether it reaches Redis.")


def work_at_hand() -> Iterator[Finding]:
    """What keeps changes from Excel, in the words of the last flush, what keeps documents, and what waits too long."""
    workbook = queries.workbook()
    troubled = False
    if workbook and workbook.trouble:
        troubled = True
        yield mend(WORK, f"Nothing is written to Excel now: {workbook.trouble}")
    stuck = documents.in_trouble()
    if first := stuck.select_related("document__order").first():
        troubled = True
        yield mend(
            WORK, f"{counted(stuck.count(), 'document')} can't go to SharePoint, or leave it. {_told(first)}"
        )
    for label, oldest in _oldest():
        if oldest and oldest < clock.now() - LATE:
            troubled = True
            yield mend(WORK, f"{label} since {oldest:%Y-%m-%d %H:%M} UTC; the page of runs says more.")
    if orders := queries.to_decide().count():
        yield note(WORK, f"{counted(orders, 'order')} wait for a person on the page Attention.")
    if not troubled:
        yield ok(WORK, "Nothing is late.")


def _told(copy: DocumentCopy) -> str:
    return f"{copy.document} of {copy.document.order.label}: {copy.trouble}"


def _oldest() -> Iterator[tuple[str, datetime | None]]:
    yield "A change waits for Excel", queries.waiting().aggregate(at=Min("pending_since"))["at"]
    due = Run.objects.filter(state=Run.State.QUEUED, due_at__lte=clock.now())
    yield "A run waits for a worker", due.aggregate(at=Min("due_at"))["at"]
