"""Links between orders, and their documents, in the back office: through the verbs, told in the histories."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from repairs import documents
from repairs.models import Activity, Document, OrderLink, RepairOrder
from tests.pages.conftest import MakeOrder

LINKS = "/admin/repairs/orderlink/"
DOCUMENTS = "/admin/repairs/document/"


@pytest.fixture
def admin(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


def test_a_link_is_made_found_shown_and_taken_away(admin: Client, make_order: MakeOrder, clerk: User) -> None:
    one, two = make_order(), make_order()
    typed = {"order": one.pk, "other": two.pk, "kind": "replacement"}
    assert admin.post(f"{LINKS}add/", typed).status_code == 302
    made = OrderLink.objects.get()
    assert (made.order, made.other, made.by) == (one, two, clerk)
    assert Activity.objects.filter(verb=Activity.Verb.LINKED).count() == 2
    assert two.label in admin.get(f"{LINKS}?q={one.number}").content.decode()
    for order, other in ((one, two), (two, one)):
        assert other.label in admin.get(f"/admin/repairs/repairorder/{order.pk}/change/").content.decode()
    again = admin.post(f"{LINKS}add/", typed)
    assert "are linked already" in again.content.decode()
    chosen = {"action": "take_away", "_selected_action": [made.pk]}
    assert "done" in admin.post(LINKS, chosen, follow=True).content.decode()
    assert not OrderLink.objects.exists()
    assert Activity.objects.filter(text__startswith="no longer").count() == 2


@pytest.mark.parametrize(("other", "kind"), [("one", "related"), ("two", "twin"), ("nobody", "related")])
def test_what_is_no_link_is_refused(admin: Client, make_order: MakeOrder, other: str, kind: str) -> None:
    keys = {"one": make_order().pk, "two": make_order().pk, "nobody": 999_999}
    answer = admin.post(f"{LINKS}add/", {"order": keys["one"], "other": keys[other], "kind": kind})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not OrderLink.objects.exists()


def test_a_document_is_found_opened_removed_and_brought_back(
    admin: Client, order: RepairOrder, clerk: User, settings: Settings, tmp_path: Path
) -> None:
    settings.DOCUMENTS_DIR = tmp_path
    paper = SimpleUploadedFile("quote.pdf", b"%PDF-1.7 x", content_type="application/pdf")
    document = documents.add(order, by=clerk, upload=paper, kind="quote")
    listed = admin.get(f"{DOCUMENTS}?q=quote").content.decode()
    assert f"/orders/{order.number}/documents/{document.pk}/" in listed
    for act, removed in (("remove", True), ("bring_back", False)):
        admin.post(DOCUMENTS, {"action": act, "_selected_action": [document.pk]})
        assert Document.objects.filter(removed_at__isnull=not removed).exists()
    told = [a.text for a in Activity.objects.filter(verb=Activity.Verb.DOCUMENT, by=clerk).order_by("pk")]
    assert [text.split()[0] for text in told] == ["Added", "Removed", "Brought"]
