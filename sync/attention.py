"""What a person decides about an order whose row needs one. Each verb puts the order back into the normal course."""

from typing import TYPE_CHECKING, Any

from django.db import transaction

from repairs import activity, clock
from repairs.errors import Refusal
from repairs.models import Activity
from sync import doorbell
from sync.models import Attention, Replica, Workbook

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What is known of a row that no longer counts.
FROM_THE_START: dict[str, Any] = {"agreed": None, "seen": {}, "sheet": "", "intent": None}
RETRIED = (Attention.REFUSED, Attention.NOT_KEPT, Attention.SHEET)


def write_again(replica: Replica, *, by: "User | None") -> None:
    """The row that is gone is written as a new row."""
    _decide(
        replica,
        by=by,
        among=(Attention.GONE,),
        text="Its row was gone from Excel and is written again.",
        fields=FROM_THE_START | {"is_new": False},
    )


def leave_out(replica: Replica, *, by: "User | None") -> None:
    """The workbook goes without this order from now on."""
    _decide(
        replica,
        by=by,
        among=(Attention.GONE, Attention.TAKEN),
        text="Excel goes without this order.",
        fields={"left_out": True, "pending_since": None, "intent": None},
    )


def adopt(replica: Replica, *, by: "User | None") -> None:
    """The row that already has the number is the order's: the database wins where they differ."""
    _decide(
        replica,
        by=by,
        among=(Attention.TAKEN,),
        text="The row that already has its number in Excel is taken as its own.",
        fields={"is_new": False, "agreed": None, "intent": None},
    )


def try_again(replica: Replica, *, by: "User | None") -> None:
    """What Excel refused or did not keep is written once more."""
    _decide(
        replica,
        by=by,
        among=RETRIED,
        text="Writing it to Excel is tried again.",
        fields={},
    )


def put_back(replica: Replica, *, by: "User | None") -> None:
    """An order that was left out is written to the workbook after all."""
    if not replica.left_out:
        raise Refusal("This order is not left out of Excel.")
    _decide(
        replica,
        by=by,
        among=(Attention.NONE,),
        text="It is written to Excel again.",
        fields=FROM_THE_START | {"left_out": False},
    )


def _decide(
    replica: Replica, *, by: "User | None", among: tuple[Attention, ...], text: str, fields: dict[str, Any]
) -> None:
    with transaction.atomic():
        locked = Replica.objects.select_for_update().select_related("order").get(pk=replica.pk)
        if locked.attention not in among:
            raise Refusal("This has been settled meanwhile.")
        activity.record(locked.order, verb=Activity.Verb.EXCEL, by=by, changes={}, text=text)
        decided = {"attention": "", "attention_text": "", "pending_since": clock.now()} | fields
        Replica.objects.filter(pk=locked.pk).update(**decided)
        undecided = Replica.objects.filter(
            workbook=locked.workbook_id, attention=Attention.GONE, left_out=False
        )
        if not undecided.exists():
            Workbook.objects.filter(pk=locked.workbook_id).update(halted=False, backoff_until=None)
        transaction.on_commit(doorbell.ring)
    replica.refresh_from_db()
