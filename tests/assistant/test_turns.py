"""A turn is a run: it streams, survives its worker, can be stopped, and is whole afterwards in every tab."""

import asyncio
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from ai import conversations, proposals, turns
from ai.models import Card, Conversation, Proposal, Step, Turn, Use
from genthrust.asgi import application
from notifications import queue
from notifications.models import Notification
from repairs import clock
from repairs.errors import Refusal
from repairs.models import RepairOrder
from sync import queries, runs
from sync.models import Run
from tests.assistant.standin import StandIn, eventually, use
from tests.assistant.talks import another_takes_over, ask, killed, shown, work
from tests.pages.sockets import Socket
from tests.support.shop_and_orders import NewOrder

LONG = "One two three four five six seven eight nine ten."


@pytest.mark.django_db
def test_a_question_is_answered_with_words_and_cards(
    model: StandIn, tom: User, client: Client, order: RepairOrder
) -> None:
    client.force_login(tom)
    model.says("Let me **look**. ", use("show_order", number=order.label))
    model.says(f"It waits for a quote: [{order.label}](/orders/{order.number}/).")
    turn = ask(tom, "How does it stand?")
    page = shown(client, turn)
    assert turn.run is not None
    assert turn.run.state == Run.State.SUCCEEDED
    assert "<strong>look</strong>" in page
    assert f'<a href="/orders/{order.number}/" rel="noreferrer noopener">{order.label}</a>' in page
    assert "Transponder" in page
    assert "data-open" not in page
    assert [use.purpose for use in Use.objects.all()] == ["assistant"] * 2
    assert turn.conversation.title == "How does it stand?"


@pytest.mark.django_db
def test_a_conversation_goes_on_and_the_model_is_told_of_it(model: StandIn, tom: User) -> None:
    model.says("The first answer.")
    first = ask(tom, "first?")
    model.says("The second answer.")
    ask(tom, "second?", first.conversation)
    told = [(m["role"], m["content"][0]["text"]) for m in model.asked()[-1]["messages"]]
    assert told == [("user", "first?"), ("assistant", "The first answer."), ("user", "second?")]


@pytest.mark.django_db
def test_a_long_conversation_shows_its_newest_turns_and_leads_to_the_earlier_ones(
    tom: User, client: Client, order: RepairOrder
) -> None:
    client.force_login(tom)
    talk = Conversation.objects.create(person=tom, title="A long one")
    own = talk.get_absolute_url()

    def asked(first: int, last: int) -> None:
        for n in range(first, last + 1):
            step = Step.objects.create(
                turn=Turn.objects.create(conversation=talk, question=f"Question {n}"), number=1, done=True
            )
            Card.objects.create(step=step, use_id="use", tool="show_order", given={"number": order.label})

    def seen(address: str) -> tuple[int, list[int], str]:
        with CaptureQueriesContext(connection) as queries_made:
            page = client.get(address).content.decode()
        earlier = re.search(r'href="([^"]*[?]older=[0-9]+)"', page)
        numbers = [int(n) for n in re.findall(r"Question ([0-9]+)</p>", page)]
        return len(queries_made), numbers, earlier[1] if earlier else ""

    asked(1, 11)
    seen(own)
    few, numbers, _ = seen(own)
    assert numbers == list(range(2, 12))
    asked(12, 33)
    many, numbers, earlier = seen(own)
    assert (numbers, many) == (list(range(24, 34)), few)
    assert seen("/assistant/panel/")[1:] == (numbers, earlier)
    assert seen(f"{own}?older=1")[1] == seen(f"{own}?older=x")[1] == numbers
    told = []
    while earlier:
        page = client.get(earlier).content.decode()
        assert "Newest questions" in page
        assert f'data-address="{earlier}"' in page, "what is missing is looked for in the same stretch"
        _, numbers, earlier = seen(earlier)
        told.append(numbers)
    assert told == [list(range(14, 24)), list(range(4, 14)), [1, 2, 3]]
    more = {"question": "More?", "conversation": talk.pk}
    answer = client.post("/assistant/ask/", more, headers={"HX-Request": "true"})
    assert answer["HX-Replace-Url"] == own, "a question asked beside earlier turns leads to the newest"


@pytest.mark.django_db
@pytest.mark.parametrize("question", ["", "   \n", "x" * 4001])
def test_what_can_not_be_asked_is_said_and_kept(
    model: StandIn, tom: User, client: Client, question: str
) -> None:
    client.force_login(tom)
    answer = client.post("/assistant/ask/", {"question": question}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Please" in answer.content.decode()
    assert question.strip() in answer.content.decode()
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_a_new_conversation_gets_its_own_address(model: StandIn, tom: User, client: Client) -> None:
    client.force_login(tom)
    answer = client.post("/assistant/ask/", {"question": "hello"}, headers={"HX-Request": "true"})
    conversation = Conversation.objects.get()
    assert answer.headers["HX-Redirect"] == conversation.get_absolute_url()
    page = client.get(conversation.get_absolute_url()).content.decode()
    assert 'aria-current="page">hello</a>' in page
    given = {"question": "hello", "in_panel": "1"}
    beside = client.post("/assistant/ask/", given, headers={"HX-Request": "true"})
    assert "HX-Redirect" not in beside.headers
    assert "data-turn" in beside.content.decode()


@pytest.mark.django_db
def test_one_question_at_a_time(model: StandIn, tom: User) -> None:
    turn = conversations.ask("first", by=tom)
    with pytest.raises(Refusal, match="still being answered"):
        conversations.ask("second", by=tom, conversation=turn.conversation)
    with pytest.raises(Refusal, match="still being answered"):
        conversations.delete(turn.conversation, by=tom)


@pytest.mark.django_db
def test_a_conversation_is_its_persons_alone(model: StandIn, tom: User, amy: User, client: Client) -> None:
    model.says("A private answer.")
    turn = ask(tom, "a private question")
    client.force_login(amy)
    for address in (f"/assistant/{turn.conversation_id}/", f"/assistant/turns/{turn.pk}/"):
        assert client.get(address).status_code == 404
    for address in (f"/assistant/turns/{turn.pk}/stop/", f"/assistant/{turn.conversation_id}/delete/"):
        assert client.post(address).status_code == 404
    given = {"question": "mine?", "conversation": turn.conversation_id}
    assert client.post("/assistant/ask/", given).status_code == 404
    for address in ("/assistant/", "/assistant/panel/", "/runs/", f"/runs/{turn.run_id}/"):
        assert "private" not in client.get(address).content.decode()
    model.says("Another answer.")
    ask(amy, "a question of hers")
    assert "private" not in str(model.asked()[-1])
    assert queries.live_runs() == [], "nobody's pages are told of another's answers"


@pytest.mark.django_db
def test_a_conversation_is_deleted_with_all_that_was_said(
    model: StandIn, tom: User, client: Client, order: RepairOrder
) -> None:
    client.force_login(tom)
    model.says(use("add_note", number=order.label, text="x"))
    model.says("It waits.")
    turn = ask(tom, "note")
    client.post(f"/assistant/{turn.conversation_id}/delete/")
    for kind in (Conversation, Turn, Step, Card, Proposal):
        assert not kind._default_manager.exists()


@pytest.mark.django_db
def test_ten_steps_are_the_most(model: StandIn, tom: User, client: Client, settings: Settings) -> None:
    client.force_login(tom)
    settings.AI_MOST_STEPS = 3
    model.says(use("figures"), times=None)
    turn = ask(tom, "again and again")
    assert turn.steps.count() == len(model.asked()) == 3
    assert "That took 3 steps, which is the most" in shown(client, turn)


@pytest.mark.django_db
def test_the_budget_is_a_plain_message(model: StandIn, tom: User, client: Client, settings: Settings) -> None:
    client.force_login(tom)
    settings.AI_TOKENS_A_DAY = 0
    turn = ask(tom, "anything")
    assert model.asked() == []
    assert "It begins anew at midnight (America/New_York)" in shown(client, turn)


@pytest.mark.django_db
def test_a_busy_model_is_asked_again_by_itself(model: StandIn, tom: User, client: Client) -> None:
    client.force_login(tom)
    model.rule(error={"status": 529})
    turn = ask(tom, "hello")
    assert "The model is busy. It is tried again by itself." in shown(client, turn)
    Run.objects.update(due_at=clock.now())
    model.says("Here I am.")
    work()
    assert "Here I am." in shown(client, turn)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"cut_after": 3}, "broke off"),
        ({"break_after": 3}, "connection to the model broke"),
        ({"error_after": 3}, "is busy"),
        ({"stop_reason": "refusal"}, "refuses to answer"),
        ({"stop_reason": "max_tokens"}, "was cut off"),
        ({"error": {"status": 401}}, "key is not accepted"),
    ],
)
def test_an_answer_that_is_not_whole_says_so(
    model: StandIn, tom: User, client: Client, rule: dict[str, Any], sentence: str
) -> None:
    client.force_login(tom)
    model.says(LONG, times=None, **rule)
    turn = ask(tom, "count")
    for _ in range(2):
        Run.objects.update(due_at=clock.now())
        work()
    page = shown(client, turn)
    assert sentence in page
    assert "data-open" not in page
    assert Run.objects.get().state == Run.State.FAILED
    assert LONG not in page or "stop_reason" in rule
    assert turn.steps.count() == 1


@pytest.mark.django_db
def test_without_a_model_plain_commands_go_through_the_same_tools(
    tom: User, client: Client, order: RepairOrder, settings: Settings
) -> None:
    settings.ANTHROPIC_API_KEY = ""
    client.force_login(tom)
    ro = order.label
    for question, expected in {
        ro: "Transponder",
        f"show {ro.lower()}": "Transponder",
        "figures": "Waiting quote",
        "overdue": "No order was found",
        "show waiting quote orders": "3605812-17",
        "find aero": "3605812-17",
        "shop aero": "Too few orders to say",
        "low stock": "No part in stock was found",
        "stock gizmo": "No part in stock was found",
        f"status {ro} in work": "Set ",
        f"note {ro}: called Ruth": "called Ruth",
        f"draft {ro}": "quotes@aero.example",
        f"remind {ro} 2040-02-03 call again": "call again",
        f"archive {ro} heap": "must be one of",
        "G999": "There is no order",
        "please do something clever": "waiting quote",
    }.items():
        page = shown(client, ask(tom, question))
        assert expected in page, question
        assert "I run without a model" in page
    assert not Use.objects.exists()
    assert order.activity.count() == 2, "everything was only proposed"


@pytest.mark.django_db
def test_without_a_model_a_question_about_one_order_shows_it(
    tom: User, client: Client, order: RepairOrder, new_order: NewOrder, settings: Settings
) -> None:
    settings.ANTHROPIC_API_KEY = ""
    client.force_login(tom)
    ro, other = order.label, new_order().label
    for question, is_shown in {
        f"What is the status of {ro}?": True,
        f"where is RO {order.number}": True,
        f"Did RO-{order.number}, the transponder, come back?": True,
        f"is {order.number} overdue": True,
        f"what is {ro}’s shop doing ({ro.lower()})?": True,
        f"has {ro} waited for 45 days": True,
        f"please set {ro} to shipped": True,
        f"is {ro} the same as {other}?": False,
        "where is G4711?": False,
        f"where is part {order.number}-{order.number}?": False,
    }.items():
        turn = ask(tom, question)
        told = [(card.tool, card.given) for step in turn.steps.all() for card in step.cards.all()]
        assert told == ([("show_order", {"number": ro})] if is_shown else []), question
        assert ("Transponder" if is_shown else "waiting quote") in shown(client, turn)
    assert not Proposal.objects.exists()


# The stream, as a browser hears it.


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis_url")
def test_two_tabs_hear_the_answer_piece_by_piece_and_others_nothing(
    model: StandIn, tom: User, amy: User
) -> None:
    model.says("One two three 😀 four.", pause=0.06)
    turn = conversations.ask("count", by=tom)

    async def listen() -> tuple[list[dict[str, Any]], list[dict[str, Any]], bool]:
        tabs = [Socket(application, "/ws/assistant/", user=person) for person in (tom, tom, amy)]
        for tab in tabs:
            assert await tab.connect()
        working = asyncio.create_task(asyncio.to_thread(work_and_close))
        heard = [await until_answered(tab) for tab in tabs[:2]]
        await working
        silent = await tabs[2].hears_nothing()
        for tab in tabs:
            await tab.leave()
        return heard[0], heard[1], silent

    async def until_answered(tab: Socket) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        while (
            sum(m["type"] == "assistant.said" for m in heard) == 0 or heard[-1]["type"] != "assistant.changed"
        ):
            heard.append(await tab.hear())
        return heard

    first, second, silent = async_to_sync(listen)()
    assert first == second
    assert silent
    said = [message for message in first if message["type"] == "assistant.said"]
    text = ""
    for message in said:
        assert message["at"] == len(text.encode("utf-16-le")) // 2
        text += message["text"]
    assert text == "One two three 😀 four."
    assert len(said) > 1
    assert {message["turn"] for message in first} == {turn.pk}


def work_and_close() -> None:
    from django.db import connection

    try:
        work()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_nobody_hears_without_signing_in() -> None:
    from django.contrib.auth.models import AnonymousUser

    async def knock() -> bool:
        return await Socket(application, "/ws/assistant/", user=AnonymousUser()).connect()

    assert not async_to_sync(knock)()
    assert get_channel_layer() is not None


# Workers that die, and people who stop.


def said_so_far(turn: Turn) -> str:
    return "".join(turn.steps.values_list("text", flat=True))


def is_whole(turn: Turn, *said: str) -> None:
    """The turn ended well with these steps, and nothing that it proposes stands there twice."""
    assert [step.text for step in turn.steps.all()] == list(said)
    assert Proposal.objects.count() == 1
    assert Run.objects.get(kind="turn").state == Run.State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_stream_leaves_a_whole_conversation(
    model: StandIn,
    tom: User,
    order: RepairOrder,
    worker_environment: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    model.says("I propose it. ", use("add_note", number=order.label, text="once only"))
    model.says(LONG, hold_after=4)
    turn = conversations.ask("note it", by=tom)
    killed(request.getfixturevalue("worker"), when=lambda: "three" in said_so_far(turn), what="the stream")
    assert Proposal.objects.count() == 1
    assert Use.objects.latest("pk").output_tokens == turns.MOST_TOKENS, (
        "what nobody counted counts as the most"
    )
    model.says(LONG)
    model.release()
    another_takes_over()
    is_whole(turn, "I propose it. ", LONG)


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_claim_writes_nothing_more(
    model: StandIn, tom: User, request: pytest.FixtureRequest
) -> None:
    model.says(LONG, hold_after=4)
    turn = conversations.ask("count", by=tom)
    running = request.getfixturevalue("worker")
    eventually(lambda: "three" in said_so_far(turn), "the stream")
    os.kill(running.pid, signal.SIGSTOP)
    model.says("The other answer.")
    another_takes_over()
    os.kill(running.pid, signal.SIGCONT)
    model.release()
    assert running.wait(30) == 0
    assert said_so_far(turn) == "The other answer."
    assert turn.steps.get().done


@contextmanager
def working() -> Iterator[None]:
    """A worker at work beside the test, until it has nothing left to do."""
    worker = threading.Thread(target=work_and_close)
    worker.start()
    yield
    worker.join(30)
    assert not worker.is_alive()


NOTE = use("add_note", number="1", text="word " * 60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ({"blocks": [{"text": LONG}], "hold": True}, ""),
        ({"blocks": [{"text": LONG}], "hold_after": 0}, ""),
        ({"blocks": [{"text": LONG}], "hold_after": 2}, "One two "),
        ({"blocks": [{"text": LONG}], "pause": 0.6}, "One "),
        ({"blocks": [{"text": "I note it. "}, NOTE], "hold_after": 9}, "I note it. "),
        ({"blocks": [{"text": "I note it. "}, NOTE], "pause": 0.4}, "I note it. "),
    ],
    ids=["before anything", "before a word", "between words", "at a word", "in an input", "at an input"],
)
def test_an_answer_is_stopped_wherever_it_is_and_what_was_said_stays(
    model: StandIn, tom: User, client: Client, rule: dict[str, Any], kept: str
) -> None:
    client.force_login(tom)
    model.rule(**rule)
    turn = conversations.ask("count", by=tom)
    with working():
        eventually(lambda: len(model.asked()) == 1, "the request")
        eventually(lambda: kept in said_so_far(turn), "the stream")
        answer = client.post(f"/assistant/turns/{turn.pk}/stop/", headers={"HX-Request": "true"})
        assert "Stopping…" in answer.content.decode()
    page = shown(client, turn)
    assert "Stopped" in page
    assert kept.strip() in page
    assert "ten." not in page
    assert not Card.objects.exists()
    assert Run.objects.get().state == Run.State.CANCELLED
    assert bool(Use.objects.get().answered) == bool(kept)
    model.begin()
    model.says("Yes.")
    ask(tom, "still there?", turn.conversation)
    assert Use.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_proposes_doubles_nothing(
    model: StandIn,
    tom: User,
    order: RepairOrder,
    worker_environment: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    """The trial of the verb waits for the order, which somebody else holds; there the worker dies."""
    model.says("I propose it. ", use("add_note", number=order.label, text="once only"), times=2)
    model.says("It waits for you.")
    turn = conversations.ask("note it", by=tom)
    with transaction.atomic():
        RepairOrder.objects.select_for_update().get(pk=order.pk)
        killed(
            request.getfixturevalue("worker"),
            when=Use.objects.filter(stop_reason="tool_use").exists,
            what="the model has answered",
        )
    assert not Proposal.objects.exists()
    another_takes_over()
    is_whole(turn, "I propose it. ", "It waits for you.")
    proposals.confirm(Proposal.objects.get(), by=tom)
    order.refresh_from_db()
    assert order.notes == "once only"


@pytest.mark.django_db
def test_the_page_of_runs_is_not_the_place_to_stop_it(model: StandIn, tom: User) -> None:
    turn = conversations.ask("count", by=tom)
    assert turn.run is not None
    with pytest.raises(Refusal, match="stop it in the conversation"):
        runs.cancel(turn.run, by=tom)


@pytest.mark.django_db
def test_a_person_does_not_wait_behind_drafts_that_nobody_asked_for(
    model: StandIn, tom: User, order: RepairOrder
) -> None:
    queue.draft_for(order, cause=Notification.Cause.OVERDUE)
    turn = conversations.ask("first me", by=tom)
    assert [run.kind for run in runs.due(clock.now(), lane="assistant")] == ["turn", "draft"]
    assert runs.due(clock.now()) == []
    assert turn.run is not None
