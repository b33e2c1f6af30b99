"""Documents are carried to SharePoint: whole, once, under a free name, and on from where a dead worker stopped."""

import html
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError, transaction
from django.db.models.signals import pre_save
from django.test import Client, override_settings
from prometheus_client import REGISTRY

from repairs import clock, documents
from repairs.models import Document, RepairOrder
from repairs.signals import document_changed
from sync import beats, runs
from sync.doctor import work_at_hand
from sync.documents import KIND, LONGEST_PAUSE, MANY_FAILURES, UNDO, in_trouble, start_due, try_again
from sync.documents import work as carry
from sync.flush import work as write
from sync.graph.library import PIECE
from sync.management import timer
from sync.models import Beat, DocumentCopy, Run, RunStep
from sync.quickxor import quick_xor_hash
from sync.sealed import unseal
from tests.flush.house import House, eventually
from tests.flush.points import HELD, Point, catch_at, kill_at, usually, wait_for_the_service
from tests.flush.workers import Nursery, Worker

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = b"%PDF-1.7\n"
NUMBER = 38002
FAILING = ("sync.documents.start_due", "sync.runs.schedule")
PUT = {"method": "PUT", "path_regex": "^/upload/"}

POINTS = [
    Point("the folder is made, its answer lost", {"path_regex": "children"}, fate="done"),
    Point("the upload is begun, its answer lost", {"path_regex": "createUploadSession"}, fate="done"),
    Point("the first piece arrives", PUT | {"nth": 1}, fate="late"),
    Point("the first piece has arrived, its answer lost", PUT | {"nth": 1}, fate="done"),
    Point("the last piece is cut off", PUT | {"nth": 3}, fate="cut"),
    Point("the last piece has arrived, its answer lost", PUT | {"nth": 3}, fate="done"),
]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(DOCUMENTS_DIR=tmp_path / "documents"):
        yield tmp_path / "documents"


def content_of(size: int) -> bytes:
    return HEAD + bytes(index * 7 % 251 for index in range(size - len(HEAD)))


def added(size: int = 5000, name: str = "Quote.pdf") -> Document:
    order = RepairOrder.objects.get(number=NUMBER)
    return documents.add(order, by=None, upload=SimpleUploadedFile(name, content_of(size)), kind="quote")


def library(house: House) -> Path:
    return house.emulator.workbook.with_name(f"{house.emulator.workbook.stem} library")


def there(house: House) -> dict[str, bytes]:
    """The files in the order's folder in SharePoint."""
    folder = library(house) / "Repair Orders" / f"RO-{NUMBER}"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def make_due() -> None:
    """Whatever waits, waits no longer."""
    Run.objects.filter(kind=KIND, state=Run.State.QUEUED).update(due_at=clock.now())
    DocumentCopy.objects.filter(due_at__isnull=False).update(due_at=clock.now())


def copies() -> list[Mapping[str, object]]:
    """All that is known of what SharePoint has."""
    return list(DocumentCopy.objects.values())


def the_run() -> Run:
    return Run.objects.filter(kind=KIND).latest("id")


@pytest.mark.parametrize("size", [5000, PIECE, PIECE + 1, 2 * PIECE + 12345])
def test_it_arrives_whole(house: House, size: int) -> None:
    document = added(size)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(size)}
    copy = DocumentCopy.objects.get(document=document)
    assert (copy.due_at, copy.upload, copy.trouble, copy.sent) == (None, "", "", size)
    assert copy.item_id
    assert copy.web_url.startswith("file://")
    assert (the_run().state, the_run().total) == (Run.State.SUCCEEDED, size)


def failed(path: str) -> float:
    """How often a starter or a clock has failed in this process, as Prometheus is told."""
    return REGISTRY.get_sample_value("genthrust_turns_failed_total", {"what": path}) or 0.0


def test_a_starter_or_a_clock_that_fails_keeps_no_other_from_its_work(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Documents are looked for before changes for Excel, and the comparison with it is due before the purge."""

    def refuse(instance: Run, **_: object) -> None:
        if instance.kind in (KIND, Run.Kind.CHECK):
            raise OperationalError(1366, "Incorrect value")

    runs.start(kind=Run.Kind.FLUSH, workbook=house.workbook, started_by="somebody long ago")
    Run.objects.update(created_at=clock.now() - timedelta(days=3))
    Beat.objects.all().delete()
    beats._Last.at.clear()
    added()
    house.edit(38005, notes="carried over all the same")
    before = {path: failed(path) for path in FAILING}
    pre_save.connect(refuse, sender=Run)
    try:
        timer.tick()
        runs.sweep()
    finally:
        pre_save.disconnect(refuse, sender=Run)
    assert house.cell(38005, "notes") == "carried over all the same"
    assert Run.objects.get(kind="purge").state == Run.State.SUCCEEDED
    assert Beat.objects.filter(name=beats.SCHEDULER).exists()
    assert {*Run.objects.values_list("kind", flat=True)} & {KIND, Run.Kind.CHECK.value} == set()
    for path in FAILING:
        assert f"{path} failed" in caplog.text
        assert failed(path) > before[path]
    assert "Incorrect value" in caplog.text
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}


def test_nothing_of_an_upload_carries_our_token_and_its_address_is_kept_encrypted(house: House) -> None:
    document = added(3 * PIECE)
    house.fault("status", match=PUT | {"nth": 2}, status=503)
    runs.sweep()
    copy = DocumentCopy.objects.get(document=document)
    assert copy.upload
    assert "/upload/" not in copy.upload
    assert the_run().state == Run.State.QUEUED
    make_due()
    runs.sweep()  # the emulator refuses an address with a token beside it
    assert there(house) == {"Quote.pdf": content_of(3 * PIECE)}
    begun = [line for line in house.log() if "createUploadSession" in line["path"]]
    assert len(begun) == 1, "it went on where it had stopped"


def refused_at_the_end() -> float:
    """How often a name was, as the first hour on a tenant looks it up."""
    return REGISTRY.get_sample_value("genthrust_graph_calls_total", {"method": "PUT", "status": "409"}) or 0.0


@pytest.mark.parametrize("early", [False, True], ids=["refused at the end", "refused at the beginning"])
def test_another_file_of_that_name_is_never_overwritten(house: House, early: bool) -> None:
    house.options(upload_refuses_early=early)
    folder = library(house) / "Repair Orders" / f"RO-{NUMBER}"
    folder.mkdir(parents=True)
    (folder / "quote.PDF").write_bytes(b"a person's own")
    document, before = added(), refused_at_the_end()
    runs.sweep()
    assert there(house) == {"quote.PDF": b"a person's own", "Quote (2).pdf": content_of(5000)}
    assert DocumentCopy.objects.get(document=document).name == "Quote (2).pdf"
    assert refused_at_the_end() == before + (0 if early else 1)


def test_throttling_is_honoured_by_everything_of_ours(house: House) -> None:
    added()
    house.fault("status", match={"path_regex": "createUploadSession"}, status=429, retry_after=30)
    runs.sweep()
    assert (the_run().state, the_run().attempts) == (Run.State.QUEUED, 0)
    assert the_run().due_at > clock.now() + timedelta(seconds=20)
    make_due()
    runs.sweep()
    assert house.stats()["retry_after_violations"] == 0
    assert there(house) == {}


def test_what_a_person_must_see_to_is_told_and_goes_on_by_itself_afterwards(
    house: House, admin_client: Client
) -> None:
    document = added()
    forbidden = house.fault("status", match={"path_regex": "createUploadSession"}, status=403, times=None)
    runs.sweep()
    told = "Our account may not write to the document library."
    assert (the_run().state, the_run().error, the_run().attempts) == (Run.State.QUEUED, told, 0)
    assert the_run().due_at > clock.now() + timedelta(seconds=LONGEST_PAUSE) / 2
    assert DocumentCopy.objects.get(document=document).trouble == told
    assert at_hand() == {f"1 document can't go to SharePoint, or leave it. Quote.pdf of G{NUMBER}: {told}"}
    stuck = "1 document can't go to SharePoint, or leave it"
    assert stuck in admin_client.get("/admin/").content.decode()
    try_again(document, by=None)
    assert stuck not in admin_client.get("/admin/").content.decode()
    assert (list(in_trouble()), at_hand()) == ([], {"Nothing is late."})
    runs.sweep()
    assert DocumentCopy.objects.get(document=document).trouble == told, "it was tried at once, in vain"
    house.all_well(forbidden)
    runs.sweep()
    assert there(house) == {}, "it is not asked all the time"
    make_due()
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    assert DocumentCopy.objects.get(document=document).trouble == ""
    assert (at_hand(), Run.objects.filter(kind=KIND).count()) == ({"Nothing is late."}, 1)


def test_what_sharepoint_refuses_is_told_and_can_be_tried_again(house: House) -> None:
    document = added()
    house.fault("status", match={"path_regex": "createUploadSession"}, status=400)
    runs.sweep()
    told = "SharePoint refused the document."
    assert (the_run().state, the_run().error) == (Run.State.FAILED, told)
    assert [(copy.document, copy.trouble) for copy in in_trouble()] == [(document, told)]
    make_due()
    runs.sweep()
    assert Run.objects.filter(kind=KIND).count() == 1, "it would be refused again"
    runs.retry(the_run(), by=None)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    assert DocumentCopy.objects.get(document=document).trouble == ""


def test_only_what_lasts_asks_for_a_person(house: House) -> None:
    added()
    away = house.fault("status", match={"path_regex": "createUploadSession"}, status=500, times=None)
    for _ in range(MANY_FAILURES):
        assert list(in_trouble()) == []
        make_due()
        runs.sweep()
    assert len(in_trouble()) == 1
    house.all_well(away)
    make_due()
    runs.sweep()
    assert list(in_trouble()) == []


def at_hand() -> set[str]:
    """What the doctor says of the work."""
    return {finding.told for finding in work_at_hand()}


def test_a_removed_one_leaves_sharepoint_after_a_while_and_comes_back(house: House) -> None:
    document = added()
    runs.sweep()
    documents.remove(document, by=None)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    waits = DocumentCopy.objects.get(document=document).due_at
    assert waits is not None
    assert waits > clock.now() + UNDO / 2
    documents.restore(document, by=None)
    assert DocumentCopy.objects.get(document=document).due_at is None
    documents.remove(document, by=None)
    make_due()
    runs.sweep()
    assert there(house) == {}
    assert DocumentCopy.objects.get(document=document).item_id == ""
    documents.restore(document, by=None)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}


def sweeping_frozen_at(
    house: House, nursery: Nursery, folder: Path, documents_dir: Path, match: dict[str, str]
) -> Worker:
    """A worker that has sent that request and has not heard yet what became of it."""
    point = Point("held", match, fate="done")
    return catch_at(house, lambda: nursery.start("sweep", folder, DOCUMENTS_DIR=str(documents_dir)), point)


def gone_on(worker: Worker) -> DocumentCopy:
    """What is known of the only document once the worker has ended the run that it was at."""
    at_it = the_run()
    worker.thaw()
    eventually(lambda: not Run.objects.filter(pk=at_it.pk, state__in=Run.OPEN).exists(), "the end of the run")
    return DocumentCopy.objects.get()


def test_one_removed_while_it_is_carried_does_not_stay_in_sharepoint(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path
) -> None:
    document = added()
    worker = sweeping_frozen_at(house, nursery, tmp_path, own_folder, {"path_regex": "createUploadSession"})
    documents.remove(document, by=None)
    copy = gone_on(worker)
    assert there(house) == {"Quote.pdf": content_of(5000)}
    assert copy.due_at is not None
    assert copy.due_at > clock.now() + UNDO / 2
    make_due()
    eventually(lambda: there(house) == {}, "the copy is taken back")
    worker.kill()


def test_one_brought_back_while_it_is_taken_back_is_carried_again(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path
) -> None:
    document = added()
    runs.sweep()
    documents.remove(document, by=None)
    make_due()
    worker = sweeping_frozen_at(house, nursery, tmp_path, own_folder, {"method": "DELETE"})
    documents.restore(document, by=None)
    gone_on(worker)
    eventually(lambda: there(house) == {"Quote.pdf": content_of(5000)}, "it is carried again")
    eventually(lambda: DocumentCopy.objects.get().item_id != "", "and known to be there")
    worker.kill()


def thawed(worker: Worker) -> None:
    """It goes on, and has noticed that its run is another's."""
    worker.thaw()
    eventually(lambda: "was taken over by another worker" in worker.log.read_text(), "it lost its run")
    worker.kill()


def test_one_frozen_in_a_removal_forgets_nothing_that_another_brought_since(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path
) -> None:
    document = added()
    runs.sweep()
    documents.remove(document, by=None)
    make_due()
    worker = sweeping_frozen_at(house, nursery, tmp_path, own_folder, {"method": "DELETE"})
    house.let_leases_run_out()
    runs.sweep()
    documents.restore(document, by=None)
    runs.sweep()
    documents.remove(document, by=None)
    brought = copies()
    thawed(worker)
    assert copies() == brought
    assert there(house) == {"Quote.pdf": content_of(5000)}
    make_due()
    runs.sweep()
    assert there(house) == {}


def test_what_one_that_was_frozen_took_out_is_carried_again_where_it_was_brought_back(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path
) -> None:
    """Whoever had the run meanwhile saw the copy still there."""
    document = added()
    runs.sweep()
    documents.remove(document, by=None)
    make_due()
    held = house.fault("delay", match={"method": "DELETE"}, seconds=HELD)
    worker = nursery.start("sweep", tmp_path, DOCUMENTS_DIR=str(own_folder))
    eventually(lambda: house.fired(held), "it is about to be taken out")
    worker.freeze()
    documents.restore(document, by=None)
    house.let_leases_run_out()
    runs.sweep()
    assert the_run().state == Run.State.SUCCEEDED
    house.all_well(held)
    wait_for_the_service(house)
    assert there(house) == {}
    thawed(worker)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}


def test_what_one_that_died_took_out_is_carried_again_where_it_was_brought_back(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path
) -> None:
    document = added()
    runs.sweep()
    documents.remove(document, by=None)
    make_due()
    point = Point("it is taken out, the answer lost", {"method": "DELETE"}, fate="done")
    kill_at(house, lambda: nursery.start("sweep", tmp_path, DOCUMENTS_DIR=str(own_folder)), point)
    documents.restore(document, by=None)
    house.let_leases_run_out()
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    brought = copies()
    runs.retry(the_run(), by=None)
    runs.sweep()
    assert copies() == brought, "what is there is left alone"


@pytest.mark.parametrize("answer", [None, 503, 429], ids=["a place to send to", "trouble", "a wait"])
def test_one_frozen_in_an_upload_writes_nothing_over_what_another_did_since(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path, answer: int | None
) -> None:
    added()
    begins = {"path_regex": "createUploadSession"}
    if answer:
        house.fault("status_after_apply", match=begins, status=answer)
    worker = sweeping_frozen_at(house, nursery, tmp_path, own_folder, begins)
    house.let_leases_run_out()
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    brought, sent = copies(), len(house.log())
    thawed(worker)
    assert copies() == brought
    assert len(house.log()) == sent, "nothing is sent for a run that is another's"


def test_one_that_was_sent_whole_and_not_answered_leaves_sharepoint_too(house: House) -> None:
    document = added()
    house.fault("status_after_apply", match=PUT, status=503)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    assert DocumentCopy.objects.get().item_id == ""
    documents.remove(document, by=None)
    make_due()
    runs.sweep()
    assert there(house) == {}
    copy = DocumentCopy.objects.get()
    assert (copy.item_id, copy.upload, copy.name, copy.due_at) == ("", "", "", None), (
        "so that it can be purged"
    )

    document = added(name="Lost.pdf")
    house.fault("status_after_apply", match=PUT, status=503)
    runs.sweep()
    file_gone(document)
    documents.remove(document, by=None)
    make_due()
    runs.sweep()
    assert (
        RunStep.objects.filter(text__contains="nobody can tell whether Lost.pdf in SharePoint").count() == 1
    )
    copy = DocumentCopy.objects.get(document=document)
    assert (copy.upload, copy.due_at, copy.trouble) == ("", None, "")


def test_one_that_may_have_arrived_under_an_address_that_is_gone_leaves_sharepoint_too(
    house: House, admin_client: Client
) -> None:
    document = added()
    house.fault("status_after_apply", match=PUT, status=503)
    runs.sweep()
    make_due()
    house.fault("status", match={"path_regex": "createUploadSession"}, status=503)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    copy = DocumentCopy.objects.get()
    assert (copy.item_id, copy.upload, copy.name) == ("", "", "Quote.pdf"), "it may have arrived, as it has"
    documents.remove(document, by=None)
    not_now = house.fault("status", match={"path_regex": "children"}, status=503, times=None)
    make_due()
    runs.sweep()
    copy = DocumentCopy.objects.get()
    assert (copy.item_id, copy.upload, copy.name) == ("", "", "Quote.pdf"), "it could not be looked for"
    assert copy.trouble
    shown = html.unescape(admin_client.get(f"/orders/{NUMBER}/documents/").content.decode())
    assert f"Still in SharePoint: {copy.trouble}" in shown, "whoever may try again is told why"
    house.all_well(not_now)
    house.fault("status", match={"method": "DELETE"}, status=403, times=None)
    make_due()
    runs.sweep()
    assert DocumentCopy.objects.get().trouble
    Document.objects.update(removed_at=clock.now() - timedelta(days=9_000))
    call_command("purge")
    house.all_well()
    make_due()
    try_again(document, by=None)
    runs.sweep()
    assert there(house) == {}
    copy = DocumentCopy.objects.get()
    assert (copy.item_id, copy.upload, copy.name, copy.due_at) == ("", "", "", None)


def file_gone(document: Document) -> str:
    Path(document.file.path).unlink()
    return "The file is not on this server any more."


def program_error(document: Document) -> str:
    """A folder where the file was."""
    file_gone(document)
    Path(document.file.path).mkdir()
    return "An error in the program stopped it: [Errno 21] Is a directory"


def given_up(document: Document) -> str:
    start_due()
    Run.objects.update(attempts=runs.MAX_ATTEMPTS)
    return "Given up: it was begun 10 times and never came to an end."


def cut_off(document: Document) -> str:
    """A power cut in the middle of a backup that was restored, or a disk that lies."""
    Path(document.file.path).write_bytes(HEAD)
    return "The file is not on this server any more."


def test_an_error_at_the_commit_leaves_the_file(house: House) -> None:
    """The row may be there: the answer may be what failed."""

    def break_the_answer(**_: object) -> None:
        transaction.on_commit(partial(house.order, 0))

    document_changed.connect(break_the_answer)
    try:
        with pytest.raises(RepairOrder.DoesNotExist):
            added()
    finally:
        document_changed.disconnect(break_the_answer)
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}


@pytest.mark.parametrize("broken", [file_gone, program_error, given_up, cut_off])
def test_however_it_ended_in_vain_the_document_says_so_and_can_be_tried_again(
    house: House, broken: Callable[[Document], str], admin_client: Client
) -> None:
    document = added()
    told = broken(document)
    runs.sweep()
    assert the_run().state == Run.State.FAILED
    assert the_run().error.startswith(told)
    assert DocumentCopy.objects.get().trouble == the_run().error
    page = f"/orders/{NUMBER}/documents/"
    again = f"{page}{document.pk}/carry/"
    shown = html.unescape(admin_client.get(page).content.decode())
    assert f"Not in SharePoint yet: {told}" in shown
    assert f'action="{again}"' in shown

    path = Path(document.file.path)
    if path.is_dir():
        path.rmdir()
    path.write_bytes(content_of(5000))
    assert admin_client.post(again).headers["Location"] == page
    shown = admin_client.post(again, headers={"HX-Request": "true"}).content.decode()  # twice is as good
    assert "On its way to SharePoint" in shown
    assert "/carry/" not in shown
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(5000)}
    assert DocumentCopy.objects.get().trouble == ""


def test_what_keeps_a_removed_one_in_sharepoint_is_told_among_the_removed(
    house: House, admin_client: Client
) -> None:
    document = added()
    runs.sweep()
    documents.remove(document, by=None)
    admin_client.post(f"/orders/{NUMBER}/documents/{document.pk}/carry/")
    runs.sweep()
    assert list(there(house)) == ["Quote.pdf"], "nothing was in its way: it keeps its ten minutes"
    make_due()
    house.fault("status", match={"method": "DELETE"}, status=403)
    runs.sweep()
    shown = admin_client.get(f"/orders/{NUMBER}/documents/").content.decode()
    assert "Still in SharePoint: Our account may not write to the document library." in shown
    again = shown.partition(f'action="/orders/{NUMBER}/documents/{document.pk}/carry/"')[2].partition(">")[0]
    assert again == "", "its list is no part that htmx could put in place"
    admin_client.post(f"/orders/{NUMBER}/documents/{document.pk}/carry/")
    runs.sweep()
    assert there(house) == {}
    assert "Still in SharePoint" not in admin_client.get(f"/orders/{NUMBER}/documents/").content.decode()


@pytest.mark.parametrize("point", usually(POINTS, {"the upload is begun, its answer lost"}))
def test_a_worker_dies_and_the_next_one_goes_on(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path, point: Point
) -> None:
    size = 2 * PIECE + 777
    document = added(size)
    kill_at(house, lambda: nursery.start("sweep", tmp_path, DOCUMENTS_DIR=str(own_folder)), point)
    house.all_well()
    house.let_leases_run_out()
    runs.sweep()
    make_due()
    runs.sweep()
    assert there(house) == {"Quote.pdf": content_of(size)}
    copy = DocumentCopy.objects.get(document=document)
    assert (copy.name, copy.upload) == ("Quote.pdf", "")
    assert the_run().state == Run.State.SUCCEEDED


def test_the_service_is_strict_about_pieces(house: House) -> None:
    document = added(2 * PIECE)
    house.fault("status", match=PUT | {"nth": 1}, status=503)
    runs.sweep()
    copy = DocumentCopy.objects.get(document=document)
    address = unseal(copy.upload)

    def put(begin: int, size: int, **headers: str) -> int:
        given = {"Content-Range": f"bytes {begin}-{begin + size - 1}/{2 * PIECE}", **headers}
        return httpx.put(address, headers=given, content=bytes(size), trust_env=False).status_code

    assert put(0, 1000) == 400, "no multiple of 320 KiB"
    assert put(PIECE, PIECE) == 416, "not wanted yet"
    assert put(0, PIECE, Authorization="Bearer flushing") == 401
    assert put(0, PIECE) == 202
    assert put(0, PIECE) == 416, "received already"
    assert httpx.get(address, trust_env=False).json() == {"nextExpectedRanges": [f"{PIECE}-"]}
    assert httpx.delete(address, trust_env=False).status_code == 204
    assert put(0, PIECE) == 404


@pytest.mark.parametrize(
    ("content", "hashed"),
    [
        (b"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        (b"\x4a", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
        (b"\xb5\xb4", "taAFAAAAAAAAAAAAAgAAAAAAAAA="),
        (b"\xd2\x96\x4f", "0rDEEwAAAAAAAAAAAwAAAAAAAAA="),
    ],
)
def test_the_hash_is_microsofts(content: bytes, hashed: str) -> None:
    assert quick_xor_hash([content]) == hashed


def test_the_hash_of_pieces_is_the_hash_of_the_whole() -> None:
    whole = content_of(1000)
    assert quick_xor_hash([whole[:7], whole[7:333], whole[333:]]) == quick_xor_hash([whole])


def test_a_flush_sends_nothing_in_a_wait_that_a_document_was_asked_for(
    house: House, nursery: Nursery, tmp_path: Path
) -> None:
    house.edit(NUMBER, notes="ours")
    opened = Point("the session is opened", {"path_regex": "createSession"}, fate="done")
    flush = catch_at(house, lambda: nursery.start("sweep", tmp_path), opened)
    added()
    house.fault("status", match={"path_regex": "children"}, status=429, retry_after=300)
    start_due()
    claimed = runs.claim(the_run())
    assert claimed is not None
    runs.perform(claimed, carry)
    flush.thaw()
    eventually(lambda: not Run.objects.filter(state=Run.State.RUNNING).exists(), "the end of the flush")
    assert house.stats()["retry_after_violations"] == 0
    assert set(Run.objects.values_list("state", flat=True)) == {Run.State.QUEUED}
    flush.kill()


def test_an_upload_sends_nothing_in_a_wait_that_a_flush_was_asked_for(
    house: House, nursery: Nursery, tmp_path: Path, own_folder: Path
) -> None:
    added(2 * PIECE + 5)
    worker = sweeping_frozen_at(house, nursery, tmp_path, own_folder, PUT)
    house.edit(NUMBER, notes="ours")
    house.fault("status", match={"path_regex": "createSession"}, status=429, retry_after=300)
    flush = runs.start(kind=Run.Kind.FLUSH, workbook=house.workbook, started_by="a test")
    claimed = runs.claim(flush)
    assert claimed is not None
    runs.perform(claimed, write)
    worker.thaw()
    eventually(lambda: not Run.objects.filter(state=Run.State.RUNNING).exists(), "the pause of the upload")
    assert house.stats()["retry_after_violations"] == 0
    assert there(house) == {}
    assert set(Run.objects.values_list("state", flat=True)) == {Run.State.QUEUED}
    worker.kill()
