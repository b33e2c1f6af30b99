"""Answering a question: a run of steps. Each step is one answer of the model and the tools that it used.

A step is kept while it streams, and ends in one transaction with its cards and proposals. Whoever takes the run over
begins the step anew that had not ended: so nothing is lost and no proposal is made twice.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from ai import differences, gateway, plain, prompts, proposals, telling, words
from ai.fence import fenced
from ai.models import Card, Step, Turn, Use
from ai.question import Answer, Question, Trouble
from ai.rights import may_use, tools_of
from ai.tools import TOOLS, Look, Wish, described
from ai.watch import Watch
from repairs import clock
from repairs.errors import Refusal
from sync.runs import Claim, ClaimLost, Failed, Postponed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_TRIES = 3
MOST_TOKENS = 2000
LONGEST_TOLD = 20_000
AT_THE_LIMIT = (
    "That took {most} steps, which is the most for one question. Please ask for the rest by itself."
)


class Writer:
    """Takes the model's words as they come: keeps them with the step, and tells the person's pages."""

    def __init__(self, claim: Claim, turn: Turn, step: Step) -> None:
        self._claim, self._turn, self._step = claim, turn, step
        self._waiting = ""  # not a whole word yet
        self._ready = ""  # to be written with the next flush

    def hear(self, piece: str) -> None:
        whole, self._waiting = words.whole_words(self._waiting + piece)
        self._ready += words.cleaned(whole)
        if (
            self._ready
        ):  # at once: a word that waited for the next one would wait for as long as the model pauses
            self._flush()

    def end(self) -> None:
        self._ready += words.cleaned(self._waiting)
        self._waiting = ""
        if self._ready:
            self._flush()

    def _flush(self) -> None:
        at, text = telling.units(self._step.text), self._ready
        self._step.text, self._ready = self._step.text + text, ""
        if not Step.objects.filter(pk=self._step.pk, done=False).update(text=self._step.text):
            raise ClaimLost(f"{self._claim.run} was taken over")
        person = self._turn.conversation.person_id
        telling.said(person, turn=self._turn.pk, step=self._step.number, at=at, text=text)


def work(claim: Claim) -> None:
    """Performs a run of this kind."""
    turn = Turn.objects.select_related("conversation__person").get(pk=claim.run.about or 0)
    if not turn.conversation.person.is_active:
        raise Failed("The account is not in use any more.")
    turn.steps.filter(done=False).delete()
    try:
        _answer(claim, turn)
    except Trouble as trouble:
        if trouble.again and claim.attempt < MOST_TRIES:
            due_at = clock.now() + trouble.again
            raise Postponed(trouble.sentence, due_at=due_at, failed=True) from trouble
        _tell(turn, trouble.sentence)
        raise Failed("The model gave no whole answer.") from trouble


def _answer(claim: Claim, turn: Turn) -> None:
    for number in range(turn.steps.count() + 1, settings.AI_MOST_STEPS + 1):
        claim.check_cancelled()
        claim.report("Answering")
        if _is_answered(turn):
            return
        _do_step(claim, turn, number)
    if not _is_answered(turn):
        _tell(turn, AT_THE_LIMIT.format(most=settings.AI_MOST_STEPS))


def _is_answered(turn: Turn) -> bool:
    """Whether the last step that ended used no tool, or there is no model to go on with what the tools told."""
    last = turn.steps.filter(done=True).last()
    return last is not None and (not gateway.is_on() or not last.cards.exists())


def _tell(turn: Turn, sentence: str) -> None:
    Turn.objects.filter(pk=turn.pk).update(trouble=sentence[:500])


def _do_step(claim: Claim, turn: Turn, number: int) -> None:
    step = Step.objects.create(turn=turn, number=number)
    telling.turn_changed(turn)
    writer = Writer(claim, turn, step)
    try:
        answer = _asked(claim, turn, writer) if gateway.is_on() else plain.answer(turn.question, writer.hear)
    finally:
        writer.end()
    with transaction.atomic():
        claim.renew()
        for use in answer.uses():
            _use(step, use, turn.conversation.person)
        step.answered, step.done = answer.blocks, True
        step.save(update_fields=["answered", "done"])
    telling.turn_changed(turn)


def _asked(claim: Claim, turn: Turn, writer: Writer) -> Answer:
    person = turn.conversation.person
    question = Question(
        purpose=Use.Purpose.ASSISTANT,
        about=f"conversation {turn.conversation_id}",
        person=person,
        system=prompts.system(),
        messages=prompts.messages(turn),
        most_tokens=MOST_TOKENS,
        tools=described(tools_of(person)),
    )
    return gateway.ask(question, on_text=writer.hear, watch=Watch(claim))


def _use(step: Step, use: dict[str, Any], person: "User") -> None:
    """Uses a tool for the model, as the person: what can't be done is told instead."""
    card = Card(step=step, use_id=use["id"], tool=use["name"][:64])
    try:
        with transaction.atomic():
            card.told = _done(card, use["input"], person)
    except Refusal as refusal:
        card.refused = refusal.sentence[:500]
        card.told = fenced("the program", {"not done": refusal.sentence})
        card.pk = None
    card.save()


def _done(card: Card, raw: Any, person: "User") -> str:
    tool = TOOLS.get(card.tool)
    if tool is None or not may_use(tool, person):
        raise Refusal("There is no such tool.")
    card.given = tool.cleaned(raw)
    if isinstance(tool, Look):
        return fenced("the program", tool.tell(tool.find(card.given, person)), longest=LONGEST_TOLD)
    if not isinstance(tool, Wish):
        raise Refusal("There is no such tool.")
    card.save()
    proposal = proposals.propose(card, tool, person=person)
    rows = differences.told(proposal.difference)
    told = {"proposed": proposal.title, "difference": rows, "state": "waits for the person"}
    return fenced("the program", told, longest=LONGEST_TOLD)
