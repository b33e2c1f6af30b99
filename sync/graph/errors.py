"""What Graph's refusals mean for us, sorted once and in one place.

Graph puts a general code on top and a precise one below it (`error.innerError.code`). The precise code
decides, then the general one, then the HTTP status. Codes are compared without case, messages never parsed.
Source: Microsoft's "Error handling for workbooks and charts APIs" and its table of error codes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final


class GraphError(Exception):
    """Something Graph refused or could not finish.

    `sentence` is for people, `code` and `inner_code` are Graph's own, `status` is the HTTP status (None when
    no answer came), `retry_after` the seconds in which nothing at all may be sent, `detail` Graph's message,
    for logs.
    """

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "",
        inner_code: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.inner_code = inner_code
        self.status = status
        self.retry_after = retry_after
        self.detail = detail

    @property
    def was_not_done(self) -> bool:
        """Whether the request was certainly not carried out: it was refused at the door."""
        return self.status is not None and 400 <= self.status < 500 and self.status != 408

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(status={self.status}, code={self.code!r}, inner_code={self.inner_code!r})"
        )


class RetryLater(GraphError):
    """Throttled or busy. Nothing at all may be sent for `retry_after` seconds (None: not named)."""


class SessionLost(GraphError):
    """The session is gone and may be made anew: open one, read again."""


class OutcomeUnknown(GraphError):
    """Nobody can say whether the request was carried out: throw the plan away, read again."""


class Unreachable(OutcomeUnknown):
    """There was no connection to send the request over, so that it was certainly not carried out."""

    @property
    def was_not_done(self) -> bool:
        return True


class NotNow(GraphError):
    """Not again in this flush; a later flush plans afresh. The session must not be used any more."""


class SessionBroken(NotNow):
    """Excel failed inside; a session that was used is dead with it, and its id must not be named again."""


class Refused(GraphError):
    """This very request will never succeed. Others may."""


class TooLarge(Refused):
    """This very request or its answer is too large. In parts it may succeed."""


class Missing(Refused):
    """Inside a session a sheet or a range is not there, or the whole file is not there any more."""


class NeedsPerson(GraphError):
    """Sign-in, permission, the file itself or our configuration: a person must look."""


class Gone(GraphError):
    """The message, event, task or list is not there (any more). Only Outlook says so."""


Verdict = tuple[type[GraphError], str]

_BUSY: Final[Verdict] = (RetryLater, "Microsoft 365 is busy and asked us to wait.")
_SESSION: Final[Verdict] = (SessionLost, "The Excel session has ended; a new one is opened.")
_UNKNOWN: Final[Verdict] = (OutcomeUnknown, "Excel did not confirm in time, so the workbook is read again.")
_LOCKED: Final[Verdict] = (NotNow, "Somebody else has the workbook locked for editing.")
_BROKEN: Final[Verdict] = (NotNow, "Excel reported an internal error.")
_DEAD: Final[Verdict] = (SessionBroken, "Excel reported an internal error.")
_BAD: Final[Verdict] = (Refused, "Excel refused the request as invalid.")
_MISSING: Final[Verdict] = (Missing, "Excel did not find that part of the workbook.")
_CONFLICT: Final[Verdict] = (
    Refused,
    "Excel refused the change because it conflicts with the sheet.",
)
_TOO_LARGE: Final[Verdict] = (TooLarge, "Excel refused the request because it is too large.")
_UNSUPPORTED: Final[Verdict] = (Refused, "Excel does not support this request.")
_SIGN_IN: Final[Verdict] = (NeedsPerson, "Microsoft 365 did not accept our sign-in.")
_FORBIDDEN: Final[Verdict] = (NeedsPerson, "Our account may not do this with the workbook.")
_GONE: Final[Verdict] = (
    NeedsPerson,
    "The workbook was not found. It may have been moved or deleted.",
)
_UNOPENABLE: Final[Verdict] = (NeedsPerson, "Excel on the web cannot open this workbook.")
_FULL: Final[Verdict] = (NeedsPerson, "The storage that holds the workbook is full.")
_REDIRECTED: Final[Verdict] = (
    NeedsPerson,
    "Graph is at another address; please check GRAPH_BASE_URL.",
)

# Precise codes, lower case. The order of the groups is the order of the table in Microsoft's documentation.
VERDICTS: Final[Mapping[str, Verdict]] = {
    "invalidsessionrecreatable": _SESSION,
    "invalidsessionauthentication": _SIGN_IN,
    "invalidsessionnotfound": _GONE,
    "invalidsessionaccessconflict": _LOCKED,
    "accessconflict": _LOCKED,
    "invalidsessionrestricted": _UNOPENABLE,
    "invalidsessionunexpected": _UNOPENABLE,
    "invalidsessionunsupportedworkbook": _UNOPENABLE,
    "unsupportedworkbook": _UNOPENABLE,
    "conflictuncategorized": _CONFLICT,
    "insertdeleteconflict": _CONFLICT,
    "filteredrangeconflict": _CONFLICT,
    "nonblankcelloffsheet": _CONFLICT,
    "itemalreadyexists": _CONFLICT,
    "internalservererroruncategorized": _DEAD,
    "toomanyrequestsuncategorized": _BUSY,
    "serviceunavailableuncategorized": _BUSY,
    "transientfailure": _BUSY,
    "editmodecannotacquirelocktoomanyrequests": _BUSY,
    "activitylimitreached": _BUSY,
    "applicationthrottled": _BUSY,
    "gatewaytimeoutuncategorized": _UNKNOWN,
    "maxrequestdurationexceeded": _UNKNOWN,
    "requestaborted": (OutcomeUnknown, "Excel took too long to calculate, so the workbook is read again."),
    "rangeexceedslimit": _TOO_LARGE,
    "payloadtoolargeuncategorized": _TOO_LARGE,
    "badrequestuncategorized": _BAD,
    "invalidargument": _BAD,
    "invalidreference": _BAD,
    "methodnotalloweduncategorized": _UNSUPPORTED,
    "notimplementeduncategorized": _UNSUPPORTED,
    "unsupportedoperation": _UNSUPPORTED,
    "unauthorizeduncategorized": _SIGN_IN,
    "invalidauthenticationtoken": _SIGN_IN,
    "forbiddenuncategorized": _FORBIDDEN,
    "accessdenied": _FORBIDDEN,
    "fileopenuserunauthorized": _FORBIDDEN,
    "editmodecannotacquirelock": _LOCKED,
    "resourcelocked": _LOCKED,
    "quotalimitreached": _FULL,
}

# Codes that say no more than an HTTP status; a failed operation carries them in an answer of status 200.
STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "badrequest": 400,
    "invalidrequest": 400,
    "unauthorized": 401,
    "unauthenticated": 401,
    "forbidden": 403,
    "notfound": 404,
    "notfounduncategorized": 404,
    "itemnotfound": 404,
    "resourcenotfound": 404,
    "methodnotallowed": 405,
    "conflict": 409,
    "payloadtoolarge": 413,
    "requestsizeexceeded": 413,
    "toomanyrequests": 429,
    "internalservererror": 500,
    "notimplemented": 501,
    "badgateway": 502,
    "serviceunavailable": 503,
    "gatewaytimeout": 504,
}

_BY_STATUS: Final[Mapping[int, Verdict]] = {
    401: _SIGN_IN,
    403: _FORBIDDEN,
    408: _UNKNOWN,
    409: _LOCKED,
    410: _GONE,
    413: _TOO_LARGE,
    423: _LOCKED,
    429: _BUSY,
    501: _UNSUPPORTED,
    503: _BUSY,
    504: _UNKNOWN,
    507: _FULL,
    509: _BUSY,
}


def classify(
    status: int, body: object, headers: Mapping[str, object], *, had_session: bool, writing: bool
) -> GraphError:
    """The error that an answer stands for.

    `had_session`: the request carried a workbook session id. `writing`: it would have changed something, so
    that an unclear answer leaves its outcome unknown. Header names may have any case.
    """
    code, inner_code = codes(body)
    verdict = _verdict(status, code, inner_code, had_session=had_session, writing=writing)
    if retry_after(headers) is not None and issubclass(verdict[0], SessionLost | OutcomeUnknown | NotNow):
        verdict = _BUSY
    return made(verdict, status, body, headers)


def made(verdict: Verdict, status: int, body: object, headers: Mapping[str, object]) -> GraphError:
    """The error of a verdict, with everything that the answer says about it."""
    kind, sentence = verdict
    error = error_object(body)
    code, inner_code = _codes(error)
    message = error.get("message")
    return kind(
        sentence,
        code=code,
        inner_code=inner_code,
        status=status,
        retry_after=retry_after(headers),
        detail=message[:500] if isinstance(message, str) else "",
    )


def codes(body: object) -> tuple[str, str]:
    """The general and the precise code of an answer in lower case, "" for what is not there."""
    code, inner_code = _codes(error_object(body))
    return code.lower(), inner_code.lower()


def error_object(body: object) -> Mapping[str, Any]:
    """The `error` object of an answer, empty when there is none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def header(headers: Mapping[str, object], name: str) -> str | None:
    """A header's value, whatever the case of its name."""
    for key, value in headers.items():
        if key.lower() == name:
            return str(value)
    return None


def retry_after(headers: Mapping[str, object]) -> float | None:
    """Seconds to wait, from `Retry-After` as a number or as an HTTP date; None when absent or unreadable.

    A date is measured against the answer's own `Date`, so that a clock that is off does no harm.
    """
    value = header(headers, "retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until = _http_date(value)
        if until is None:
            return None
        seconds = (until - (_http_date(header(headers, "date")) or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _http_date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _codes(error: Mapping[str, Any]) -> tuple[str, str]:
    """Graph's code and the one below it. Both spellings, `innerError` and `innererror`, are in use."""
    code = error.get("code")
    inner = error.get("innerError") or error.get("innererror")
    inner_code = inner.get("code") if isinstance(inner, Mapping) else None
    return (
        code if isinstance(code, str) else "",
        inner_code if isinstance(inner_code, str) else "",
    )


def _verdict(status: int, code: str, inner_code: str, *, had_session: bool, writing: bool) -> Verdict:
    by_inner = _by_code(inner_code, status, had_session=had_session, writing=writing)
    if by_inner:
        return by_inner
    if had_session and status in (502, 503):
        # Microsoft's special rule: without a precise code, such an answer means that the session is gone.
        return _SESSION
    by_code = _by_code(code, status, had_session=had_session, writing=writing)
    return by_code or _by_status(status, had_session=had_session, writing=writing)


def _by_code(code: str, status: int, *, had_session: bool, writing: bool) -> Verdict | None:
    if code == "generalexception":
        return _BAD if status < 500 else None  # with an internal error it says nothing about the request
    if code in STATUS_OF_CODE:
        return _by_status(STATUS_OF_CODE[code], had_session=had_session, writing=writing)
    return VERDICTS.get(code)


def _by_status(status: int, *, had_session: bool, writing: bool) -> Verdict:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 404:
        # Outside a session it can be nothing but the workbook itself.
        return _MISSING if had_session else _GONE
    if status == 502 and not writing:
        return _SESSION if had_session else _BUSY
    if 300 <= status < 400:
        return _REDIRECTED
    if 400 <= status < 500:
        return _BAD
    return _UNKNOWN if writing else _BROKEN
