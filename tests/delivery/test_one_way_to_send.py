"""Outlook's send is asked for in one place, behind the look whether the mail is APPROVED; every way to that state is
told in `test_only_what_is_approved`. Read from the source, so that a new way can't come in unseen.
"""

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.delivery.test_only_what_is_approved import PATHS
from tests.support.sources import ROOT, SOURCES, Function, functions, in_module

# Everything else that is called `send`: what is sent there is no mail.
OTHER_SENDS = {
    "sync/graph/client.py: _exchange": "a request of any kind",
    "sync/graph/transport.py: _send": "a request of any kind",
    "sync/documents.py: _sent_all": "a piece of a document",
    "genthrust/layers.py: send": "a hint to a socket",
}
DOOR = "notifications/sending.py: _hand_over"
APPROVED = "entry.state != Notification.State.APPROVED"
# The verbs after which a mail goes, and who calls them, each with the story in which that way is walked.
VERBS = {"approve", "approve_all", "retry", "resolve"}
WAYS = {
    "notifications/queue.py: approve_all": ("all_of_a_shop", "in_the_list", "in_the_admin"),
    "notifications/views/drafts.py: approve": ("on_its_card", "on_its_page", "approved_again_on_its_card"),
    "notifications/views/entries.py: approve": ("on_its_card", "approved_again_on_its_card"),
    "notifications/views/drafts.py: _button": ("on_its_page",),
    "notifications/views/entries.py: retry": ("tried_again_on_its_card",),
    "notifications/views/entries.py: resolve": ("decided_on_its_page",),
    "notifications/views/queue.py: approve_all": ("in_the_list",),
    "notifications/admin.py: _approve_seen": ("in_the_admin",),
    "notifications/admin.py: retry": ("tried_again_in_the_admin",),
}


def found(tells: Callable[[Function], bool]) -> set[str]:
    return {
        in_module(path, function)
        for path in SOURCES
        for function in functions(path.read_text())
        if tells(function)
    }


def sends(function: Function) -> bool:
    """It takes the `send` of something in hand, called or not. Django's signals name their sender."""
    signals = {
        id(node.func)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and any(keyword.arg == "sender" for keyword in node.keywords)
    }
    return any(
        isinstance(node, ast.Attribute) and node.attr == "send" and id(node) not in signals
        for node in ast.walk(function)
    )


def names_the_address(function: Function) -> bool:
    """One of its texts is an address at which Graph sends; what is only said about it is not."""
    said = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(function) if isinstance(node, ast.Constant) and id(node) not in said)
    return any(
        isinstance(text.value, str) and ("sendMail" in text.value or text.value.endswith("/send"))
        for text in texts
    )


def makes_mails_go(function: Function) -> bool:
    """It calls one of VERBS, as a module's or by its bare name."""
    called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    modules = {"queue", "deliveries", "drafts"}
    return any(
        target.id in ("approve", "approve_all")  # Django has a `resolve` of its own
        if isinstance(target, ast.Name)
        else isinstance(target, ast.Attribute)
        and target.attr in VERBS
        and isinstance(target.value, ast.Name)
        and target.value.id in modules
        for target in called
    )


def unguarded(text: str) -> list[str]:
    """The functions that hand a mail over without having looked before, in a transaction, whether it is APPROVED."""
    return [
        function.name
        for function in functions(text)
        if any(_hands_over(node) for node in ast.walk(function))
        and not any(_leaves_unless_approved(step) for step in _before_the_handing_over(function))
    ]


def _before_the_handing_over(function: Function) -> Iterator[ast.stmt]:
    for step in function.body:
        if any(_hands_over(node) for node in ast.walk(step)):
            return
        yield step


def _hands_over(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "_hand_over"


def _leaves_unless_approved(step: ast.stmt) -> bool:
    return isinstance(step, ast.With) and any(
        isinstance(inner, ast.If)
        and ast.unparse(inner.test) == APPROVED
        and isinstance(inner.body[-1], ast.Return)
        for inner in step.body
    )


def test_one_place_in_the_program_sends_mail() -> None:
    assert found(sends) == {DOOR, *OTHER_SENDS}
    assert found(names_the_address) == {"sync/graph/mail.py: send"}


def test_it_is_entered_only_after_the_look_whether_the_mail_is_approved() -> None:
    text = (ROOT / "notifications/sending.py").read_text()
    assert found(lambda function: any(_hands_over(node) for node in ast.walk(function))) == {
        "notifications/sending.py: _send"
    }
    assert unguarded(text) == []
    for other in (
        text.replace(APPROVED, "entry.state != Notification.State.REJECTED"),
        text.replace("        self._hand_over()\n", "").replace(
            "        if not self._fresh:\n", "        self._hand_over()\n        if not self._fresh:\n", 1
        ),
    ):
        assert other != text
        assert unguarded(other) == ["_send"], "and such a change is seen"


def test_every_way_to_an_approval_is_walked() -> None:
    assert found(makes_mails_go) == set(WAYS)
    assert {way for ways in WAYS.values() for way in ways} <= {path.__name__ for path in PATHS}


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("self.mailbox.send(message_id)", sends),
        ("retry_later(box.send, message_id)", sends),
        ("outlook.act('POST', f'{path}/send')", names_the_address),
        ("outlook.act('POST', '/sendMail', body)", names_the_address),
        ("queue.approve(draft, by=by)", makes_mails_go),
        ("act(lambda draft: deliveries.resolve(draft, sent=False))", makes_mails_go),
        ("approve(draft, by=by)", makes_mails_go),
    ],
)
def test_such_a_line_is_found(line: str, tells: Callable[[Function], bool]) -> None:
    assert [tells(function) for function in functions(f"def act():\n    {line}\n")] == [True]


@pytest.mark.parametrize("line", ["draft_made.send(sender=Draft)", "'POST /send'", "draft.approve()"])
def test_and_what_is_none_is_not(line: str) -> None:
    (function,) = functions(f"def act():\n    {line}\n")
    assert not sends(function)
    assert not names_the_address(function)
    assert not makes_mails_go(function)
