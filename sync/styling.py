"""How a value is sent so that the cell holds just that: typed, and with a number format only where it needs one."""

from sync import columns
from sync.columns import Column, Kind, Value
from sync.plan import CellWrite
from sync.sheets import BLANK, GENERAL, TEXT_FORMAT, Content, is_date_format, typed


def styled(column: Column, value: Value, current: Content = BLANK) -> CellWrite:
    """What is sent so that a cell holds this value: typed, with a number format only where the cell needs one."""
    cell = columns.to_cell(column, value)
    if isinstance(cell.value, str):
        return _styled_text(cell.value, current)
    if column.kind is Kind.DATE:
        return CellWrite(cell.value, None if is_date_format(current.number_format) else cell.number_format)
    return CellWrite(cell.value, _number_format(column, cell.number_format, current))


def restored(content: Content, current: Content = BLANK) -> CellWrite:
    """What is sent so that a cell holds again, or holds as well, what was read elsewhere."""
    is_text = isinstance(content.value, str) and not content.formula
    # A number or formula that was typed before its cell was formatted as text would come back as text.
    number_format = GENERAL if content.number_format == TEXT_FORMAT and not is_text else content.number_format
    kept_both = is_text and current.value == f"'{content.value}"
    return CellWrite(content.value if kept_both else typed(content), number_format)


def _styled_text(text: str, current: Content) -> CellWrite:
    if not text:
        return CellWrite("")
    # The text format is sent even where the cell has it: should rows shift meanwhile, Excel must not retype the
    # text where it lands, or nobody would know it again.
    # Whether a text cell swallows a leading apostrophe is not documented: it is sent doubled, and single where
    # the read-back showed that both were kept.
    kept_both = current.value == "'" + text
    return CellWrite(text if kept_both else typed(Content(text, TEXT_FORMAT)), TEXT_FORMAT)


def _number_format(column: Column, number_format: str | None, current: Content) -> str | None:
    """Money and numbers keep the cell's format, unless it would show them as text or as a date."""
    unfit = current.number_format == TEXT_FORMAT or is_date_format(current.number_format)
    if unfit or (column.kind is Kind.MONEY and current.is_blank and current.number_format == GENERAL):
        return number_format
    return None
