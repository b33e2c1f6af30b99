"""What an act does, as rows of field, old value, new value; and how such rows are shown."""

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from ai.models import Brief
from notifications.models import Notification
from repairs.activity import as_text
from repairs.models import Activity, FieldChange, RepairOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from ai.tools import Wish

Rows = list[list[str]]
# Rows of these are something new beside the order's fields: there is no old value to show.
ADDED = ("note", "to", "subject", "text", "reminder", "part")
LONG, AROUND = 400, 60  # characters


def acted(wish: "Wish", given: dict[str, str], person: "User", order: RepairOrder | None) -> tuple[Any, Rows]:
    """Does what is wished; gives what it made or changed, and the whole difference.

    Call it inside a transaction. The order is locked first, so that nobody else's change counts as the wish's.
    """
    if order:
        RepairOrder.objects.select_for_update().get(pk=order.pk)
    last = Activity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    made = wish.act(given, person, order)
    return made, _written(made, last) or _told(made)


def _written(made: Any, last: int) -> Rows:
    """The fields that the verb changed. A note is told by itself: what stands before it may grow meanwhile."""
    if not isinstance(made, RepairOrder):
        return []
    acts = Activity.objects.filter(order=made, pk__gt=last).order_by("pk").prefetch_related("changes")
    return [row for act in acts for row in _rows_of(act)]


def _rows_of(act: Activity) -> Rows:
    if act.verb == Activity.Verb.NOTE:
        return [["note", "", act.text]]
    return [[change.field, change.old, change.new] for change in act.changes.all()]


def _told(made: Any) -> Rows:
    """What is made where no field of an order changes."""
    if isinstance(made, Notification):
        return [
            ["to", "", made.to_address or "no address yet"],
            ["subject", "", made.subject],
            ["text", "", made.body],
        ]
    if isinstance(made, Brief):
        return [["part", "", made.part]]
    told = made.activity.filter(verb=Activity.Verb.REMINDER).first()
    return [["reminder", "", told.text]] if told else []


def against(proposed: Rows, found: Rows) -> Rows:
    """What would come out now where that is not what was proposed, as field and value."""
    wanted = {field: (old, new) for field, old, new in proposed}
    differs = [[field, new] for field, old, new in found if wanted.get(field) != (old, new)]
    gone = [[field, "would not change"] for field in wanted if field not in {row[0] for row in found}]
    return differs + gone


def now_of(order: RepairOrder, version: int, proposed: Rows) -> Rows:
    """The present values of the fields of a proposal, and of those that changed since that version."""
    since = FieldChange.objects.filter(activity__order=order, activity__order_version__gt=version)
    changed = since.order_by("pk").values_list("field", flat=True)
    fields = dict.fromkeys([*(row[0] for row in proposed), *changed])
    return [[field, as_text(getattr(order, field))] for field in fields if hasattr(order, field)]


def told(rows: Rows) -> Rows:
    """The rows for the model, which needs no address of mail."""
    return [
        [field, old, new if field != "to" or "@" not in new else "the shop's address"]
        for field, old, new in shown(rows)
    ]


def shown(rows: Rows) -> Rows:
    """The rows for a card: of long values what differs, with a few words around it."""
    return [[field, *_brought_close(old, new)] for field, old, new in rows]


def only_adds(rows: Rows) -> bool:
    """Whether the rows tell of something new, not of fields that change."""
    return all(field in ADDED for field, _, _ in rows)


def _brought_close(old: str, new: str) -> tuple[str, str]:
    if not old or max(len(old), len(new)) <= LONG:
        return old, new
    same = _alike(old, new)
    ends = _alike(old[same:][::-1], new[same:][::-1])
    first, last = max(same - AROUND, 0), max(ends - AROUND, 0)
    before, after = ("… " if first else "", " …" if last else "")
    return (
        f"{before}{old[first : len(old) - last]}{after}",
        f"{before}{new[first : len(new) - last]}{after}",
    )


def _alike(one: str, other: str) -> int:
    """How many signs two texts have in common from their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
