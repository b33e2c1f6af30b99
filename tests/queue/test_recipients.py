"""Whom a mail may go to: one plain address, and nothing that reads as anything else."""

import pytest
from django.contrib.auth.models import User

from notifications import queue, recipients
from notifications.models import Delivery, Notification
from repairs import shops
from repairs.errors import Refusal
from repairs.models import Activity, Shop
from tests.queue.conftest import NewDraft
from tests.queue.stories import everything, fresh

BAD = [
    "",
    "   ",
    "quotes",
    "quotes@",
    "@aero.example",
    "a@aero.example, b@aero.example",
    "a@aero.example,b@aero.example",
    "a@aero.example; b@aero.example",
    "a@aero.example b@aero.example",
    "a@aero.example\nBcc: c@evil.example",
    "a@aero.example\r\nBcc: c@evil.example",
    "a@aero.example%0ABcc:c@evil.example",
    "Ruth <a@aero.example>",
    '"Ruth, of Aero" <a@aero.example>',
    '"a,b"@aero.example',
    '"a b"@aero.example',
    "a@aero.example>",
    "<a@aero.example>",
    "a@[127.0.0.1]",
    "a\x00@aero.example",
    "a@aero.example\x00",
    "a@аero.example",
    "ä@aero.example",
    "mailto:a@aero.example?cc=b@evil.example",
    "a" * 250 + "@aero.example",
]
LONGEST = 254  # what the column holds


@pytest.mark.parametrize("address", BAD)
def test_what_is_no_single_plain_address_is_refused(address: str) -> None:
    with pytest.raises(Refusal) as refusal:
        recipients.checked(address)
    assert list(refusal.value.fields) == ["to_address"]
    assert recipients.problem(address) == refusal.value.sentence


@pytest.mark.parametrize(
    "address",
    ["a@aero.example", " a@aero.example ", "o'neil+ro.38573@mail.aero-space.example", "A@AERO.EXAMPLE"],
)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert recipients.checked(address) == address.strip()
    assert recipients.problem(address) == ""


def test_the_reason_is_told_apart() -> None:
    assert "missing" in recipients.problem("")
    assert "one email address only" in recipients.problem("a@b.example,c@d.example")
    assert "“nobody” is not an email address" in recipients.problem("nobody")


@pytest.mark.parametrize("address", [bad for bad in BAD if len(bad) <= LONGEST])
def test_a_draft_with_such_an_address_is_not_approved(draft: Notification, amy: User, address: str) -> None:
    Notification.objects.update(to_address=address)
    before = everything()
    with pytest.raises(Refusal) as refusal:
        queue.approve(draft, by=amy)
    assert "to_address" in refusal.value.fields
    assert everything() == before


@pytest.mark.parametrize("address", [bad for bad in BAD if bad.strip()])
def test_nor_can_a_person_enter_it(draft: Notification, amy: User, address: str) -> None:
    before = everything()
    with pytest.raises(Refusal):
        queue.edit(draft, by=amy, changes={"to_address": address})
    assert everything() == before


def test_a_shop_without_an_address_keeps_the_draft_waiting_until_somebody_enters_one(
    new_draft: NewDraft, shop: Shop, amy: User, tom: User
) -> None:
    shops.edit(shop, by=amy, changes={"email": ""})
    draft = new_draft()
    assert (draft.state, draft.to_address) == ("PENDING_APPROVAL", "")
    with pytest.raises(Refusal, match="email address is missing"):
        queue.approve(draft, by=amy)
    queue.edit(draft, by=tom, changes={"to_address": "new@aero.example"})
    shop.refresh_from_db()
    assert shop.email == "", "not before it is approved"
    queue.approve(draft, by=amy)
    shop.refresh_from_db()
    assert shop.email == "new@aero.example"
    act = Activity.objects.filter(shop=shop).first()
    assert act is not None
    assert [(c.field, c.old, c.new, act.by_name) for c in act.changes.all()] == [
        ("email", "", "new@aero.example", "amy")
    ]
    assert new_draft().to_address == "new@aero.example", "for the next time"


def test_a_refused_approval_saves_no_address(draft: Notification, shop: Shop, amy: User) -> None:
    queue.edit(draft, by=amy, changes={"to_address": "new@aero.example", "body": ""})
    with pytest.raises(Refusal, match="text is empty"):
        queue.approve(draft, by=amy)
    shop.refresh_from_db()
    assert shop.email == "quotes@aero.example"


def test_an_address_corrected_anywhere_reaches_the_drafts_that_wait(
    new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    plain, own, on_its_way = new_draft(), new_draft(), new_draft()
    queue.edit(own, by=amy, changes={"to_address": "ruth@aero.example"})
    queue.approve(on_its_way, by=amy)
    shops.edit(shop, by=amy, changes={"email": "new@aero.example"})
    assert fresh(plain).to_address == "new@aero.example"
    assert fresh(plain).version == plain.version + 1
    assert fresh(own).to_address == "ruth@aero.example"
    assert fresh(on_its_way).to_address == "quotes@aero.example"
    assert Delivery.objects.get().to == "quotes@aero.example"


def test_a_corrected_draft_says_that_the_shop_has_another_address_now(
    new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    plain, own = new_draft(), new_draft()
    queue.edit(own, by=amy, changes={"to_address": "ruth@aero.example"})
    for new in ("new@aero.example", "newer@aero.example"):
        shops.edit(shop, by=amy, changes={"email": new})
        told = f"The shop's address was changed to {new}; this goes to ruth@aero.example."
        assert (fresh(own).warning, fresh(plain).warning) == (told, "")
    queue.edit(fresh(own), by=amy, changes={"body": "Other words."})
    assert fresh(own).warning
    queue.edit(fresh(own), by=amy, changes={"to_address": "newer@aero.example"})
    assert fresh(own).warning == ""


def test_approving_all_sends_nothing_to_an_address_that_was_not_seen(
    new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    first, second = new_draft(), new_draft()
    queue.edit(first, by=amy, changes={"to_address": "new@aero.example"})
    approved, refused = queue.approve_all({first.pk: first.version, second.pk: second.version}, by=amy)
    assert [delivery.notification_id for delivery in approved] == [first.pk]
    told = "It would go to new@aero.example now, the shop's new address. Please look at it again."
    assert refused == [(second, told)]


def test_approving_all_after_one_correction_takes_the_others_along(
    new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    shops.edit(shop, by=amy, changes={"email": ""})
    first, second = new_draft(), new_draft()
    queue.edit(first, by=amy, changes={"to_address": "new@aero.example"})
    approved, refused = queue.approve_all({first.pk: first.version, second.pk: second.version}, by=amy)
    assert refused == []
    assert {(d.notification_id, d.to) for d in approved} == {
        (first.pk, "new@aero.example"),
        (second.pk, "new@aero.example"),
    }
