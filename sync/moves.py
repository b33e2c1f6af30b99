"""Moving a row to another sheet: a full copy first, then, once that was read back, the old row goes. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from openpyxl.utils import get_column_letter

from sync.columns import BY_FIELD, Value, field_columns
from sync.merge import Merge
from sync.models import Attention
from sync.plan import CellWrite, Plan, RowDelete
from sync.sheets import (
    BLANK,
    GENERAL,
    HEADER_ROW,
    Book,
    Content,
    Place,
    SheetView,
    columns_named,
    moved,
    names_sheet,
)
from sync.styling import restored, styled
from sync.wanted import IntendedCell, Intent, Wanted


def plan_move(book: Book, wanted: Wanted, source: Place, merged: Merge, plan: Plan, *, row: int) -> bool:
    """Copies the row as it stands, our changed cells laid over it, into a new row of the wanted sheet.

    False when the row can't be moved whole; then the order needs a person.
    """
    old, new = book.sheets[source.sheet], book.sheets[wanted.sheet]
    places = book.places[wanted.number]
    if reason := _cannot_follow(old, new, source.row, wanted, ours=merged.write):
        plan.attention[wanted.order_id] = (Attention.SHEET, reason)
        return False
    for column, content in copied_cells(old, new, source.row, row):
        plan.write(wanted.sheet, row, column, copy_write(content))
    for name, value in merged.write.items():
        if name in new.columns:
            plan.write(wanted.sheet, row, new.columns[name], styled(BY_FIELD[name], value))
    plan.owners[wanted.sheet, row] = wanted.order_id
    plan.rows_added += 1
    plan.intents[wanted.order_id] = Intent(
        "move",
        wanted.sheet,
        row,
        wanted.version,
        _intended(old, source.row, merged),
        source.sheet,
        source.row,
        tuple(old.row(source.row)),
        surplus_here=sum(place.sheet == wanted.sheet for place in places),
        surplus_there=sum(place.sheet == source.sheet for place in places) - 1,
        headers=old.headers,
    )
    return True


def plan_finished_copy(
    book: Book, wanted: Wanted, intent: Intent, copy: Place, source: Place, merged: Merge, plan: Plan
) -> bool:
    """Completes a copy that was read back; when nothing is missing in it, plans the end of the old row.

    False when the copy can't be whole; then the order needs a person.
    """
    old, new = book.sheets[source.sheet], book.sheets[copy.sheet]
    ours = {*intent.cells, *merged.write}
    reason = _cannot_follow(old, new, source.row, wanted, ours=ours)
    if reason := reason or _came_apart(old, new, source.row, wanted, intent, copy_row=copy.row, ours=ours):
        plan.attention[wanted.order_id] = (Attention.SHEET, reason)
        return False
    missing = dict(_missing(old, new, source.row, copy.row, intent, merged))
    for column, content in missing.items():
        plan.write(copy.sheet, copy.row, column, copy_write(content, new.at(copy.row, column)))
    _note_given_way(old, source, intent, merged)
    for name, value in merged.write.items():
        plan.write(
            copy.sheet,
            copy.row,
            new.columns[name],
            styled(BY_FIELD[name], value, new.at(copy.row, new.columns[name])),
        )
    cells = {**intent.cells, **_intended(new, copy.row, merged)}
    complete = not missing and not merged.write
    plan.intents[wanted.order_id] = replace(
        intent,
        row=copy.row,
        version=wanted.version,
        cells=cells,
        source_row=source.row,
        # What changed since the copy was made stays known as changed until the copy has it.
        stood=tuple(old.row(source.row)) if complete else intent.stood,
        headers=old.headers if complete else intent.headers,
        deleting=complete,
    )
    if complete:
        plan.deletes.append(RowDelete(wanted.order_id, wanted.number, source.sheet, source.row))
    else:
        plan.owners[copy.sheet, copy.row] = wanted.order_id
    return True


def copy_not_kept(book: Book, wanted: Wanted, copy: Place, source: Place, merged: Merge) -> list[int]:
    """Columns of a copy that are to be written once more. A person who changes the old row makes one such round."""
    old, new, intent = book.sheets[source.sheet], book.sheets[copy.sheet], wanted.intent
    if intent is None:
        return []
    return [column for column, _ in _missing(old, new, source.row, copy.row, intent, merged)]


def copied_cells(old: SheetView, new: SheetView, old_row: int, new_row: int) -> Iterator[tuple[int, Content]]:
    """Every cell of the old row that holds something or has a format, with its column on the new sheet."""
    for column, target in _targets(old, new):
        content = old.at(old_row, column)
        if not content.is_blank or content.number_format != GENERAL:
            yield target, moved(content, from_row=old_row, to_row=new_row)


def copy_write(content: Content, current: Content = BLANK) -> CellWrite:
    if content.is_blank and current.is_blank:
        return CellWrite(None, content.number_format)
    return restored(content, current)


def _intended(view: SheetView, row: int, merged: Merge) -> dict[str, IntendedCell]:
    """Our own cells of a copy; the others keep their base, since they are a person's or agreed already."""
    return {name: _intended_cell(view, row, name, value, merged) for name, value in merged.write.items()}


def _intended_cell(view: SheetView, row: int, name: str, value: Value, merged: Merge) -> IntendedCell:
    before = (view.field_at(row, name) or BLANK).text
    return IntendedCell(value, before, told=name in merged.overwritten)


def _note_given_way(old: SheetView, source: Place, intent: Intent, merged: Merge) -> None:
    """A person's change to the old row, made after it was copied, in a cell that is ours: its text is kept."""
    columns_then = field_columns(intent.headers) if _has_other_columns(old, intent) else old.columns
    for name in intent.cells:
        column, then = old.columns.get(name), columns_then.get(name, 0)
        if column is None or not 0 < then <= len(intent.stood):
            continue
        content = old.at(source.row, column)
        if not content.is_blank and not content.same_content(intent.stood[then - 1]):
            merged.overwritten[name] = content.text


def _missing(
    old: SheetView, new: SheetView, source_row: int, copy_row: int, intent: Intent, merged: Merge
) -> Iterator[tuple[int, Content]]:
    """Cells that the copy lacks: not copied right, or changed in the old row since it was copied.

    What a person typed into the copy stays, since that is the row which stays.
    """
    if _has_other_columns(old, intent):
        return
    ours = {new.columns[name] for name in (*intent.cells, *merged.write) if name in new.columns}
    for column, target in _targets(old, new):
        if target in ours:
            continue
        content = moved(old.at(source_row, column), from_row=source_row, to_row=copy_row)
        stood = intent.stood[column - 1] if column <= len(intent.stood) else BLANK
        copied = moved(stood, from_row=source_row, to_row=copy_row)
        stands = new.at(copy_row, target)
        if stands.same_content(content):
            continue
        changed_since = not content.same_content(copied)
        not_kept = not intent.deleting and _not_kept(copied, stands)
        if not_kept or (changed_since and stands.same_content(copied)):
            yield target, content


def _not_kept(sent: Content, stands: Content) -> bool:
    """Whether Excel may have made this of what was sent: it may retype a text, and makes no other text of it."""
    if stands.is_blank or sent.is_blank:
        return stands.is_blank
    if sent.formula or not isinstance(sent.value, str):
        return False
    is_text = isinstance(stands.value, str) and not stands.formula
    return not is_text or str(stands.value).lstrip("'") == sent.value.lstrip("'")


def _cannot_follow(old: SheetView, new: SheetView, row: int, wanted: Wanted, *, ours: Collection[str]) -> str:
    """Why a row can't go to the other sheet without loss; nothing where it can. In `ours` our values are written."""
    if old.too_wide:
        return f"{old.name} is too wide for its rows to be moved without loss; please move G{wanted.number} by hand."
    targets = dict(_targets(old, new))
    held = [column for column in range(1, old.width + 1) if not old.at(row, column).is_blank]
    written = {old.columns[name] for name in ours if name in old.columns}
    lost = [column for column in held if column not in targets]
    kept = [column for column in held if column not in written]
    if leaving := [column for column in kept if names_sheet(old.at(row, column).formula, old.name)]:
        return (
            f"The formula in {_all_named(old, leaving)} of G{wanted.number} names {old.name}, the sheet that its row "
            f"is to leave. Please take that name out of the formula, or move the row by hand."
        )
    astray = [column for column in kept if _reckons_elsewhere(old.at(row, column).formula, old, new, targets)]
    if lost:
        told = f"{new.name} has no place for {_all_named(old, lost)}"
    elif astray:
        told = f"the formula in {_all_named(old, astray)} would reckon with other columns on {new.name}"
    else:
        return ""
    return (
        f"The columns of {old.name} and {new.name} differ: {told} of G{wanted.number}. "
        f"Please give both sheets the same headers, or move the row by hand."
    )


def _has_other_columns(old: SheetView, intent: Intent) -> bool:
    """Whether a person inserted, removed or renamed a column since the row was copied: then it can't be compared."""
    return bool(intent.headers) and intent.headers != old.headers


def _came_apart(
    old: SheetView,
    new: SheetView,
    row: int,
    wanted: Wanted,
    intent: Intent,
    *,
    copy_row: int,
    ours: Collection[str],
) -> str:
    """Why a row whose columns have changed since it was copied can't go: the copy does not hold all that it holds."""
    if not _has_other_columns(old, intent):
        return ""
    written = {old.columns[name] for name in ours if name in old.columns}
    pairs = [(column, target) for column, target in _targets(old, new) if column not in written]
    unlike = [
        column
        for column, target in pairs
        if not (content := moved(old.at(row, column), from_row=row, to_row=copy_row)).is_blank
        and not content.same_content(new.at(copy_row, target))
    ]
    if not unlike:
        return ""
    return (
        f"The columns of {old.name} were changed while the row of G{wanted.number} went to {new.name}, and its copy "
        f"there says something else in {_all_named(old, unlike)}. Please give both sheets the same headers and both "
        f"rows the same cells, or delete one of the two rows."
    )


def _reckons_elsewhere(formula: str, old: SheetView, new: SheetView, targets: Mapping[int, int]) -> bool:
    """Whether a formula, which keeps its letters, names a column that means something else on the new sheet."""
    taken = new.columns.values()
    named = columns_named(formula, old.width) if formula else ()
    return any(targets.get(c) != c if c <= old.width else c in taken for c in named)


def _all_named(view: SheetView, columns: Iterable[int]) -> str:
    return ", ".join(_named(view, column) for column in columns)


def _named(view: SheetView, column: int) -> str:
    text = view.at(HEADER_ROW, column).text.strip()
    return f"“{text}” ({get_column_letter(column)})" if text else f"column {get_column_letter(column)}"


def _targets(old: SheetView, new: SheetView) -> Iterator[tuple[int, int]]:
    """Each column of the old sheet that has one on the new: ours by their names, people's by headers or place.

    No two have the same one. A column without a target is left out, and a row that holds something there can't follow.
    """
    field_of = {column: name for name, column in old.columns.items()}
    headers, places, taken = _own_headers(old), _own_headers(new), set(new.columns.values())
    for column in range(1, old.width + 1):
        if name := field_of.get(column):
            target = new.columns.get(name)
        else:
            target = _own_target(column, headers, places)
            target = None if target in taken else target
        if target is not None:
            yield column, target


def _own_headers(view: SheetView) -> dict[int, str]:
    """The headers that people gave to columns of their own."""
    ours = set(view.columns.values())
    texts = {c: view.at(HEADER_ROW, c).text.strip().upper() for c in range(1, view.width + 1)}
    return {column: text for column, text in texts.items() if text and column not in ours}


def _own_target(column: int, old: dict[int, str], new: dict[int, str]) -> int | None:
    """Where a column of people's belongs: its place, unless that has another header; else where its header stands."""
    header, there = old.get(column, ""), new.get(column, "")
    same = [place for place, text in new.items() if text == header]
    if header != there and len(same) == 1 and list(old.values()).count(header) == 1:
        return same[0]
    return column if there in ("", header) else None
