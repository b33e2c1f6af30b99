"""Research on a part: what the database knows on one page, with its sources; the model's summary only if it is true."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ai.models import Brief
from repairs.models import InventoryItem, RepairOrder
from repairs.templatetags.orders import day
from sync.models import Run
from tests.assistant.standin import StandIn
from tests.assistant.talks import another_takes_over, ask, killed, proposal_of, work
from tests.support.shop_and_orders import NewOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(new_order: NewOrder, amy: User) -> list[RepairOrder]:
    """Six repairs of the part: five came back, one was beyond repair."""
    done = [new_order("RECEIVED", final_cost="1000") for _ in range(5)]
    return [*done, new_order("BER")]


def begun(client: Client, person: User, what: str) -> Brief:
    client.force_login(person)
    answer = client.post("/assistant/research/", {"what": what})
    brief = Brief.objects.get()
    assert answer.headers["Location"] == brief.get_absolute_url()
    return brief


def test_the_page_shows_progress_then_what_is_known(
    client: Client, tom: User, past: list[RepairOrder], order: RepairOrder
) -> None:
    InventoryItem.objects.create(
        key="k", part_number="3605812-17", quantity=3, part_key="360581217", search="360581217", source="list"
    )
    brief = begun(client, tom, order.label)
    assert "Waiting for a worker" in client.get(brief.get_absolute_url()).content.decode()
    work()
    page = client.get(brief.get_absolute_url()).content.decode()
    for expected in (
        f'href="{order.get_absolute_url()}"',
        f'href="{past[0].get_absolute_url()}"',
        f'href="/shops/{order.shop_id}/"',
        "/inventory/?q=3605812-17",
        'href="/?sheet=All&amp;q=3605812-17">7</a>',
        'href="/?sheet=All&amp;q=3605812-17&amp;status=BER">17 %</a>',
        f'href="/?sheet=All&amp;q=3605812-17&amp;shop={order.shop_id}">7</a>',
        "3 pieces",
        "17 %",
        "$1,000.00",
        "No model is configured",
        f">{day(order.date_made)}</td>",
    ):
        assert expected in page, expected
    run = Run.objects.get(kind="research")
    assert run.state == Run.State.SUCCEEDED
    assert [step.text for step in run.steps.all()] == [
        "Past repairs: gathered",
        "Shops: gathered",
        "Stock: gathered",
    ]


def test_it_is_saved_on_the_order_once_when_the_person_wants_it(
    client: Client, tom: User, order: RepairOrder
) -> None:
    brief = begun(client, tom, order.label)
    work()
    order.refresh_from_db()
    assert order.notes == ""
    for _ in range(2):
        client.post(f"/assistant/research/{brief.pk}/save/")
    order.refresh_from_db()
    assert order.notes.count("Research on 3605812-17:") == 1
    assert "too few orders to say" in order.notes
    assert f"Sources: {order.label}; the shops' records" in order.notes


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Six orders are known and 17 % were beyond economic repair; the median is $1,000.00.", True),
        ("About 42 % fail.", False),
        ("Nineteen orders are known.", False),
        ("Ask bob@elsewhere.example about it.", False),
        ("See https://elsewhere.example.", False),
        ("Words. " * 300, False),
    ],
)
def test_a_summary_is_kept_only_if_its_numbers_stand_on_the_page(
    model: StandIn, client: Client, tom: User, past: list[RepairOrder], said: str, kept: bool
) -> None:
    model.says(said)
    brief = begun(client, tom, "3605812-17")
    work()
    brief.refresh_from_db()
    assert (brief.summary == said.strip()) is kept, brief.remark
    assert ("Summed up by the model" in brief.remark) is kept
    assert brief.found["figures"]


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_is_summed_up_leaves_one_whole_page(
    model: StandIn,
    client: Client,
    tom: User,
    order: RepairOrder,
    worker_environment: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    model.says("One order is known.", hold_after=2)
    brief = begun(client, tom, order.label)
    killed(request.getfixturevalue("worker"), when=lambda: len(model.asked()) == 1, what="the summary")
    assert "Summing up" in client.get(brief.get_absolute_url()).content.decode()
    model.says("One order is known.")
    model.release()
    another_takes_over()
    brief = Brief.objects.get()
    assert (brief.summary, len(brief.found["orders"])) == ("One order is known.", 1)
    run = Run.objects.get(kind="research")
    assert (run.state, run.attempts) == (Run.State.SUCCEEDED, 2)
    order.refresh_from_db()
    assert order.notes == ""


def test_a_model_that_fails_costs_the_summary_alone(
    model: StandIn, client: Client, tom: User, order: RepairOrder
) -> None:
    model.rule(error={"status": 529})
    brief = begun(client, tom, order.label)
    work()
    brief.refresh_from_db()
    assert brief.remark == "It was not summed up: The model is busy."
    assert brief.found["orders"]


@pytest.mark.parametrize("what", ["", "---", "x" * 300])
def test_what_is_no_part_is_refused(client: Client, tom: User, what: str) -> None:
    client.force_login(tom)
    page = client.post("/assistant/research/", {"what": what}, follow=True).content.decode()
    assert "part number" in page.lower()
    assert not Brief.objects.exists()


def test_a_brief_is_its_persons(client: Client, tom: User, amy: User, order: RepairOrder) -> None:
    brief = begun(client, tom, order.label)
    client.force_login(amy)
    assert client.get(brief.get_absolute_url()).status_code == 404
    assert client.post(f"/assistant/research/{brief.pk}/save/").status_code == 404


def test_the_assistant_proposes_it(client: Client, tom: User, order: RepairOrder) -> None:
    client.force_login(tom)
    proposal = proposal_of(ask(tom, f"research {order.label}"))
    assert not Brief.objects.exists()
    client.post(f"/assistant/proposals/{proposal.pk}/confirm/")
    proposal.refresh_from_db()
    assert proposal.outcome_url == Brief.objects.get().get_absolute_url()


def test_it_is_begun_on_the_orders_page_and_its_progress_shown_there(
    client: Client, tom: User, amy: User, order: RepairOrder
) -> None:
    client.force_login(tom)
    page = client.get(order.get_absolute_url()).content.decode()
    assert "Research this part" in page
    assert 'hx-get="/assistant/research/panel/' not in page, "nothing is under way, so nothing is asked for"
    given = {"what": order.label}
    panel = client.post("/assistant/research/", given, headers={"HX-Request": "true"}).content.decode()
    assert "Waiting for a worker" in panel
    assert f'hx-get="/assistant/research/panel/?what={order.label}"' in panel
    assert "disabled" in panel
    work()
    brief = Brief.objects.get()
    for address in (order.get_absolute_url(), f"/assistant/research/panel/?what={order.label}"):
        shown = client.get(address).content.decode()
        assert f'href="{brief.get_absolute_url()}"' in shown
        assert "Waiting for a worker" not in shown
        assert 'hx-get="/assistant/research/panel/' not in shown
    client.force_login(amy)
    assert brief.get_absolute_url() not in client.get(order.get_absolute_url()).content.decode()


def test_it_is_begun_on_a_parts_page_though_its_number_looks_like_an_orders(
    client: Client, tom: User, order: RepairOrder
) -> None:
    number = str(order.number)
    item = InventoryItem.objects.create(
        key="k", part_number=number, quantity=3, part_key=number, search=number, source="list"
    )
    client.force_login(tom)
    page = client.get(item.get_absolute_url()).content.decode()
    assert f'name="part" value="{number}"' in page
    client.post("/assistant/research/", {"part": number}, headers={"HX-Request": "true"})
    work()
    brief = Brief.objects.get()
    assert (brief.order, brief.part) == (None, number)
    assert brief.get_absolute_url() in client.get(item.get_absolute_url()).content.decode()


def test_what_can_not_be_researched_says_so_in_the_panel(
    client: Client, tom: User, new_order: NewOrder
) -> None:
    client.force_login(tom)
    nothing = new_order()
    RepairOrder.objects.filter(pk=nothing.pk).update(part_number=" - ")
    answer = client.post("/assistant/research/", {"what": nothing.label}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Which part?" in answer.content.decode()
    assert "Research this part" not in client.get(nothing.get_absolute_url()).content.decode()
    assert "Research" not in client.get(f"/palette/?q={nothing.label}").content.decode()


def test_the_palette_offers_it_for_an_order(client: Client, tom: User, order: RepairOrder) -> None:
    client.force_login(tom)
    assert f"Research the part of {order.label}" in client.get(f"/palette/?q={order.label}").content.decode()
