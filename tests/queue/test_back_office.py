"""The queue and the templates in the back office: through the verbs, and nothing is approved unseen."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications import queue
from notifications.models import Delivery, MailTemplate, Notification
from repairs.models import Activity, RepairOrder
from tests.queue.conftest import NewDraft
from tests.queue.pages import State, seen_on, state, text_of
from tests.support.browser_forms import send
from tests.support.shop_and_orders import NewOrder


def test_a_template_is_checked_when_it_is_saved(back_office: Client) -> None:
    template = MailTemplate.objects.get(key="WAITING QUOTE")
    url = f"/admin/notifications/mailtemplate/{template.pk}/change/"
    for body in ("{{ settings.SECRET_KEY }}", "{% load static %}", "{{ nobody }}", "{% if"):
        answer = send(back_office, url, {"body": body})
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
    template.refresh_from_db()
    assert "{% load" not in template.body
    good = {"subject": "About {{ number }}", "body": "Hello {{ contact }}", "enabled": "on"}
    for _ in range(2):  # the second time nothing changes
        assert send(back_office, url, good).status_code == 302
    assert "Hello" in text_of(back_office, url)
    act = Activity.objects.get(verb=Activity.Verb.RULE)
    assert (act.by_name, act.text) == ("olga", "Words for “Waiting quote”")
    assert {c.field: (c.old, c.new) for c in act.changes.all()} == {
        "subject": (template.subject, "About {{ number }}"),
        "body": (template.body, "Hello {{ contact }}"),
    }


def test_the_admin_withdraws_what_it_showed(back_office: Client, new_draft: NewDraft, tom: User) -> None:
    url = "/admin/notifications/notification/"
    same, changed = new_draft(), new_draft()
    given = {"action": "withdraw", "_selected_action": [same.pk, changed.pk]}
    page = back_office.post(url, given).content.decode()
    assert same.body.splitlines()[2] in page
    assert 'name="action" value="withdraw"' in page
    queue.edit(changed, by=tom, changes={"body": "Careful words."})
    answer = back_office.post(url, given | {"seen": seen_on(page)}, follow=True).content.decode()
    assert "It was changed by tom meanwhile." in answer
    assert (state(same), state(changed)) == (State.WITHDRAWN, State.PENDING_APPROVAL)
    assert same.decided_by_name == "olga"
    back_office.post(url, given | {"seen": "x"})
    assert state(changed) == State.PENDING_APPROVAL


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


def test_what_is_typed_in_a_template_is_shown_and_not_saved(
    back_office: Client, client: Client, amy: User, tom: User, new_order: NewOrder
) -> None:
    def preview(key: str, body: str, subject: str = "About {{ shop }}") -> str:
        pk = MailTemplate.objects.get(key=key).pk
        answer = client.post(
            f"/admin/notifications/mailtemplate/{pk}/preview/", {"subject": subject, "body": body}
        )
        return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)

    before = list(MailTemplate.objects.values_list())
    assert "There is no order yet." in preview("SHIPPED", "Hello")
    assert "There is no order with a shop yet." in preview("COMBINED", "Hello")
    one, two = new_order(), new_order()
    told = preview("WAITING QUOTE", "Where is {{ number }}? <b>\n\nThank you")
    assert two.shop
    for words in ("It is not saved yet.", f"About {two.shop}", f"Where is {two.label}? &lt;b&gt;</p>"):
        assert words in told
    told = preview("COMBINED", "All {{ count }} of {{ numbers }}\n\n[orders]\n\nThank you")
    assert f"All 2 of #{one.number}, #{two.number}" in told
    assert told.index("All 2") < told.index(f"<td>{one.number}</td>") < told.index(f"<td>{two.number}</td>")
    assert "{{" not in told
    assert "can&#x27;t be used. Body: " in preview("SHIPPED", "{{ settings.SECRET_KEY }}")
    assert "not saved" not in preview(
        "SHIPPED", *MailTemplate.objects.values_list("body", "subject").get(key="SHIPPED")
    )
    assert list(MailTemplate.objects.values_list()) == before
    client.force_login(amy)  # of the office, who may edit the words
    assert "Hello" in preview("SHIPPED", "Hello")
    client.force_login(tom)
    assert preview("SHIPPED", "Hello") == "404"


@pytest.mark.parametrize("model", ["notification", "delivery", "followup", "conversation", "mailtemplate"])
def test_the_admins_lists(
    back_office: Client, draft: Notification, reminder: Notification, model: str
) -> None:
    assert back_office.get(f"/admin/notifications/{model}/").status_code == 200
