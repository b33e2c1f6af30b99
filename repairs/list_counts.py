"""What the list of orders says in numbers: the figures, the orders of each sheet, and how many it holds itself."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from repairs import listing, queries
from repairs.listing import ALL_SHEETS, Listing
from repairs.queries import Figure, Tally
from repairs.statuses import Sheet


@dataclass(frozen=True)
class Counts:
    """`sheets` counts what search and filters leave, with the sum as "All"; `listed` is the length of the list."""

    figures: list[Figure]
    sheets: dict[str, int]
    listed: int


def counts(shown: Listing, today: date) -> Counts:
    """One reading of all orders gives the figures; what it gives besides is not counted a second time.

    All of it is kept until an order is written.
    """
    counted = queries.tallies(today, shown.book)
    figures = queries.figures_of(counted)
    sheets = _sheets(shown.anywhere, counted, today)
    return Counts(figures, sheets, _listed(shown, figures, sheets, today))


def _sheets(shown: Listing, counted: list[Tally], today: date) -> dict[str, int]:
    found = _tallied(counted) if shown.is_whole else listing.sheet_counts(shown, today)
    return {str(sheet): found.get(sheet, 0) for sheet in Sheet} | {ALL_SHEETS: sum(found.values())}


def _tallied(counted: list[Tally]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in counted:
        found[row.sheet] += row.orders
    return found


def _listed(shown: Listing, figures: list[Figure], sheets: dict[str, int], today: date) -> int:
    if shown.anywhere is shown:
        return sheets[shown.sheet]
    of_figure = [figure.orders for figure in figures if figure.named is shown.show]
    if of_figure and shown.anywhere.is_whole:
        return of_figure[0]
    return listing.length(shown, today)
