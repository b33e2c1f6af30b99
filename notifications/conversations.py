"""Conversations with shops: what Outlook has of them, kept here as text, and fetched in runs of the kind CONVERSATION.

A run is about one conversation, or, started by the clock, about all that are due.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from notifications import outlook
from notifications.models import Conversation, ConversationMessage, Delivery, Notification
from notifications.plain import text_of, tidy
from repairs import clock
from repairs.activity import name_of
from repairs.models import RepairOrder
from sync import doorbell, progress, runs
from sync.graph.connection import connection
from sync.graph.errors import GraphError, NeedsPerson, Refused
from sync.graph.mail import Mailbox, Message
from sync.models import Run
from sync.runs import Claim, Failed, Postponed
from sync.setback import TOLERANCE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CONVERSATION = "conversation"
FRESH = timedelta(minutes=2)  # what was fetched so short a time ago is not fetched again by a person's hand
BY_THE_CLOCK_EVERY = timedelta(minutes=15)
LIVELY = timedelta(
    days=30
)  # conversations without any mail for so long are left to the person who opens them
MOST_IN_VAIN = 3  # conversations in a row that could not be fetched, until a run ends
MOST_TRIED = 3  # messages that are tried to be answered before a mail begins a new conversation


@dataclass(frozen=True)
class Timeline:
    """The mails about an order, oldest first, and how well they are known: since when, and what is the matter."""

    messages: Sequence[ConversationMessage]
    conversations: Sequence[Conversation]
    fetched_at: datetime | None
    trouble: str


def timeline(order: RepairOrder) -> Timeline:
    """What is known of an order's mails. `fetched_at` is that of the conversation that was asked longest ago."""
    talks = list(order.conversations.order_by("pk"))
    fetched = [talk.fetched_at for talk in talks if talk.fetched_at]
    return Timeline(
        messages=list(ConversationMessage.objects.filter(conversation__in=talks).order_by("at", "pk")),
        conversations=talks,
        fetched_at=min(fetched) if talks and len(fetched) == len(talks) else None,
        trouble=" ".join(dict.fromkeys(talk.trouble for talk in talks if talk.trouble)),
    )


def known(mailbox: str, conversation_id: str) -> Conversation | None:
    """The conversation with Outlook's id in a mailbox; None when Outlook named none."""
    if not conversation_id:
        return None
    key = _key(mailbox.lower(), conversation_id)
    there = {"mailbox": mailbox, "conversation_id": conversation_id}
    return Conversation.objects.get_or_create(key=key, defaults=there)[0]


def remember(delivery: Delivery) -> None:
    """A mail was sent: its conversation is that of its orders now, and shows it before Outlook is asked."""
    talk = delivery.conversation
    if talk is None:
        return
    talk.orders.add(*delivery.orders())
    ConversationMessage.objects.get_or_create(
        key=_message_key(talk, delivery.internet_message_id or delivery.message_id),
        defaults={
            "conversation": talk,
            "message_id": delivery.message_id,
            "ours": True,
            "sender": delivery.mailbox,
            "recipients": [delivery.to, *delivery.cc],
            "subject": delivery.real_subject,
            "text": delivery.text,
            "at": delivery.sent_at,
            "web_link": delivery.web_link,
        },
    )


def to_answer(delivery: Delivery) -> list[str]:
    """The messages in Outlook of which the mail may be an answer, best first; none when it begins a conversation.

    The newest ones of the conversation that all its orders had with this shop last. A subject that a person
    wrote begins one, since an answer keeps that of its conversation.
    """
    entry = delivery.notification
    if entry.own_subject:
        return []
    about = set(delivery.orders().values_list("pk", flat=True))
    talk = _talk_about(about, entry.shop_id, _latest_with_shops(about, delivery.mailbox))
    newest = _newest_first(ConversationMessage.objects.filter(conversation=talk))
    return list(newest.values_list("message_id", flat=True)[:MOST_TRIED])


def subject_to_answer(draft: Notification) -> str:
    """The subject that a draft would get now because it answers a mail; "" when it begins a conversation."""
    return _subjects_to_answer([draft]).get(draft.pk, "")


def subjects_as_sent(drafts: Sequence[Notification]) -> list[str]:
    """The subjects that these drafts would get now: their own, or those of the mails that they answer."""
    answering = _subjects_to_answer(drafts)
    return [answering.get(draft.pk) or draft.subject for draft in drafts]


def _subjects_to_answer(drafts: Sequence[Notification]) -> dict[int, str]:
    """By the drafts' keys, for those that answer a mail. It takes as many queries for a hundred as for one."""
    mails = [d for d in drafts if d.kind == Notification.Kind.EMAIL_DRAFT and not d.own_subject]
    about = _orders_about(mails)
    latest = _latest_with_shops(set().union(*about.values()), settings.MAIL_FROM)
    talks = {draft.pk: _talk_about(about[draft.pk], draft.shop_id, latest) for draft in mails}
    subjects = _newest_subjects({talk for talk in talks.values() if talk is not None})
    return {
        key: subject if subject.upper().startswith("RE:") else f"RE: {subject}"
        for key, talk in talks.items()
        if talk is not None and (subject := subjects[talk]) is not None
    }


def _orders_about(mails: Sequence[Notification]) -> dict[int, set[int]]:
    """The orders of each mail, by its key: its own, or those of the drafts that it replaced."""
    about = {mail.pk: {mail.order_id} if mail.order_id is not None else set() for mail in mails}
    of_several = [key for key, own in about.items() if not own]
    if of_several:
        replaced = Notification.objects.filter(parent__in=of_several, order__isnull=False)
        for key, order in replaced.values_list("parent", "order"):
            about[cast(int, key)].add(order)
    return about


def _talk_about(
    about: Collection[int], shop: int | None, latest: Mapping[tuple[int, int | None], int]
) -> int | None:
    """The conversation that all these orders had with the shop last; None when it is not one and the same."""
    talks = {latest.get((order, shop)) for order in about}
    return talks.pop() if len(talks) == 1 else None


def _latest_with_shops(about: Collection[int], mailbox: str) -> dict[tuple[int, int | None], int]:
    """The last conversation by order and shop.

    An order may have moved to another shop, which must not see what was written with the first.
    """
    if not about:
        return {}
    sent = Delivery.objects.filter(
        state=Delivery.State.SENT, conversation__mailbox=mailbox, conversation__orders__in=about
    )
    talks = sent.values_list("conversation__orders", "notification__shop", "conversation")
    oldest_first = talks.annotate(latest=Max("sent_at")).order_by(
        F("latest").asc(nulls_first=True), "conversation"
    )
    return {(order, shop): talk for order, shop, talk, _ in oldest_first}


def _newest_subjects(talks: Collection[int]) -> dict[int, str | None]:
    """The subject of the newest mail of each conversation; None where nothing in it can be answered."""
    if not talks:
        return {}
    newest = _newest_first(ConversationMessage.objects.filter(conversation=OuterRef("pk")))
    found = Conversation.objects.filter(pk__in=talks).annotate(newest=Subquery(newest.values("subject")[:1]))
    return dict(found.values_list("pk", "newest"))


def _newest_first(messages: QuerySet[ConversationMessage]) -> QuerySet[ConversationMessage]:
    return messages.exclude(message_id="").order_by(F("at").desc(nulls_last=True), "-pk")


def refresh(order: RepairOrder, *, by: "User | None") -> list[Run]:
    """Fetches the conversations of an order in the background, those that were not fetched just now."""
    stale = Q(fetched_at__isnull=True) | Q(fetched_at__lt=clock.now() - FRESH)
    started = [
        runs.start(kind=CONVERSATION, about=talk.pk, started_by=name_of(by), by=by)
        for talk in order.conversations.filter(stale)
        if not _tried_since(talk.pk, FRESH)
    ]
    if started:
        transaction.on_commit(doorbell.ring)
    return started


def keep_time() -> None:
    """Every quarter of an hour, one run fetches every conversation with mail in the last month."""
    if _due().exists() and not _tried_since(None, BY_THE_CLOCK_EVERY):
        runs.start(kind=CONVERSATION, started_by=runs.BY_THE_CLOCK)


def _tried_since(about: int | None, length: timedelta) -> bool:
    now = clock.now()  # a run from a time that is still to come was begun before our clock was set back
    recent = Run.objects.filter(
        kind=CONVERSATION, created_at__gte=now - length, created_at__lte=now + TOLERANCE
    )
    return recent.filter(about=about).exists() if about else recent.filter(about__isnull=True).exists()


def _due() -> QuerySet[Conversation]:
    """The conversations that the clock fetches, the one that waited longest first."""
    now = clock.now()
    lively = Conversation.objects.filter(messages__at__gte=now - LIVELY).distinct()
    stale = Q(fetched_at__isnull=True) | Q(fetched_at__lt=now - BY_THE_CLOCK_EVERY)
    return lively.filter(stale).order_by(F("fetched_at").asc(nulls_first=True), "pk")


def work(claim: Claim) -> None:
    """Performs a conversation run."""
    about = claim.run.about
    talks = list(Conversation.objects.filter(pk=about) if about else _due())
    in_vain: list[GraphError] = []  # since the last one that could be fetched
    with outlook.slot(claim) as place:
        for number, talk in enumerate(talks, start=1):
            claim.report("Looking for replies", done=number - 1, total=len(talks))
            trouble = _fetch(talk, claim, before_send=place.check)
            in_vain = [*in_vain, trouble] if trouble else []
            if len(in_vain) == MOST_IN_VAIN:  # it is not the conversation that is to blame
                break
    progress.hint("queue")
    if in_vain and about:
        _end_in_vain(claim, in_vain[-1])


def _end_in_vain(claim: Claim, error: GraphError) -> None:
    if isinstance(error, NeedsPerson | Refused):
        raise Failed(error.sentence, detail=repr(error))
    later = clock.now() + outlook.backoff(claim.attempt)
    raise Postponed(error.sentence, due_at=later, failed=True)


def _fetch(talk: Conversation, claim: Claim, *, before_send: outlook.Check) -> GraphError | None:
    """Fetches one conversation. Trouble is told with it and given back, unless Outlook wants quiet: NotSent."""
    try:
        mailbox = Mailbox(connection(), address=talk.mailbox, before_send=before_send)
        messages = mailbox.conversation(talk.conversation_id)
    except GraphError as error:
        Conversation.objects.filter(pk=talk.pk).update(
            trouble=f"Outlook can't be asked now: {error.sentence}"
        )
        claim.step(f"{talk.mailbox}: {error.sentence}", trouble=True)
        if closed := outlook.heed(error, address=talk.mailbox):
            raise outlook.NotSent(error.sentence, due_at=closed) from error
        return error
    with transaction.atomic():
        claim.renew()
        _keep(talk, [message for message in messages if not message.is_draft])
    return None


def _keep(talk: Conversation, messages: Iterable[Message]) -> None:
    keys: dict[str, str] = {}
    for message in messages:
        key = _message_key(talk, message.internet_message_id or message.id)
        keys[message.id] = key
        ConversationMessage.objects.update_or_create(key=key, defaults=_shown(talk, message))
    # One that we noted ourselves, and that Outlook keeps under another key.
    talk.messages.filter(message_id__in=keys).exclude(key__in=keys.values()).delete()
    Conversation.objects.filter(pk=talk.pk).update(fetched_at=clock.now(), trouble="")


def _shown(talk: Conversation, message: Message) -> dict[str, object]:
    return {
        "conversation": talk,
        "message_id": message.id,
        "ours": message.sender.lower() == talk.mailbox.lower(),
        "sender": message.sender[:254],
        "recipients": list(message.recipients),
        "subject": message.subject,
        "text": text_of(message.body) if message.body_is_html else tidy(message.body),
        "at": message.at,
        "web_link": message.web_link,
    }


def _message_key(talk: Conversation, message_id: str) -> str:
    return _key(talk.key, message_id)


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
