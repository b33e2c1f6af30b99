"""Conversations with shops: what Outlook has of them, kept here as text, and fetched in runs of the kind CONVERSATION.

A run is about one conversation, or, started by the clock, about all that are due.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

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
    newest = _newest(delivery.orders(), delivery.mailbox, entry.shop_id)
    return list(newest.values_list("message_id", flat=True)[:MOST_TRIED])


def subject_to_answer(draft: Notification) -> str:
    """The subject that a draft would get now because it answers a mail; "" when it begins a conversation."""
    if draft.own_subject or draft.kind != Notification.Kind.EMAIL_DRAFT:
        return ""
    about = Q(notifications=draft) | Q(notifications__parent=draft)
    orders = RepairOrder.objects.filter(about).distinct()
    answered = _newest(orders, settings.MAIL_FROM, draft.shop_id).first()
    if answered is None:
        return ""
    return answered.subject if answered.subject.upper().startswith("RE:") else f"RE: {answered.subject}"


def subjects_as_sent(drafts: Sequence[Notification]) -> list[str]:
    """The subjects that these drafts would get now: their own, or those of the mails that they answer."""
    of_orders = Conversation.orders.through.objects.filter(repairorder__in=[d.order_id for d in drafts])
    talked = set(of_orders.values_list("repairorder_id", flat=True))
    return [
        (subject_to_answer(draft) if draft.order_id is None or draft.order_id in talked else "")
        or draft.subject
        for draft in drafts
    ]


def _newest(orders: Iterable[RepairOrder], mailbox: str, shop: int | None) -> QuerySet[ConversationMessage]:
    latest = {_latest_with_shop(order, mailbox, shop) for order in orders}
    if len(latest) != 1 or None in latest:
        return ConversationMessage.objects.none()
    messages = ConversationMessage.objects.filter(conversation__in=latest).exclude(message_id="")
    return messages.order_by(F("at").desc(nulls_last=True), "-pk")


def _latest_with_shop(order: RepairOrder, mailbox: str, shop: int | None) -> int | None:
    """An order may have moved to another shop, which must not see what was written with the first."""
    talks = Conversation.objects.filter(
        orders=order,
        mailbox=mailbox,
        deliveries__state=Delivery.State.SENT,
        deliveries__notification__shop=shop,
    )
    latest = talks.annotate(latest=Max("deliveries__sent_at")).order_by("-latest", "-pk").first()
    return latest.pk if latest else None


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
