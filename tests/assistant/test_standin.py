"""The stand-in is as strict as the Messages API, and the real client takes it for one."""

from typing import Any

import pytest

from ai import gateway
from ai.models import Use
from ai.question import Question, Trouble
from tests.assistant.standin import StandIn, use

GOOD: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
}
TOOL = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
USED = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"}


def talk(*messages: Any) -> list[dict[str, Any]]:
    roles = ["user", "assistant"] * len(messages)
    return [{"role": role, "content": content} for role, content in zip(roles, messages, strict=False)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"max_tokens": 0}, "max_tokens: Input should be greater"),
        ({"max_tokens": "many"}, "max_tokens: Input should be greater"),
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"messages": []}, "at least one message is required"),
        ({"messages": "hi"}, "messages: Input should be a valid list"),
        ({"surplus": 1}, "surplus: Extra inputs are not permitted"),
        ({"temperature": 2}, "temperature: range: 0..1"),
        ({"system": [{"type": "image"}]}, "system.0: Input tag"),
        ({"messages": talk(" ")}, "text content blocks must contain non-whitespace text"),
        ({"messages": talk([])}, "all messages must have non-empty content"),
        ({"messages": talk("hi", "Hello")}, "does not support assistant message prefill"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role"),
        (
            {"messages": talk([{"type": "text", "text": "x", "more": 1}])},
            "more: Extra inputs are not permitted",
        ),
        ({"messages": talk("hi", [USED], [RESULT])}, "must define tools"),
        ({"messages": talk("hi", [USED], "next"), "tools": [TOOL]}, "without `tool_result` blocks: toolu_1"),
        ({"messages": talk([RESULT]), "tools": [TOOL]}, "unexpected `tool_use_id`"),
        (
            {"messages": talk("hi", [USED], [{"type": "text", "text": "x"}, RESULT]), "tools": [TOOL]},
            "`tool_result` blocks must come first",
        ),
        ({"tools": [{**TOOL, "name": "two words"}]}, "tools.0.custom.name"),
        ({"tools": [{**TOOL, "input_schema": {}}]}, "input_schema.type"),
        ({"tools": [TOOL, TOOL]}, "Tool names must be unique"),
        ({"tools": [{**TOOL, "extra": 1}]}, "extra: Extra inputs are not permitted"),
        ({"tool_choice": {"type": "auto"}}, "only be specified while providing tools"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found"),
    ],
)
def test_a_malformed_request_is_refused(model: StandIn, change: dict[str, Any], told: str) -> None:
    model.says("never said")
    answer = model.post({**GOOD, **change})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert told in answer.json()["error"]["message"]
    assert model.asked() == []


def test_a_whole_talk_with_tools_is_accepted(model: StandIn) -> None:
    model.says("Seen", use("look"))
    answer = model.post({**GOOD, "messages": talk("hi", [USED], [RESULT]), "tools": [TOOL]})
    assert answer.json()["stop_reason"] == "tool_use"
    assert [block["type"] for block in answer.json()["content"]] == ["text", "tool_use"]


@pytest.mark.parametrize(
    ("headers", "status"), [({"x-api-key": "other"}, 401), ({"anthropic-version": ""}, 400)]
)
def test_key_and_version_are_asked_for(model: StandIn, headers: dict[str, str], status: int) -> None:
    assert model.post(GOOD, **headers).status_code == status


def question(**more: Any) -> Question:
    given = {
        "purpose": Use.Purpose.ASSISTANT,
        "about": "a test",
        "person": None,
        "system": "Be brief.",
        "messages": talk("hi"),
        "most_tokens": 100,
    }
    return Question(**{**given, **more})


@pytest.mark.django_db
def test_an_answer_streams_and_is_counted(model: StandIn) -> None:
    model.says("Two words ", use("look", deep=True))
    heard: list[str] = []
    answer = gateway.ask(question(tools=[TOOL]), on_text=heard.append)
    assert heard == ["Two ", "words "]
    assert [block["type"] for block in answer.blocks] == ["text", "tool_use"]
    assert answer.uses()[0]["input"] == {"deep": True}
    row = Use.objects.get()
    assert (row.stop_reason, row.error, row.person_name) == ("tool_use", "", "system")
    assert row.asked["messages"] == talk("hi")
    assert row.answered == answer.blocks
    assert (row.input_tokens, row.output_tokens) == answer.tokens
    assert row.cost == (3 * row.input_tokens + 15 * row.output_tokens) / 1_000_000 or float(
        row.cost
    ) == pytest.approx((3 * row.input_tokens + 15 * row.output_tokens) / 1e6)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "sentence", "again"),
    [
        ({"error": {"status": 401}}, "key is not accepted", None),
        ({"error": {"status": 400}}, "could not work with the request", None),
        ({"error": {"status": 429, "retry_after": 42}}, "is busy", 42),
        ({"error": {"status": 529}}, "is busy", 10),
        ({"error": {"status": 500}}, "is busy", 10),
        ({"error_after": 1}, "is busy", 10),
        ({"cut_after": 1}, "broke off", 10),
        ({"break_after": 1}, "connection to the model broke", 10),
        ({"stop_reason": "refusal"}, "refuses", None),
        ({"stop_reason": "max_tokens"}, "cut off", None),
    ],
)
def test_what_goes_wrong_is_told_and_noted(
    model: StandIn, rule: dict[str, Any], sentence: str, again: float | None
) -> None:
    model.says("Some words that are said", **rule)
    with pytest.raises(Trouble, match=sentence) as raised:
        gateway.ask(question())
    assert (raised.value.again and raised.value.again.total_seconds()) == again
    assert sentence in Use.objects.get().error


@pytest.mark.django_db
def test_nothing_is_asked_over_the_budget(model: StandIn, settings: Any) -> None:
    model.says("One", times=None)
    gateway.ask(question())
    settings.AI_TOKENS_A_DAY = gateway.used_today(None)
    with pytest.raises(Trouble, match="budget for today"):
        gateway.ask(question())
    assert len(model.asked()) == 1


@pytest.mark.django_db
def test_a_model_that_takes_too_long_is_left(model: StandIn, settings: Any) -> None:
    settings.AI_TIMEOUT_SECONDS = 1
    model.says("One two three four five six seven", pause=0.4)
    with pytest.raises(Trouble, match="took too long"):
        gateway.ask(question())


@pytest.mark.django_db
def test_without_a_key_nothing_is_asked(model: StandIn, settings: Any) -> None:
    settings.ANTHROPIC_API_KEY = ""
    with pytest.raises(Trouble, match="No model is configured"):
        gateway.ask(question())
    assert not Use.objects.exists()
