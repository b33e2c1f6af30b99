"""What the pages read: who sees what, in which order, and that ten thousand entries stay quick."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications import combine, queries, queue
from notifications.models import Delivery, FollowUp, Notification
from repairs import clock
from repairs.models import RepairOrder, Shop
from repairs.paging import Pages
from tests.queue.conftest import NewDraft
from tests.queue.stories import answered, bring_to, order_of, waiting_drafts
from tests.support.explaining import analyze, asked, explained

Cause = Notification.Cause


def reminder_for(order: RepairOrder, person: User | None) -> Notification:
    due = FollowUp.objects.create(
        order=order, kind="reminder", person=person, due_at=clock.now(), text="Call."
    )
    made = queue.remind_person(order, cause=Cause.BY_HAND, follow_up=due)
    assert made is not None
    return made


def counted(person: User | None = None) -> dict[str, int]:
    return {state: count for state, count in queries.counts(person=person).items() if count}


def test_a_person_sees_mails_and_reminders_of_their_own_and_of_nobody(
    draft: Notification, order: RepairOrder, amy: User, tom: User
) -> None:
    amys, toms, everybodys = (reminder_for(order, person) for person in (amy, tom, None))
    assert set(queries.to_decide(person=amy)) == {draft, amys, everybodys}
    assert queries.number_to_decide(amy) == queries.number_to_decide(tom) == 3
    assert set(queries.to_decide(person=tom)) == {draft, toms, everybodys}
    assert queries.to_decide().count() == 4
    assert counted(tom) == {"PENDING_APPROVAL": 3, "TO_DECIDE": 3}
    User.objects.filter(pk=tom.pk).update(is_active=False)
    assert set(queries.to_decide(person=amy)) == {draft, amys, toms, everybodys}


def test_filters_and_what_they_do_not_understand(
    new_draft: NewDraft, reminder: Notification, amy: User
) -> None:
    waiting, rejected, sent = new_draft(), new_draft(), new_draft()
    bring_to(rejected, "REJECTED", amy)
    bring_to(sent, "SENT", amy)
    assert waiting.shop is not None
    shop = str(waiting.shop.pk)
    assert list(queries.queue(state="REJECTED")) == [rejected]
    assert list(queries.queue(state="PENDING_APPROVAL", kind="EMAIL_DRAFT")) == [waiting]
    assert list(queries.queue(kind="TASK_REMINDER")) == [reminder]
    assert list(queries.queue(shop=shop, state="SENT")) == [sent]
    assert queries.queue(shop="999999").count() == 0
    assert queries.queue(state="NONSENSE", kind="x", shop="1 OR 1").count() == 4
    assert list(queries.history()) == [sent, rejected]
    assert counted() == {"PENDING_APPROVAL": 2, "REJECTED": 1, "SENT": 1, "TO_DECIDE": 2}


def test_a_search_finds_numbers_parts_addresses_and_words(new_draft: NewDraft, amy: User) -> None:
    first, second, third = new_draft(), new_draft(), new_draft()
    queue.edit(first, by=amy, changes={"body": "About the gearbox.", "to_address": "ruth@aero.example"})
    for search in ("gearbox", "RUTH@aero", f"G{order_of(first).number}", "avionics gearbox", "3605812 ruth@"):
        assert list(queries.queue(search=search)) == [first], search
    number = order_of(first).number
    for search in (
        f"RO {number}",
        f"ro #{number}",
        f"G {number}",
        f"RO-{number}",
        f"aero G-{number}",
        f"#{number}",
    ):
        assert list(queries.queue(search=search)) == [first], search
    parent = combine.combine([second, third], by=amy)
    assert list(queries.queue(search=f"RO {order_of(third).number}")) == [parent]
    assert list(queries.queue(search=order_of(second).label)) == [parent]
    assert queries.queue(search="gearbox missing").count() == 0
    assert queries.queue(search="%").count() == 0
    assert queries.queue(search="x" * 5000).count() == 0


def test_to_decide_is_what_waits_failed_or_is_not_known(
    new_draft: NewDraft, reminder: Notification, amy: User
) -> None:
    waiting, failed, unknown, sending = new_draft(), new_draft(), new_draft(), new_draft()
    decided = {state: bring_to(new_draft(), state, amy) for state in ("SENT", "REJECTED", "WITHDRAWN")}
    bring_to(failed, "FAILED", amy)
    for entry in (unknown, sending):
        bring_to(entry, "APPROVED", amy)
    Delivery.objects.filter(notification=unknown).update(state="UNKNOWN")
    assert list(queries.to_decide()) == [unknown, failed, waiting, reminder], "what did not leave comes first"
    assert set(queries.history()) == {sending, *decided.values()}
    assert queries.counts()["TO_DECIDE"] == queries.to_decide().count() == 4
    assert queries.number_to_decide(amy) == queries.to_decide(person=amy).count() == 4
    assert list(queries.queue(state="TO_DECIDE", kind="TASK_REMINDER")) == [reminder]


def test_an_order_shows_its_entries_and_follow_ups(
    draft: Notification, order: RepairOrder, amy: User
) -> None:
    reminder = reminder_for(order, amy)
    assert list(queries.for_order(order)) == [reminder, draft]
    assert [due.kind for due in queries.follow_ups_of(order)] == ["reminder", "status"], "the next first"
    FollowUp.objects.update(state="cancelled")
    assert list(queries.follow_ups_of(order)) == []


def test_combinable_are_pending_drafts_about_one_order_each(
    new_draft: NewDraft, reminder: Notification, shop: Shop, amy: User
) -> None:
    first, second, gone = new_draft(), new_draft(), new_draft()
    bring_to(gone, "REJECTED", amy)
    assert list(queries.combinable(shop)) == [first, second]
    combine.combine([first, second], by=amy)
    assert list(queries.combinable(shop)) == []


@pytest.fixture
def ten_thousand(order: RepairOrder) -> None:
    waiting_drafts(order, 10_000)


def test_ten_thousand_stay_a_page_with_few_statements(ten_thousand: None, amy: User) -> None:
    with CaptureQueriesContext(connection) as statements:
        found = queries.paged(queries.queue(state="PENDING_APPROVAL", person=amy))
        page = Pages(found, 25).get_page(3)
        rows = [(row.order and row.order.label, row.shop and row.shop.name, row.person) for row in page]
        assert len(rows) == 25
        assert counted(amy) == {"PENDING_APPROVAL": 10_000, "TO_DECIDE": 10_000}
        assert queries.to_decide(person=amy).count() == 10_000
        assert len(queries.paged(queries.to_decide(person=amy))[:8]) == 8
    assert len(statements) == 8
    whole = [sql for sql in asked(statements) if "LIMIT" not in sql and "COUNT" not in sql]
    assert [sql.rpartition(" IN (")[2].count(",") + 1 for sql in whole] == [25, 8]


@pytest.mark.django_db(transaction=True)  # ANALYZE TABLE commits
def test_ten_thousand_are_counted_and_sorted_in_one_index(ten_thousand: None, amy: User) -> None:
    """Their texts are not read, and nothing is looked up for each."""
    analyze(Notification)
    with CaptureQueriesContext(connection) as statements:
        queries.counts(person=amy)
        queries.number_to_decide(amy)
        list(queries.to_decide(person=amy).values_list("pk")[:8])
    for sql in asked(statements):
        lines = [line for line in explained(sql) if line["table"] == Notification._meta.db_table]
        assert {line["key"] for line in lines if line["type"] != "eq_ref"} == {"notification_queued"}, sql
        assert all("Using index" in line["Extra"] for line in lines if line["type"] != "eq_ref"), sql


OF_SHOP = {"notification_of_shop"}
QUEUED = {"notification_queued"}
# Each page, with the indexes in which it may look for what it lists; the rows that it shows are read by their keys.
BY_INDEX = {
    "/queue/?state=SENT": QUEUED,
    "/queue/?state=REJECTED&kind=EMAIL_DRAFT": QUEUED,
    "/queue/?page=100": QUEUED,
    "/queue/?shop={shop}": OF_SHOP | QUEUED,
    "/queue/?shop={shop}&state=SENT": OF_SHOP | QUEUED,
    "/queue/panel/": QUEUED,
    "/queue/panel/?tab=history": QUEUED,
}


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_every_page_of_ten_thousand_in_all_states_of_two_shops_is_read_by_index(
    ten_thousand: None, site: Client
) -> None:
    """No page reads the table from end to end, nor an index of it for its texts."""
    pks = list(Notification.objects.order_by("pk").values_list("pk", flat=True))
    other = Shop.objects.create(name="Gear Works")
    Notification.objects.filter(pk__in=pks[::2]).update(shop=other)
    for place, state in enumerate(("SENT", "REJECTED", "WITHDRAWN", "FAILED")):
        Notification.objects.filter(pk__in=pks[place::8]).update(state=state)
    analyze(Notification)
    for path, indexes in BY_INDEX.items():
        with CaptureQueriesContext(connection) as statements:
            assert site.get(path.format(shop=other.pk)).status_code == 200
        used = set()
        for sql in asked(statements):
            lines = explained(sql) if "`notifications_notification`" in sql else []
            for line in lines:
                if line["table"] == Notification._meta.db_table and line["type"] != "eq_ref":
                    assert is_quick(line), (path, sql, line)
                    used.add(line["key"])
        assert used - {"PRIMARY"} == indexes, path


def is_quick(line: dict[str, Any]) -> bool:
    """By key, or along an index that holds all that is asked; or backwards from the newest until a page is full."""
    if line["key"] == "PRIMARY":
        return int(line["rows"]) <= queue.MOST_TOGETHER
    return line["type"] in ("ref", "range") or (line["type"] == "index" and "Using index" in line["Extra"])


@pytest.mark.chaos
def test_ten_thousand_stay_a_page_for_a_person_too(ten_thousand: None, client: Client, amy: User) -> None:
    client.force_login(amy)
    of_shop = f"/queue/?shop={Notification.objects.values_list('shop', flat=True)[0]}"
    pages = {"/queue/": 25, "/queue/?page=200": 25, of_shop: 25, "/queue/?q=avionics": 25, "/queue/panel/": 8}
    for path, cards in pages.items():
        with CaptureQueriesContext(connection) as statements:
            page = client.get(path).content.decode()
        assert page.count('<article id="entry-') == cards
        assert "10,000" in page or "10000" in page
        assert len(statements) <= 25
        sorted_whole = [sql for sql in asked(statements) if "`body`," in sql and "LIMIT" in sql]
        assert sorted_whole == [], "keys are sorted, and the texts of one page read"


def test_a_shops_drafts_that_answer_mails_cost_no_query_each(
    site: Client, new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    """Each order has a conversation of its own already, and a draft that goes on with it."""

    def mailed(count: int) -> int:
        for _ in range(count):
            answered(new_draft(), amy)
        with CaptureQueriesContext(connection) as statements:
            page = site.get(f"/queue/?shop={shop.pk}").content.decode()
        assert (
            page.count('aria-label="RE: Their words"')
            == Notification.objects.filter(state="PENDING_APPROVAL").count()
        )
        return len(statements)

    assert mailed(3) == mailed(9)
