"""Nothing reaches Outlook's send without an approval on record: by whom, when, and of which words."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from notifications import combine, deliveries, queue
from notifications.models import Delivery, Notification
from notifications.texts import Rendered, render
from repairs import clock
from repairs.errors import Refusal
from tests.delivery.desk import BOSS, OFFICE, SEND, SHOP, Desk, carry

pytestmark = pytest.mark.django_db(transaction=True)

State = Delivery.State


def one(desk: Desk) -> Delivery:
    return queue.approve(desk.draft(), by=desk.tom)


def all_of_a_shop(desk: Desk) -> Delivery:
    draft = desk.draft()
    approved, refused = queue.approve_all({draft.pk: draft.version}, by=desk.tom)
    assert refused == []
    return approved[0]


def several_in_one(desk: Desk) -> Delivery:
    parent = combine.combine([desk.draft(), desk.draft()], by=desk.amy)
    return queue.approve(parent, by=desk.tom)


def once_more(desk: Desk) -> Delivery:
    entry = failed(desk)
    queue.retry(entry, by=desk.amy)
    return Delivery.objects.get(notification=entry)


def not_known(desk: Desk) -> Delivery:
    """A mail that Tom approved, and of which nobody knows whether it left."""
    delivery = one(desk)
    desk.fault("drop", match=SEND)
    carry()
    desk.by_hand("delete", delivery)
    desk.carry_on(delivery)
    return delivery


def by_decision(desk: Desk) -> Delivery:
    delivery = not_known(desk)
    deliveries.resolve(delivery, by=desk.amy, sent=False)
    return delivery


def browser(desk: Desk) -> Client:
    """One in which Tom of the back office is signed in."""
    User.objects.filter(pk=desk.tom.pk).update(is_staff=True, is_superuser=True)
    site = Client()
    site.force_login(desk.tom)
    return site


def on_its_card(desk: Desk) -> Delivery:
    draft = desk.draft()
    browser(desk).post(f"/queue/{draft.pk}/approve/", {"expected_version": draft.version})
    return Delivery.objects.get(notification=draft)


def on_its_page(desk: Desk) -> Delivery:
    draft = desk.draft()
    given = {name: getattr(draft, name) for name in ("to_address", "subject")}
    words = {"body": "Better words.", "expected_version": draft.version, "approve": ""}
    browser(desk).post(f"/queue/{draft.pk}/edit/", given | words)
    return Delivery.objects.get(notification=draft)


def in_the_list(desk: Desk) -> Delivery:
    draft = desk.draft()
    browser(desk).post("/queue/approve/", {"seen": f"{draft.pk}:{draft.version}"})
    return Delivery.objects.get(notification=draft)


def in_the_admin(desk: Desk) -> Delivery:
    draft = desk.draft()
    site, url = browser(desk), "/admin/notifications/notification/"
    given = {"action": "approve", "_selected_action": [draft.pk]}
    page = site.post(url, given).content.decode()
    assert not Delivery.objects.filter(notification=draft).exists()
    site.post(url, given | {"seen": re.findall(r'name="seen" value="([0-9:]+)"', page)})
    return Delivery.objects.get(notification=draft)


def failed(desk: Desk) -> Notification:
    """A mail that Tom approved and that Outlook refused."""
    delivery = one(desk)
    desk.options(send_as_denied=OFFICE)
    carry()
    desk.options(send_as_denied="")
    entry = Notification.objects.get(pk=delivery.notification_id)
    assert entry.state == Notification.State.FAILED
    return entry


def tried_again_on_its_card(desk: Desk) -> Delivery:
    entry = failed(desk)
    browser(desk).post(f"/queue/{entry.pk}/retry/", {"expected_version": entry.version})
    return Delivery.objects.get(notification=entry)


def approved_again_on_its_card(desk: Desk) -> Delivery:
    """Approving what failed is trying it again."""
    entry = failed(desk)
    browser(desk).post(f"/queue/{entry.pk}/approve/", {"expected_version": entry.version})
    return Delivery.objects.get(notification=entry)


def tried_again_in_the_admin(desk: Desk) -> Delivery:
    entry = failed(desk)
    given = {"action": "retry", "_selected_action": [entry.pk]}
    browser(desk).post("/admin/notifications/notification/", given)
    return Delivery.objects.get(notification=entry)


def decided_on_its_page(desk: Desk) -> Delivery:
    delivery = not_known(desk)
    browser(desk).post(f"/queue/{delivery.notification_id}/resolve/", {"sent": "no"})
    return delivery


VERBS: list[Callable[[Desk], Delivery]] = [one, all_of_a_shop, several_in_one, once_more, by_decision]
PAGES: list[Callable[[Desk], Delivery]] = [
    on_its_card,
    on_its_page,
    in_the_list,
    tried_again_on_its_card,
    approved_again_on_its_card,
    decided_on_its_page,
    in_the_admin,
    tried_again_in_the_admin,
]
PATHS = [*VERBS, *PAGES]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_what_is_on_record_when_the_send_is_called(desk: Desk, path: Callable[[Desk], Delivery]) -> None:
    delivery = path(desk)
    desk.forget()
    fault = desk.fault("drop", match=SEND)  # the power goes just when Outlook is called
    carry()
    assert desk.fired(fault)
    delivery.refresh_from_db()
    entry = delivery.notification
    assert (delivery.state, entry.state) == (State.SENDING, Notification.State.APPROVED)
    assert (delivery.approved_by, delivery.approved_by_name) == (desk.tom, "tom")
    assert delivery.send_begun_at is not None
    assert delivery.approved_at <= delivery.send_begun_at <= clock.now()
    for order in delivery.orders():
        assert order.activity.filter(by=desk.tom, text__startswith="Approved").exists()


@pytest.mark.parametrize("state", [s for s in Notification.State if s != Notification.State.APPROVED])
def test_a_delivery_of_anything_else_is_not_sent(desk: Desk, state: str) -> None:
    """However the row came into being."""
    draft = desk.draft()
    deliveries.begin(draft, by=desk.amy, rendered=render(draft))
    Notification.objects.filter(pk=draft.pk).update(state=state)
    carry()
    assert (desk.outbox(), desk.sends()) == ([], 0)
    delivery = Delivery.objects.get(notification=draft)
    assert delivery.state == State.WITHDRAWN
    assert delivery.error == "It was not approved any more, so it was not sent."
    desk.assert_nothing_left(delivery)


def test_what_people_decide_against_is_not_sent(desk: Desk) -> None:
    desk.draft()
    queue.reject(desk.draft(), by=desk.amy, reason="They called")
    queue.withdraw(desk.draft(), by=desk.amy)
    queue.withdraw(desk.approved().notification, by=desk.amy)
    carry()
    assert (desk.outbox(), desk.log()) == ([], [])


def test_what_is_frozen_is_what_was_approved(desk: Desk) -> None:
    delivery = desk.approved()
    Notification.objects.filter(pk=delivery.notification_id).update(
        subject="Other", body="Other", to_address="other@x.example"
    )
    carry()
    (mail,) = desk.outbox()
    assert (mail["subject"], mail["to"], mail["cc"]) == (delivery.subject, [SHOP], [BOSS])
    assert "Other" not in mail["body"]


@pytest.mark.parametrize("draft_is_left", [False, True])
def test_other_words_are_approved_after_a_failure(desk: Desk, draft_is_left: bool) -> None:
    delivery = desk.approved()
    desk.options(send_as_denied=OFFICE)
    if draft_is_left:
        desk.fault("drop", match={"method": "DELETE"})
    carry()
    desk.options(send_as_denied="")
    entry = Notification.objects.get(pk=delivery.notification_id)
    Notification.objects.filter(pk=entry.pk).update(state=Notification.State.APPROVED)
    words = Rendered(subject="Other", html="<p>Other words</p>", text="Other words")
    delivery = deliveries.begin(entry, by=desk.tom, rendered=words)
    assert delivery.draft_begun is draft_is_left
    desk.time_passes(60)
    carry()
    mail = desk.assert_sent_once(delivery)
    assert (mail["subject"], len(desk.outbox())) == ("Other", 1)
    assert "Other words" in mail["body"]
    assert delivery.approved_by == desk.tom


def test_a_mail_that_did_not_come_to_rest_is_not_begun_anew(desk: Desk) -> None:
    delivery = desk.approved()
    with pytest.raises(Refusal):
        deliveries.begin(delivery.notification, by=desk.tom, rendered=render(delivery.notification))


def test_a_mail_on_its_way_is_not_taken_back(desk: Desk) -> None:
    delivery = desk.approved()
    desk.fault("drop_after_apply", match=SEND)
    carry()
    entry = Notification.objects.get(pk=delivery.notification_id)
    with pytest.raises(Refusal, match="Sending"):
        queue.withdraw(entry, by=desk.amy)
    desk.carry_on(delivery)
    desk.assert_sent_once(delivery)


def test_two_people_approve_at_once(desk: Desk) -> None:
    draft = desk.draft()
    together = Barrier(2)

    def approve(by: User) -> Delivery | None:
        try:
            together.wait()
            return queue.approve(Notification.objects.get(pk=draft.pk), by=by)
        except Refusal:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as people:
        made = list(people.map(approve, [desk.amy, desk.tom]))
    (delivery,) = [delivery for delivery in made if delivery]
    carry()
    carry()
    desk.assert_sent_once(delivery)
    assert len(desk.outbox()) == 1
