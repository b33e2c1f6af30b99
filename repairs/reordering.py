"""What may have to be ordered again: parts in use of which too few are in stock or on their way back.

- *Used*: how many repair orders were made for the part in the last 365 days. Each is one unit that failed.
- *Needed*: what is used in three months at that pace, rounded up; one at least.
- *In stock*: the pieces on all lines of the part, in whatever spelling. A part of which no line notes a quantity is not
  suggested: nobody knows what is there.
- *Coming back*: its orders on Active that have not left the usual path, each one unit.

A part is suggested when its stock is low (fewer than 5 pieces), and what is in stock and coming back is less than
needed.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, Sum

from repairs.models import InventoryItem, RepairOrder
from repairs.models.inventory import LOW_STOCK
from repairs.parts import part_key
from repairs.statuses import STATUSES, Sheet

USED_WITHIN = timedelta(days=365)
QUARTERS = 4
LEFT_THE_PATH = [name for name, status in STATUSES.items() if status.exit]


@dataclass
class Need:
    """One part and why it may have to be ordered. `part` is its most used spelling; all others are pieces."""

    part: str
    used: int = 0
    coming_back: int = 0
    in_stock: int = 0
    most: int = 0  # the orders of the spelling that is shown

    @property
    def needed(self) -> int:
        return -(-self.used // QUARTERS)

    @property
    def missing(self) -> int:
        return self.needed - self.in_stock - self.coming_back


def to_reorder(today: date) -> list[Need]:
    """The parts to be ordered, those that miss most first, in two queries."""
    pieces = _pieces()
    known = [(need, pieces.get(key, 0)) for key, need in _used_parts(today).items()]
    for need, held in known:
        need.in_stock = held or 0
    short = [n for n, held in known if held is not None and held < LOW_STOCK and n.used and n.missing > 0]
    return sorted(short, key=lambda need: (-need.missing, -need.used, need.part))


def _used_parts(today: date) -> dict[str, Need]:
    """The parts of the orders that were made within the year or stand on Active, by the key of the part."""
    made = Q(date_made__gt=today - USED_WITHIN, date_made__lte=today)
    back = Q(sheet=Sheet.ACTIVE) & ~Q(status__in=LEFT_THE_PATH)
    spellings = RepairOrder.objects.order_by().filter(made | back).values("part_number")
    counted = spellings.annotate(used=Count("pk", filter=made), back=Count("pk", filter=back))
    needs: dict[str, Need] = {}
    for row in counted.values_list("part_number", "used", "back").order_by("part_number"):
        _add(needs, *row)
    return needs


def _add(needs: dict[str, Need], spelling: str, used: int, back: int) -> None:
    key = part_key(spelling)
    if not key:
        return
    need = needs.setdefault(key, Need(spelling))
    need.used += used
    need.coming_back += back
    if used > need.most:
        need.part, need.most = spelling, used


def _pieces() -> dict[str, int | None]:
    """The pieces of each part in stock by its key; None where no line notes how many there are."""
    lines = InventoryItem.objects.order_by().values("part_key")
    return dict(lines.annotate(pieces=Sum("quantity")).values_list("part_key", "pieces"))
