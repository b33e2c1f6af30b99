"""The pages of the queue: with and without htmx, every decision, and what is told when somebody was faster."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications import combine, queue
from notifications.models import Delivery, FollowUp, MailTemplate, Notification
from repairs import shops
from repairs.models import Activity, RepairOrder, Shop
from tests.queue.conftest import NewDraft
from tests.queue.stories import bring_to, everything, order_of

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


def test_a_person_gives_up_what_nobody_knows(site: Client, draft: Notification, amy: User) -> None:
    delivery = queue.approve(draft, by=amy)
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.UNKNOWN)
    assert "It was not sent, and shall not be" in text_of(site, f"/queue/{draft.pk}/")
    site.post(f"/queue/{draft.pk}/resolve/", {"sent": "never"})
    assert state(draft) == State.WITHDRAWN


@pytest.mark.parametrize("answer", ["yes", "no", "never"])
def test_what_was_never_approved_is_not_decided_about(site: Client, draft: Notification, answer: str) -> None:
    said = site.post(f"/queue/{draft.pk}/resolve/", {"sent": answer}, follow=True).content.decode()
    assert "Nothing was changed." in said
    assert state(draft) == State.PENDING_APPROVAL


def test_several_drafts_of_a_shop_become_one_mail(site: Client, new_draft: NewDraft, shop: Shop) -> None:
    drafts = [new_draft() for _ in range(3)]
    page = text_of(site, f"/queue/?shop={shop.pk}")
    assert "Combine into one email" in page
    answer = site.post("/queue/combine/", {"draft": [d.pk for d in drafts]}, follow=True)
    parent = Notification.objects.get(order=None, kind=Notification.Kind.EMAIL_DRAFT)
    assert all(d.order and str(d.order.number) in answer.content.decode() for d in drafts)
    given = (
        typed(parent) | cells(parent) | {cell(parent, 1, "note"): "Urgent", cell(parent, 0, "part"): "P-1"}
    )
    site.post(f"/queue/{parent.pk}/edit/", given | {"save": ""})
    parent.refresh_from_db()
    assert [(r["part"], r["note"]) for r in parent.rows] == [("P-1", ""), ("", "Urgent"), ("", "")]


def cell(parent: Notification, position: int, name: str) -> str:
    return f"row-{parent.rows[position]['number']}-{name}"


def cells(parent: Notification) -> dict[str, str]:
    """The empty cells of a mail's table, as a browser posts them."""
    names = ("part", "serial", "note")
    return {cell(parent, position, name): "" for position in range(len(parent.rows)) for name in names}


@pytest.fixture
def several(new_draft: NewDraft, amy: User) -> list[Notification]:
    """A mail about two orders, and the drafts that it replaced."""
    drafts = [new_draft(), new_draft()]
    return [combine.combine(drafts, by=amy), *drafts]


def test_whatever_is_pressed_saves_what_was_typed(
    site: Client, several: list[Notification], new_draft: NewDraft
) -> None:
    parent, one, two = several
    three = new_draft()
    first, second, third = (order_of(draft) for draft in (one, two, three))
    url = f"/queue/{parent.pk}/edit/"
    note = cell(parent, 1, "note")

    def press(button: str, value: str = "", **changes: str) -> str:
        parent.refresh_from_db()
        given = typed(parent) | cells(parent) | changes | {button: value}
        return site.post(url, given, follow=True).content.decode()

    said = press("add", body="Typed with care.", add_number=third.label)
    assert f"Added {third.label}" in said
    parent.refresh_from_db()
    assert (parent.body, len(parent.rows)) == ("Typed with care.", 3)
    press("take_out", str(first.number), **{note: "Urgent"})
    parent.refresh_from_db()
    assert [(row["number"], row["note"]) for row in parent.rows] == [
        (second.number, "Urgent"),
        (third.number, ""),
    ]
    one.refresh_from_db()
    assert one.parent is None
    said = press("split", body="Words that nobody reads.")
    assert "Every order has its own draft again." in said
    assert not Notification.objects.filter(parent=parent).exists()
    assert state(two) == State.PENDING_APPROVAL


@pytest.mark.parametrize(
    ("button", "number", "told"),
    [
        ("add", "x", "There is no order with that number."),
        ("save", "G99", "There is no order with that number."),
        ("approve", "G1", "Please press Add to take this order into the email, or empty the field."),
        ("take_out", "", "is not in this mail."),
    ],
)
def test_what_is_refused_saves_nothing_and_keeps_what_was_typed(
    site: Client, several: list[Notification], button: str, number: str, told: str
) -> None:
    parent = several[0]
    before = everything()
    given = typed(parent, body="Typed with care.", add_number=number, **{button: "999"}) | cells(parent)
    answer = site.post(f"/queue/{parent.pk}/edit/", given)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Typed with care." in answer.content.decode()
    assert everything() == before


def test_enter_in_a_field_saves(site: Client, several: list[Notification]) -> None:
    """A browser presses the first button of the form."""
    page = text_of(site, f"/queue/{several[0].pk}/")
    form = page[page.index('id="draft-form"') :]
    assert form.index('name="save"') < form.index('name="take_out"')


def test_the_preview_shows_what_is_not_saved(site: Client, several: list[Notification]) -> None:
    parent = several[0]
    before = everything()
    changes = {"to_address": "office@genthrust.example", "body": "New <b>words</b>\n\n[orders]\n\nBye"}
    given = typed(parent, **changes) | cells(parent) | {cell(parent, 0, "note"): "Urgent", "preview": ""}
    answer = site.post(f"/queue/{parent.pk}/edit/", given)
    assert answer.status_code == 200
    page = answer.content.decode()
    preview = page[page.index('id="preview"') :]
    assert "it is not saved yet" in preview
    assert "<dd>repairs@genthrust.example</dd>" in preview
    assert "<dd>office@genthrust.example</dd>" in preview
    assert "Copy" not in preview, "who gets the mail gets no copy"
    assert "<p>New &lt;b&gt;words&lt;/b&gt;</p>" in preview
    assert "<td>Urgent</td>" in preview
    assert "style=" not in preview
    assert "New &lt;b&gt;words" in page[: page.index('id="preview"')], "the form keeps what was typed"
    assert everything() == before


def test_the_preview_of_a_bad_address_says_so(site: Client, draft: Notification) -> None:
    given = typed(draft, to_address="nobody", preview="")
    answer = site.post(f"/queue/{draft.pk}/edit/", given)
    assert answer.status_code == 422
    assert "is not an email address" in answer.content.decode()


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


def seen_on(page: str) -> list[str]:
    return re.findall(r'name="seen" value="([0-9:]+)"', page)


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
    (version,) = re.findall(r'name="expected_version" value="(\d+)"', page)
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
    for _ in range(2):  # the second time nothing changes
        assert back_office.post(url, good).status_code == 302
    assert "Hello" in text_of(back_office, url)
    act = Activity.objects.get(verb=Activity.Verb.RULE)
    assert (act.by_name, act.text) == ("olga", "Words for WAITING QUOTE")
    assert {c.field: (c.old, c.new) for c in act.changes.all()} == {
        "subject": (template.subject, "About {{ number }}"),
        "body": (template.body, "Hello {{ contact }}"),
    }


def test_the_admins_actions_go_through_the_verbs(back_office: Client, draft: Notification) -> None:
    url = "/admin/notifications/notification/"
    back_office.post(url, {"action": "withdraw", "_selected_action": [draft.pk]})
    assert state(draft) == State.WITHDRAWN
    assert draft.decided_by_name == "olga"


def test_the_admin_shows_every_word_and_approves_what_it_showed(
    back_office: Client, new_draft: NewDraft, amy: User
) -> None:
    url = "/admin/notifications/notification/"
    good, changed = new_draft(), new_draft()
    given = {"action": "approve", "_selected_action": [good.pk, changed.pk]}
    page = back_office.post(url, given).content.decode()
    assert good.to_address in page
    assert good.body.splitlines()[2] in page
    assert not Delivery.objects.exists(), "nothing is approved before it was shown"
    queue.edit(changed, by=amy, changes={"body": "Other words."})
    answer = back_office.post(url, given | {"seen": seen_on(page)}, follow=True).content.decode()
    assert Delivery.objects.get().notification == good
    assert Delivery.objects.get().approved_by_name == "olga"
    assert "It was changed by amy meanwhile." in answer


def test_the_admin_approves_no_reminder_and_nothing_unseen(
    back_office: Client, draft: Notification, reminder: Notification
) -> None:
    url = "/admin/notifications/notification/"
    only = {"action": "approve", "_selected_action": [reminder.pk]}
    assert "Please choose emails" in back_office.post(url, only, follow=True).content.decode()
    bad = {"action": "approve", "_selected_action": [draft.pk], "seen": "x"}
    assert "Please look at the drafts first." in back_office.post(url, bad, follow=True).content.decode()
    assert not Delivery.objects.exists()


def test_a_template_that_was_saved_past_its_check_says_so(back_office: Client, order: RepairOrder) -> None:
    template = MailTemplate.objects.get(key="WAITING QUOTE")
    MailTemplate.objects.filter(pk=template.pk).update(body="{{ nobody }}")
    page = text_of(back_office, f"/admin/notifications/mailtemplate/{template.pk}/change/")
    assert "It can&#x27;t be used." in page


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
    for act in ("approve", "edit", "reject", "retry", "withdraw", "done", "resolve"):
        assert client.post(f"/queue/{draft.pk}/{act}/").status_code == 302
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
