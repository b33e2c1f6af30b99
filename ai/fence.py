"""Data for the model, marked as data. Nothing in it can close the fence: the marks can't be written inside."""

import json
from typing import Any


def fenced(what: str, data: Any, *, longest: int | None = None) -> str:
    """Data as JSON between marks that its texts can't hold, because every angle bracket in it is escaped.

    What is longer than `longest` signs is cut off inside the marks.
    """
    text = json.dumps(data, ensure_ascii=False, default=str)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", " ").replace("\u2029", " ")
    if longest is not None and len(safe) > longest:
        safe = f"{safe[:longest]}… (cut)"
    return f'<data from="{what}">\n{safe}\n</data>'
