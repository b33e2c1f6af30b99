"""What Outlook's refusals mean for us: mail, calendar and To Do.

Outlook's codes are its own, and so is the care that its answers need: a mail that was sent can't be taken
back, so a server error on a write never counts as "not done", even with a Retry-After.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.graph.errors import (
    Gone,
    GraphError,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    Refused,
    RetryLater,
    Verdict,
    codes,
    made,
    retry_after,
)

_BUSY: Final[Verdict] = (RetryLater, "Outlook is busy and asked us to wait.")
_UNKNOWN: Final[Verdict] = (OutcomeUnknown, "Outlook did not confirm, so what became of it is looked up.")
_BROKEN: Final[Verdict] = (NotNow, "Outlook reported an internal error.")
_CHANGED: Final[Verdict] = (NotNow, "Somebody else changed this in Outlook at the same moment.")
_BAD: Final[Verdict] = (Refused, "Outlook refused the request as invalid.")
_RECIPIENTS: Final[Verdict] = (Refused, "Outlook refused an address of this mail.")
_TOO_LARGE: Final[Verdict] = (Refused, "Outlook refused the request because it is too large.")
_REUSED: Final[Verdict] = (Refused, "Outlook already made another event under this id.")
_GONE: Final[Verdict] = (Gone, "Outlook does not have this any more.")
_SIGN_IN: Final[Verdict] = (NeedsPerson, "Microsoft 365 did not accept our sign-in.")
_FORBIDDEN: Final[Verdict] = (NeedsPerson, "Our account may not do this in that mailbox.")
_SEND_AS: Final[Verdict] = (NeedsPerson, "Our account may not send mail as that address.")
_BLOCKED: Final[Verdict] = (NeedsPerson, "Outlook does not let this mailbox send any more mail.")
_NO_MAILBOX: Final[Verdict] = (NeedsPerson, "Outlook has no mailbox under that address.")
_FULL: Final[Verdict] = (NeedsPerson, "The mailbox is full.")
_REDIRECTED: Final[Verdict] = (NeedsPerson, "Graph is at another address; please check GRAPH_BASE_URL.")

# Codes that say more than their status, lower case.
_BY_CODE: Final[Mapping[str, Verdict]] = {
    "erroritemnotfound": _GONE,
    "errorinvalidrecipients": _RECIPIENTS,
    "errorduplicatetransactionid": _REUSED,
    "errorirresolvableconflict": _CHANGED,
    "errormessagesizeexceeded": _TOO_LARGE,
    "erroraccessdenied": _FORBIDDEN,
    "errorsendasdenied": _SEND_AS,
    "errormessagesubmissionblocked": _BLOCKED,
    "errorexceededmessagelimit": _BLOCKED,
    "errorquotaexceeded": _FULL,
    # These come with status 404 too, and must not pass for a message that was deleted.
    "errorinvaliduser": _NO_MAILBOX,
    "errornonexistentmailbox": _NO_MAILBOX,
    "mailboxnotenabledforrestapi": _NO_MAILBOX,
    "mailboxnotsupportedforrestapi": _NO_MAILBOX,
    "request_resourcenotfound": _NO_MAILBOX,
}

_BY_STATUS: Final[Mapping[int, Verdict]] = {
    401: _SIGN_IN,
    403: _FORBIDDEN,
    404: _GONE,
    409: _CHANGED,
    410: _GONE,
    412: _CHANGED,
    413: _TOO_LARGE,
    423: _CHANGED,
    429: _BUSY,
    501: _BAD,
    507: _FULL,
    509: _BUSY,
}
_PASSING: Final = frozenset({502, 503})


def classify_outlook(
    status: int, body: object, headers: Mapping[str, object], *, writing: bool, of_mailbox: bool = False
) -> GraphError:
    """The error that an answer of Outlook stands for; `retry_after` is on it whatever its kind.

    A read (`writing` false) is never left unknown: it is RetryLater or NotNow. `of_mailbox`: what was asked for
    is in every mailbox, so that it can't be gone.
    """
    code, inner_code = codes(body)
    verdict = _BY_CODE.get(inner_code) or _BY_CODE.get(code) or _by_status(status, writing=writing)
    if verdict[0] is Gone and of_mailbox:
        verdict = _NO_MAILBOX
    if verdict[0] is NotNow and retry_after(headers) is not None:
        verdict = _BUSY
    return made(verdict, status, body, headers)


def _by_status(status: int, *, writing: bool) -> Verdict:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return _REDIRECTED
    if 400 <= status < 500 and status != 408:
        return _BAD
    if writing:
        return _UNKNOWN
    return _BUSY if status in _PASSING else _BROKEN
