"""Differences from Excel in the back office: side by side, and whose value is kept."""

import datetime as dt
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from repairs.models import Activity, RepairOrder, Shop
from sync import queries
from sync.models import Attention, Replica, Workbook

PAGE = "/admin/sync/replica/differences/"


@pytest.fixture
def admin(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


@pytest.fixture
def differing(replica: Replica) -> Replica:
    """A row in which a person typed, as a comparison notes it: days as serial numbers."""
    replica.agreed = {"notes": "first line\nsecond line", "final_cost": None, "shop": "Palmetto Landing Gear"}
    replica.seen = {"notes": "call Ruth", "final_cost": "1234.5", "estimated_delivery": "46000"}
    replica.sheet = "Active"
    replica.pending_since = None
    replica.save()
    return replica


def see(replica: Replica, **seen: str) -> None:
    Replica.objects.filter(pk=replica.pk).update(
        seen=seen, agreed=dict.fromkeys(seen, ""), pending_since=None
    )


def settle(admin: Client, act: str, *cells: str) -> str:
    return admin.post(f"{PAGE}settle/", {"act": act, "cell": cells}, follow=True).content.decode()


def test_both_values_stand_side_by_side_as_people_read_them(admin: Client, differing: Replica) -> None:
    shown = admin.get(PAGE).context["orders"][0][1]
    assert [(d.field, d.theirs, d.ours) for d in shown] == [
        ("final_cost", "1234.50", ""),
        ("estimated_delivery", "2025-12-09", ""),
        ("notes", "call Ruth", "first line\nsecond line"),
    ]
    page = admin.get(PAGE).content.decode()
    order = admin.get(f"/orders/{differing.order.number}/").content.decode()
    for told in ("$1,234.50", ">Dec 9, 2025</time>"):
        assert told in page
        assert told in order
    assert "46000" not in order


def test_theirs_is_taken_through_the_verbs(admin: Client, differing: Replica, clerk: User) -> None:
    keys = [f"{differing.pk}.{name}" for name in ("notes", "final_cost", "estimated_delivery")]
    assert "3 values taken over from Excel" in settle(admin, "theirs", *keys)
    order = RepairOrder.objects.get()
    assert (order.notes, order.final_cost) == ("call Ruth", Decimal("1234.50"))
    assert order.estimated_delivery == date(2025, 12, 9)
    assert Activity.objects.filter(order=order, verb=Activity.Verb.EDITED).get().by == clerk
    differing.refresh_from_db()
    assert differing.seen == {}
    assert differing.wanted_version == order.version


def test_a_status_a_shop_and_a_sheet_of_theirs(admin: Client, differing: Replica, shop: Shop) -> None:
    see(differing, status="shipped >>>", shop="Nimbus  Oxygen", sheet="Net")
    settle(admin, "theirs", *(f"{differing.pk}.{name}" for name in ("status", "shop", "sheet")))
    order = RepairOrder.objects.get()
    assert (order.status, order.sheet) == ("SHIPPED", "Net")
    assert order.shop == Shop.objects.get(name="Nimbus Oxygen")
    assert order.status_changes.filter(to_status="SHIPPED").exists()


def test_one_by_its_own_button_leaves_the_others(admin: Client, differing: Replica) -> None:
    settle(admin, f"theirs:{differing.pk}.notes", f"{differing.pk}.final_cost")
    differing.refresh_from_db()
    assert set(differing.seen) == {"final_cost", "estimated_delivery"}


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("estimated_delivery", "2-3 WEEKS", "can’t be taken"),
        ("final_cost", "ask Ruth", "can’t be taken"),
        ("status", "half done", "no status of the tracker"),
        ("status", "", "no status of the tracker"),
        ("shop", "", "an order keeps its shop"),
        ("part_number", "", "needs a part number"),
        ("sheet", "Elsewhere", "not a sheet"),
    ],
)
def test_what_means_nothing_is_refused_and_changes_nothing(
    admin: Client, differing: Replica, field: str, text: str, told: str
) -> None:
    see(differing, **{field: text, "terms": "COD"})
    said = settle(admin, "theirs", f"{differing.pk}.{field}", f"{differing.pk}.terms")
    assert told.replace("’", "&#x27;") in said
    order = RepairOrder.objects.get()
    assert (order.version, order.terms) == (1, "")
    differing.refresh_from_db()
    assert differing.seen == {field: text, "terms": "COD"}


def test_ours_is_written_over_theirs_by_the_next_flush(
    admin: Client, differing: Replica, clerk: User
) -> None:
    assert "1 value to be written to Excel" in settle(admin, "ours", f"{differing.pk}.notes")
    differing.refresh_from_db()
    assert "notes" not in differing.seen
    assert "notes" not in (differing.agreed or {})
    assert differing.pending_since is not None
    entry = Activity.objects.get(verb=Activity.Verb.EXCEL)
    assert (entry.by, "NOTES" in entry.text) == (clerk, True)


def test_ours_waits_while_the_workbook_is_worked_on(admin: Client, differing: Replica) -> None:
    Workbook.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
    assert "Please try again in a moment" in settle(admin, "ours", f"{differing.pk}.notes")
    differing.refresh_from_db()
    assert "notes" in differing.seen


@pytest.mark.parametrize("whose", ["theirs", "ours"])
def test_what_was_settled_meanwhile_is_not_settled_again(
    admin: Client, differing: Replica, whose: str
) -> None:
    Replica.objects.update(seen={})
    assert "settled meanwhile" in settle(admin, whose, f"{differing.pk}.notes")
    assert RepairOrder.objects.get().version == 1


@pytest.mark.parametrize(
    ("act", "cell"),
    [
        ("theirs", "x"),
        ("theirs", "9999.notes"),
        ("mine", "{pk}.notes"),
        ("", "{pk}.notes"),
        ("ours", "{pk}.pk"),
    ],
)
def test_an_odd_choice_breaks_nothing(admin: Client, differing: Replica, act: str, cell: str) -> None:
    assert "choose at least one difference" in settle(admin, act, cell.format(pk=differing.pk))


def test_it_is_the_offices(client: Client, differing: Replica, technician: User) -> None:
    client.force_login(technician)
    assert client.get(PAGE, follow=True).status_code == 404
    client.post(f"{PAGE}settle/", {"act": f"theirs:{differing.pk}.notes"})
    assert RepairOrder.objects.get().version == 1


def test_a_row_that_needs_a_decision_is_decided_about_here(admin: Client, replica: Replica) -> None:
    since = dt.datetime(2025, 11, 24, 20, 3, tzinfo=dt.UTC)
    Replica.objects.update(
        attention=Attention.GONE, attention_text="Its row is gone.", attention_since=since, pending_since=None
    )
    for page in (PAGE, "/runs/attention/"):
        shown = admin.get(page).content.decode()
        assert ("Its row is gone." in shown, "Nov 24, 3:03 PM" in shown) == (True, True)
    given = {"replica": replica.pk, "from": "differences"}
    assert admin.post("/runs/attention/write_again/", given).headers["Location"] == PAGE
    replica.refresh_from_db()
    assert replica.attention == Attention.NONE


def test_what_is_left_off_is_told_with_the_way_to_it(admin: Client, replica: Replica) -> None:
    most = queries.MOST_DIFFERENCES_SHOWN
    made = RepairOrder.objects.bulk_create([RepairOrder(number=50_000 + n) for n in range(most)])
    Replica.objects.bulk_create(
        [
            Replica(workbook_id=replica.workbook_id, order=order, attention=Attention.GONE, wanted_version=1)
            for order in made
        ]
    )
    assert "are shown" not in admin.get(PAGE).content.decode()
    Replica.objects.update(attention=Attention.GONE)
    page = " ".join(admin.get(PAGE).content.decode().split())
    assert f'The first {most} of {most + 1} are shown. <a class="g-link" href="/runs/attention/">' in page


def test_an_order_is_found(admin: Client, differing: Replica) -> None:
    assert len(admin.get(PAGE, {"q": differing.order.label}).context["orders"]) == 1
    assert not admin.get(PAGE, {"q": "G999"}).context["orders"]
    assert not admin.get(PAGE, {"q": "no number"}).context["orders"]
