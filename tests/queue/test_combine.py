"""Several orders in one mail: a table that people can change, and drafts that share its state."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications import combine, queries, queue
from notifications.models import Delivery, MailTemplate, Notification
from repairs import clock, orders, shops
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from tests.queue.conftest import NewDraft
from tests.queue.stories import bring_to, everything, failed, fresh, history, order_of, sent
from tests.support.shop_and_orders import NewOrder


@pytest.fixture
def drafts(new_draft: NewDraft) -> list[Notification]:
    return [new_draft() for _ in range(3)]


@pytest.fixture
def parent(drafts: list[Notification], amy: User) -> Notification:
    return combine.combine(drafts, by=amy)


def about(drafts: list[Notification]) -> list[RepairOrder]:
    return [order_of(draft) for draft in drafts]


def test_one_mail_takes_the_place_of_the_drafts(
    drafts: list[Notification], parent: Notification, shop: Shop, amy: User
) -> None:
    numbers = [order.number for order in about(drafts)]
    assert (parent.kind, parent.state, parent.order, parent.shop) == (
        "EMAIL_DRAFT",
        "PENDING_APPROVAL",
        None,
        shop,
    )
    assert parent.rows == [{"number": n, "part": "3605812-17", "serial": "", "note": ""} for n in numbers]
    assert parent.subject == "Status Update for RO " + ", ".join(f"#{n}" for n in numbers)
    assert parent.to_address == "quotes@aero.example"
    assert [fresh(draft).parent for draft in drafts] == [parent] * 3
    assert list(queries.to_decide()) == [parent]
    assert list(queries.combinable(shop)) == []
    for order in about(drafts):
        assert history(order)[-1] == f"amy: Its draft goes in one mail: “{parent.subject}”."
        assert queue.draft_for(order, cause=Notification.Cause.OVERDUE) is None


def test_more_than_three_are_multiple(new_draft: NewDraft, amy: User) -> None:
    parent = combine.combine([new_draft() for _ in range(4)], by=amy)
    assert parent.subject == "Multiple Orders (Aero Avionics)"


def test_approved_and_sent_it_is_so_for_every_order(
    drafts: list[Notification], parent: Notification, amy: User, ended: list[Notification]
) -> None:
    delivery = queue.approve(parent, by=amy)
    assert {fresh(draft).state for draft in drafts} == {"APPROVED"}
    for order in about(drafts):
        assert str(order.number) in delivery.text
        assert f">{order.number}</td>" in delivery.html
    sent(parent)
    assert {fresh(draft).state for draft in drafts} == {"SENT"}
    assert {fresh(draft).sent_at for draft in drafts} == {fresh(parent).sent_at}
    for order in about(drafts):
        order.refresh_from_db()
        assert order.next_update == clock.today() + orders.DAYS_AFTER_MAIL
        assert history(order)[-1] == f"amy: Sent “{parent.subject}” to quotes@aero.example."
    assert {entry.pk for entry in ended} == {parent.pk, *(draft.pk for draft in drafts)}
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda entry, by: queue.reject(entry, by=by, reason="no"), "REJECTED"),
        (lambda entry, by: queue.withdraw(entry, by=by), "WITHDRAWN"),
        (lambda entry, by: bring_to(entry, "FAILED", by), "FAILED"),
    ],
)
def test_the_drafts_share_its_state(
    drafts: list[Notification],
    parent: Notification,
    amy: User,
    act: Callable[[Notification, User], Any],
    state: str,
) -> None:
    act(parent, amy)
    children = [fresh(draft) for draft in drafts]
    assert {child.state for child in children} == {state}
    assert {child.decided_by_name for child in children} == {fresh(parent).decided_by_name}
    assert all((child.open_key is None) == (state != "FAILED") for child in children)


def test_a_retry_takes_them_along(drafts: list[Notification], parent: Notification, amy: User) -> None:
    queue.approve(parent, by=amy)
    failed(parent)
    queue.retry(parent, by=amy)
    assert {fresh(draft).state for draft in drafts} == {"APPROVED"}


@pytest.mark.parametrize("verb", [queue.approve, queue.withdraw])
def test_a_draft_in_it_has_no_decisions_of_its_own(
    drafts: list[Notification], parent: Notification, amy: User, verb: Callable[..., Any]
) -> None:
    before = everything()
    with pytest.raises(queue.Overtaken, match="part of a mail about several orders"):
        verb(drafts[0], by=amy)
    assert everything() == before


def test_rows_are_edited_as_data(parent: Notification, amy: User) -> None:
    rows = [dict(row) for row in reversed(parent.rows)]
    rows[0] |= {"note": "<b>urgent</b>\nplease", "serial": "00123"}
    queue.edit(parent, by=amy, changes={"rows": rows})
    assert parent.rows[0]["note"] == "<b>urgent</b> please"
    delivery = queue.approve(parent, by=amy)
    assert "&lt;b&gt;urgent&lt;/b&gt; please" in delivery.html
    assert "Serial 00123; Note <b>urgent</b> please" in delivery.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[1:],
        lambda rows: [*rows, {"number": 99}],
        lambda rows: [rows[0], *rows],
        lambda rows: [{**row, "number": None} for row in rows],
        lambda rows: [{**row, "note": "x" * 501} for row in rows],
        lambda rows: "rows",
        lambda rows: [1, 2, 3],
    ],
)
def test_a_table_keeps_its_orders(parent: Notification, amy: User, spoil: Callable[[Any], Any]) -> None:
    before = everything()
    with pytest.raises(Refusal):
        queue.edit(parent, by=amy, changes={"rows": spoil(parent.rows)})
    assert everything() == before


def test_an_order_taken_out_has_its_own_draft_back(
    drafts: list[Notification], parent: Notification, amy: User
) -> None:
    first, second, third = about(drafts)
    combine.remove_row(parent, number=first.number, by=amy)
    assert (fresh(drafts[0]).state, fresh(drafts[0]).parent) == ("PENDING_APPROVAL", None)
    assert fresh(drafts[0]).body == drafts[0].body
    assert parent.subject == f"Status Update for RO #{second.number}, #{third.number}"
    queue.approve(drafts[0], by=amy)
    for order in (second, third):
        combine.remove_row(parent, number=order.number, by=amy)
    assert (parent.state, parent.reason) == ("WITHDRAWN", "No order was left in it.")
    assert {fresh(draft).parent for draft in drafts} == {None}


def test_words_that_a_person_wrote_stay_when_rows_change(
    drafts: list[Notification], parent: Notification, amy: User
) -> None:
    queue.edit(parent, by=amy, changes={"subject": "All of yours"})
    combine.remove_row(parent, number=about(drafts)[0].number, by=amy)
    assert (parent.subject, len(parent.rows)) == ("All of yours", 2)


def test_an_order_is_added_with_or_without_a_draft(
    parent: Notification, new_order: NewOrder, new_draft: NewDraft, amy: User
) -> None:
    with_draft, without, to_send = new_draft(), new_order(), new_order("TO SEND")
    for order in (order_of(with_draft), without, to_send):
        combine.add_row(parent, order, by=amy)
    assert len(parent.rows) == parent.children.count() == 6
    assert parent.subject == "Multiple Orders (Aero Avionics)"
    assert fresh(with_draft).parent == parent
    queue.approve(parent, by=amy)
    assert set(parent.children.values_list("state", flat=True)) == {"APPROVED"}


def test_what_can_not_be_added(
    parent: Notification, drafts: list[Notification], new_draft: NewDraft, new_order: NewOrder, amy: User
) -> None:
    on_its_way = new_draft()
    queue.approve(on_its_way, by=amy)
    single, new_one = new_draft(), new_order()
    elsewhere = new_order(shop=shops.create(by=amy, name="Palmetto"))
    before = everything()
    for order in (order_of(on_its_way), about(drafts)[0], elsewhere):
        with pytest.raises(Refusal, match=order.label):
            combine.add_row(parent, order, by=amy)
    with pytest.raises(Refusal, match="about one order"):
        combine.add_row(single, new_one, by=amy)
    with pytest.raises(Refusal, match="G99999 is not in this mail"):
        combine.remove_row(parent, number=99999, by=amy)
    assert everything() == before


def test_split_gives_every_order_its_own_draft_back(
    drafts: list[Notification], parent: Notification, amy: User
) -> None:
    queue.edit(parent, by=amy, changes={"body": "Typed."})
    combine.split(parent, by=amy)
    assert (parent.state, parent.body) == ("WITHDRAWN", "Typed.")
    assert [(fresh(d).state, fresh(d).parent, fresh(d).body) for d in drafts] == [
        ("PENDING_APPROVAL", None, draft.body) for draft in drafts
    ]
    assert list(queries.to_decide()) == list(reversed(drafts))


def test_an_address_that_a_person_corrected_goes_with_it(new_draft: NewDraft, amy: User) -> None:
    first, second = new_draft(), new_draft()
    queue.edit(second, by=amy, changes={"to_address": "ruth@aero.example"})
    assert combine.combine([first, second], by=amy).to_address == "ruth@aero.example"


def test_what_can_not_be_combined(
    drafts: list[Notification], new_draft: NewDraft, new_order: NewOrder, reminder: Notification, amy: User
) -> None:
    other = new_draft(new_order(shop=shops.create(by=amy, name="Palmetto")))
    rejected = new_draft()
    queue.reject(rejected, by=amy, reason="no")
    pair = combine.combine([new_draft(), new_draft()], by=amy)
    changed = new_draft()
    queue.edit(fresh(changed), by=amy, changes={"body": "Other."})
    before = everything()
    for chosen, told in (
        ([], "at least two"),
        (drafts[:1], "at least two"),
        ([drafts[0], drafts[0]], "at least two"),
        ([drafts[0], other], "same shop"),
        ([drafts[0], reminder], "Only drafts about one order"),
        ([drafts[0], pair], "Only drafts about one order"),
        ([drafts[0], rejected], "rejected already"),
        ([drafts[0], changed], "changed by amy"),
    ):
        with pytest.raises(Refusal, match=told):
            combine.combine(chosen, by=amy)
    MailTemplate.objects.filter(key="COMBINED").update(enabled=False)
    with pytest.raises(Refusal, match="switched off"):
        combine.combine(drafts, by=amy)
    assert everything() == before


def test_a_drafts_own_words_that_would_be_lost_are_told(new_draft: NewDraft, amy: User, tom: User) -> None:
    first, second, third = (new_draft() for _ in range(3))
    for draft in (first, third):
        queue.edit(draft, by=tom, changes={"body": "Typed with care."})
    parent = combine.combine([first, second], by=amy)
    lost = [
        f"{order_of(draft).label}: the words that tom wrote for it are not in this mail."
        for draft in (first, third)
    ]
    assert parent.warning == lost[0]
    combine.add_row(parent, order_of(third), by=amy)
    assert parent.warning.splitlines() == lost
    combine.remove_row(parent, number=order_of(first).number, by=amy)
    assert parent.warning == lost[1]
    assert fresh(first).body == "Typed with care."
