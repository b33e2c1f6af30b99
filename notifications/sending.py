"""The run that sends one approved mail exactly once.

Every step is committed before the next begins: that a draft is begun, its ids, that it is being sent, that it was
sent. An answer that leaves the outcome open is never followed by a second try: Outlook is asked by the mail's marker,
after a draft at once, after a send only when MAIL_RECONCILE_AFTER_SECONDS have passed, since until then a mail on its
way may look like a draft. What Outlook can't tell, a person is asked.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.db import transaction

from notifications import conversations, deliveries, entries, outcomes, outlook
from notifications.deliveries import AT_REST, Overtaken, State
from notifications.models import Delivery, Notification
from notifications.sight import Sight, holds, letter_of, look
from repairs import clock
from sync.graph.connection import connection
from sync.graph.errors import (
    Gone,
    GraphError,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    Refused,
    RetryLater,
)
from sync.graph.mail import Mailbox, Message
from sync.runs import Claim, Failed, Postponed

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SENDS_IN_VAIN = 6  # sends after which nothing but the draft was found, until it is a failure
GONE = "Outlook has neither the draft nor the sent mail any more."
_NOT_EXCUSED: dict[str, Any] = {"removing": False, "may_be_gone": False}
Step = Callable[[], None]


class Settled(Exception):
    """The look into Outlook decided it: the mail is out, or a person is asked."""


def work(claim: Claim) -> None:
    """Performs a mail run: brings its delivery as far as it can get now."""
    delivery = Delivery.objects.filter(pk=claim.run.about or 0).first()
    if delivery is None:
        raise Failed("The mail that this was about is not there any more.")
    with outlook.slot(claim) as place:
        _Sending(claim, delivery, place.check).run()
    if delivery.state in (State.FAILED, State.UNKNOWN):
        raise Failed(delivery.error)


def conclude(
    delivery: Delivery, *, expected: Collection[str], by: "User | None" = None, message: Message | None = None
) -> None:
    """The mail is out: so say its entry in the queue, its orders and their conversation. Call it in a transaction.

    `message` is what Outlook shows of it, where it was looked up; `by` the person who said so, where one did.
    """
    outcomes.mark_sent(delivery)
    known = _ids(message) if message else {}
    at = (message.at if message else None) or clock.now()
    deliveries.move(
        delivery,
        State.SENT,
        expected=expected,
        sent_at=at,
        look_at=deliveries.look_for_leftovers_at(delivery),
        error="",
        found={},
        overwrites=False,
        **_NOT_EXCUSED,
        **known,
    )
    conversations.remember(delivery)
    if by is not None:
        told = f"“{delivery.subject}” was sent, as {by.get_username()} found out."
        deliveries.record(delivery, by=by, text=told)


def _ids(message: Message) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "internet_message_id": message.internet_message_id,
        "web_link": message.web_link,
    }


class _Sending:
    """One attempt to bring a delivery further."""

    def __init__(self, claim: Claim, delivery: Delivery, before_send: outlook.Check) -> None:
        self.claim = claim
        self.delivery = delivery
        self._before_send = before_send
        self._fresh = False  # whether the draft was seen in this attempt

    @cached_property
    def mailbox(self) -> Mailbox:
        return Mailbox(connection(), address=self.delivery.mailbox, before_send=self._before_send)

    def run(self) -> None:
        """Step by step until nothing is left to do. Raises Postponed when it goes on later."""
        try:
            while step := self._next():
                with suppress(Overtaken, Settled):
                    self._take(step)
                self.delivery.refresh_from_db()
        except entries.Overtaken as late:  # a person decided about it just now
            raise Postponed(late.sentence, due_at=clock.now() + outlook.TURN) from late

    def _take(self, step: Step) -> None:
        try:
            step()
        except GraphError as error:
            self._heed(error)

    def _next(self) -> Step | None:
        if self.delivery.state in AT_REST:
            return self._tidy if deliveries.is_to_tidy(self.delivery) else None
        if self.delivery.state in (State.UNKNOWN, State.SENT) and not deliveries.is_to_look(self.delivery):
            return None
        steps: dict[str, Step] = {
            State.NEW: self._draft,
            State.DRAFTED: self._send,
            State.SENDING: self._settle,
            State.UNKNOWN: self._look_once_more,
            State.SENT: self._clear_away,
        }
        return steps.get(self.delivery.state)

    # The steps

    def _draft(self) -> None:
        self.claim.report("Writing the draft")
        self._drafted((self._look() if self.delivery.draft_begun else None) or self._make())

    def _send(self) -> None:
        if not self._fresh:
            self._drafted(self._look() or self._make())
        self.claim.report("Sending…")
        with self._fenced():
            entry = Notification.objects.select_for_update().get(pk=self.delivery.notification_id)
            if entry.state != Notification.State.APPROVED:
                self._move(State.WITHDRAWN, error="It was not approved any more, so it was not sent.")
                return
            outlooks = self.mailbox.answered_at
            self._move(State.SENDING, send_begun_at=clock.now(), outlook_at_send=outlooks, overwrites=False)
        self._fresh = False
        self._hand_over()
        with self._fenced():
            conclude(self.delivery, expected=(State.SENDING,))
        self.claim.step(f"Sent to {self.delivery.to}.")

    def _settle(self) -> None:
        if clock.now() < self._look_at:
            raise Postponed("It is not known yet whether the mail left.", due_at=self._look_at)
        self.claim.report("Looking for the mail in Outlook")
        draft = self._look()
        in_vain = self.delivery.sends_in_vain + 1
        if draft is None or in_vain >= MOST_SENDS_IN_VAIN:
            self._fail("Outlook did not send it, although it was asked to several times.")
            return
        self.claim.step("It had not left: only the draft was found. It is sent again.", trouble=True)
        with self._fenced():
            self._move(State.DRAFTED, sends_in_vain=in_vain, **_ids(draft))
        self._fresh = True

    def _look_once_more(self) -> None:
        """A mail may reach Sent Items late. Only that settles the question; everything else is a person's."""
        with self._fenced():
            self._move(State.UNKNOWN, look_at=deliveries.next_look(self.delivery))
        sight = look(self.mailbox, self.delivery)
        if sight.sent:
            self._found_sent(sight.sent[0], expected=(State.UNKNOWN,))

    def _clear_away(self) -> None:
        """Removes drafts of a mail that left, which late answers made: somebody could send it a second time."""
        with self._fenced():
            self._move(State.SENT, look_at=deliveries.next_look(self.delivery))
        left = look(self.mailbox, self.delivery).left_over(self.delivery)
        for draft in left.ours:
            self.mailbox.delete(draft.id)
        with self._fenced():
            for told in left.told(self.delivery.real_subject):
                deliveries.record(self.delivery, by=None, text=told)
            self._move(State.SENT, look_at=None)

    def _tidy(self) -> None:
        """Removes the draft of a mail that is not sent, unless it holds something that we did not write."""
        sight = look(self.mailbox, self.delivery)
        if sight.sent and self.delivery.state == State.FAILED:
            with suppress(entries.Overtaken):  # a person edited or withdrew it after it had failed
                self._found_sent(sight.sent[0], expected=(State.FAILED,))
        self._remove([draft for draft in sight.drafts if holds(draft, self.delivery)])
        with self._fenced():
            if sight.sent:
                self._tell_of_unwanted()
            elif self._vanished(sight) and self._ask_or_tell_of_vanished(sight):
                return
            over = bool(self.delivery.look_at or sight.sent)
            again = None if over else deliveries.look_for_leftovers_at(self.delivery)
            excused = {} if again else _NOT_EXCUSED
            self._move(
                self.delivery.state, draft_begun=again is not None, look_at=again, message_id="", **excused
            )

    def _remove(self, drafts: list[Message]) -> None:
        """Deletes drafts. That we do is committed first, so that one in the bin raises no question afterwards."""
        if drafts:
            with self._fenced():
                self._move(self.delivery.state, removing=True)
        for draft in drafts:
            self.mailbox.delete(draft.id)

    def _vanished(self, sight: Sight) -> bool:
        """Whether a draft that was seen left nothing behind, not even in the bin."""
        return bool(self.delivery.message_id) and not self.delivery.may_be_gone and sight.empty

    def _ask_or_tell_of_vanished(self, sight: Sight) -> bool:
        """Somebody may have sent the draft and deleted it then. Whether a person is asked, because it had failed."""
        if self.delivery.state == State.FAILED:
            with suppress(entries.Overtaken):  # a person edited or withdrew it after it had failed
                outcomes.reopen(self.delivery)
                self._ask(GONE, sight.describe())
                return True
        told = f"The draft of “{self.delivery.subject}” is gone from Outlook. Somebody may have sent it."
        outcomes.warn(self.delivery, told)
        deliveries.record(self.delivery, by=None, text=told)
        return False

    def _tell_of_unwanted(self) -> None:
        """Somebody sent in Outlook what was not to be sent: its entry says so, if it still waits for a decision."""
        told = f"“{self.delivery.subject}” was not to be sent any more, but somebody sent it in Outlook."
        outcomes.warn(self.delivery, told)
        deliveries.record(self.delivery, by=None, text=told)

    # What they are made of

    def _look(self) -> Message | None:
        """The draft to go on with, None when there is none. Raises Settled when there is nothing to go on with."""
        sight = look(self.mailbox, self.delivery)
        if sight.sent:
            self._found_sent(sight.sent[0], expected=Delivery.OPEN)
        if self.delivery.state == State.SENDING:
            self._refuse_early(sight)
        if question := self._question(sight):
            self._ask(question, sight.describe())
            raise Settled
        return self._only(sight.drafts)

    def _refuse_early(self, sight: Sight) -> None:
        """Our clock may have jumped: a mail on its way is not judged before Outlook's own clock says so, either."""
        begun = self.delivery.outlook_at_send
        if begun is None or sight.at is None:
            return
        left = begun + timedelta(seconds=settings.MAIL_RECONCILE_AFTER_SECONDS) - sight.at
        if left > timedelta(0):
            told = "By Outlook's clock it is too early to know whether the mail left."
            raise Postponed(told, due_at=clock.now() + left)

    def _found_sent(self, message: Message, *, expected: Collection[str]) -> NoReturn:
        earlier = self.delivery.overwrites and self.delivery.send_begun_at is None
        with self._fenced():
            conclude(self.delivery, expected=expected, message=message)
            if earlier:
                told = "had left before it was approved this time, with the words that it had then."
                told = f"“{message.subject}” {told}"
                deliveries.record(self.delivery, by=None, text=told)
        self.claim.step("It was sent: so it is found in Outlook.")
        raise Settled

    def _question(self, sight: Sight) -> str:
        """What a person has to be asked; "" when it is clear how to go on."""
        new = (
            self.delivery.state == State.NEW and not self.delivery.message_id
        )  # no draft of it was ever seen
        half_made = new and self.delivery.answers_id  # an answer is made in two requests
        if sight.drafts:
            excused = half_made or self.delivery.overwrites
            changed = not excused and not all(holds(draft, self.delivery) for draft in sight.drafts)
            return "Somebody changed the draft in Outlook." if changed else ""
        if self.delivery.may_be_gone or (sight.deleted and self.delivery.removing):
            return ""
        if sight.deleted:
            return "The draft was deleted in Outlook. It may have been sent before that."
        return "" if new else GONE

    def _only(self, drafts: list[Message]) -> Message | None:
        """One of the drafts, which holds the letter; the others, which lost answers left behind, are removed."""
        if not drafts:
            return None
        known = [draft for draft in drafts if draft.id == self.delivery.message_id]
        chosen = (known or drafts)[0]
        for surplus in drafts:
            if surplus is not chosen:
                self.mailbox.delete(surplus.id)
        if holds(chosen, self.delivery):
            return chosen
        keep_subject = bool(self.delivery.answers_id)
        return self.mailbox.update(chosen.id, letter_of(self.delivery), keep_subject=keep_subject)

    def _make(self) -> Message:
        """A new draft: in the conversation of earlier mails, where Outlook still has one of them to answer."""
        letter = letter_of(self.delivery)
        for answered in conversations.to_answer(self.delivery):
            found = self.mailbox.get(answered)
            if found is None or found.is_draft:  # our own mail that is still on its way
                continue
            self._begin_draft(answers_id=answered)
            with suppress(Gone):
                return self.mailbox.draft_reply(answered, letter)
        self._begin_draft(answers_id="")
        return self.mailbox.draft(letter)

    def _begin_draft(self, *, answers_id: str) -> None:
        asked_for = self.delivery.drafts_asked_for + 1
        with self._fenced():
            self._move(
                self.delivery.state, draft_begun=True, answers_id=answers_id, drafts_asked_for=asked_for
            )

    def _drafted(self, draft: Message) -> None:
        failures = 0 if self.delivery.state == State.NEW else self.delivery.failures
        with self._fenced():
            talk = conversations.known(self.delivery.mailbox, draft.conversation_id)
            seen = {"failures": failures, "error": "", **_NOT_EXCUSED}
            given = draft.subject if self.delivery.answers_id else ""
            self._move(State.DRAFTED, conversation=talk, given_subject=given, **seen, **_ids(draft))
        self._fresh = True

    def _hand_over(self) -> None:
        """Outlook sends the draft. Raises Postponed, with SENDING kept, when it may have done so."""
        try:
            self.mailbox.send(self.delivery.message_id)
        except (OutcomeUnknown, Gone, NotNow) as error:
            if isinstance(error, NotNow) and error.status is None:  # there was no connection
                self._not_sent()
                raise
            closed = outlook.heed(error, address=self.delivery.mailbox)
            told = f"It is not known yet whether the mail left: {error.sentence}"
            raise Postponed(told, due_at=max(self._look_at, closed or self._look_at)) from error
        except (RetryLater, Refused, NeedsPerson, outlook.NotSent):
            self._not_sent()
            raise

    def _not_sent(self) -> None:
        with self._fenced():
            self._move(State.DRAFTED, send_begun_at=None, outlook_at_send=None)

    @property
    def _look_at(self) -> datetime:
        begun = self.delivery.send_begun_at or clock.now()
        return begun + timedelta(seconds=settings.MAIL_RECONCILE_AFTER_SECONDS)

    # How it ends otherwise

    def _heed(self, error: GraphError) -> None:
        """An error becomes a wait, a failure with its reason, or a question."""
        closed = outlook.heed(error, address=self.delivery.mailbox)
        self.delivery.refresh_from_db()
        # A draft of a mail at rest may still lie in Outlook, where somebody could send it: it is looked for again.
        waits = self.delivery.state not in Delivery.OPEN
        if waits or isinstance(error, RetryLater | NotNow | OutcomeUnknown):
            self._wait(error, closed)
        if self.delivery.state == State.SENDING:
            self._ask(f"It can't be looked up whether it was sent: {error.sentence}", {})
        else:
            self._fail(error.sentence)

    def _wait(self, error: GraphError, closed: datetime | None) -> NoReturn:
        """Goes on later. What is at rest keeps the reason that brought it there."""
        if isinstance(error, RetryLater) and closed:
            raise Postponed(error.sentence, due_at=closed) from error
        with self._fenced():
            self.delivery.refresh_from_db()
            failures = self.delivery.failures + 1
            said = {"error": error.sentence} if self.delivery.state in Delivery.OPEN else {}
            self._move(self.delivery.state, failures=failures, **said)
        later = clock.now() + outlook.backoff(failures)
        raise Postponed(error.sentence, due_at=max(later, closed or later)) from error

    def _fail(self, sentence: str) -> None:
        self.delivery.error = sentence
        with self._fenced():
            outcomes.mark_failed(self.delivery)
            self._move(State.FAILED, error=sentence)

    def _ask(self, question: str, found: dict[str, str]) -> None:
        with self._fenced():
            asked = {"error": question, "found": found, "look_at": clock.now() + deliveries.FIRST_LOOK}
            self._move(State.UNKNOWN, overwrites=False, **asked, **_NOT_EXCUSED)
            told = f"Whether “{self.delivery.subject}” was sent is not known. {question}"
            deliveries.record(self.delivery, by=None, text=told)
        self.claim.step(question, trouble=True)

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """A transaction in which the run is certainly still ours; else ClaimLost."""
        with transaction.atomic():
            self.claim.renew()
            yield

    def _move(self, to: str, /, **fields: Any) -> None:
        deliveries.move(self.delivery, to, expected=(self.delivery.state,), **fields)
