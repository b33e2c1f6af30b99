"""A proposal is done once, by its person, as that person saw it."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from ai import proposals
from ai.models import Proposal
from repairs import clock, orders
from repairs.errors import Refusal
from repairs.models import RepairOrder
from tests.assistant.standin import StandIn, use
from tests.assistant.talks import ask, proposal_of

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
    with (
        time_machine.travel(clock.now() + timedelta(hours=25)),
        pytest.raises(Refusal, match="older than a day"),
    ):
        proposals.confirm(proposal, by=tom)
    proposal.refresh_from_db()
    assert proposal.state == State.EXPIRED
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
