"""The documents of an order on its page: upload, list, open, remove and undo, and what is not taken."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from repairs import documents
from repairs.models import Activity, Document, RepairOrder
from sync.models import DocumentCopy
from tests.pages.conftest import MakeOrder

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return tmp_path / "documents"


def upload(
    site: Client, order: RepairOrder, *files: tuple[str, bytes], kind: str = "quote", **headers: str
) -> Any:
    given = [SimpleUploadedFile(name, content) for name, content in files]
    return site.post(
        f"/orders/{order.number}/documents/", {"kind": kind, "files": given}, headers=headers or FRAGMENT
    )


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_are_kept_listed_and_opened(
    site: Client, order: RepairOrder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_disk: list[int] = []
    sync = os.fsync

    def noted(handle: int) -> None:
        sync(handle)
        on_the_disk.append(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", noted)
    answer = upload(site, order, ("Quote 17.pdf", PDF), ("bench.png", PNG))
    assert answer.status_code == 200
    written = {path.stat().st_ino for path in (folder, *folder.rglob("*"))}
    assert (len(written), written - {*on_the_disk}) == (4, set()), "the power may fail at once"
    one, two = Document.objects.order_by("id")
    assert (one.name, one.kind, one.size, one.by_name) == ("Quote 17.pdf", "quote", len(PDF), "tom")
    assert len(files_in(folder)) == 2
    page = site.get(f"/orders/{order.number}/").content.decode()
    for document in (one, two):
        assert document.name in page
        assert f"/orders/{order.number}/documents/{document.pk}/" in page
    assert Activity.objects.filter(order=order, verb="document").count() == 2
    assert DocumentCopy.objects.filter(due_at__isnull=False).count() == 2
    opened = site.get(f"/orders/{order.number}/documents/{one.pk}/")
    assert b"".join(opened.streaming_content) == PDF  # type: ignore[attr-defined]  # of a FileResponse
    assert opened["Content-Disposition"] == 'inline; filename="Quote 17.pdf"'
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert opened["Cache-Control"] == "no-store"
    opened.close()


def test_what_a_browser_could_run_is_downloaded(site: Client, order: RepairOrder) -> None:
    upload(site, order, ("page.txt", b"<script>alert(1)</script>"))
    document = Document.objects.get()
    opened = site.get(f"/orders/{order.number}/documents/{document.pk}/")
    assert opened["Content-Disposition"].startswith("attachment;")
    opened.close()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("malware.exe", b"MZ", "“malware.exe” is not taken"),
        ("page.html", b"<p>", "“page.html” is not taken"),
        ("quote.pdf", b"MZ\x90\x00", "its content is something else"),
        ("photo.jpg", PNG, "its content is something else"),
        ("notes.txt", b"\x00\x01\x02", "its content is something else"),
        ("list.xlsx", b"PK\x03\x04cut off", "its content is something else"),
        ("empty.pdf", b"", "“empty.pdf” is empty"),
        ("large.pdf", PDF + bytes(1024 * 1024), "is larger than 1 MB"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_rest_is_kept(
    site: Client,
    order: RepairOrder,
    folder: Path,
    settings: Any,
    name: str,
    content: bytes,
    sentence: str,
) -> None:
    settings.DOCUMENT_MAX_MB = 1
    answer = upload(site, order, (name, content), ("good.pdf", PDF))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert [document.name for document in Document.objects.all()] == ["good.pdf"]
    assert len(files_in(folder)) == 1


def test_a_workbook_that_is_whole_is_kept(site: Client, order: RepairOrder) -> None:
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    assert upload(site, order, ("list.xlsx", made.getvalue())).status_code == 200
    assert [document.name for document in Document.objects.all()] == ["list.xlsx"]


def test_an_archive_of_very_many_parts_is_not_taken_apart(site: Client, order: RepairOrder) -> None:
    """Each part of it costs the server eight times what it takes in the file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in ("word/document.xml", *map(str, range(25_000))):
            packed.writestr(name, "")
    answer = upload(site, order, ("parts.docx", made.getvalue()))
    assert (answer.status_code, Document.objects.count()) == (422, 0)
    assert "its content is something else" in answer.content.decode()


@pytest.mark.parametrize("ending", ["csv", "txt", "eml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_text_is_kept_in_the_encodings_that_programs_write(
    site: Client, order: RepairOrder, ending: str, encoding: str
) -> None:
    content = "naïve,ÄÖ\r\n".encode(encoding) * 2000  # longer than what is looked at
    assert upload(site, order, (f"list.{ending}", content)).status_code == 200
    assert [document.name for document in Document.objects.all()] == [f"list.{ending}"]


def test_without_a_file_or_with_an_unknown_kind_nothing_happens(site: Client, order: RepairOrder) -> None:
    assert upload(site, order).status_code == 422
    answer = upload(site, order, ("a.pdf", PDF), kind="letter")
    assert answer.status_code == 422
    assert "“letter” is not a kind of document" in answer.content.decode()
    assert not Document.objects.exists()


def test_a_disk_that_takes_nothing_is_told(
    site: Client, order: RepairOrder, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "in the way").touch()
    settings.DOCUMENTS_DIR = tmp_path / "in the way"
    answer = upload(site, order, ("a.pdf", PDF))
    assert answer.status_code == 422
    assert "disk is full or can&#x27;t be written to. Nothing was saved." in answer.content.decode()
    assert not Document.objects.exists()


def test_a_name_that_is_there_gets_a_number_even_when_that_one_was_removed(
    site: Client, order: RepairOrder, make_order: MakeOrder
) -> None:
    for _ in range(2):
        upload(site, order, ("Quote.pdf", PDF))
    site.post(f"/orders/{order.number}/documents/{Document.objects.all()[0].pk}/remove/")
    upload(site, order, ("QUOTE.pdf", PDF))
    assert [one.name for one in Document.objects.all()] == ["Quote.pdf", "Quote (2).pdf", "QUOTE (3).pdf"]


def test_remove_and_undo(site: Client, order: RepairOrder, folder: Path) -> None:
    upload(site, order, ("Quote.pdf", PDF))
    document = Document.objects.get()
    address = f"/orders/{order.number}/documents/{document.pk}"
    answers = [
        site.post(f"{address}/remove/", headers=FRAGMENT) for _ in range(2)
    ]  # twice is as good as once
    assert [one.status_code for one in answers] == [200, 200]
    answer = answers[0]
    assert f"{address}/restore/" in answer.content.decode()
    assert f'href="{address}/"' not in answer.content.decode()
    assert len(files_in(folder)) == 1
    assert DocumentCopy.objects.get().due_at is None, "what never left is not carried now"
    answer = site.post(f"{address}/restore/", headers=FRAGMENT)
    assert f'href="{address}/"' in answer.content.decode()
    assert DocumentCopy.objects.get().due_at is not None
    acts = list(
        Activity.objects.filter(order=order, verb="document").order_by("id").values_list("text", flat=True)
    )
    assert acts == ["Added “Quote.pdf” (Quote)", "Removed “Quote.pdf”", "Brought “Quote.pdf” back"]


@pytest.mark.parametrize("headers", [FRAGMENT, {}], ids=["fragment", "page"])
@pytest.mark.parametrize("act", ["remove", "restore"])
def test_a_document_that_is_purged_at_that_moment_is_told(
    site: Client, order: RepairOrder, act: str, headers: dict[str, str]
) -> None:
    upload(site, order, ("Quote.pdf", PDF))
    document = Document.objects.get()
    documents.remove(document, by=None)

    begun: list[str] = []

    def purge_first(execute: Callable[..., Any], sql: str, *given: Any) -> Any:
        """Before the verb begins, when the view has found the row already."""
        if sql.startswith("SAVEPOINT") and not begun:
            begun.append(sql)
            documents.purge(document)
        return execute(sql, *given)

    with connection.execute_wrapper(purge_first):
        answer = site.post(f"/orders/{order.number}/documents/{document.pk}/{act}/", headers=headers)
    assert answer.status_code == 409
    assert "“Quote.pdf” has been purged and can&#x27;t be brought back." in answer.content.decode()
    assert f"/documents/{document.pk}/" not in answer.content.decode()
    assert not Document.objects.exists()


def test_without_htmx_the_same_works_on_a_page_of_its_own(site: Client, order: RepairOrder) -> None:
    assert upload(site, order, ("Quote.pdf", PDF), Accept="text/html").status_code == 302
    document = Document.objects.get()
    page = f"/orders/{order.number}/documents/"
    assert site.post(f"{page}{document.pk}/remove/").headers["Location"] == page
    assert "Bring back" in site.get(page).content.decode()
    assert site.post(f"{page}{document.pk}/restore/").headers["Location"] == page
    assert "Bring back" not in site.get(page).content.decode()


def test_a_document_is_found_under_its_own_order_only(
    site: Client, order: RepairOrder, make_order: MakeOrder
) -> None:
    upload(site, order, ("Quote.pdf", PDF))
    other = make_order()
    document = Document.objects.get()
    assert site.get(f"/orders/{other.number}/documents/{document.pk}/").status_code == 404
    assert site.get(f"/orders/{order.number}/documents/{document.pk + 1}/").status_code == 404
    assert site.post(f"/orders/{other.number}/documents/{document.pk}/remove/").status_code == 404
    document.refresh_from_db()
    assert document.removed_at is None


def test_a_file_that_is_gone_is_not_found(site: Client, order: RepairOrder, folder: Path) -> None:
    upload(site, order, ("Quote.pdf", PDF))
    for path in files_in(folder):
        path.unlink()
    assert site.get(f"/orders/{order.number}/documents/{Document.objects.get().pk}/").status_code == 404


def test_only_the_types_of_the_installation_come_in(site: Client, order: RepairOrder, settings: Any) -> None:
    settings.DOCUMENT_TYPES = ["pdf"]
    page = site.get(f"/orders/{order.number}/").content.decode()
    assert 'accept=".pdf"' in page
    refused = upload(site, order, ("bench.png", PNG))
    assert (refused.status_code, Document.objects.count()) == (422, 0)
    assert "only pdf files are" in refused.content.decode()
    assert upload(site, order, ("release.pdf", PDF)).status_code == 200


def test_release_certificates_have_kinds_of_their_own(site: Client, order: RepairOrder) -> None:
    kinds = {"8130-3": "FAA 8130-3", "form-1": "EASA Form 1"}
    for kind, label in kinds.items():
        assert upload(site, order, (f"{kind}.pdf", PDF), kind=kind).status_code == 200
        assert (
            f'<option value="{kind}">{label}</option>'
            in site.get(f"/orders/{order.number}/").content.decode()
        )
    shown = site.get(f"/orders/{order.number}/documents/").content.decode()
    assert [(one.kind, one.get_kind_display()) for one in Document.objects.order_by("id")] == [*kinds.items()]
    assert all(label in shown for label in kinds.values())
    assert upload(site, order, ("x.pdf", PDF), kind="no-such-kind").status_code == 422
