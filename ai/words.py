"""What a person sees of the model's words: plain text with a little Markdown, and no way out of the program.

Addresses of mail and of other places are left out while the words stream in already, so that nothing that somebody
planted in a note or a mail can send a person anywhere. What is left may only link to our own pages and to carriers.
"""

import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from repairs.tracking import ADDRESSES

LINK_LEFT_OUT = "(link left out)"
ADDRESS_LEFT_OUT = "(address left out)"
_NO_SIGN = r"\s@＠﹫<>()"
# Whatever stands on both sides of an @, and the same with blanks or with words in its place.
_ADDRESS = re.compile(
    rf"[^{_NO_SIGN}]+[@＠﹫]+[^{_NO_SIGN}]+|[\w.+-]+\s?[(\[{{]\s?at\s?[)\]}}]\s?[\w.-]+"
    r"|\b[\w.+-]+ @ (?=[\w-]+[.．。｡]\w)|\b[\w.+-]+ at [\w-]+ dot \w+",
    re.I,
)
_PLACES = (
    "aero|app|biz|cloud|club|cn|co|com|de|dev|edu|es|eu|example|fr|gov|info|invalid|io|link|live|localhost|mil|mx|net"
    "|nl|online|org|page|pl|ru|shop|site|space|store|tech|test|top|tv|uk|us|web|website|xyz|zip"
)
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:)?//[^\s<>()\[\]]+|\bwww[.．。｡][^\s<>()\[\]]+"
    r"|\b(?:mailto|javascript|vbscript|data|tel|sms|callto|skype|file|ftp):[^\s<>()\[\]]+"
    rf"|(?<![\w/.-])(?:[\w-]+[.．。｡])+(?:{_PLACES})\b(?:[:/?#][^\s<>()\[\]]*)?"
    r"|(?<![\w/.-])(?:[\w-]+\.)+[a-z]{2,}/[^\s<>()\[\]]*|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])(?:[:/][^\s<>()\[\]]*)?",
    re.I,
)
_OWN = re.compile(
    r"/(?:orders|shops|inventory|queue|feed|runs|assistant/research)/(?:[0-9]+/)?(?:\?[\w=&%.+-]*)?"
)
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "code", "a"}
_markdown = MarkdownIt("zero", {"breaks": True, "html": False}).enable(
    ["emphasis", "list", "backticks", "link", "newline", "escape"]
)


def may_link(address: str) -> bool:
    """Whether an address leads to one of our own pages, or to a carrier's page for a tracking number."""
    return bool(_OWN.fullmatch(address)) or address.startswith(ADDRESSES)


_markdown.validateLink = may_link  # type: ignore[method-assign, assignment]  # the library's documented way


def cleaned(words: str) -> str:
    """Whole words without addresses of mail and without links to other places."""
    without = _ADDRESS.sub(ADDRESS_LEFT_OUT, words)
    return _LINK.sub(lambda found: found.group() if may_link(found.group()) else LINK_LEFT_OUT, without)


def shown(text: str) -> SafeString:
    """The words as HTML: emphasis, lists, code and permitted links; everything else is text."""
    html = nh3.clean(
        _markdown.render(cleaned(text)),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https"},
        link_rel="noreferrer noopener",
    )
    return mark_safe(html)  # noqa: S308 (it was cleaned in the line before)


def whole_words(text: str) -> tuple[str, str]:
    """A text that is still growing, parted after its last blank: what can be shown, and what must wait."""
    end = max(text.rfind(" "), text.rfind("\n")) + 1
    return text[:end], text[end:]
