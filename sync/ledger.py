"""What is known of the workbook, written to the database: acknowledgements, intents, images, attention.

Every write about an order is fenced: it fails with LeaseLost when another worker has taken the workbook over. Locks are
taken in one order, orders before replicas, as the verbs of an order do it.
"""

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from repairs import activity, clock, numbers
from repairs.models import Activity, RepairOrder
from sync import undo
from sync.columns import BY_FIELD
from sync.image import Image, image_from_json, sent_as_json, sheets_as_json
from sync.lease import Lease
from sync.merge import SHEET
from sync.models import Attention, BeforeImage, Replica, Run, Workbook
from sync.plan import Plan, Settled
from sync.sheets import Book
from sync.wanted import Wanted, pack

CHUNK = 300  # rows in one statement, with three parameters each: SQLite takes 999
_TABLE = Replica._meta.db_table
_FIELDS = {field.name: field for field in Replica._meta.concrete_fields}


def notice_numbers(book: Book) -> None:
    """No new order gets a number that stands in the workbook already. Harmless without a lease, so not fenced."""
    with transaction.atomic():
        numbers.raise_above(book.highest_number())


def settle(lease: Lease, plan: Plan, orders: Sequence[Wanted]) -> set[int]:
    """Records what the reading showed; the ids of the orders whose row now says all that was wanted.

    Acknowledged is exactly the version that was compared: an order changed since stays marked.
    """
    known = {order.order_id: order for order in orders}
    arrived = {pk for pk, settled in plan.settled.items() if settled.arrived}
    with lease.fenced():
        _acknowledge([_arrived(known[pk], plan.settled[pk]) for pk in sorted(arrived)])
        changed = [
            pk for pk in sorted(plan.settled.keys() - arrived) if _differs(known[pk], plan.settled[pk])
        ]
        replicas = [_settled(known[pk], plan.settled[pk]) for pk in changed]
        for name in ("agreed", "sheet", "seen"):
            _write_each(name, {replica.pk: getattr(replica, name) for replica in replicas})
        Replica.objects.filter(
            pk__in=[known[pk].replica_id for pk in arrived], wanted_version__lte=F("arrived_version")
        ).update(pending_since=None)
        for pk, (code, text) in plan.attention.items():
            _need_person({known[pk].replica_id}, code, text)
    return arrived


def _settled(order: Wanted, settled: Settled) -> Replica:
    return Replica(
        pk=order.replica_id,
        agreed=pack(settled.agreed),
        sheet=settled.sheet,
        seen=dict(settled.seen),
    )


def _arrived(order: Wanted, settled: Settled) -> Replica:
    replica = _settled(order, settled)
    replica.arrived_version = order.version
    return replica


def _acknowledge(replicas: Sequence[Replica]) -> None:
    """Writes what arrived. What differs from row to row goes into large statements, and nothing else.

    A save of one of these orders waits for them, and so does the next writing.
    """
    _write_each("agreed", {replica.pk: replica.agreed for replica in replicas})
    _write_each("arrived_version", {replica.pk: replica.arrived_version for replica in replicas})
    _write_each("seen", {replica.pk: replica.seen for replica in replicas if replica.seen})
    same = {"intent": None, "is_new": False, "arrived_at": clock.now()}
    for sheet in {replica.sheet for replica in replicas}:
        there = [replica for replica in replicas if replica.sheet == sheet]
        Replica.objects.filter(pk__in=[r.pk for r in there]).update(sheet=sheet, **same)
        Replica.objects.filter(pk__in=[r.pk for r in there if not r.seen]).update(seen={})


def _differs(order: Wanted, settled: Settled) -> bool:
    return dict(order.agreed or {}) != dict(settled.agreed) or (
        order.agreed_sheet,
        dict(order.seen),
    ) != (settled.sheet, dict(settled.seen))


def commit_intents(lease: Lease, plan: Plan, image: Image, *, run: Run) -> None:
    """Writes down what is about to be written, what stood there, and the texts of people that give way."""
    with lease.fenced() as workbook:
        undo.remember(run, plan)
        _record_overwritten(plan.overwritten)
        _keep(image, workbook)
        replicas = Replica.objects.filter(workbook=workbook, order__in=list(plan.intents))
        ids = replicas.values_list("pk", "order_id")
        _write_each("intent", {pk: plan.intents[order_id].as_json() for pk, order_id in ids})


def _write_each(name: str, values: Mapping[int, Any]) -> None:
    """Writes one field of many rows: to each, by its id, its own value.

    bulk_update comes to the same statement but takes ten times as long to build it, and that counts between
    reading and writing.
    """
    field, rows = _FIELDS[name], sorted(values.items())
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        cases, ids = " ".join(["WHEN %s THEN %s"] * len(chunk)), ", ".join(["%s"] * len(chunk))
        # The names are our model's; every value is a parameter.
        statement = f"UPDATE {_TABLE} SET {field.column} = CASE id {cases} END WHERE id IN ({ids})"  # noqa: S608
        pairs = [part for pk, v in chunk for part in (pk, field.get_db_prep_save(v, connection))]
        with connection.cursor() as cursor:
            cursor.execute(statement, [*pairs, *(pk for pk, _ in chunk)])


def _record_overwritten(overwritten: Mapping[int, Mapping[str, str]]) -> None:
    for order in RepairOrder.objects.filter(pk__in=list(overwritten)).order_by("pk"):
        texts = overwritten[order.pk]
        named = ", ".join(_header(name) for name in texts)
        activity.record(
            order,
            verb=Activity.Verb.EXCEL,
            by=None,
            changes={name: (text, _now_says(order, name)) for name, text in texts.items()},
            text=f"Excel said something else in {named}; the tracker's value was written over it.",
        )


def _header(name: str) -> str:
    return "the sheet" if name == SHEET else BY_FIELD[name].header


def _now_says(order: RepairOrder, name: str) -> Any:
    return order.shown_status if name == "status" else getattr(order, name)


def keep_image(lease: Lease, image: Image) -> None:
    """Writes down what a repair is about to send."""
    with lease.fenced() as workbook:
        _keep(image, workbook)


def _keep(image: Image, workbook: Workbook) -> None:
    sheets = _packed(sheets_as_json(image))
    sent = _packed({"beside": _mark(sheets), **sent_as_json(image)})
    BeforeImage.objects.update_or_create(workbook=workbook, defaults={"data": sheets, "sent": sent})


def load_image(workbook: Workbook) -> Image | None:
    """The sheets as they stood before the last writing, and what was sent since; None when nothing is open.

    None also for the image of a version that did not write down what it sent: its last writing is taken as it reads.
    """
    kept = BeforeImage.objects.filter(workbook=workbook).first()
    sent = _unpacked(kept.sent) if kept and kept.sent else {}
    if not kept or sent.get("beside") != _mark(kept.data):
        return None
    return image_from_json(_unpacked(kept.data), sent)


def _packed(kept: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), level=1)


def _unpacked(kept: bytes | memoryview) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(bytes(kept)))
    return found


def _mark(packed: bytes | memoryview) -> int:
    """Tells apart the sheets that something was sent to from those that an older version put in their place."""
    return zlib.crc32(bytes(packed))


def drop_image(lease: Lease) -> None:
    """Forgets the image once nothing is open that could need it."""
    with lease.fenced() as workbook:
        if not Replica.objects.filter(workbook=workbook, intent__isnull=False).exists():
            BeforeImage.objects.filter(workbook=workbook).delete()


def orders_with(number: int | None) -> set[int]:
    """The id of the order with a number, if there is one."""
    if number is None:
        return set()
    return set(RepairOrder.objects.filter(number=number).values_list("pk", flat=True))


def need_person(lease: Lease, order_ids: Collection[int], code: Attention, text: str) -> None:
    """Sets orders aside until a person has looked."""
    with lease.fenced() as workbook:
        ids = Replica.objects.filter(workbook=workbook, order__in=order_ids).values_list("pk", flat=True)
        _need_person(set(ids), code, text)


def _need_person(replica_ids: Collection[int], code: Attention, text: str) -> None:
    """A reason that stands already keeps its beginning. Of an order that was left out nothing is left to decide."""
    written = ["attention", "attention_text", "attention_since", "intent"]
    chosen = Replica.objects.filter(pk__in=replica_ids, left_out=False)
    replicas = list(chosen.only("pk", "pending_since", *written))
    now = clock.now()
    for replica in replicas:
        since = replica.attention_since if _stands_already(replica, code) else now
        replica.attention, replica.attention_text, replica.attention_since = code, text, since
        replica.intent = _half_done(replica.intent)
    Replica.objects.bulk_update(replicas, written, batch_size=CHUNK)


def _stands_already(replica: Replica, code: Attention) -> bool:
    """A sheet is forgiven at each try, and the order has waited for it ever since."""
    if code != Attention.SHEET or not (replica.pending_since and replica.attention_since):
        return replica.attention == code
    return replica.pending_since <= replica.attention_since


def _half_done(intent: dict[str, Any] | None) -> dict[str, Any] | None:
    """What stays intended while a person is asked: a move, since the number may stand on both sheets by our hand."""
    return intent | {"deleting": False, "tries": 0} if intent and intent["kind"] == "move" else None


def forgive_sheets(workbook: Workbook) -> None:
    """Orders of a sheet that could not be used are tried again; it may have been mended."""
    Replica.objects.filter(workbook=workbook, attention=Attention.SHEET).update(
        attention="", attention_text=""
    )
