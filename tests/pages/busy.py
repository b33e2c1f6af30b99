"""A busy week: three at least of everything that a page lists, so that a query for each of its rows would show."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile

from ai.models import Brief, Card, Conversation, Proposal, Step, Turn, Use
from notifications import followups, queue
from notifications.models import Conversation as Talk
from notifications.models import ConversationMessage, Notification, OutlookItem
from people.models import Invitation, MicrosoftSignIn
from people.roles import Role
from repairs import clock, documents, inventory_list, links, orders, saved_views, shops
from repairs.models import Document, InventoryItem, RepairOrder, Shop
from sync import imports, runs
from sync.marks import the_workbook
from sync.models import Attention, OddRow, Replica, Run, RunStep
from tests.pages.conftest import person

THREE = range(3)
PART = "066-50013-0101"


@dataclass(frozen=True)
class Busy:
    """What addresses name."""

    order: RepairOrder
    shop: Shop
    entry: Notification
    run: Run
    item: InventoryItem
    document: Document
    conversation: Conversation
    turn: Turn
    brief: Brief

    def address(self, pattern: str) -> str:
        named = {name: getattr(found, "pk", "") for name, found in vars(self).items()}
        return pattern.format(**named | {"number": self.order.number})


def three_of_each(by: User, folder: Path) -> Busy:
    """As it is left behind by one person and three colleagues. Mail needs a sender and documents a folder."""
    others = [person(f"colleague-{n}", Role.OFFICE) for n in THREE]
    made = _orders(by)
    entries = _mail(made, by)
    _of_one_order(made, by)
    _rows_of_the_workbook(made)
    _accounts(others)
    for n, owner in enumerate((by, *others)):
        saved_views.save(by=owner, name=f"View {n}", address="status=APPROVED", shared=True)
    stock = folder / "stock.csv"
    stock.write_text("PartNumber,Qty\n" + "".join(f"{PART}-{n},{n}\n" for n in THREE))
    inventory_list.import_inventory(inventory_list.read_list(stock))
    for n in THREE:
        imports.upload(kind="inventory", name=f"stock-{n}.csv", content=stock.read_bytes(), by=by)
    turn, brief = _asked(made[0], by)
    return Busy(
        order=made[0],
        shop=made[0].shop or Shop(),
        entry=entries[0],
        run=_runs(by),
        item=InventoryItem.objects.all()[0],
        document=Document.objects.all()[0],
        conversation=turn.conversation,
        turn=turn,
        brief=brief,
    )


def _orders(by: User) -> list[RepairOrder]:
    """Three orders with each of three shops; each shop has three names, and the first all parts in common."""
    made = []
    for n in THREE:
        shop = shops.create(by=by, name=f"Gear {n}", email=f"gear{n}@shop.example")
        for spelling in THREE:
            shops.merge(shops.create(by=by, name=f"Gear {n}, {spelling}"), into=shop, by=by)
        for serial in THREE:
            order = orders.create(by=by, shop=shop, part_number=PART, serial_number=str(serial))
            orders.edit(order, by=by, changes={"description": "Gear", "terms": "NET 30"})
            orders.change_status(order, by=by, to="WAITING QUOTE")
            orders.add_note(order, by=by, text="a note")
            made.append(order)
    return made


def _mail(made: list[RepairOrder], by: User) -> list[Notification]:
    """Three drafts wait, three mails are on their way, three reminders are to be done; three talks with the shops."""
    drafts = [queue.draft_for(order, cause=Notification.Cause.OVERDUE, by=by) for order in made[:6]]
    waiting = [draft for draft in drafts if draft]
    for draft in waiting[3:]:
        queue.approve(draft, by=by)
    for order in made[6:]:
        orders.change_status(order, by=by, to="RECEIVED")
        queue.remind_person(order, cause=Notification.Cause.OVERDUE, by=by)
    for n in THREE:
        talk = Talk.objects.create(
            key=f"talk-{n}", mailbox="repairs@genthrust.example", conversation_id=str(n)
        )
        talk.orders.add(made[0])
        for m in THREE:
            key = f"{n}-{m}"
            ConversationMessage.objects.create(
                conversation=talk, key=key, message_id=key, ours=bool(m), at=clock.now(), subject="Status"
            )
    return waiting


def _of_one_order(made: list[RepairOrder], by: User) -> None:
    order = made[0]
    for n, other in enumerate(made[1:4]):
        links.link(order, by=by, other=other, kind="related")
        paper = SimpleUploadedFile(f"quote-{n}.pdf", b"%PDF-1.7 x")
        documents.add(order, by=by, upload=paper, kind="quote")
        reminder = followups.remind(order, by=by, day=clock.today() + timedelta(days=9), text=f"Call {n}")
        for kind in OutlookItem.Kind.values:
            shown = {"mailbox": "x@genthrust.example", "title": "Call", "transaction_id": uuid.uuid4()}
            OutlookItem.objects.get_or_create(follow_up=reminder, kind=kind, defaults=shown)


def _rows_of_the_workbook(made: list[RepairOrder]) -> None:
    """Three rows are gone, three were typed in, three are no order's."""
    replicas = Replica.objects.filter(order__in=made)
    replicas.filter(order__in=made[:3]).update(attention=Attention.GONE, pending_since=clock.now())
    typed = {"agreed": {"notes": "", "terms": ""}, "seen": {"notes": "typed", "terms": "COD"}}
    replicas.filter(order__in=made[3:6]).update(pending_since=None, **typed)
    for n in THREE:
        OddRow.objects.create(
            workbook=the_workbook(),
            sheet="Active",
            row=1000 + n,
            why=OddRow.Why.UNKNOWN,
            number=900_000 + n,
            cells={"number": 900_000 + n, "shop": "Gear"},
            order=made[n],
            fingerprint=f"unknown {n}",
        )
        OddRow.objects.create(
            workbook=the_workbook(),
            sheet="Active",
            row=2000 + n,
            why=OddRow.Why.NO_NUMBER,
            fingerprint=f"no number {n}",
            cells={"shop": "x"},
        )


def _runs(by: User) -> Run:
    open_run = runs.start_check(by=by)
    for run in [
        open_run,
        *(_ended(by, state) for state in ("succeeded", "failed", "cancelled") for _ in THREE),
    ]:
        for n in THREE:
            RunStep.objects.create(run=run, attempt=1, text=f"Step {n}", trouble=n == 0)
    return Run.objects.filter(state="succeeded").latest("id")


def _ended(by: User, state: str) -> Run:
    now = clock.now()
    return Run.objects.create(
        kind="check", workbook=the_workbook(), state=state, started_by=by.username, by=by, due_at=now,
        started_at=now, finished_at=now, error="It failed." if state == "failed" else "",
    )  # fmt: skip


def _asked(order: RepairOrder, by: User) -> tuple[Turn, Brief]:
    """Three conversations of three questions, each answered with three cards; three pages of research."""
    talks = [Conversation.objects.create(person=by, title=f"Talk {n}") for n in THREE]
    turns = [
        Turn.objects.create(conversation=talk, question=f"Question {n}") for talk in talks for n in THREE
    ]
    for turn in turns:
        step = Step.objects.create(turn=turn, number=1, text="An answer.", done=True)
        for n in THREE:
            given = {"number": order.label}
            card = Card.objects.create(step=step, use_id=f"use-{n}", tool="show_order", given=given)
            _proposed(card, order, by)
    for n in THREE:
        _log_of_the_model(by, n)
    briefs = [Brief.objects.create(person=by, part=PART, order=order, found={}) for _ in THREE]
    return turns[0], briefs[0]


def _proposed(card: Card, order: RepairOrder, by: User) -> None:
    later = clock.now() + timedelta(hours=1)
    wish = Card.objects.create(step=card.step, use_id=f"wish-{card.pk}", tool="add_note", given={})
    Proposal.objects.create(
        card=wish, person=by, order=order, version=1, title="Add a note", difference=[["notes", "", "x"]],
        expires_at=later,
    )  # fmt: skip


def _log_of_the_model(by: User, n: int) -> None:
    Use.objects.create(at=clock.now(), purpose="assistant", person=by, person_name=by.username, model=f"m{n}")


def _accounts(others: list[User]) -> None:
    for n, other in enumerate(others):
        Group.objects.create(name=f"Hangar {n}")
        address = f"c{n}@genthrust.example"
        Invitation.objects.create(email=address, role=Role.OFFICE)
        MicrosoftSignIn.objects.create(person=other, address=address, connected_at=clock.now())
        EmailAddress.objects.create(user=other, email=address)
        SocialAccount.objects.create(user=other, provider="microsoft", uid=str(n))
