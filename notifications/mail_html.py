"""A mail's plain text and table, as HTML and as text for readers without it."""

import re
from collections.abc import Sequence
from typing import Any

import nh3
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

# A paragraph that says only this is where the table goes; without one it goes to the end.
TABLE = "[orders]"
COLUMNS = {"number": "RO", "part": "Part", "serial": "Serial", "note": "Note"}
_LETTER = "font-family: Arial, Helvetica, sans-serif; font-size: 14px; line-height: 1.5; color: #1f2328"
_PARAGRAPH = "margin: 0 0 14px"
_TABLE = "border-collapse: collapse; margin: 0 0 14px; font-size: 14px"
_CELL = "border: 1px solid #c9d1d9; padding: 6px 10px; text-align: left; vertical-align: top"

# What is shown of a mail's HTML on our own pages, which forbid inline styles and give it theirs.
_SHOWN = {"div", "p", "br", "table", "thead", "tbody", "tr", "th", "td"}

Rows = Sequence[dict[str, Any]]


def paragraphs(body: str) -> list[str]:
    """The paragraphs of a plain text, which blank lines part."""
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", body.strip()) if part.strip()]


def html(texts: Sequence[str], rows: Rows) -> str:
    parts = [_html_table(rows) if part is None else _html_paragraph(part) for part in _laid_out(texts, rows)]
    return format_html('<div style="{}">{}</div>', _LETTER, mark_safe("".join(parts)))  # noqa: S308 (each is escaped)


def text(texts: Sequence[str], rows: Rows) -> str:
    return "\n\n".join(_text_table(rows) if part is None else part for part in _laid_out(texts, rows))


def shown(page: str) -> SafeString:
    """A mail's HTML for a page of ours: its paragraphs and tables, and nothing else that may be in it."""
    return mark_safe(nh3.clean(page, tags=_SHOWN, attributes={}))  # noqa: S308 (sanitised here)


def _laid_out(texts: Sequence[str], rows: Rows) -> list[str | None]:
    """The paragraphs, with None where the table stands."""
    parts: list[str | None] = [part for part in texts if part.strip() != TABLE]
    if rows:
        marked = [place for place, part in enumerate(texts) if part.strip() == TABLE]
        parts.insert(marked[0] if marked else len(parts), None)
    return parts


def _html_paragraph(paragraph: str) -> SafeString:
    lines = format_html_join(mark_safe("<br>"), "{}", ((line,) for line in paragraph.split("\n")))
    return format_html('<p style="{}">{}</p>', _PARAGRAPH, lines)


def _html_table(rows: Rows) -> SafeString:
    columns = _columns(rows)
    head = format_html_join("", '<th style="{}">{}</th>', ((_CELL, COLUMNS[name]) for name in columns))
    body = format_html_join("", "<tr>{}</tr>", ((_html_cells(row, columns),) for row in rows))
    return format_html(
        '<table style="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', _TABLE, head, body
    )


def _html_cells(row: dict[str, Any], columns: Sequence[str]) -> SafeString:
    return format_html_join("", '<td style="{}">{}</td>', ((_CELL, row.get(name, "")) for name in columns))


def _text_table(rows: Rows) -> str:
    columns = _columns(rows)
    return "\n".join(
        "; ".join(f"{COLUMNS[name]} {row[name]}" for name in columns if row.get(name)) for row in rows
    )


def _columns(rows: Rows) -> list[str]:
    """The notes' column is there when somebody wrote one."""
    return [name for name in COLUMNS if name != "note" or any(row.get("note") for row in rows)]
