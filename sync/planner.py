"""From what the sheets hold, what the orders say and what was agreed and intended, to the fewest writes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sync.columns import BY_FIELD, Value, same
from sync.merge import SHEET, Merge, merge, same_cells
from sync.models import Attention
from sync.moves import copy_not_kept, plan_finished_copy, plan_move
from sync.plan import Plan, Settled
from sync.sheets import HEADER_ROW, Book, Place
from sync.styling import styled
from sync.wanted import IntendedCell, Intent, Wanted

# A cell that still reads otherwise after so many writings needs a person. A writing counts once, however often it
# is read back: the count is kept with the intent of the next one.
MOST_TRIES = 3


def make_plan(book: Book, orders: Iterable[Wanted]) -> Plan:
    """Plans one round for these orders. The sheets on which they stand must be read whole (`sheets_to_read`)."""
    plan = Plan()
    for wanted in orders:
        _plan_order(book, wanted, plan)
    return plan


def sheets_to_read(book: Book, orders: Iterable[Wanted]) -> set[str]:
    """The sheets of which more than the keys must be read to plan these orders."""
    needed: set[str] = set()
    for wanted in orders:
        needed |= {wanted.sheet, wanted.agreed_sheet} | {
            place.sheet for place in book.places.get(wanted.number, ())
        }
        if wanted.intent:
            needed |= {wanted.intent.sheet, wanted.intent.source_sheet}
    return {name for name in needed if name in book.sheets}


def _plan_order(book: Book, wanted: Wanted, plan: Plan) -> None:
    places = book.places.get(wanted.number, [])
    unusable = book.refused.get(wanted.sheet) or book.refused.get(wanted.agreed_sheet)
    if not unusable and not places and not wanted.is_new and book.refused:
        # A person may have moved its row to any ledger sheet.
        unusable = f"No row of G{wanted.number} can be found. {next(iter(book.refused.values()))}"
    if unusable:
        plan.attention[wanted.order_id] = (Attention.SHEET, unusable)
    elif not places:
        _plan_absent(book, wanted, plan)
    elif _is_taken(book, wanted, places):
        plan.attention[wanted.order_id] = (Attention.TAKEN, taken_text(wanted, places[0]))
    else:
        _plan_present(book, wanted, places, plan)


def taken_text(wanted: Wanted, place: Place) -> str:
    adding = wanted.intent is not None and wanted.intent.adds_row
    told = "it can't be told whether by our hand" if adding else "not by our hand"
    return f"G{wanted.number} already stands on {place.sheet}, row {place.row}, and {told}."


def _is_taken(book: Book, wanted: Wanted, places: Sequence[Place]) -> bool:
    """Whether the number of a new order stands in rows that are not by our hand.

    That we meant to add one shows nothing, since that may never have been sent. Where Excel has not said that it was
    done, a row is ours if it says all that we meant to write, or most of that in the very row that we meant.
    """
    if not wanted.is_new or wanted.agreed is not None:
        return False
    intent = wanted.intent
    if intent is None or not intent.adds_row:
        return True
    return not wanted.written and not any(
        place.sheet == intent.sheet and _says_enough(book, place, intent) for place in places
    )


def _says_enough(book: Book, place: Place, intent: Intent) -> bool:
    """A person may have corrected a cell meanwhile. The number is left out, since the row was found by that."""
    found = book.row_means(place)
    told = [
        same(BY_FIELD[name], found.get(name), cell.value) or found.get(name) == f"'{cell.value}"
        for name, cell in intent.cells.items()
        if name != "number"
    ]
    return all(told) or (place.row == intent.row and 2 * sum(told) > len(told))


def _plan_absent(book: Book, wanted: Wanted, plan: Plan) -> None:
    """No row has the number: a new row, unless there was one before."""
    if wanted.agreed is not None:
        plan.attention[wanted.order_id] = (
            Attention.GONE,
            f"The row of G{wanted.number} is gone from the workbook; it stood on {wanted.agreed_sheet}.",
        )
        return
    view = book.sheets[wanted.sheet]
    row = next_free_row(book, plan, wanted.sheet)
    cells: dict[str, IntendedCell] = {}
    for name, column in BY_FIELD.items():
        value = wanted.values[name]
        if name in view.columns and value not in ("", None):
            plan.write(
                wanted.sheet, row, view.columns[name], styled(column, value, view.at(row, view.columns[name]))
            )
            cells[name] = IntendedCell(value, "")
    plan.owners[wanted.sheet, row] = wanted.order_id
    plan.rows_added += 1
    plan.intents[wanted.order_id] = Intent("append", wanted.sheet, row, wanted.version, cells)


def next_free_row(book: Book, plan: Plan, sheet: str) -> int:
    """The next row below everything on the sheet, and below what this plan adds already."""
    row = plan.next_row.get(sheet, max(book.sheets[sheet].last_row, HEADER_ROW) + 1)
    plan.next_row[sheet] = row + 1
    return row


def _plan_present(book: Book, wanted: Wanted, places: Sequence[Place], plan: Plan) -> None:
    intent = wanted.intent
    if intent and intent.kind == "move" and intent.sheet != intent.source_sheet:
        copies = [p for p in places if p.sheet == intent.sheet]
        sources = [p for p in places if p.sheet == intent.source_sheet]
        if len(copies) > intent.surplus_here and len(sources) > intent.surplus_there:
            copy = _added(book, wanted, intent, copies)
            source = _best(book, sources, wanted.agreed or wanted.values)
            # One of them goes; what a person made of it since the copy stays, as what was surplus before.
            now = replace(intent, surplus_there=len(sources) - 1)
            _plan_copied(book, wanted, now, copy, source, plan)
            return
    _plan_row(book, wanted, own_place(book, wanted, places), plan)


def own_place(book: Book, wanted: Wanted, places: Sequence[Place]) -> Place:
    """The order's row among those with its number: the one that agrees with the base in most cells.

    A row that we just added is recognized by what we intended. A tie goes to the first, sheets in their order.
    """
    if len(places) == 1:
        return places[0]
    intent = wanted.intent
    if intent and intent.adds_row:
        added = [place for place in places if place.sheet == intent.sheet]
        if len(added) > intent.surplus_here:
            return _added(book, wanted, intent, added)
    base = wanted.agreed if wanted.agreed is not None else wanted.values
    written = intent.cells if intent else {}
    return max(
        places, key=lambda place: _likeness(book, place, base, written)
    )  # max keeps the first of equals


def _likeness(
    book: Book, place: Place, base: Mapping[str, Value], written: Mapping[str, IntendedCell]
) -> tuple[int, int]:
    """In how many cells a row is as agreed or as we intended it, and in how many as intended.

    A cell that we wrote must not make its row less the order's than a surplus one that still is as agreed.
    """
    as_agreed = same_cells(book, place, base)
    as_written = same_cells(book, place, {name: cell.value for name, cell in written.items()})
    return len(as_agreed | as_written), len(as_written)


def _added(book: Book, wanted: Wanted, intent: Intent, places: Sequence[Place]) -> Place:
    """The row that we added among those on one sheet; of equals the last, since rows are added at the end."""
    said = {**(wanted.agreed or {}), **{name: cell.value for name, cell in intent.cells.items()}}
    return _best(book, list(reversed(places)), said)


def _best(book: Book, places: Sequence[Place], values: Mapping[str, Value]) -> Place:
    return max(
        places, key=lambda place: len(same_cells(book, place, values))
    )  # max keeps the first of equals


def _plan_row(book: Book, wanted: Wanted, place: Place, plan: Plan) -> None:
    merged = merge(book, place, wanted)
    sheet = _merge_sheet(wanted, place, merged)
    strikes = _tries(wanted) + _struck(book, wanted, place)
    if merged.write and strikes >= MOST_TRIES:
        plan.attention[wanted.order_id] = (Attention.NOT_KEPT, _not_kept_text(book, place, merged))
        return
    moves = sheet != place.sheet
    if moves:
        moved = plan_move(book, wanted, place, merged, plan, row=next_free_row(book, plan, wanted.sheet))
        if not moved:
            return
    elif merged.write:
        _plan_update(book, wanted, place, merged, strikes, plan)
    _note_overwritten(wanted, merged, plan)
    plan.settled[wanted.order_id] = Settled(
        merged.agreed,
        wanted.agreed_sheet or place.sheet if moves else _agreed_sheet(wanted, place),
        merged.seen,
        arrived=not merged.write and not moves,
    )


def _agreed_sheet(wanted: Wanted, place: Place) -> str:
    """Where a person moved the row, the sheet that was agreed stays the base of the difference."""
    return wanted.agreed_sheet if place.sheet != wanted.sheet else place.sheet


def _merge_sheet(wanted: Wanted, place: Place, merged: Merge) -> str:
    """The sheet on which the row should stand: merged like a cell between base, database and workbook."""
    moved_by_us = wanted.intent is not None and wanted.intent.adds_row and wanted.intent.sheet == place.sheet
    base = place.sheet if moved_by_us else wanted.agreed_sheet
    if place.sheet in (wanted.sheet, base) or not base:
        return wanted.sheet
    if wanted.sheet == base:
        merged.seen[SHEET] = place.sheet
        return place.sheet
    merged.overwritten[SHEET] = place.sheet
    return wanted.sheet


def _plan_update(book: Book, wanted: Wanted, place: Place, merged: Merge, strikes: int, plan: Plan) -> None:
    view = book.sheets[place.sheet]
    cells: dict[str, IntendedCell] = {}
    for name, value in merged.write.items():
        column = view.columns[name]
        content = view.at(place.row, column)
        plan.write(place.sheet, place.row, column, styled(BY_FIELD[name], value, content))
        cells[name] = IntendedCell(value, content.text, told=name in merged.overwritten)
    plan.owners[place.sheet, place.row] = wanted.order_id
    plan.intents[wanted.order_id] = Intent(
        "update", place.sheet, place.row, wanted.version, cells, tries=strikes
    )


def _plan_copied(book: Book, wanted: Wanted, intent: Intent, copy: Place, source: Place, plan: Plan) -> None:
    """Both halves of a move stand there: the copy is completed, then the old row goes."""
    merged = merge(book, copy, wanted)
    unkept = copy_not_kept(book, wanted, copy, source, merged)
    tries = _tries(wanted)
    # A copy that stands there was sent; whether its completion was, only a flush that has seen the answer knows.
    sent = wanted.written or not tries
    strikes = tries + (int(sent) if unkept else _struck(book, wanted, copy))
    if strikes >= MOST_TRIES:
        plan.attention[wanted.order_id] = (Attention.NOT_KEPT, _not_kept_text(book, copy, merged, unkept))
        return
    if not plan_finished_copy(book, wanted, replace(intent, tries=strikes), copy, source, merged, plan):
        return
    _note_overwritten(wanted, merged, plan)
    plan.settled[wanted.order_id] = Settled(merged.agreed, wanted.agreed_sheet, merged.seen, arrived=False)


def _tries(wanted: Wanted) -> int:
    """Earlier writings that Excel did not keep; a change of the order begins anew."""
    intent = wanted.intent
    return intent.tries if intent and intent.version == wanted.version else 0


def _struck(book: Book, wanted: Wanted, place: Place) -> int:
    """1 when something else than we wrote stands where we wrote it.

    What stood there before counts only if Excel had said that the writing was done: else it may never have been.
    """
    intent = wanted.intent
    if intent is None or (intent.sheet, intent.row) != (place.sheet, place.row):
        return 0
    for name, cell in intent.cells.items():
        read = book.read_field(place, BY_FIELD[name])
        if read is None or same(BY_FIELD[name], read[0], cell.value):
            continue
        if wanted.written or read[1].text != cell.before:
            return 1
    return 0


def _not_kept_text(book: Book, place: Place, merged: Merge, unkept: Sequence[int] = ()) -> str:
    view = book.sheets[place.sheet]
    told = [
        f"{BY_FIELD[name].header}: “{value}” was written, “{view.at(place.row, view.columns[name]).text}” stands there"
        for name, value in merged.write.items()
    ]
    told += [f"“{view.at(place.row, column).text}” came of a copied cell" for column in unkept]
    return f"Excel does not keep what is written on {place.sheet}, row {place.row} ({'; '.join(told)})."


def _note_overwritten(wanted: Wanted, merged: Merge, plan: Plan) -> None:
    """Texts of people that give way, unless an earlier try of the same writing recorded them."""
    known = wanted.intent.cells if wanted.intent else {}
    new = {
        name: text
        for name, text in merged.overwritten.items()
        if not (name in known and known[name].told and known[name].before == text)
    }
    if new:
        plan.overwritten[wanted.order_id] = new
