"""Every refusal that Outlook is known for leads to one kind of reaction, and a mail that may be out stays one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.graph.errors import Gone, GraphError, NeedsPerson, NotNow, OutcomeUnknown, Refused, RetryLater
from sync.graph.outlook_errors import classify_outlook
from tests.graph.scripted import refusal


def sorted_as(status: int, code: str = "", *, writing: bool = True, wait: str = "") -> type[GraphError]:
    headers = {"Retry-After": wait} if wait else {}
    return type(classify_outlook(status, refusal(code) if code else None, headers, writing=writing))


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "ErrorItemNotFound", Gone),
        (400, "ErrorInvalidRecipients", Refused),
        (400, "ErrorInvalidIdMalformed", Refused),
        (400, "RequestBodyRead", Refused),
        (400, "ErrorDuplicateTransactionId", Refused),
        (409, "ErrorDuplicateTransactionId", Refused),
        (409, "ErrorIrresolvableConflict", NotNow),
        (413, "ErrorMessageSizeExceeded", Refused),
        (403, "ErrorAccessDenied", NeedsPerson),
        (403, "ErrorSendAsDenied", NeedsPerson),
        (403, "ErrorMessageSubmissionBlocked", NeedsPerson),
        (403, "ErrorExceededMessageLimit", NeedsPerson),
        (507, "ErrorQuotaExceeded", NeedsPerson),
        (404, "ErrorInvalidUser", NeedsPerson),
        (404, "ErrorNonExistentMailbox", NeedsPerson),
        (404, "MailboxNotEnabledForRESTAPI", NeedsPerson),
        (404, "Request_ResourceNotFound", NeedsPerson),
        (401, "InvalidAuthenticationToken", NeedsPerson),
        (429, "ApplicationThrottled", RetryLater),
    ],
)
def test_what_is_certain_is_the_same_for_reads_and_writes(
    status: int, code: str, kind: type[GraphError]
) -> None:
    for spelling in (code, code.upper()):
        assert sorted_as(status, spelling, writing=True) is kind
        assert sorted_as(status, spelling, writing=False) is kind


@pytest.mark.parametrize(
    ("status", "writing", "reading"),
    [
        (302, NeedsPerson, NeedsPerson),
        (400, Refused, Refused),
        (403, NeedsPerson, NeedsPerson),
        (404, Gone, Gone),
        (405, Refused, Refused),
        (408, OutcomeUnknown, NotNow),
        (409, NotNow, NotNow),
        (410, Gone, Gone),
        (412, NotNow, NotNow),
        (423, NotNow, NotNow),
        (429, RetryLater, RetryLater),
        (500, OutcomeUnknown, NotNow),
        (501, Refused, Refused),
        (502, OutcomeUnknown, RetryLater),
        (503, OutcomeUnknown, RetryLater),
        (504, OutcomeUnknown, NotNow),
        (599, OutcomeUnknown, NotNow),
    ],
)
def test_without_a_known_code_the_status_decides(
    status: int, writing: type[GraphError], reading: type[GraphError]
) -> None:
    for code in ("", "ErrorNeverHeardOf"):
        assert sorted_as(status, code, writing=True) is writing
        assert sorted_as(status, code, writing=False) is reading


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_wait_does_not_make_an_unclear_write_certain(status: int) -> None:
    error = classify_outlook(status, None, {"Retry-After": "7"}, writing=True)
    assert (type(error), error.retry_after) == (OutcomeUnknown, 7.0)


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_a_read_waits_as_long_as_it_is_told(status: int) -> None:
    error = classify_outlook(status, None, {"Retry-After": "7"}, writing=False)
    assert (type(error), error.retry_after) == (RetryLater, 7.0)


def test_a_code_below_counts_as_well() -> None:
    body = refusal("ErrorAccessDenied", "MailboxNotEnabledForRESTAPI", "not yet supported")
    error = classify_outlook(403, body, {}, writing=True)
    assert "no mailbox" in error.sentence
    assert (error.code, error.inner_code) == ("ErrorAccessDenied", "MailboxNotEnabledForRESTAPI")
    assert (error.status, error.detail) == (403, "not yet supported")


def test_what_every_mailbox_has_is_not_gone_but_the_mailbox_is_missing() -> None:
    for status in (404, 410):
        error = classify_outlook(status, None, {}, writing=True, of_mailbox=True)
        assert type(error) is NeedsPerson


@given(
    status=st.integers(300, 599),
    code=st.sampled_from(["", "ErrorItemNotFound", "ErrorInvalidUser", "generalException", "x"]),
    wait=st.sampled_from(["", "0", "30", "soon"]),
    writing=st.booleans(),
)
def test_any_refusal_has_a_sentence_and_only_writes_stay_unknown(
    status: int, code: str, wait: str, writing: bool
) -> None:
    error = classify_outlook(status, refusal(code), {"Retry-After": wait}, writing=writing)
    assert error.sentence.endswith(".")
    assert writing or not isinstance(error, OutcomeUnknown)
