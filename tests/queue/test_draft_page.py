"""The page of a draft: its words, its address and its table, saved, previewed and refused."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications import combine, queue
from notifications.models import Delivery, Notification
from repairs.forms import INCOMPLETE
from repairs.models import Shop
from tests.queue.conftest import NewDraft
from tests.queue.pages import HTMX, State, state, text_of, typed
from tests.queue.stories import bring_to, everything, order_of


def test_an_address_that_will_be_the_shops_is_told_before(
    site: Client, draft: Notification, amy: User
) -> None:
    assert "becomes the shop" not in text_of(site, f"/queue/{draft.pk}/")
    queue.edit(draft, by=amy, changes={"to_address": "ruth@aero.example"})
    assert "ruth@aero.example becomes the shop" in text_of(site, f"/queue/{draft.pk}/")


def test_a_draft_without_an_address_says_so_and_can_not_be_approved(
    site: Client, draft: Notification, amy: User
) -> None:
    queue.edit(draft, by=amy, changes={"to_address": ""})
    assert "no address yet" in text_of(site, "/queue/")
    answer = site.post(f"/queue/{draft.pk}/approve/", {"expected_version": draft.version}, headers=HTMX)
    assert answer.status_code == 409
    assert state(draft) == State.PENDING_APPROVAL


def test_a_correction_is_saved_and_approved_in_one(site: Client, draft: Notification, shop: Shop) -> None:
    given = typed(draft, to_address="new@aero.example", body="Any news?\n", approve="")
    site.post(f"/queue/{draft.pk}/edit/", given)
    delivery = Delivery.objects.get()
    assert (delivery.to, "Any news?" in delivery.text) == ("new@aero.example", True)
    shop.refresh_from_db()
    assert shop.email == "new@aero.example"
    assert "new@aero.example" in text_of(site, f"/shops/{shop.pk}/").split("History")[1]


def test_what_was_approved_in_another_tab_is_shown_without_a_form(site: Client, draft: Notification) -> None:
    given = typed(draft, approve="")
    late = given | {"body": "Typed <late>."}
    site.post(f"/queue/{draft.pk}/edit/", given)
    for sent, kept in ((given, False), (late, True)):
        answer = site.post(f"/queue/{draft.pk}/edit/", sent)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "It is approved already by" in page
        assert ('id="draft-form"' in page, "Approve and send" in page) == (False, False)
        assert ("Typed &lt;late&gt;." in page) is kept
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    "address", ["no address", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"]
)
def test_a_bad_address_is_refused_and_everything_typed_stays(
    site: Client, draft: Notification, address: str
) -> None:
    given = typed(draft, to_address=address, body="Typed with care.", approve="")
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Typed with care." in text
    assert not Delivery.objects.exists()


def test_two_people_edit_one_draft_and_the_second_keeps_what_was_typed(
    site: Client, draft: Notification, tom: User
) -> None:
    given = typed(draft, body="Mine.")
    queue.edit(draft, by=tom, changes={"body": "Theirs."})
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    assert answer.status_code == 422
    assert "Mine." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.body == "Theirs."


def test_a_draft_without_its_version_is_to_be_loaded_again(site: Client, draft: Notification) -> None:
    answer = site.post(f"/queue/{draft.pk}/edit/", typed(draft, body="Mine.", expected_version=""))
    text = answer.content.decode()
    assert (answer.status_code, INCOMPLETE in text, "Mine." in text) == (422, True, True)


@pytest.mark.parametrize(
    ("reason", "told"),
    [(" ", "Please say why."), ("Long. " * 84, "It has 503 characters; at most 500 characters fit here.")],
)
def test_rejecting_needs_a_reason_and_keeps_what_was_typed(
    site: Client, draft: Notification, reason: str, told: str
) -> None:
    sent, text = {"expected_version": draft.version, "reason": reason}, ""
    for headers in ({}, HTMX):
        answer = site.post(f"/queue/{draft.pk}/reject/", sent, headers=headers)
        text = answer.content.decode()
        assert (answer.status_code, told in text, reason in text) == (422, True, True)
        assert state(draft) == State.PENDING_APPROVAL
    assert '<details class="reject" open>' in text
    assert f'value="{reason}" aria-invalid="true"' in text
    site.post(f"/queue/{draft.pk}/reject/", sent | {"reason": "They called."}, headers=HTMX)
    assert state(draft) == State.REJECTED


def test_what_somebody_edited_meanwhile_is_not_rejected(site: Client, draft: Notification, tom: User) -> None:
    """Both forms carry the version that they show."""
    hidden = f'name="expected_version" value="{draft.version}"'
    for url in ("/queue/", f"/queue/{draft.pk}/"):
        form = text_of(site, url).split(f'action="/queue/{draft.pk}/reject/"')[1].split("</form>")[0]
        assert hidden in form
    queue.edit(draft, by=tom, changes={"body": "Careful words."})
    for version in (draft.version - 1, ""):
        given = {"reason": "no", "expected_version": version}
        said = site.post(f"/queue/{draft.pk}/reject/", given, follow=True).content.decode()
        assert "It was changed by tom meanwhile." in said
    assert state(draft) == State.PENDING_APPROVAL


def test_a_reminder_is_done(site: Client, reminder: Notification) -> None:
    text = site.post(f"/queue/{reminder.pk}/done/", headers=HTMX).content.decode()
    assert "Done" in text
    assert state(reminder) == State.SENT


@pytest.mark.parametrize(("act", "then"), [("retry", State.APPROVED), ("withdraw", State.WITHDRAWN)])
def test_a_mail_that_failed_is_tried_again_or_withdrawn(
    site: Client, draft: Notification, amy: User, act: str, then: str
) -> None:
    bring_to(draft, "FAILED", amy)
    page = text_of(site, f"/queue/{draft.pk}/")
    assert "Microsoft refused it." in page
    site.post(f"/queue/{draft.pk}/{act}/", shown_with(page, draft, act))
    assert state(draft) == then


@pytest.mark.parametrize("act", ["retry", "withdraw"])
def test_what_somebody_changed_meanwhile_is_not_tried_again_or_withdrawn(
    site: Client, draft: Notification, amy: User, tom: User, act: str
) -> None:
    bring_to(draft, "FAILED", amy)
    given = shown_with(text_of(site, f"/queue/{draft.pk}/"), draft, act)
    queue.edit(draft, by=tom, changes={"body": "Careful words."})
    said = site.post(f"/queue/{draft.pk}/{act}/", given, follow=True).content.decode()
    assert "It was changed by tom meanwhile." in said
    assert state(draft) == State.PENDING_APPROVAL
    bring_to(draft, "FAILED", tom)
    for stale in (given, {}):
        assert site.post(f"/queue/{draft.pk}/{act}/", stale, headers=HTMX).status_code == 409
        assert state(draft) == State.FAILED


def test_what_was_approved_and_not_begun_is_withdrawn(site: Client, draft: Notification, amy: User) -> None:
    bring_to(draft, "APPROVED", amy)
    given = shown_with(text_of(site, f"/queue/{draft.pk}/"), draft, "withdraw")
    site.post(f"/queue/{draft.pk}/withdraw/", given)
    assert (state(draft), Delivery.objects.get().state) == (State.WITHDRAWN, "WITHDRAWN")


def shown_with(page: str, draft: Notification, act: str) -> dict[str, str]:
    """The version in the form of an act, as the browser posts it."""
    shown = re.search(rf'action="/queue/{draft.pk}/{act}/".*?name="expected_version" value="(\d+)"', page)
    assert shown is not None
    return {"expected_version": shown[1]}


def test_a_person_decides_what_nobody_knows(site: Client, draft: Notification, amy: User) -> None:
    delivery = queue.approve(draft, by=amy)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.UNKNOWN, error="It is not known.", found={"In the mailbox": "nothing"}
    )
    page = text_of(site, f"/queue/{draft.pk}/")
    assert "In the mailbox: <b>nothing</b>" in page
    site.post(f"/queue/{draft.pk}/resolve/", {"sent": "yes"})
    assert state(draft) == State.SENT


def test_a_person_gives_up_what_nobody_knows(site: Client, draft: Notification, amy: User) -> None:
    delivery = queue.approve(draft, by=amy)
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.UNKNOWN)
    assert "It was not sent, and shall not be" in text_of(site, f"/queue/{draft.pk}/")
    site.post(f"/queue/{draft.pk}/resolve/", {"sent": "never"})
    assert state(draft) == State.WITHDRAWN


@pytest.mark.parametrize("answer", ["yes", "no", "never"])
def test_what_was_never_approved_is_not_decided_about(site: Client, draft: Notification, answer: str) -> None:
    said = site.post(f"/queue/{draft.pk}/resolve/", {"sent": answer}, follow=True).content.decode()
    assert "Nothing was changed." in said
    assert state(draft) == State.PENDING_APPROVAL


def test_several_drafts_of_a_shop_become_one_mail(site: Client, new_draft: NewDraft, shop: Shop) -> None:
    drafts = [new_draft() for _ in range(3)]
    page = text_of(site, f"/queue/?shop={shop.pk}")
    assert "Combine into one email" in page
    answer = site.post("/queue/combine/", {"draft": [d.pk for d in drafts]}, follow=True)
    parent = Notification.objects.get(order=None, kind=Notification.Kind.EMAIL_DRAFT)
    assert all(d.order and str(d.order.number) in answer.content.decode() for d in drafts)
    given = (
        typed(parent) | cells(parent) | {cell(parent, 1, "note"): "Urgent", cell(parent, 0, "part"): "P-1"}
    )
    site.post(f"/queue/{parent.pk}/edit/", given | {"save": ""})
    parent.refresh_from_db()
    assert [(r["part"], r["note"]) for r in parent.rows] == [("P-1", ""), ("", "Urgent"), ("", "")]


def cell(parent: Notification, position: int, name: str) -> str:
    return f"row-{parent.rows[position]['number']}-{name}"


def cells(parent: Notification) -> dict[str, str]:
    """The empty cells of a mail's table, as a browser posts them."""
    names = ("part", "serial", "note")
    return {cell(parent, position, name): "" for position in range(len(parent.rows)) for name in names}


@pytest.fixture
def several(new_draft: NewDraft, amy: User) -> list[Notification]:
    """A mail about two orders, and the drafts that it replaced."""
    drafts = [new_draft(), new_draft()]
    return [combine.combine(drafts, by=amy), *drafts]


def test_whatever_is_pressed_saves_what_was_typed(
    site: Client, several: list[Notification], new_draft: NewDraft
) -> None:
    parent, one, two = several
    three = new_draft()
    first, second, third = (order_of(draft) for draft in (one, two, three))
    url = f"/queue/{parent.pk}/edit/"
    note = cell(parent, 1, "note")

    def press(button: str, value: str = "", **changes: str) -> str:
        parent.refresh_from_db()
        given = typed(parent) | cells(parent) | changes | {button: value}
        return site.post(url, given, follow=True).content.decode()

    said = press("add", body="Typed with care.", add_number=third.label)
    assert f"Added {third.label}" in said
    parent.refresh_from_db()
    assert (parent.body, len(parent.rows)) == ("Typed with care.", 3)
    press("take_out", str(first.number), **{note: "Urgent"})
    parent.refresh_from_db()
    assert [(row["number"], row["note"]) for row in parent.rows] == [
        (second.number, "Urgent"),
        (third.number, ""),
    ]
    one.refresh_from_db()
    assert one.parent is None
    said = press("split", body="Words that nobody reads.")
    assert "Every order has its own draft again." in said
    assert not Notification.objects.filter(parent=parent).exists()
    assert state(two) == State.PENDING_APPROVAL


@pytest.mark.parametrize(
    ("button", "number", "told"),
    [
        ("add", "x", "There is no order with that number."),
        ("save", "G99", "There is no order with that number."),
        ("approve", "G1", "Please press Add to take this order into the email, or empty the field."),
        ("take_out", "", "is not in this mail."),
    ],
)
def test_what_is_refused_saves_nothing_and_keeps_what_was_typed(
    site: Client, several: list[Notification], button: str, number: str, told: str
) -> None:
    parent = several[0]
    before = everything()
    given = typed(parent, body="Typed with care.", add_number=number, **{button: "999"}) | cells(parent)
    answer = site.post(f"/queue/{parent.pk}/edit/", given)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Typed with care." in answer.content.decode()
    assert everything() == before


def test_enter_in_a_field_saves(site: Client, several: list[Notification]) -> None:
    """A browser presses the first button of the form."""
    page = text_of(site, f"/queue/{several[0].pk}/")
    form = page[page.index('id="draft-form"') :]
    assert form.index('name="save"') < form.index('name="take_out"')


def test_the_preview_shows_what_is_not_saved(site: Client, several: list[Notification]) -> None:
    parent = several[0]
    before = everything()
    changes = {"to_address": "office@genthrust.example", "body": "New <b>words</b>\n\n[orders]\n\nBye"}
    given = typed(parent, **changes) | cells(parent) | {cell(parent, 0, "note"): "Urgent", "preview": ""}
    answer = site.post(f"/queue/{parent.pk}/edit/", given)
    assert answer.status_code == 200
    page = answer.content.decode()
    preview = page[page.index('id="preview"') :]
    assert "it is not saved yet" in preview
    assert "<dd>repairs@genthrust.example</dd>" in preview
    assert "<dd>office@genthrust.example</dd>" in preview
    assert "Copy" not in preview, "who gets the mail gets no copy"
    assert "<p>New &lt;b&gt;words&lt;/b&gt;</p>" in preview
    assert "<td>Urgent</td>" in preview
    assert "style=" not in preview
    assert "New &lt;b&gt;words" in page[: page.index('id="preview"')], "the form keeps what was typed"
    assert everything() == before


def test_the_preview_of_a_bad_address_says_so(site: Client, draft: Notification) -> None:
    given = typed(draft, to_address="nobody", preview="")
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    assert answer.status_code == 422
    assert "is not an email address" in answer.content.decode()
