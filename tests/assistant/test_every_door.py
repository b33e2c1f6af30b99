"""Whatever door a change of status comes through, it starts the follow-up of that status."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import FollowUp
from repairs.models import RepairOrder
from tests.assistant.standin import StandIn, use
from tests.assistant.talks import ask, proposal_of

pytestmark = pytest.mark.django_db

Door = Callable[[Client, RepairOrder, User, StandIn], object]


def page(site: Client, order: RepairOrder, tom: User, model: StandIn) -> None:
    given = {"status": "IN WORK", "next_update": "", "expected_version": order.version}
    site.post(f"/orders/{order.number}/status/", given)


def bulk(site: Client, order: RepairOrder, tom: User, model: StandIn) -> None:
    site.post(
        "/orders/bulk/",
        {"order": f"{order.number}-{order.version}", "act": "status", "status": "IN WORK", "sure": "IN WORK"},
    )


def admin(site: Client, order: RepairOrder, tom: User, model: StandIn) -> None:
    User.objects.filter(pk=tom.pk).update(is_staff=True, is_superuser=True)
    picked = {"action": "change_status", "_selected_action": [order.pk], f"version-{order.pk}": order.version}
    site.post(
        "/admin/repairs/repairorder/", picked | {"apply": "yes", "status": "IN WORK", "sure": "IN WORK"}
    )


def assistant(site: Client, order: RepairOrder, tom: User, model: StandIn) -> None:
    model.says(use("change_status", number=order.label, status="IN WORK"))
    model.says("It waits for you.")
    proposal = proposal_of(ask(tom, f"set {order.label} to in work"))
    assert not FollowUp.objects.filter(order=order, for_status="IN WORK").exists()
    site.post(f"/assistant/proposals/{proposal.pk}/confirm/")


@pytest.mark.parametrize("door", [page, bulk, admin, assistant], ids=lambda door: door.__name__)
def test_a_change_of_status_is_followed_up(
    client: Client, order: RepairOrder, tom: User, model: StandIn, door: Door
) -> None:
    client.force_login(tom)
    door(client, order, tom, model)
    follow_up = FollowUp.objects.get(order=order, state=FollowUp.State.WAITING)
    assert (follow_up.for_status, follow_up.person) == ("IN WORK", tom)
