"""What a person decides about orders whose row needs one. Each decision puts them back into the normal course."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet

from repairs import activity, clock
from repairs.errors import Refusal
from repairs.models import Activity, RepairOrder
from sync import doorbell
from sync.models import Attention, Replica, Workbook

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What is known of a row that no longer counts.
FROM_THE_START: dict[str, Any] = {"agreed": None, "seen": {}, "sheet": "", "intent": None}
# So many orders are decided about in one transaction, which others may have to wait for.
CHUNK = 1000


@dataclass(frozen=True)
class Decision:
    """A verb: for which reasons it can be chosen, what the history tells, what becomes of the replica."""

    among: tuple[Attention, ...]
    text: str
    becomes: dict[str, Any]
    left_out: bool = False

    def __call__(self, replica: Replica, *, by: "User | None") -> None:
        """Decides about one order. Refused when it does not apply, or not any more."""
        if not self.about_all(Replica.objects.filter(pk=replica.pk), by=by):
            raise Refusal("This has been settled meanwhile.")
        replica.refresh_from_db()

    def about_all(self, replicas: QuerySet[Replica], *, by: "User | None") -> int:
        """Decides about those of these orders to which it applies; says how many. Stopped, it keeps what is done."""
        fitting = replicas.filter(attention__in=self.among, left_out=self.left_out).order_by(
            "workbook_id", "pk"
        )
        known = list(fitting.values_list("pk", "order", "workbook"))
        chunks = (known[start : start + CHUNK] for start in range(0, len(known), CHUNK))
        return sum(self._about(chunk, by=by) for chunk in chunks)

    def _about(self, chunk: Sequence[tuple[int, int, int]], *, by: "User | None") -> int:
        keys, order_keys, workbooks = zip(*chunk, strict=True)
        with transaction.atomic():
            # Locked in the order in which flushes and saves lock: the workbook, the orders, their replicas.
            list(Workbook.objects.select_for_update().filter(pk__in=set(workbooks)))
            orders = (
                RepairOrder.objects.select_for_update()
                .only("number", "version")
                .order_by("pk")
                .in_bulk(order_keys)
            )
            fitting = Replica.objects.filter(attention__in=self.among, left_out=self.left_out)
            locked = dict(
                fitting.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", "order")
            )
            activity.record_all(
                [orders[key] for key in locked.values()], verb=Activity.Verb.EXCEL, by=by, text=self.text
            )
            decided = {"attention": "", "attention_text": "", "pending_since": clock.now()} | self.becomes
            Replica.objects.filter(pk__in=list(locked)).update(**decided)
            for workbook in set(workbooks):
                _resume(workbook)
            transaction.on_commit(doorbell.ring)
        return len(locked)


def _resume(workbook: int) -> None:
    """A workbook that was halted because rows are gone is written again once all of that is decided."""
    undecided = Replica.objects.filter(workbook=workbook, attention=Attention.GONE, left_out=False)
    if not undecided.exists():
        Workbook.objects.filter(pk=workbook).update(halted=False, backoff_until=None)


write_again = Decision(
    among=(Attention.GONE,),
    text="Its row was gone from Excel and is written again.",
    becomes=FROM_THE_START | {"is_new": False},
)
"""The row that is gone is written as a new row."""

leave_out = Decision(
    among=(Attention.GONE, Attention.TAKEN),
    text="Excel goes without this order.",
    becomes={"left_out": True, "pending_since": None, "intent": None},
)
"""The workbook goes without this order from now on."""

adopt = Decision(
    among=(Attention.TAKEN,),
    text="The row that already has its number in Excel is taken as its own.",
    becomes={"is_new": False, "agreed": None, "intent": None},
)
"""The row that already has the number is the order's: the database wins where they differ."""

try_again = Decision(
    among=(Attention.REFUSED, Attention.NOT_KEPT, Attention.SHEET),
    text="Writing it to Excel is tried again.",
    becomes={},
)
"""What Excel refused or did not keep is written once more."""

put_back = Decision(
    among=(Attention.NONE,),
    left_out=True,
    text="It is written to Excel again.",
    becomes=FROM_THE_START | {"left_out": False},
)
"""An order that was left out is written to the workbook after all."""

DECISIONS = {
    "write_again": write_again,
    "leave_out": leave_out,
    "adopt": adopt,
    "try_again": try_again,
    "put_back": put_back,
}
"""The decisions by the names that forms and addresses use."""
