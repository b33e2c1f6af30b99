"""A proposal is done once, by its person, as that person saw it."""

import re
import threading
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils.timezone import get_default_timezone

from ai import proposals
from ai.models import Proposal
from notifications.models import Notification
from repairs import clock, orders, shops
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from tests.assistant.standin import StandIn, use
from tests.assistant.talks import ask, proposal_of, shown

State = Proposal.State


@pytest.fixture
def proposal(model: StandIn, tom: User, order: RepairOrder) -> Proposal:
    model.says(use("change_status", number=order.label, status="IN WORK"))
    model.says("It waits for you.")
    return proposal_of(ask(tom, f"set {order.label} to in work"))


@pytest.mark.django_db
def test_it_is_confirmed_on_the_page_once(
    client: Client, tom: User, proposal: Proposal, order: RepairOrder
) -> None:
    client.force_login(tom)
    answer = client.post(f"/assistant/proposals/{proposal.pk}/confirm/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Done: " in answer.content.decode()
    order.refresh_from_db()
    version = order.version
    again = client.post(f"/assistant/proposals/{proposal.pk}/confirm/", headers={"HX-Request": "true"})
    assert again.status_code == 409
    assert "It is confirmed already" in again.content.decode()
    order.refresh_from_db()
    assert order.version == version


@pytest.mark.django_db
def test_without_htmx_it_leads_back_to_the_conversation(
    client: Client, tom: User, proposal: Proposal
) -> None:
    client.force_login(tom)
    answer = client.post(f"/assistant/proposals/{proposal.pk}/discard/", follow=True)
    assert "Discarded. Nothing was changed." in answer.content.decode()
    assert answer.redirect_chain[0][0] == proposal.card.step.turn.conversation.get_absolute_url()


@pytest.mark.django_db
def test_its_form_works_without_javascript(tom: User, proposal: Proposal, order: RepairOrder) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(tom)
    turn = proposal.card.step.turn
    pages = (turn.conversation.get_absolute_url(), f"/assistant/turns/{turn.pk}/")
    forms = [
        browser.get(page).content.decode().partition(f"/proposals/{proposal.pk}/confirm/")[2]
        for page in pages
    ]
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"><button class="btn go', f) for f in forms]
    assert [len(found) for found in tokens] == [1, 1]
    token = tokens[0][0]
    browser.post(f"/assistant/proposals/{proposal.pk}/confirm/", {"csrfmiddlewaretoken": token})
    order.refresh_from_db()
    assert order.status == "IN WORK"


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["confirm", "discard"])
def test_nobody_else_can_decide(
    client: Client, amy: User, proposal: Proposal, act: str, order: RepairOrder
) -> None:
    client.force_login(amy)
    assert client.post(f"/assistant/proposals/{proposal.pk}/{act}/").status_code == 404
    with pytest.raises(Proposal.DoesNotExist):
        proposals.confirm(proposal, by=amy)
    order.refresh_from_db()
    assert order.status == "WAITING QUOTE"


@pytest.mark.django_db
def test_a_get_decides_nothing(client: Client, tom: User, proposal: Proposal) -> None:
    client.force_login(tom)
    assert client.get(f"/assistant/proposals/{proposal.pk}/confirm/").status_code == 405


@pytest.mark.django_db
def test_a_changed_order_refuses_it_and_is_shown(
    client: Client, tom: User, amy: User, proposal: Proposal, order: RepairOrder
) -> None:
    client.force_login(tom)
    orders.change_status(order, by=amy, to="BER")
    answer = client.post(f"/assistant/proposals/{proposal.pk}/confirm/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "was changed since this was proposed" in page
    assert ">BER<" in page
    order.refresh_from_db()
    assert order.status == "BER"
    proposal.refresh_from_db()
    assert proposal.state == State.OVERTAKEN


def confirmed_on_the_page(client: Client, proposal: Proposal, status: int) -> str:
    """The card after pressing Confirm."""
    answer = client.post(f"/assistant/proposals/{proposal.pk}/confirm/", headers={"HX-Request": "true"})
    assert answer.status_code == status
    proposal.refresh_from_db()
    return answer.content.decode()


def now_shown(card: str) -> str:
    return card.partition("data-now")[2].partition("</dl>")[0]


@pytest.mark.django_db
def test_a_changed_order_is_shown_with_all_that_changed(
    client: Client, tom: User, amy: User, proposal: Proposal, order: RepairOrder
) -> None:
    client.force_login(tom)
    orders.edit(order, by=amy, changes={"final_cost": "1234"})
    now = now_shown(confirmed_on_the_page(client, proposal, 409))
    assert "Waiting quote" in now
    assert "$1,234.00" in now


@pytest.mark.django_db
def test_a_part_of_a_shops_name_means_the_same_shop_when_it_is_confirmed(
    model: StandIn, tom: User, shop: Shop
) -> None:
    model.says(use("create_order", shop="aero", part_number="066-50013"))
    model.says("It waits.")
    made = proposal_of(ask(tom, "make an order"))
    assert made.title == "Make an order for 066-50013 at Aero Avionics"
    shops.create(by=tom, name="Aero Two")
    proposals.confirm(made, by=tom)
    assert RepairOrder.objects.get().shop == shop


@pytest.mark.django_db
def test_a_draft_whose_address_has_changed_is_not_made(
    model: StandIn, client: Client, tom: User, shop: Shop, order: RepairOrder
) -> None:
    client.force_login(tom)
    model.says(use("draft_email", number=order.label))
    model.says("It waits.")
    draft = proposal_of(ask(tom, "write to them"))
    shops.edit(shop, by=tom, changes={"email": "other@aero.example"})
    now = now_shown(confirmed_on_the_page(client, draft, 409))
    assert ("other@aero.example" in now, "Subject" in now) == (True, False), "only what differs"
    assert draft.state == State.OVERTAKEN
    assert not Notification.objects.exists()
    assert now_shown(client.get(draft.card.step.turn.conversation.get_absolute_url()).content.decode()) == now


@pytest.mark.django_db
def test_after_midnight_the_days_are_others_and_it_is_not_done(
    client: Client, tom: User, proposal: Proposal, order: RepairOrder
) -> None:
    tomorrow = datetime.combine(clock.today() + timedelta(days=1), time(0, 1), get_default_timezone())
    with time_machine.travel(min(tomorrow, proposal.expires_at - timedelta(seconds=1)), tick=False):
        client.force_login(tom)
        card = confirmed_on_the_page(client, proposal, 409)
        assert clock.written(clock.today() + timedelta(days=10)) in now_shown(card)
    assert "would not do the same any more" in card
    order.refresh_from_db()
    assert (order.status, order.version) == ("WAITING QUOTE", proposal.version)


@pytest.mark.django_db
def test_a_card_shows_what_is_added_or_changed_in_long_notes(
    model: StandIn, client: Client, tom: User, order: RepairOrder
) -> None:
    client.force_login(tom)
    long = "Nothing new there. " * 300
    orders.edit(order, by=tom, changes={"notes": f"{long}Called twice. {long}"})
    model.says(use("add_note", number=order.label, text="Ruth has it on her bench"))
    model.says("It waits.")
    page = shown(client, ask(tom, "note it"))
    assert "<dd>Ruth has it on her bench</dd>" in page
    assert "Nothing new there." not in page
    orders.edit(order, by=tom, changes={"notes": "Called twice. " + "Nothing new. " * 120})
    model.says(use("edit_order", number=order.label, notes="Called thrice. " + "Nothing new. " * 120))
    model.says("It waits.")
    page = shown(client, ask(tom, "they were called thrice"))
    old, new = re.findall(r'<td class="(?:old|new)">(.*?)</td>', page)
    assert (old[:16], new[:16]) == ("Called twice. No", "Called thrice. N")
    assert (old[-2:], new[-2:], len(old) < 100) == (" …", " …", True)


@pytest.mark.django_db
def test_a_note_does_not_mind_another_change(
    model: StandIn, tom: User, amy: User, order: RepairOrder
) -> None:
    model.says(use("add_note", number=order.label, text="Called Ruth"))
    model.says("It waits.")
    note = proposal_of(ask(tom, "note it"))
    orders.add_note(order, by=amy, text="Hers")
    proposals.confirm(note, by=tom)
    order.refresh_from_db()
    assert order.notes == "Hers\nCalled Ruth"


@pytest.mark.django_db
def test_after_a_day_it_has_expired(tom: User, proposal: Proposal, order: RepairOrder) -> None:
    orders.edit(order, by=tom, changes={"terms": "COD"})
    with (
        time_machine.travel(clock.now() + timedelta(hours=25)),
        pytest.raises(Refusal, match="older than a day"),
    ):
        proposals.confirm(proposal, by=tom)
    proposal.refresh_from_db()
    assert proposal.state == State.EXPIRED
    assert {("status", "WAITING QUOTE"), ("terms", "COD")} <= {tuple(row) for row in proposal.now}
    order.refresh_from_db()
    assert order.status == "WAITING QUOTE"


@pytest.mark.django_db
def test_a_person_without_an_account_confirms_nothing(
    tom: User, proposal: Proposal, order: RepairOrder
) -> None:
    tom.is_active = False
    tom.save()
    with pytest.raises(Refusal, match="You may not do that"):
        proposals.confirm(proposal, by=tom)
    order.refresh_from_db()
    assert order.status == "WAITING QUOTE"


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_do_it_once(model: StandIn, tom: User, order: RepairOrder) -> None:
    model.says(use("add_note", number=order.label, text="Once"))
    model.says("It waits.")
    note = proposal_of(ask(tom, "note it"))
    outcomes: list[str] = []
    together = threading.Barrier(4)

    def press() -> None:
        together.wait()
        try:
            outcomes.append(proposals.confirm(Proposal.objects.get(pk=note.pk), by=tom).state)
        except Refusal as refusal:
            outcomes.append(refusal.sentence[:15])
        finally:
            connection.close()

    tabs = [threading.Thread(target=press) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(outcomes) == ["It is confirmed"] * 3 + ["confirmed"]
    order.refresh_from_db()
    assert order.notes == "Once"
