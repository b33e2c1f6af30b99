"""Charts of how many orders there are of each kind, as the template repairs/_chart.html draws them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Bar:
    """One line of a chart: what it counts, where that is listed ("" for nowhere), how many orders, and its length.

    `share` is in percent of the longest bar. `money` (USD) stands beside the orders where it is given.
    """

    label: str
    url: str
    orders: int
    share: int
    money: Decimal | None = None
    urgent: bool = False


def share_of(orders: int, longest: int) -> int:
    """The length of a bar in percent of the longest one; nothing where all are empty."""
    return round(100 * orders / longest) if longest else 0
