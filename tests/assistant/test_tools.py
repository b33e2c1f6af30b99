"""Each tool with good, bad and hostile input, as the model may give it: what is shown, told, proposed, or refused."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ai import proposals
from ai.drafting import facts_of, history_told
from ai.models import Card, Proposal
from ai.tools import TOOLS, described
from notifications.models import FollowUp, Notification
from repairs import clock, orders, shops
from repairs.models import Activity, InventoryItem, RepairOrder, Shop, StatusChange
from repairs.templatetags.orders import day
from tests.assistant.standin import StandIn, use
from tests.assistant.talks import ask, proposal_of, shown

pytestmark = pytest.mark.django_db


def used(model: StandIn, person: User, tool: str, /, **given: Any) -> Card:
    """The card of one use of a tool."""
    model.says("Let me see. ", use(tool, **given))
    model.says("There it is.")
    turn = ask(person, "please")
    return Card.objects.get(step__turn=turn)


@pytest.fixture
def stock(db: None) -> InventoryItem:
    return InventoryItem.objects.create(
        key="k",
        part_number="3605812-17",
        description="Transponder",
        quantity=2,
        condition="SV",
        part_key="360581217",
        search="360581217 TRANSPONDER",
        source="list",
        location="A1",
    )


@pytest.mark.parametrize(
    ("tool", "given", "in_page", "in_told"),
    [
        ("find_orders", {}, "Open as a list", '"found": 1'),
        ("find_orders", {"search": "Aero"}, "3605812-17", "Aero Avionics"),
        (
            "find_orders",
            {
                "show": "waiting-quote",
                "sheet": "Active",
                "sort": "-ro",
                "status": "pending, APPROVED",
                "shop": "aero",
                "next_from": "2020-01-01",
            },
            "Waiting quote",
            "WAITING QUOTE",
        ),
        ("find_orders", {"show": "overdue"}, "No order was found", '"found": 0'),
        ("show_order", {"number": "{number}"}, "History of the status", "Transponder"),
        ("show_order", {"number": "G{number}"}, "Aero Avionics", '"fields"'),
        ("figures", {}, 'show=overdue">Overdue</a>', '"figure": "Overdue"'),
        ("figures", {}, '<svg class="chart-bar" role="presentation"', '"orders": 1'),
        ("show_shop", {"name": "aero"}, "Too few orders to say", "Ruth"),
        ("search_inventory", {"search": "360581217"}, "Transponder", '"quantity": "2"'),
        ("search_inventory", {"low": "yes", "condition": "SV"}, "3605812-17", '"found": 1'),
        ("low_stock", {}, "Transponder", '"found": 1'),
        ("low_stock", {}, "There is nothing to reorder", '"parts to order": 0'),
    ],
)
def test_a_reading_tool_shows_a_card_and_tells_the_model(
    model: StandIn,
    tom: User,
    client: Client,
    order: RepairOrder,
    stock: InventoryItem,
    tool: str,
    given: dict[str, str],
    in_page: str,
    in_told: str,
) -> None:
    client.force_login(tom)
    card = used(model, tom, tool, **{k: v.replace("{number}", str(order.number)) for k, v in given.items()})
    assert card.refused == ""
    assert in_page in shown(client, card.step.turn)
    assert in_told in card.told
    (_, second) = model.asked()
    assert second["messages"][-1]["content"][0]["content"] == card.told
    assert not Proposal.objects.exists()


HUGE = "9" * 400


@pytest.mark.parametrize(
    ("tool", "given", "sentence"),
    [
        ("find_orders", {"show": "all of them"}, "must be one of"),
        ("find_orders", {"sheet": "Hidden"}, "must be one of"),
        ("find_orders", {"where": "1=1"}, "is no input"),
        ("find_orders", {"search": ["a"]}, "must be a text"),
        ("find_orders", {"status": "SOMEHOW"}, ""),
        ("find_orders", {"next_from": "whenever"}, ""),
        ("find_orders", {"shop": "Nobody"}, "not the name of one shop"),
        ("find_orders", {"search": "x" * 2001}, "too long"),
        ("show_order", {}, "needs number"),
        ("show_order", {"number": "0"}, "There is no order"),
        ("show_order", {"number": "'; DROP TABLE repairs_repairorder; --"}, "There is no order"),
        ("show_order", {"number": HUGE}, "There is no order"),
        ("show_order", {"number": {"gt": 0}}, "must be a text"),
        ("show_shop", {"name": "Nobody"}, "There is no shop"),
        ("search_inventory", {}, "What should be looked for"),
        ("search_inventory", {"condition": "XX"}, "must be one of"),
        ("low_stock", {"where": "1=1"}, "is no input"),
        ("figures", {"of": "amy"}, "is no input"),
        ("research_part", {}, "Which part?"),
        ("research_part", {"part": "- -"}, "Which part?"),
        ("research_part", {"part": "P" * 300}, "at most 255"),
        ("research_part", {"number": "777"}, "There is no order"),
        ("create_order", {"shop": "Nobody", "part_number": "P"}, "not the name of one shop"),
        ("create_order", {"shop": "Aero Avionics"}, "needs part_number"),
        (
            "create_order",
            {"shop": "Aero Avionics", "part_number": "P", "estimated_cost": "much"},
            "Please check",
        ),
        ("create_order", {"shop": "Aero Avionics", "part_number": "P", "status": "PAID"}, "is no input"),
        ("edit_order", {"number": "{number}"}, "Nothing was named"),
        ("edit_order", {"number": "{number}", "status": "PAID"}, "is no input"),
        ("edit_order", {"number": "{number}", "version": "1"}, "is no input"),
        ("edit_order", {"number": "{number}", "estimated_cost": "-5"}, "Please check"),
        ("edit_order", {"number": "{number}", "estimated_cost": "1e999"}, "Please check"),
        ("edit_order", {"number": "{number}", "next_update": "2999-01-01"}, "Please check"),
        ("edit_order", {"number": "{number}", "part_number": ""}, "part number"),
        ("edit_order", {"number": "{number}", "serial_number": "00123"}, "Nothing would change"),
        ("edit_order", {"number": "{number}", "shop": "Nobody"}, "not the name of one shop"),
        ("change_status", {"number": "{number}", "status": "DONE-ISH"}, "is not a status"),
        ("change_status", {"number": "{number}", "status": "WAITING QUOTE"}, "Nothing would change"),
        (
            "change_status",
            {"number": "{number}", "status": "BER", "unit_returned": "maybe"},
            "must be one of",
        ),
        ("change_status", {"number": "{number}", "status": "SHIPPED", "next_update": "soon"}, ""),
        ("archive_order", {"number": "{number}", "sheet": "Trash"}, "must be one of"),
        ("archive_order", {"number": "{number}", "sheet": "Active"}, "Nothing would change"),
        ("add_note", {"number": "{number}", "text": " "}, "needs text"),
        ("draft_email", {"number": "777"}, "There is no order"),
        ("draft_email", {"number": "{number}", "to_address": "bob@elsewhere.example"}, "is no input"),
        ("remind_me", {"number": "{number}", "day": "2001-01-01", "text": "x"}, "That day is over"),
        ("remind_me", {"number": "{number}", "day": "some day", "text": "x"}, ""),
        (
            "remind_me",
            {"number": "{number}", "day": "2030-01-01", "text": "x", "person": "olga"},
            "is no input",
        ),
        ("confirm", {"proposal": "1"}, "no such tool"),
        ("approve", {"number": "{number}"}, "no such tool"),
        ("send_email", {"to": "bob@elsewhere.example"}, "no such tool"),
    ],
)
def test_a_bad_or_hostile_input_changes_nothing_and_is_told(
    model: StandIn,
    tom: User,
    client: Client,
    order: RepairOrder,
    tool: str,
    given: dict[str, Any],
    sentence: str,
) -> None:
    client.force_login(tom)
    before = Activity.objects.count()
    filled = {
        k: v.replace("{number}", str(order.number)) if isinstance(v, str) else v for k, v in given.items()
    }
    card = used(model, tom, tool, **filled)
    assert card.refused
    assert sentence in card.refused
    assert "not done" in card.told
    assert model.asked()[1]["messages"][-1]["content"][0]["is_error"] is True
    assert shown(client, card.step.turn)
    assert not Proposal.objects.exists()
    assert Activity.objects.count() == before


def test_orders_of_several_shops_are_found(
    model: StandIn, tom: User, client: Client, order: RepairOrder
) -> None:
    client.force_login(tom)
    for name in ("Borealis Props", "Cirrus Works"):
        orders.create(by=tom, shop=shops.create(by=tom, name=name), part_number="HC-B3TN-5")
    card = used(model, tom, "find_orders", shop="aero; Borealis")
    page = shown(client, card.step.turn)
    assert ("Aero Avionics" in page, "Borealis Props" in page, "Cirrus" in page) == (True, True, False)


def test_a_step_back_to_no_status_has_a_name(
    model: StandIn, tom: User, client: Client, order: RepairOrder
) -> None:
    StatusChange.objects.create(order=order, from_status="PAID", by_name="tom", on=clock.today())
    client.force_login(tom)
    card = used(model, tom, "show_order", number=str(order.number))
    assert "<li><span>(none) by tom</span>" in shown(client, card.step.turn)
    assert "(none) by tom" in card.told
    assert history_told(order)[-1].endswith(": (none)")


def test_a_status_that_was_taken_back_is_told_to_nobody(
    model: StandIn, tom: User, order: RepairOrder
) -> None:
    before = history_told(order), facts_of(order)
    orders.change_status(order, by=tom, to="APPROVED")
    assert facts_of(order).approved
    last = orders.undoable(order)
    assert last
    orders.undo(order, by=tom, act=last.pk)
    assert (history_told(order), facts_of(order)) == before
    card = used(model, tom, "show_order", number=str(order.number))
    assert "TO SEND by" in card.told
    assert "APPROVED by" not in card.told


def test_what_to_reorder_is_a_table_of_parts(model: StandIn, tom: User, client: Client, shop: Shop) -> None:
    RepairOrder.objects.bulk_create(
        RepairOrder(number=n, part_number="<b>Q-7", sheet="Paid", date_made=clock.today())
        for n in range(1, 10)
    )
    client.force_login(tom)
    card = used(model, tom, "low_stock")
    page = shown(client, card.step.turn)
    assert "&lt;b&gt;Q-7</a>" in page
    assert '<td class="num"><b>3</b></td><td class="num">9</td>' in page
    assert '"pieces to order": 3' in card.told


DAY = (clock.today() + timedelta(days=30)).isoformat()


@pytest.mark.parametrize(
    ("tool", "given", "difference"),
    [
        (
            "edit_order",
            {"serial_number": "00999", "estimated_cost": "$1,750"},
            [["serial_number", "00123", "00999"], ["estimated_cost", "1500.00", "1750.00"]],
        ),
        ("edit_order", {"notes": "as is"}, [["notes", "", "as is"]]),
        ("archive_order", {"sheet": "Paid"}, [["sheet", "Active", "Paid"]]),
        ("add_note", {"text": "Called Ruth"}, [["note", "", "Called Ruth"]]),
    ],
)
def test_a_writing_tool_proposes_the_exact_difference(
    model: StandIn,
    tom: User,
    order: RepairOrder,
    tool: str,
    given: dict[str, str],
    difference: list[list[str]],
) -> None:
    proposal = used(model, tom, tool, number=order.label, **given).proposal
    assert proposal.difference == difference
    assert Activity.objects.filter(order=order).count() == 2, "it was tried and taken back"
    proposals.confirm(proposal, by=tom)
    assert proposal.state == Proposal.State.CONFIRMED
    act = Activity.objects.filter(order=order).latest("pk")
    assert act.by == tom
    done = [[c.field, c.old, c.new] for c in act.changes.order_by("pk")]
    assert done == ([["notes", "", act.text]] if act.verb == "note added" else difference)


def test_a_status_is_proposed_with_all_that_follows(
    model: StandIn, tom: User, client: Client, order: RepairOrder
) -> None:
    client.force_login(tom)
    card = used(model, tom, "change_status", number=order.label, status="in progress")
    proposal = card.proposal
    assert proposal.title == f"Set {order.label} to “In work”"
    changed = {field: new for field, _, new in proposal.difference}
    assert changed["status"] == "IN WORK"
    due = clock.today() + timedelta(days=10)
    assert changed["next_update"] == due.isoformat(), "what is stored is what confirming compares"
    cells = re.findall(r'<td class="(?:old|new)">(.*?)</td>', shown(client, card.step.turn))
    assert day(due) in cells
    assert not [cell for cell in cells if re.match(r"\d{4}-", cell)], "days are shown as on the pages"
    order.refresh_from_db()
    assert order.status == "WAITING QUOTE"
    proposals.confirm(proposal, by=tom)
    order.refresh_from_db()
    assert order.status == "IN WORK"


def test_a_new_order_is_made_once_confirmed(model: StandIn, tom: User, order: RepairOrder) -> None:
    proposal = used(
        model, tom, "create_order", shop="aero avionics", part_number="066-50013", estimated_cost="900"
    ).proposal
    assert RepairOrder.objects.count() == 1
    assert ["part_number", "", "066-50013"] in proposal.difference
    proposals.confirm(proposal, by=tom)
    made = RepairOrder.objects.latest("pk")
    assert (made.part_number, made.status, proposal.outcome_url) == (
        "066-50013",
        "TO SEND",
        made.get_absolute_url(),
    )


def test_a_draft_and_a_reminder_are_proposed(model: StandIn, tom: User, order: RepairOrder) -> None:
    reminder = used(model, tom, "remind_me", number=order.label, day=DAY, text="Call Ruth").proposal
    on = clock.written(date.fromisoformat(DAY))
    assert reminder.title == f"Remind you about {order.label} on {on}"
    assert reminder.difference == [["reminder", "", f"Reminder for {on}: Call Ruth"]]
    assert not FollowUp.objects.filter(kind="reminder").exists()
    proposals.confirm(reminder, by=tom)
    assert FollowUp.objects.get(kind="reminder").person == tom
    draft = used(model, tom, "draft_email", number=order.label).proposal
    assert draft.difference[0] == ["to", "", "quotes@aero.example"]
    assert not Notification.objects.exists()
    proposals.confirm(draft, by=tom)
    assert Notification.objects.get().state == "PENDING_APPROVAL", "it waits for its own approval"


def test_the_tools_are_described_as_the_interface_wants_them(model: StandIn, tom: User) -> None:
    model.says("Nothing to do.")
    ask(tom, "hello")
    assert model.asked()[0]["tools"] == described(list(TOOLS.values()))
    assert "confirm" not in TOOLS


def test_what_was_decided_is_told_with_the_next_question(
    model: StandIn, tom: User, order: RepairOrder
) -> None:
    card = used(model, tom, "add_note", number=order.label, text="Called")
    proposals.discard(proposal_of(card.step.turn), by=tom)
    model.says("All right.")
    ask(tom, "and now?", card.step.turn.conversation)
    told = str(model.asked()[-1]["messages"])
    assert "what the person decided" in told
    assert "Discarded" in told
