"""Mail as plain text. What it gives may hold anything a person wrote, and is escaped like any other text."""

import html
import re
from typing import Final

import nh3

# What begins on a line of its own; everything else is dropped as a tag and kept as text.
_BLOCKS: Final = {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "div",
        "dl",
        "dt",
        "dd",
        "footer",
        "header",
        "hr",
        "li",
        "ol",
    ),
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "section", "table", "tr", "ul"),
}
_KEPT: Final = {*_BLOCKS, "br", "td", "th"}
# Dropped with what is in them.
_DROPPED: Final = {"script", "style", "title", "head", "template", "noscript"}
_LONGEST: Final = 2_000_000  # characters of one mail that are looked at


def text_of(page: str) -> str:
    """The text of an HTML mail, a line for each block, without scripts, styles and markup."""
    flat = " ".join(page[:_LONGEST].replace("\0", "").split())
    clean = nh3.clean(flat, tags=_KEPT, clean_content_tags=_DROPPED, attributes={}, strip_comments=True)
    spaced = re.sub(r"</t[dh]>", " ", clean)
    broken = re.sub(r"</?(\w+)>", lambda tag: "\n" if tag[1] in _BLOCKS or tag[1] == "br" else "", spaced)
    return tidy(html.unescape(broken))


def tidy(text: str) -> str:
    """A text without spaces at the ends of its lines, and with one empty line at most between two others."""
    lines = [" ".join(line.split()) for line in text.replace("\0", "").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
