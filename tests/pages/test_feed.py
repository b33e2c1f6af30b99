"""The priority feed: its levels agree with their counts, and one click does what it says, once."""

import random
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.models import MailTemplate, Notification
from repairs import clock, feed_queries, orders
from repairs.feed import Level, advise, facts_of
from repairs.models import Activity, RepairOrder
from repairs.statuses import STATUSES, Sheet
from tests.pages.conftest import MakeOrder

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
HTMX = {"HX-Request": "true"}
seeds = st.integers(0, 2**32 - 1)
Drawn = tuple[str, str, int | None, int | None, int | None]


def draw(seed: int) -> list[Drawn]:
    """Up to thirty orders: status, sheet, and in days from today the status date, next update and delivery."""
    dice = random.Random(seed)
    sheets = [Sheet.ACTIVE, Sheet.ACTIVE, Sheet.PAID]

    def near() -> int | None:
        return None if dice.random() < 0.1 else dice.randint(-9, 9)

    return [
        (dice.choice([*STATUSES, ""]), dice.choice(sheets), near(), near(), near())
        for _ in range(dice.randint(0, 30))
    ]


def day(offset: int | None) -> date | None:
    return None if offset is None else clock.today() + timedelta(days=offset)


def write(drawn: Sequence[Drawn]) -> None:
    """Orders in any state, written past the verbs: the feed must hold whatever stands there."""
    RepairOrder.objects.all().delete()
    RepairOrder.objects.bulk_create(
        RepairOrder(
            number=1000 + n,
            sheet=sheet,
            status=status,
            status_date=day(since),
            next_update=day(due),
            estimated_delivery=day(back),
        )
        for n, (status, sheet, since, due, back) in enumerate(drawn)
    )


def listed(client: Client, url: str) -> list[int]:
    numbers: list[int] = []
    while url:
        text = client.get(url).content.decode()
        numbers += [int(number) for number in re.findall(r'data-order="(\d+)"', text)]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = following[1].replace("&amp;", "&") if following else ""
    return numbers


@settings(max_examples=40)
@given(seeds)
def test_levels_counts_and_order_are_those_of_the_advice(seed: int) -> None:
    write(draw(seed))
    today = clock.today()
    counts = feed_queries.counts(today)
    shown = list(feed_queries.feed(today))
    assert len(shown) == counts.all == RepairOrder.objects.active().count()
    advised = [advise(facts_of(order, today)) for order in shown]
    assert [order.feed_level for order in shown] == [a.level for a in advised]  # type: ignore[attr-defined]  # annotated
    assert [a.level for a in advised] == sorted(a.level for a in advised)
    late = [a.late for a in advised if a.level == Level.LATE]
    assert late == sorted(late, reverse=True)
    for level in Level:
        assert counts.by_level[level] == sum(a.level == level for a in advised)
        assert feed_queries.feed(today, level).count() == counts.by_level[level]
    overdue = set(RepairOrder.objects.overdue(today).values_list("number", flat=True))
    assert overdue <= {o.number for o, a in zip(shown, advised, strict=True) if a.level == Level.LATE}


def test_inside_a_level_the_most_overdue_comes_first(site: Client) -> None:
    """Whichever is the older: the next update that was due, or the delivery."""
    write(
        [
            ("IN WORK", Sheet.ACTIVE, -9, 5, None),
            ("IN WORK", Sheet.ACTIVE, -9, -3, 5),
            ("IN WORK", Sheet.ACTIVE, -9, None, -5),
            ("IN WORK", Sheet.ACTIVE, -9, -1, -7),
            ("IN WORK", Sheet.ACTIVE, -9, None, None),
            ("IN WORK", Sheet.ACTIVE, -9, 4, 2),
            ("RECEIVED", Sheet.ACTIVE, -9, -4, -8),
        ]
    )
    assert [number - 1000 for number in listed(site, "/feed/")] == [3, 2, 6, 1, 5, 0, 4]


def test_the_pages_list_what_the_tabs_count(site: Client) -> None:
    write([(status, Sheet.ACTIVE, -n % 9, n % 5 - 1, None) for n, status in enumerate([*STATUSES, ""] * 6)])
    text = site.get("/feed/").content.decode()
    tabs = re.findall(r'id="level-\w+" href="(/feed/[^"]*)"[^>]*>[^<]+<i>(\d+)</i>', text)
    assert len(tabs) == 5
    for url, count in tabs:
        numbers = listed(site, url)
        assert len(numbers) == len(set(numbers)) == int(count)
    assert text.count("data-order=") == 30


def only(client: Client) -> dict[str, str]:
    """The form of the one act on the page, as a browser would send it."""
    text = client.get("/feed/").content.decode()
    form = re.search(r'<form method="post" action="/feed/.*?</form>', text, re.DOTALL)
    assert form, text
    return dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form[0]))


def test_one_click_sets_the_next_status(site: Client, order: RepairOrder, clerk: User) -> None:
    answer = site.post(f"/feed/{order.number}/", only(site))
    assert (answer.status_code, answer["Location"]) == (302, "/feed/")
    order.refresh_from_db()
    assert order.status == "WAITING QUOTE"
    assert Activity.objects.filter(order=order, verb="status changed").get().by == clerk
    assert f"Saved: {order.label} is “Waiting quote” now." in site.get("/feed/").content.decode()


def test_htmx_gets_the_feed_and_what_is_said(site: Client, order: RepairOrder) -> None:
    answer = site.post(f"/feed/{order.number}/", only(site), headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in text
    assert f"Saved: {order.label} is “Waiting quote” now." in text
    assert "Quote approved" in text
    assert "<html" not in site.get("/feed/", headers=HTMX).content.decode()
    assert "<html" in site.get("/feed/").content.decode()
    assert "HX-Request" in answer["Vary"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_second_click_changes_nothing_and_says_so(
    site: Client, order: RepairOrder, headers: dict[str, str]
) -> None:
    form = only(site)
    site.post(f"/feed/{order.number}/", form)
    answer = site.post(f"/feed/{order.number}/", form, headers=headers)
    assert answer.status_code == 409
    assert "has moved on meanwhile. Nothing was changed." in answer.content.decode()
    order.refresh_from_db()
    assert order.status == "WAITING QUOTE"


def test_an_order_that_somebody_else_changed_is_not_touched(site: Client, order: RepairOrder) -> None:
    form = only(site)
    orders.edit(order, by=None, changes={"terms": "COD"})
    answer = site.post(f"/feed/{order.number}/", form)
    assert answer.status_code == 409
    assert "was changed by somebody else meanwhile (terms)" in answer.content.decode()
    order.refresh_from_db()
    assert order.status == "TO SEND"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_tracking_is_added_in_the_feed(site: Client, order: RepairOrder, headers: dict[str, str]) -> None:
    orders.change_status(order, by=None, to="SHIPPED")
    form = only(site)
    empty = site.post(f"/feed/{order.number}/", form | {"tracking_number": " "}, headers=headers)
    assert empty.status_code == 422
    assert "Please enter the tracking number" in empty.content.decode()
    assert 'aria-invalid="true"' in empty.content.decode()
    site.post(f"/feed/{order.number}/", form | {"tracking_number": "1Z999AA10123456784"}, headers=headers)
    order.refresh_from_db()
    assert (order.tracking_number, order.status) == ("1Z999AA10123456784", "SHIPPED")
    assert "ups.com" in site.get("/feed/").content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refused_tracking_number_is_still_there(
    site: Client, order: RepairOrder, headers: dict[str, str]
) -> None:
    orders.change_status(order, by=None, to="SHIPPED")
    form = only(site)
    orders.edit(order, by=None, changes={"terms": "COD"})
    answer = site.post(f"/feed/{order.number}/", form | {"tracking_number": "typed <1>"}, headers=headers)
    assert answer.status_code == 409
    assert 'value="typed &lt;1&gt;"' in answer.content.decode()
    orders.change_status(order, by=None, to="RECEIVED")
    late = site.post(f"/feed/{order.number}/", form | {"tracking_number": "1Z9"}, headers=headers)
    assert (late.status_code, "You entered “1Z9”." in late.content.decode()) == (409, True)


def test_a_unit_that_came_back_goes_to_returns(site: Client, order: RepairOrder) -> None:
    orders.change_status(order, by=None, to="BER")
    site.post(f"/feed/{order.number}/", only(site))
    order.refresh_from_db()
    assert (order.status, order.sheet) == ("BER", "Returns")


def test_a_complete_order_is_put_on_its_sheet(site: Client, make_order: MakeOrder) -> None:
    order = orders.change_status(make_order(terms="NET 30"), by=None, to="COMPLETE")
    orders.archive(order, by=None, sheet="Active")
    site.post(f"/feed/{order.number}/", only(site))
    order.refresh_from_db()
    assert order.sheet == "Net"
    assert site.post(f"/feed/{order.number}/").status_code == 404  # no longer in the feed


@pytest.fixture
def stale(make_order: MakeOrder) -> RepairOrder:
    """An order whose shop has to be asked."""
    past = clock.today() - timedelta(days=5)
    return orders.change_status(make_order(), by=None, to="APPROVED", next_update=past)


def test_one_click_writes_to_the_shop_and_the_next_leads_there(site: Client, stale: RepairOrder) -> None:
    text = site.get("/feed/").content.decode()
    assert "+5d" in text
    write = f"/orders/{stale.number}/mail/write/"
    assert f'<form method="post" action="{write}"' in text
    told = site.post(write, headers=HTMX)
    draft = Notification.objects.get(order=stale, kind=Notification.Kind.EMAIL_DRAFT)
    assert draft.state == Notification.State.PENDING_APPROVAL
    look = f'href="{draft.get_absolute_url()}"'
    assert (
        f"The draft about {stale.label} waits for approval. <a {look}>Look at it</a>" in told.content.decode()
    )
    assert "<html" not in told.content.decode()
    assert f"{look}>Look at the draft" in told.content.decode()
    assert f"{look}>Look at the draft" in site.get("/feed/").content.decode()
    assert write not in site.get("/feed/").content.decode()
    assert site.post(write, headers=HTMX).headers["HX-Redirect"] == draft.get_absolute_url()
    assert site.post(write).headers["Location"] == draft.get_absolute_url()
    assert Notification.objects.filter(kind=Notification.Kind.EMAIL_DRAFT).count() == 1
    answer = site.post(f"/feed/{stale.number}/", {"act": "mail", "expected_version": stale.version})
    assert answer.status_code == 409


def test_a_reminder_is_no_draft_and_a_missing_template_is_told(site: Client, stale: RepairOrder) -> None:
    MailTemplate.objects.filter(key="APPROVED").update(enabled=False)
    reminder = {"kind": Notification.Kind.TASK_REMINDER, "cause": Notification.Cause.OVERDUE}
    Notification.objects.create(
        order=stale, subject="Look", open_key=f"reminder:{stale.pk}:APPROVED", **reminder
    )
    answer = site.post(f"/orders/{stale.number}/mail/write/", headers=HTMX)
    assert answer.status_code == 409
    assert "There is no template for a mail about an order with this status." in answer.content.decode()
    assert "Write to the shop" in answer.content.decode()


def test_who_may_not_write_is_led_to_the_mail(client: Client, technician: User, stale: RepairOrder) -> None:
    client.force_login(technician)
    text = client.get("/feed/").content.decode()
    assert f'href="/orders/{stale.number}/#mail">Look at its mail' in text
    assert "Write to the shop" not in text


@pytest.mark.parametrize("sent", [{}, {"act": "status-waiting-quote"}, {"act": "x", "expected_version": "1"}])
def test_an_incomplete_form_changes_nothing(site: Client, order: RepairOrder, sent: dict[str, str]) -> None:
    assert site.post(f"/feed/{order.number}/", sent).status_code == 409
    order.refresh_from_db()
    assert order.status == "TO SEND"


def test_the_page_of_the_feed_is_kept(site: Client, make_order: MakeOrder) -> None:
    for _ in range(31):
        make_order()
    form = re.search(
        r"<form.*?</form>",
        site.get("/feed/?level=4&page=2").content.decode().partition('id="feed"')[2],
        re.DOTALL,
    )
    assert form
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    number = re.search(r"/feed/(\d+)/", form[0])
    assert number
    assert site.post(f"/feed/{number[1]}/", sent)["Location"] == "/feed/?level=4&page=2"


@pytest.mark.parametrize("address", ["?level=9", "?level=x&page=999", "?page=-1"])
def test_an_address_that_makes_no_sense_is_no_error(site: Client, order: RepairOrder, address: str) -> None:
    assert site.get(f"/feed/{address}").status_code == 200


def test_an_empty_feed_says_so(site: Client) -> None:
    assert "no order is open" in site.get("/feed/").content.decode()
    assert "No order is on P1" in site.get("/feed/?level=1").content.decode()


def test_the_number_of_queries_does_not_grow(
    site: Client, make_order: MakeOrder, django_assert_num_queries: Any
) -> None:
    for count in (1, 28):
        for _ in range(count):
            make_order()
        with django_assert_num_queries(9):
            site.get("/feed/")
