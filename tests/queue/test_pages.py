"""The pages of the queue: with and without htmx, every decision, and what is told when somebody was faster."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from notifications import conversations, queue
from notifications.models import Conversation, ConversationMessage, Delivery, FollowUp, Notification
from repairs import clock, shops
from repairs.models import RepairOrder, Shop
from tests.queue.conftest import NewDraft
from tests.queue.pages import HTMX, State, seen_on, state, text_of, typed
from tests.queue.stories import bring_to


def test_the_bell_counts_what_waits(site: Client, draft: Notification, reminder: Notification) -> None:
    assert "Drafts and reminders: 2 waiting" in text_of(site, "/")
    queue.done(reminder, by=User.objects.get(username="amy"))
    assert "Drafts and reminders: 1 waiting" in text_of(site, "/queue/bell/")


def test_the_bell_the_panel_and_the_queue_show_what_is_to_decide(
    site: Client, new_draft: NewDraft, amy: User
) -> None:
    failed, unknown, sending = bring_to(new_draft(), "FAILED", amy), new_draft(), new_draft()
    for entry in (unknown, sending):
        queue.approve(entry, by=amy)
    Delivery.objects.filter(notification=unknown).update(state="UNKNOWN", error="Nobody knows.")
    for path in ("/queue/", "/queue/panel/"):
        page = text_of(site, path)
        assert "Drafts and reminders: 2 waiting" in page or "panel" in path
        assert [f'id="entry-{each.pk}"' in page for each in (failed, unknown, sending)] == [True, True, False]
        assert "To decide" in page
        assert "Try again" in page
        assert "Decide" in page
    history = text_of(site, "/queue/panel/?tab=history")
    assert [f'id="entry-{each.pk}"' in history for each in (failed, unknown, sending)] == [False, False, True]


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


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "²", "dashboard"])
def test_it_never_goes_back_to_another_site(site: Client, draft: Notification, back: str) -> None:
    given = {"expected_version": draft.version, "back": back}
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


def test_approving_what_failed_tries_it_again_and_edited_it_is_approved_anew(
    site: Client, new_draft: NewDraft, amy: User, tom: User
) -> None:
    same, other = (bring_to(new_draft(), "FAILED", tom) for _ in range(2))
    site.post(f"/queue/{same.pk}/edit/", typed(same, approve=""))
    site.post(f"/queue/{other.pk}/edit/", typed(other, approve="", body="Better words."))
    assert (state(same), state(other)) == (State.APPROVED, State.APPROVED)
    assert same.delivery.approved_by_name == "tom", "as it was approved"
    assert (other.delivery.approved_by_name, other.delivery.text) == ("amy", "Better words.")


def test_what_failed_has_no_form_to_reject_it(site: Client, draft: Notification, amy: User) -> None:
    assert f'action="/queue/{draft.pk}/reject/"' in text_of(site, f"/queue/{draft.pk}/")
    bring_to(draft, "FAILED", amy)
    page = text_of(site, f"/queue/{draft.pk}/")
    assert "/reject/" not in page
    assert "Send it again" in page


def test_approving_all_that_was_seen(site: Client, new_draft: NewDraft, shop: Shop, amy: User) -> None:
    good, bad, changed = new_draft(), new_draft(), new_draft()
    queue.edit(bad, by=amy, changes={"to_address": ""})
    page = text_of(site, f"/queue/?shop={shop.pk}")
    assert good.body.splitlines()[2] in page, "every word of what is approved"
    seen = seen_on(page)
    assert len(seen) == 3
    queue.edit(changed, by=amy, changes={"body": "Other words."})
    unseen = new_draft()
    answer = site.post("/queue/approve/", {"seen": seen, "shop": shop.pk}, follow=True)
    text = answer.content.decode()
    assert "1 approved; they are being sent." in text
    assert "It was changed by amy meanwhile." in text
    assert [state(each) for each in (good, bad, changed, unseen)] == [
        State.APPROVED,
        *["PENDING_APPROVAL"] * 3,
    ]


@pytest.mark.parametrize("seen", [[], ["7"], ["7:x"], ["7:" + "9" * 30]])
def test_nothing_is_approved_that_was_not_seen(
    site: Client, draft: Notification, shop: Shop, seen: list[str]
) -> None:
    given = {"seen": [each.replace("7", str(draft.pk)) for each in seen], "shop": shop.pk}
    answer = site.post("/queue/approve/", given, follow=True)
    assert "Please look at the drafts first." in answer.content.decode()
    assert state(draft) == State.PENDING_APPROVAL


def test_who_is_second_sees_both_and_can_save(site: Client, draft: Notification, tom: User) -> None:
    given = typed(draft, body="Mine.", approve="")
    queue.edit(draft, by=tom, changes={"body": "Theirs."})
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "It was changed by tom meanwhile." in page
    assert "<p>Theirs.</p>" in page[page.index("As it stands now") :]
    (version,) = set(re.findall(r'name="expected_version" value="(\d+)"', page))
    site.post(f"/queue/{draft.pk}/edit/", given | {"expected_version": version})
    assert Delivery.objects.get().text == "Mine."


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


def test_an_orders_page_says_when_its_mail_left(site: Client, draft: Notification) -> None:
    left = dt.datetime(2026, 2, 3, 17, 45, tzinfo=dt.UTC)
    Notification.objects.filter(pk=draft.pk).update(state="SENT", open_key=None, sent_at=left)
    assert draft.order
    text = site.get(f"/orders/{draft.order.number}/mail/").content.decode()
    assert "Feb 3, 12:45" in text


def test_while_outlook_is_away_an_order_shows_what_is_known_of_its_mail(
    site: Client, order: RepairOrder
) -> None:
    talk = conversations.known("repairs@genthrust.example", "talk")
    assert talk is not None
    talk.orders.add(order)
    ConversationMessage.objects.create(
        conversation=talk, key="1", message_id="1", ours=False, text="<script>x</script>", at=clock.now()
    )
    page = text_of(site, f"/orders/{order.number}/mail/")
    assert "What is known so far is shown." not in page
    assert "as of" not in page, "it was never fetched"
    trouble = "Outlook can't be asked now: it <b>does not</b> answer."
    Conversation.objects.filter(pk=talk.pk).update(trouble=trouble, fetched_at=clock.now())
    page = text_of(site, f"/orders/{order.number}/mail/")
    assert f"{escape(trouble)} What is known so far is shown." in page
    assert "as of" in page
    assert '<div class="letter">&lt;script&gt;x&lt;/script&gt;</div>' in page


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


def test_every_address_asks_for_sign_in(client: Client, draft: Notification, order: RepairOrder) -> None:
    for path in (
        "/queue/",
        "/queue/bell/",
        "/queue/panel/",
        f"/queue/{draft.pk}/",
        f"/orders/{order.number}/mail/",
    ):
        assert client.get(path).status_code == 302
    for act in ("approve", "edit", "reject", "retry", "withdraw", "done", "resolve"):
        answer = client.post(f"/queue/{draft.pk}/{act}/", {"reason": "typed"})
        assert answer.status_code == 401  # the page that keeps what was typed
    assert not Delivery.objects.exists()


def test_nothing_is_decided_by_looking(site: Client, draft: Notification) -> None:
    for act in ("approve", "edit", "reject", "retry", "withdraw", "done", "resolve"):
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
