"""An order moves on: what waited for it is withdrawn, what a person edited stays with a warning."""

import pytest
from django.contrib.auth.models import User

from notifications import combine, queue
from notifications.models import Delivery, Notification
from repairs import orders, shops
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from repairs.statuses import STATUSES, status_word
from tests.queue.conftest import NewDraft
from tests.queue.stories import bring_to, everything, fresh, history, order_of
from tests.support.shop_and_orders import NewOrder

Cause = Notification.Cause


@pytest.mark.parametrize("status", [name for name in STATUSES if name != "WAITING QUOTE"])
def test_a_draft_goes_with_its_status(
    draft: Notification, order: RepairOrder, tom: User, status: str, ended: list[Notification]
) -> None:
    orders.change_status(order, by=tom, to=status)
    now = fresh(draft)
    why = f"{order.label} is {status_word(status)} now."
    assert (now.state, now.reason, now.open_key, now.decided_by) == ("WITHDRAWN", why, None, None)
    assert history(order)[-1] == f"system: Withdrew “{draft.subject}”: {why}"
    assert ended == [draft]


def test_what_a_person_edited_stays_and_warns_until_it_fits_again(
    draft: Notification, order: RepairOrder, tom: User
) -> None:
    queue.edit(draft, by=tom, changes={"body": "Typed with care."})
    orders.change_status(order, by=tom, to="SHIPPED")
    now = fresh(draft)
    assert (now.state, now.body) == ("PENDING_APPROVAL", "Typed with care.")
    assert now.warning == f"{order.label} is Shipped now."
    assert now.version == draft.version + 1, "who looked at it before is told"
    orders.change_status(order, by=tom, to="WAITING QUOTE")
    assert fresh(draft).warning == ""


@pytest.mark.parametrize("state", ["APPROVED", "SENT", "REJECTED"])
def test_what_was_decided_stays(draft: Notification, order: RepairOrder, amy: User, state: str) -> None:
    bring_to(draft, state, amy)
    orders.change_status(order, by=amy, to="SHIPPED")
    assert fresh(draft).state == state


def test_what_failed_goes_with_its_status_too(draft: Notification, order: RepairOrder, amy: User) -> None:
    bring_to(draft, "FAILED", amy)
    orders.change_status(order, by=amy, to="SHIPPED")
    assert (fresh(draft).state, fresh(draft).open_key) == ("WITHDRAWN", None)
    assert Delivery.objects.get().state == "WITHDRAWN"


def test_what_failed_with_a_persons_words_stays_and_warns(
    draft: Notification, order: RepairOrder, amy: User
) -> None:
    queue.edit(draft, by=amy, changes={"body": "Typed with care."})
    bring_to(draft, "FAILED", amy)
    orders.change_status(order, by=amy, to="SHIPPED")
    assert (fresh(draft).state, fresh(draft).warning) == ("FAILED", f"{order.label} is Shipped now.")


def test_a_mail_about_several_that_failed_stays_and_warns(new_draft: NewDraft, amy: User) -> None:
    drafts = [new_draft() for _ in range(2)]
    parent = bring_to(combine.combine(drafts, by=amy), "FAILED", amy)
    first = order_of(drafts[0])
    orders.change_status(first, by=amy, to="SHIPPED")
    now = fresh(parent)
    assert (now.state, now.warning, len(now.rows)) == ("FAILED", f"{first.label} is Shipped now.", 2)
    assert fresh(drafts[0]).parent == parent


def test_another_shop_is_no_place_for_the_draft(draft: Notification, order: RepairOrder, amy: User) -> None:
    other = shops.create(by=amy, name="Palmetto")
    orders.edit(order, by=amy, changes={"shop": other})
    assert (fresh(draft).state, fresh(draft).reason) == (
        "WITHDRAWN",
        f"{order.label} is with Palmetto now.",
    )


def test_a_shop_that_is_called_differently_is_the_same(draft: Notification, shop: Shop, amy: User) -> None:
    shops.edit(shop, by=amy, changes={"name": "Aero Avionics Inc."})
    assert fresh(draft).state == "PENDING_APPROVAL"


def test_a_shop_that_is_merged_brings_its_entries_along(
    new_draft: NewDraft, shop: Shop, amy: User, reminder: Notification
) -> None:
    waiting, own, sent = new_draft(), new_draft(), new_draft()
    queue.edit(own, by=amy, changes={"to_address": "ruth@aero.example"})
    bring_to(sent, "SENT", amy)
    kept = shops.create(by=amy, name="Aero Avionics Ltd", email="desk@aero.example")
    shops.merge(shop, into=kept, by=amy)
    for entry in (waiting, own, sent, reminder):
        before, now = entry.state, fresh(entry)
        assert (now.state, now.shop) == (before, kept)
        assert bool(now.warning) == (entry == own), "it does not go to its shop's address"
    assert fresh(waiting).to_address == "desk@aero.example"
    assert fresh(own).to_address == "ruth@aero.example"
    assert fresh(sent).to_address == "quotes@aero.example"


def test_an_address_that_a_merger_filled_in_reaches_what_waits(
    new_draft: NewDraft, new_order: NewOrder, shop: Shop, amy: User
) -> None:
    kept = shops.create(by=amy, name="Aero Avionics Ltd")
    without, waiting = new_draft(new_order(shop=kept)), new_draft()
    assert without.to_address == ""
    shops.merge(shop, into=kept, by=amy)
    assert {fresh(without).to_address, fresh(waiting).to_address} == {"quotes@aero.example"}


def test_an_order_that_is_put_away_is_asked_about_no_more(
    draft: Notification, order: RepairOrder, amy: User
) -> None:
    orders.archive(order, by=amy, sheet="Paid")
    assert fresh(draft).reason == f"{order.label} was moved to Paid."


def test_other_changes_touch_nothing(draft: Notification, order: RepairOrder, amy: User) -> None:
    before = fresh(draft)
    orders.edit(order, by=amy, changes={"terms": "COD", "next_update": "2030-01-01"})
    orders.add_note(order, by=amy, text="called")
    assert fresh(draft).version == before.version


def test_reminders_go_with_what_they_ask_for(new_order: NewOrder, amy: User) -> None:
    order = new_order("RECEIVED", terms="NET 30")
    made = {
        cause: queue.remind_person(order, cause=cause)
        for cause in (Cause.OVERDUE, Cause.PAYMENT, Cause.BY_HAND)
    }

    def states() -> dict[str, str]:
        return {cause.value: fresh(entry).state for cause, entry in made.items() if entry is not None}

    orders.change_status(order, by=amy, to="COMPLETE")
    pending = "PENDING_APPROVAL"
    assert states() == {"overdue": "WITHDRAWN", "payment": pending, "by hand": pending}
    orders.change_status(order, by=amy, to="PAID")
    assert states() == {"overdue": "WITHDRAWN", "payment": "WITHDRAWN", "by hand": pending}


def test_a_payment_reminder_goes_with_the_net_terms(new_order: NewOrder, amy: User) -> None:
    order = new_order("RECEIVED", terms="NET 30")
    reminder = queue.remind_person(order, cause=Cause.PAYMENT)
    assert reminder is not None
    orders.edit(order, by=amy, changes={"terms": "Net 60 days"})
    assert fresh(reminder).state == "PENDING_APPROVAL"
    orders.edit(order, by=amy, changes={"terms": "COD"})
    assert fresh(reminder).reason == f"{order.label} is not payable by NET terms any more."


def test_an_order_leaves_the_mail_that_it_was_combined_in(new_draft: NewDraft, amy: User) -> None:
    drafts = [new_draft() for _ in range(3)]
    parent = combine.combine(drafts, by=amy)
    first, second, third = (order_of(draft) for draft in drafts)
    orders.change_status(first, by=amy, to="SHIPPED")
    now = fresh(parent)
    assert [row["number"] for row in now.rows] == [second.number, third.number]
    assert now.subject == f"Status Update for RO #{second.number}, #{third.number}"
    assert (fresh(drafts[0]).state, fresh(drafts[0]).parent) == ("WITHDRAWN", None)
    orders.change_status(second, by=amy, to="SHIPPED")
    assert fresh(parent).subject == f"Status Update for RO #{third.number}"
    orders.change_status(third, by=amy, to="SHIPPED")
    assert (fresh(parent).state, fresh(parent).reason) == ("WITHDRAWN", "No order was left in it.")


def test_a_combined_mail_that_a_person_edited_keeps_the_order_and_warns(
    new_draft: NewDraft, amy: User
) -> None:
    drafts = [new_draft() for _ in range(2)]
    parent = combine.combine(drafts, by=amy)
    queue.edit(parent, by=amy, changes={"body": "Typed."})
    first, second = (order_of(draft) for draft in drafts)
    orders.change_status(first, by=amy, to="SHIPPED")
    orders.change_status(second, by=amy, to="APPROVED")
    now = fresh(parent)
    assert now.warning == f"{first.label} is Shipped now.\n{second.label} is Approved now."
    assert len(now.rows) == 2
    orders.change_status(first, by=amy, to="WAITING QUOTE")
    assert fresh(parent).warning == f"{second.label} is Approved now."


def test_it_goes_with_the_act_that_it_follows(draft: Notification, order: RepairOrder, amy: User) -> None:
    before = everything()
    with pytest.raises(Refusal):
        orders.change_status(order, by=amy, to="SHIPPED", expected_version=99)
    assert everything() == before
