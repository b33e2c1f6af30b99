"""What a person sees of a model's words: a small Markdown, no markup, no way out of the program."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai import words

ALLOWED = re.compile(
    r"</?(?:p|strong|em|ul|ol|li|code)>|<br>|<a href=\"[^\"]*\" rel=\"noreferrer noopener\">|</a>"
)


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("two **bold** words", "<p>two <strong>bold</strong> words</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("`code`", "<p><code>code</code></p>"),
        ("[G1](/orders/1/)", '<p><a href="/orders/1/" rel="noreferrer noopener">G1</a></p>'),
        ("[late](/feed/?level=1)", '<p><a href="/feed/?level=1" rel="noreferrer noopener">late</a></p>'),
        (
            "[UPS](https://www.ups.com/track?tracknum=1Z1)",
            '<p><a href="https://www.ups.com/track?tracknum=1Z1" rel="noreferrer noopener">UPS</a></p>',
        ),
        ("3 < 4 & 5 > 4", "<p>3 &lt; 4 &amp; 5 &gt; 4</p>"),
    ],
)
def test_the_small_markdown(said: str, html: str) -> None:
    assert words.shown(said).strip() == html


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//elsewhere.example/a)",
    "[x](/\\elsewhere.example)",
    "[x](https://elsewhere.example/?q=secret)",
    "[x](https://www.ups.com.elsewhere.example/track?tracknum=1)",
    "[x](https://www.ups.com@elsewhere.example/track?tracknum=1)",
    "[x](/accounts/logout/)",
    "[x](/admin/)",
    "[x](/assistant/proposals/1/confirm/)",
    "[x](/orders/1/../../admin/)",
    "[x](/orders/1/?next=https://elsewhere.example)",
    "![x](https://elsewhere.example/pixel.png)",
    "![x](/orders/1/)",
    "<https://elsewhere.example>",
    "https://elsewhere.example/a?b=c",
    "www.elsewhere.example",
    "mailto:bob@elsewhere.example",
    "write to bob@elsewhere.example now",
    "[a]: https://elsewhere.example\n\n[a]",
    '"bob"@elsewhere.example',
    "bob＠elsewhere．example",
    "bob@elsewhere.\nexample",
    "bob @ elsewhere.example",
    "bob (at) elsewhere.example",
    "bob@[10.0.0.1]",
    "bob@@elsewhere.example",
    "bob at elsewhere dot example",
    "open elsewhere.example",
    "open ELSEWHERE.EXAMPLE/login",
    "open pay.elsewhere.in/login",
    "open 169.254.169.254/latest",
    "tel:+13055550100",
    "<svg/onload=alert(1)>",
    "```html\n<b>x</b>\n```",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<style>*{display:none}</style>",
    "<form action=https://elsewhere.example><input></form>",
]


@pytest.mark.parametrize(
    "said",
    [
        "The part 3605812-17 at $1,500.00 is 4.5 days late, e.g. since Nov. 24; see G38573.",
        "2 pieces @ $500, revision 1.2.3 and/or A.B.C. It waits for a quote.Please ask.",
        "Aero Avionics Inc. and St. Louis: no answer yet...",
    ],
)
def test_what_is_no_address_stays(said: str) -> None:
    assert words.cleaned(said) == said


@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_words_become_text_without_a_link(said: str) -> None:
    html = str(words.shown(said))
    assert "<" not in ALLOWED.sub("", html), html
    assert not re.search(r"elsewhere ?(?:[.．]|dot )", html, re.I), html
    assert "10.0.0.1" not in html
    assert "169.254" not in html
    assert "+1305" not in html
    assert set(re.findall(r'href="([^"]*)"', html)) <= {"/orders/1/"}
    assert "@" not in html


@given(st.text())
def test_whatever_is_said_only_permitted_markup_comes_out(said: str) -> None:
    assert "<" not in ALLOWED.sub("", str(words.shown(said)))


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "bob@", "elsewhere.example", "http", "://", " ", "\n", "and"]), max_size=8
    )
)
def test_words_that_stream_in_are_cleaned_however_they_are_cut(pieces: list[str]) -> None:
    shown = waiting = ""
    for piece in pieces:
        whole, waiting = words.whole_words(waiting + piece)
        shown += words.cleaned(whole)
    shown += words.cleaned(waiting)
    assert "bob@elsewhere.example" not in shown
    assert "https://elsewhere.example" not in shown
