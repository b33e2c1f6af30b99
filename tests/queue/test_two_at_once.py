"""People at the same entry at the same moment: one wins, the other is told, and one mail leaves at most."""

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications import combine, queue
from notifications.models import Delivery, Notification
from repairs import orders, shops
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from tests.domain.asides import at_once
from tests.queue.conftest import NewDraft
from tests.queue.stories import fresh, order_of

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
Act = Callable[[Notification, User], Any]
DECISIONS: dict[str, Act] = {
    "approve": lambda entry, by: queue.approve(fresh(entry), by=by, expected_version=1),
    "reject": lambda entry, by: queue.reject(fresh(entry), by=by, reason="no", expected_version=1),
    "edit": lambda entry, by: queue.edit(
        fresh(entry), by=by, changes={"body": f"By {by}."}, expected_version=1
    ),
}


def told_in_words(results: list[Any]) -> list[Refusal]:
    """The refusals; anything else that went wrong is a defect."""
    lost = [result for result in results if isinstance(result, Exception)]
    assert [result for result in lost if not isinstance(result, Refusal)] == []
    return [result for result in lost if isinstance(result, Refusal)]


def test_two_people_approve_at_once_and_one_mail_is_on_its_way(
    new_draft: NewDraft, amy: User, tom: User
) -> None:
    for _ in range(5):
        draft = new_draft()
        lost = told_in_words(
            at_once([partial(DECISIONS["approve"], draft, by) for by in (amy, tom, amy, tom)])
        )
        assert len(lost) == 3
        delivery = Delivery.objects.get(notification=draft)
        assert all(f"approved already by {delivery.approved_by_name}" in told.sentence for told in lost)


@pytest.mark.parametrize(("one", "other"), list(combinations(DECISIONS, 2)))
def test_of_two_decisions_one_holds(new_draft: NewDraft, amy: User, tom: User, one: str, other: str) -> None:
    for _ in range(3):
        draft = new_draft()
        results = at_once([partial(DECISIONS[one], draft, amy), partial(DECISIONS[other], draft, tom)])
        assert len(told_in_words(results)) == 1
        now = fresh(draft)
        assert now.version == 2
        assert Delivery.objects.filter(notification=draft).exists() == (now.state == "APPROVED")
        winner = now.decided_by_name or now.edited_by_name
        assert winner == ("amy" if isinstance(results[1], Refusal) else "tom")


def test_an_order_that_moves_on_and_its_approval_never_wait_for_each_other(
    new_draft: NewDraft, amy: User, tom: User
) -> None:
    for status in ("APPROVED", "IN WORK", "SHIPPED"):
        draft = new_draft()
        order = order_of(draft)
        results = at_once(
            [
                partial(DECISIONS["approve"], draft, amy),
                partial(orders.change_status, order, by=tom, to=status),
            ]
        )
        told_in_words(results)
        assert isinstance(results[1], RepairOrder), "a status is never refused for a draft's sake"
        now = fresh(draft)
        assert now.state == ("WITHDRAWN" if isinstance(results[0], Refusal) else "APPROVED")


def test_approvals_that_correct_the_shop_and_edits_of_the_shop_never_wait_for_each_other(
    new_draft: NewDraft, shop: Shop, amy: User, tom: User
) -> None:
    drafts = [new_draft() for _ in range(4)]
    for draft in drafts:
        queue.edit(draft, by=amy, changes={"to_address": f"r{draft.pk}@aero.example"})
    acts: list[Callable[[], Any]] = [partial(queue.approve, fresh(draft), by=tom) for draft in drafts]
    for n in range(3):
        changes = {"email": f"{n}@aero.example", "name": f"Aero Avionics {n}"}
        acts.append(partial(shops.edit, Shop.objects.get(pk=shop.pk), by=amy, changes=changes))
    lost = told_in_words(at_once(acts))
    # Who approves while the shop gets another address is told of it.
    assert all("changed by amy meanwhile" in told.sentence for told in lost)
    assert Delivery.objects.count() == 4 - len(lost)


def test_a_mail_about_several_is_combined_once_and_decided_once(
    new_draft: NewDraft, amy: User, tom: User
) -> None:
    for _ in range(3):
        drafts = [new_draft() for _ in range(3)]
        lost = told_in_words(
            at_once(
                [
                    partial(combine.combine, drafts[:2], by=amy),
                    partial(combine.combine, drafts[1:], by=tom),
                    partial(DECISIONS["approve"], drafts[1], amy),
                ]
            )
        )
        assert len(lost) == 2
        assert fresh(drafts[1]).version == 2


def test_rows_taken_out_while_the_mail_is_approved(new_draft: NewDraft, amy: User, tom: User) -> None:
    for _ in range(3):
        drafts = [new_draft() for _ in range(3)]
        parent = combine.combine(drafts, by=amy)
        results = at_once(
            [
                partial(DECISIONS["approve"], parent, amy),
                partial(combine.remove_row, fresh(parent), number=order_of(drafts[0]).number, by=tom),
            ]
        )
        assert len(told_in_words(results)) == 1
        taken_out = isinstance(results[0], Refusal)
        assert fresh(parent).state == ("PENDING_APPROVAL" if taken_out else "APPROVED")
        assert fresh(drafts[0]).parent_id == (None if taken_out else parent.pk)
        assert fresh(drafts[0]).state == fresh(parent).state
