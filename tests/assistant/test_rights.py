"""The assistant can do for a person what that person's role may do on the pages, and nothing else."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ai import proposals, rights
from ai.models import Card, Proposal
from people.roles import Role, give
from repairs.errors import Refusal
from repairs.models import RepairOrder
from tests.assistant.standin import StandIn, use
from tests.assistant.talks import ask, proposal_of, shown

pytestmark = pytest.mark.django_db

LOOKS = {
    "find_orders",
    "show_order",
    "figures",
    "show_shop",
    "search_inventory",
    "low_stock",
    "research_part",
}
WORK = {"change_status", "add_note", "remind_me"}
OFFICE = {"create_order", "edit_order", "archive_order", "draft_email"}


def somebody(role: Role | None) -> User:
    person = User.objects.create_user("somebody")
    give(person, role)
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("role", "tools"),
    [
        (None, set()),
        (Role.VIEWER, LOOKS),
        (Role.TECHNICIAN, LOOKS | WORK),
        (Role.OFFICE, LOOKS | WORK | OFFICE),
        (Role.ADMIN, LOOKS | WORK | OFFICE),
    ],
)
def test_a_role_has_its_tools(role: Role | None, tools: set[str]) -> None:
    assert {tool.name for tool in rights.tools_of(somebody(role))} == tools


def test_a_model_is_told_of_no_other_tool_and_can_use_none(model: StandIn, order: RepairOrder) -> None:
    viewer = somebody(Role.VIEWER)
    model.says(use("add_note", number=order.label, text="x"))
    model.says("I can't.")
    turn = ask(viewer, "note it")
    assert {tool["name"] for tool in model.asked()[0]["tools"]} == LOOKS
    assert Card.objects.get(step__turn=turn).refused == "There is no such tool."
    assert not Proposal.objects.exists()


def test_a_right_that_was_taken_away_meanwhile_is_gone(
    model: StandIn, client: Client, order: RepairOrder
) -> None:
    person = somebody(Role.TECHNICIAN)
    model.says(use("show_order", number=order.label), use("add_note", number=order.label, text="x"))
    model.says("It waits.")
    turn = ask(person, "note it")
    give(person, Role.VIEWER)
    person = User.objects.get(pk=person.pk)
    with pytest.raises(Refusal, match="You may not do that"):
        proposals.confirm(proposal_of(turn), by=person)
    client.force_login(person)
    assert order.label in shown(client, turn)
    order.refresh_from_db()
    assert order.notes == ""
