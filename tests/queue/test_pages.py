"""The pages of the queue: with and without htmx, every decision, and what is told when somebody was faster."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications import combine, queue
from notifications.models import Delivery, FollowUp, MailTemplate, Notification
from repairs import shops
from repairs.models import RepairOrder, Shop
from tests.queue.conftest import NewDraft

HTMX = {"HX-Request": "true"}
State = Notification.State


@pytest.fixture
def site(client: Client, amy: User) -> Client:
    """A browser in which Amy is signed in."""
    client.force_login(amy)
    return client


@pytest.fixture
def back_office(client: Client, written: None) -> Client:
    client.force_login(User.objects.create_superuser("olga"))
    return client


def text_of(site: Client, path: str) -> str:
    answer = site.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def state(entry: Notification) -> str:
    entry.refresh_from_db()
    return entry.state


def test_the_bell_counts_what_waits(site: Client, draft: Notification, reminder: Notification) -> None:
    assert "Drafts and reminders: 2 waiting" in text_of(site, "/")
    queue.done(reminder, by=User.objects.get(username="amy"))
    assert "Drafts and reminders: 1 waiting" in text_of(site, "/queue/bell/")


def test_the_panel_has_two_tabs(site: Client, draft: Notification, amy: User) -> None:
    assert draft.subject in text_of(site, "/queue/panel/")
    assert "Nothing has been sent or decided yet." in text_of(site, "/queue/panel/?tab=history")
    queue.reject(draft, by=amy, reason="They called.")
    assert "Nothing waits for you." in text_of(site, "/queue/panel/")
    history = text_of(site, "/queue/panel/?tab=history")
    assert "Rejected by amy" in history
    assert "They called." in history


def test_another_persons_reminder_is_not_shown(site: Client, reminder: Notification, tom: User) -> None:
    Notification.objects.filter(pk=reminder.pk).update(person=tom)
    assert reminder.subject not in text_of(site, "/queue/")


@pytest.mark.parametrize("query", ["q=3605812", "q=quotes@aero.example", "kind=EMAIL_DRAFT", "q=aero"])
def test_the_queue_is_searched_and_filtered(site: Client, draft: Notification, query: str) -> None:
    assert draft.subject in text_of(site, f"/queue/?{query}")


@pytest.mark.parametrize("query", ["q=nowhere", "kind=TASK_REMINDER", "state=SENT", "shop=999999"])
def test_and_says_so_when_nothing_matches(site: Client, draft: Notification, query: str) -> None:
    text = text_of(site, f"/queue/?{query}")
    assert draft.subject not in text.replace("<title>", "")
    assert "othing" in text


def test_odd_addresses_are_understood_as_far_as_possible(site: Client, draft: Notification) -> None:
    for query in ("state=NONSENSE", "page=99999", "page=x", "shop=x%00", "kind=%F0%9F%98%80"):
        assert site.get(f"/queue/?{query}").status_code == 200


def test_approving_on_the_card(site: Client, draft: Notification, amy: User) -> None:
    url = f"/queue/{draft.pk}/approve/"
    answer = site.post(url, {"expected_version": draft.version}, headers=HTMX)
    text = answer.content.decode()
    assert "Approved; it is being sent." in text
    assert "Sending…" in text
    assert 'id="bell"' in text
    delivery = Delivery.objects.get()
    assert (delivery.approved_by, delivery.notification, state(draft)) == (amy, draft, State.APPROVED)


def test_approving_without_javascript_goes_back_to_where_one_was(site: Client, draft: Notification) -> None:
    given = {"expected_version": draft.version, "back": "/queue/?shop=1"}
    answer = site.post(f"/queue/{draft.pk}/approve/", given)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/queue/?shop=1")


def test_it_never_goes_back_to_another_site(site: Client, draft: Notification) -> None:
    given = {"expected_version": draft.version, "back": "https://elsewhere.example/"}
    answer = site.post(f"/queue/{draft.pk}/approve/", given)
    assert answer.headers["Location"] == f"/queue/{draft.pk}/"


def test_only_what_the_person_saw_is_approved(site: Client, draft: Notification, tom: User) -> None:
    seen = draft.version
    queue.edit(draft, by=tom, changes={"body": "Other words."})
    for given in ({"expected_version": seen}, {"expected_version": ""}, {}):
        answer = site.post(f"/queue/{draft.pk}/approve/", given, headers=HTMX)
        assert answer.status_code == 409
        assert 'class="bad"' in answer.content.decode()
    assert not Delivery.objects.exists()


def test_a_draft_without_an_address_says_so_and_can_not_be_approved(
    site: Client, draft: Notification, amy: User
) -> None:
    queue.edit(draft, by=amy, changes={"to_address": ""})
    assert "no address yet" in text_of(site, "/queue/")
    answer = site.post(f"/queue/{draft.pk}/approve/", {"expected_version": draft.version}, headers=HTMX)
    assert answer.status_code == 409
    assert state(draft) == State.PENDING_APPROVAL


def typed(draft: Notification, **changes: str) -> dict[str, str]:
    shown = {name: getattr(draft, name) for name in ("to_address", "subject", "body")}
    return shown | {"expected_version": str(draft.version)} | changes


def test_a_correction_is_saved_and_approved_in_one(site: Client, draft: Notification, shop: Shop) -> None:
    given = typed(draft, to_address="new@aero.example", body="Any news?\n", approve="")
    site.post(f"/queue/{draft.pk}/edit/", given)
    delivery = Delivery.objects.get()
    assert (delivery.to, "Any news?" in delivery.text) == ("new@aero.example", True)
    shop.refresh_from_db()
    assert shop.email == "new@aero.example"
    assert "new@aero.example" in text_of(site, f"/shops/{shop.pk}/").split("History")[1]


@pytest.mark.parametrize(
    "address", ["no address", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"]
)
def test_a_bad_address_is_refused_and_everything_typed_stays(
    site: Client, draft: Notification, address: str
) -> None:
    given = typed(draft, to_address=address, body="Typed with care.", approve="")
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Typed with care." in text
    assert not Delivery.objects.exists()


def test_two_people_edit_one_draft_and_the_second_keeps_what_was_typed(
    site: Client, draft: Notification, tom: User
) -> None:
    given = typed(draft, body="Mine.")
    queue.edit(draft, by=tom, changes={"body": "Theirs."})
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    assert answer.status_code == 422
    assert "Mine." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.body == "Theirs."


def test_rejecting_needs_a_reason(site: Client, draft: Notification) -> None:
    assert site.post(f"/queue/{draft.pk}/reject/", {"reason": " "}, headers=HTMX).status_code == 409
    assert (
        site.post(f"/queue/{draft.pk}/reject/", {"reason": "They called."}, headers=HTMX).status_code == 200
    )
    assert state(draft) == State.REJECTED


def test_a_reminder_is_done(site: Client, reminder: Notification) -> None:
    text = site.post(f"/queue/{reminder.pk}/done/", headers=HTMX).content.decode()
    assert "Done" in text
    assert state(reminder) == State.SENT


def test_a_mail_that_failed_is_tried_again_or_withdrawn(site: Client, draft: Notification, amy: User) -> None:
    delivery = queue.approve(draft, by=amy)
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.FAILED, error="Outlook refused it.")
    Notification.objects.filter(pk=draft.pk).update(state=State.FAILED)
    page = text_of(site, f"/queue/{draft.pk}/")
    assert "Outlook refused it." in page
    assert "Try again" in page
    site.post(f"/queue/{draft.pk}/retry/")
    assert state(draft) == State.APPROVED


def test_a_person_decides_what_nobody_knows(site: Client, draft: Notification, amy: User) -> None:
    delivery = queue.approve(draft, by=amy)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.UNKNOWN, error="It is not known.", found={"In the mailbox": "nothing"}
    )
    page = text_of(site, f"/queue/{draft.pk}/")
    assert "In the mailbox: <b>nothing</b>" in page
    site.post(f"/queue/{draft.pk}/resolve/", {"sent": "yes"})
    assert state(draft) == State.SENT


def test_several_drafts_of_a_shop_become_one_mail(
    site: Client, new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    drafts = [new_draft() for _ in range(3)]
    page = text_of(site, f"/queue/?shop={shop.pk}")
    assert "Combine into one email" in page
    answer = site.post("/queue/combine/", {"draft": [d.pk for d in drafts]}, follow=True)
    parent = Notification.objects.get(order=None, kind=Notification.Kind.EMAIL_DRAFT)
    assert all(d.order and str(d.order.number) in answer.content.decode() for d in drafts)
    row = {f"row-{i}-{name}": "" for i in range(3) for name in ("part", "serial", "note")}
    given = typed(parent, **row | {"row-1-note": "Urgent", "row-0-part": "P-1"})
    site.post(f"/queue/{parent.pk}/edit/", given)
    parent.refresh_from_db()
    assert [(r["part"], r["note"]) for r in parent.rows] == [("P-1", ""), ("", "Urgent"), ("", "")]


def test_rows_are_taken_out_and_added_and_the_mail_is_split(
    site: Client, new_draft: NewDraft, amy: User
) -> None:
    one, two, three = (new_draft() for _ in range(3))
    parent = combine.combine([one, two], by=amy)
    assert three.order
    assert one.order
    site.post(f"/queue/{parent.pk}/rows/", {"number": three.order.label})
    parent.refresh_from_db()
    assert len(parent.rows) == 3
    site.post(f"/queue/{parent.pk}/rows/{one.order.number}/remove/")
    one.refresh_from_db()
    assert one.parent is None
    site.post(f"/queue/{parent.pk}/split/")
    assert not Notification.objects.filter(parent=parent).exists()
    assert state(two) == State.PENDING_APPROVAL
    text = site.post(f"/queue/{two.pk}/rows/", {"number": "x"}, follow=True).content.decode()
    assert "There is no order with that number." in text


def test_approving_all_of_a_shop_tells_what_could_not_be(
    site: Client, new_draft: NewDraft, shop: Shop, amy: User
) -> None:
    good, bad = new_draft(), new_draft()
    queue.edit(bad, by=amy, changes={"to_address": ""})
    answer = site.post(f"/queue/shop/{shop.pk}/approve/", follow=True)
    assert "1 approved; they are being sent." in answer.content.decode()
    assert (state(good), state(bad)) == (State.APPROVED, State.PENDING_APPROVAL)


def test_html_in_an_order_and_in_a_draft_stays_text(site: Client, draft: Notification, amy: User) -> None:
    queue.edit(draft, by=amy, changes={"body": "<script>alert(1)</script>", "subject": "<b>x</b>"})
    for path in ("/queue/", "/queue/panel/", f"/queue/{draft.pk}/"):
        text = text_of(site, path)
        assert "<script>alert" not in text
        assert "<b>x</b>" not in text


def test_an_orders_page_shows_its_mail_and_follow_ups(site: Client, order: RepairOrder, amy: User) -> None:
    text = text_of(site, order.get_absolute_url())
    assert "Follow-up on “Waiting quote”" in text
    answer = site.post(f"/orders/{order.number}/mail/write/", follow=True)
    assert "Approve and send" in answer.content.decode()
    again = site.post(f"/orders/{order.number}/mail/write/")
    assert again.headers["Location"] == Notification.objects.get().get_absolute_url()


def test_remind_me_and_take_it_off(site: Client, order: RepairOrder, amy: User) -> None:
    given = {"day": "2090-01-15", "text": "Ask for the 8130"}
    text = site.post(f"/orders/{order.number}/remind/", given, headers=HTMX).content.decode()
    assert "Ask for the 8130" in text
    assert "You will be reminded." in text
    follow_up = FollowUp.objects.get(kind=FollowUp.Kind.REMINDER)
    site.post(f"/follow-ups/{follow_up.pk}/forget/", headers=HTMX)
    follow_up.refresh_from_db()
    assert follow_up.state == FollowUp.State.CANCELLED


@pytest.mark.parametrize(
    "given", [{"day": "", "text": "x"}, {"day": "soon", "text": "x"}, {"day": "2090-01-15", "text": ""}]
)
def test_a_bad_reminder_keeps_what_was_typed(site: Client, order: RepairOrder, given: dict[str, str]) -> None:
    for headers in ({}, HTMX):
        answer = site.post(f"/orders/{order.number}/remind/", given, headers=headers)
        assert answer.status_code == 422
        assert 'class="fault"' in answer.content.decode()
    assert not FollowUp.objects.filter(kind=FollowUp.Kind.REMINDER).exists()


def test_looking_for_replies_needs_no_page(site: Client, order: RepairOrder) -> None:
    assert site.post(f"/orders/{order.number}/mail/refresh/", headers=HTMX).status_code == 204


def test_a_merged_shops_mail_goes_with_it(site: Client, draft: Notification, shop: Shop, amy: User) -> None:
    twin = shops.create(by=amy, name="Aero Avionics Inc.")
    shops.merge(shop, into=twin, by=amy)
    assert not Notification.objects.filter(shop=shop.pk).exists()
    assert Notification.objects.filter(shop=twin).exists()


def test_a_template_is_checked_when_it_is_saved(back_office: Client) -> None:
    template = MailTemplate.objects.get(key="WAITING QUOTE")
    url = f"/admin/notifications/mailtemplate/{template.pk}/change/"
    for body in ("{{ settings.SECRET_KEY }}", "{% load static %}", "{{ nobody }}", "{% if"):
        answer = back_office.post(url, {"subject": template.subject, "body": body})
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
    template.refresh_from_db()
    assert "{% load" not in template.body
    good = {"subject": "About {{ number }}", "body": "Hello {{ contact }}", "enabled": "on"}
    assert back_office.post(url, good).status_code == 302
    assert "Hello" in text_of(back_office, url)


def test_the_admins_actions_go_through_the_verbs(back_office: Client, draft: Notification) -> None:
    url = "/admin/notifications/notification/"
    given = {"action": "approve", "_selected_action": [draft.pk]}
    back_office.post(url, given)
    assert Delivery.objects.get().approved_by_name == "olga"
    assert "Sending" in text_of(back_office, f"/queue/{draft.pk}/")


@pytest.mark.parametrize("model", ["notification", "delivery", "followup", "conversation", "mailtemplate"])
def test_the_admins_lists(
    back_office: Client, draft: Notification, reminder: Notification, model: str
) -> None:
    assert back_office.get(f"/admin/notifications/{model}/").status_code == 200


def test_every_address_asks_for_sign_in(client: Client, draft: Notification, order: RepairOrder) -> None:
    for path in (
        "/queue/",
        "/queue/bell/",
        "/queue/panel/",
        f"/queue/{draft.pk}/",
        f"/orders/{order.number}/mail/",
    ):
        assert client.get(path).status_code == 302
    for act in ("approve", "edit", "reject", "retry", "withdraw", "done", "resolve", "split", "rows"):
        assert client.post(f"/queue/{draft.pk}/{act}/").status_code == 302
    assert not Delivery.objects.exists()


def test_nothing_is_decided_by_looking(site: Client, draft: Notification) -> None:
    for act in ("approve", "edit", "reject", "retry", "withdraw", "done", "resolve", "split", "rows"):
        assert site.get(f"/queue/{draft.pk}/{act}/").status_code == 405


def test_the_number_of_queries_does_not_grow(
    site: Client, new_draft: NewDraft, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        new_draft()
    with django_assert_max_num_queries(10):
        text_of(site, "/queue/")
    with django_assert_max_num_queries(8):
        text_of(site, "/queue/panel/")
