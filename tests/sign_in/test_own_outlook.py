"""Follow-ups in the calendar and To Do of whoever signed in with Microsoft, made as that person."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from notifications import doctor
from notifications.models import OutlookItem
from people.models import MicrosoftSignIn
from repairs import orders, shops
from repairs.models import RepairOrder
from tests.followups.outlook import carry, let_time_pass
from tests.sign_in.conftest import Tenant, sign_in
from tests.sign_in.test_renewing import OLGA, nearly_over, olga

__all__ = ["olga"]


@pytest.fixture
def order(db: None) -> RepairOrder:
    return orders.create(by=None, shop=shops.create(by=None, name="Aero Avionics"), part_number="A-1")


def asked_as(tenant: Tenant) -> set[str]:
    """Under which names Outlook was asked since the log was emptied."""
    paths = [entry["path"].removeprefix("/v1.0/").split("/") for entry in tenant.log()]
    return {"/".join(path[: 1 if path[0] == "me" else 2]) for path in paths if path[0] in ("me", "users")}


def stands(tenant: Tenant, address: str) -> tuple[int, int]:
    box = tenant.mailbox(address)
    return len(box["events"]), len(box["tasks"])


def troubles() -> set[str]:
    return set(OutlookItem.objects.values_list("trouble", flat=True))


def test_as_the_person_and_for_others_as_the_app(
    olga: User, tenant: Tenant, order: RepairOrder, settings: LazySettings
) -> None:
    orders.change_status(order, by=olga, to="WAITING QUOTE")
    assert carry()["brought"] == 2
    assert (stands(tenant, OLGA), asked_as(tenant)) == ((1, 1), {"me"})
    tom = User.objects.create_user("tom", email="tom@genthrust.example")
    tenant.forget()
    orders.change_status(order, by=tom, to="APPROVED")
    carry()
    assert asked_as(tenant) == {"me", "users/tom@genthrust.example"}, (
        "hers is taken out as her, his made as the app"
    )
    assert (stands(tenant, OLGA), stands(tenant, "tom@genthrust.example")) == ((0, 1), (1, 1))
    tenant.forget()
    assert [found.verdict for found in doctor.calendars()] == ["ok", "ok"]
    assert asked_as(tenant) == {"me", "users/tom@genthrust.example"}, "the doctor looks at both ways"
    assert {entry["method"] for entry in tenant.log()} == {"GET"}
    tenant.fault({"kind": "status", "status": 403}, {"path_regex": "/me/"})
    refused = next(iter(doctor.calendars()))
    assert (refused.verdict, "It needs the rights Calendars.ReadWrite" in refused.told) == ("mend", True)
    right, settings.TOKEN_KEYS = settings.TOKEN_KEYS, ["A" * 43 + "="]
    shut = next(iter(doctor.calendars()))
    assert (shut.verdict, "No key in TOKEN_KEYS opens" in shut.told) == ("note", True)
    assert "rights" not in shut.told, "rights are not what is missing"
    settings.TOKEN_KEYS = right
    settings.GRAPH_ACT_AS = OLGA
    tom.email = "tom@elsewhere.example"
    tom.save()
    assert [found.verdict for found in doctor.calendars()] == ["ok"], "an account opens nobody else's"
    settings.GRAPH_ACT_AS = ""
    assert [found.verdict for found in doctor.calendars()] == ["ok", "note"], (
        "he has no mailbox in the tenant"
    )


def test_what_is_theirs_waits_until_they_reconnect(
    olga: User, tenant: Tenant, visitor: Client, order: RepairOrder
) -> None:
    tenant.act("revoke", OLGA)
    nearly_over()
    orders.change_status(order, by=olga, to="WAITING QUOTE")
    run = carry()
    assert (run["state"], run["brought"]) == ("succeeded", 0)
    assert troubles() == {"Microsoft asks olga to sign in again; until then this waits."}
    assert asked_as(tenant) == set()
    let_time_pass()
    OutlookItem.objects.update(pending_since="2026-01-01T00:00:00Z")  # long enough to give others up
    carry()
    assert OutlookItem.objects.filter(pending_since__isnull=False).count() == 2
    sign_in(visitor, OLGA)
    assert troubles() == {""}
    assert carry()["brought"] == 2
    assert stands(tenant, OLGA) == (1, 1)


def test_with_neither_it_says_so_and_a_sign_in_mends_it(
    tenant: Tenant, visitor: Client, order: RepairOrder, settings: LazySettings
) -> None:
    tina = User.objects.create_user("tina")
    orders.change_status(order, by=tina, to="WAITING QUOTE")
    carry()
    assert troubles() == {"No Outlook account is known for tina."}
    User.objects.update(email="tina@genthrust.example")
    sign_in(visitor, "tina@genthrust.example")
    assert MicrosoftSignIn.objects.get().person == tina
    settings.GRAPH_STATIC_TOKEN = ""  # the app itself has no way in
    assert carry()["brought"] == 2
    assert stands(tenant, "tina@genthrust.example") == (1, 1)
