"""Every refusal that Graph is known for leads to exactly one kind of reaction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.graph.errors import (
    GraphError,
    Missing,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    Refused,
    RetryLater,
    SessionBroken,
    SessionLost,
    TooLarge,
    classify,
    retry_after,
)
from tests.graph.scripted import refusal

SECOND_LEVEL = [
    ("invalidSessionReCreatable", SessionLost),
    ("invalidSessionAuthentication", NeedsPerson),
    ("invalidSessionNotFound", NeedsPerson),
    ("invalidSessionAccessConflict", NotNow),
    ("accessConflict", NotNow),
    ("invalidSessionRestricted", NeedsPerson),
    ("invalidSessionUnexpected", NeedsPerson),
    ("invalidSessionUnsupportedWorkbook", NeedsPerson),
    ("unsupportedWorkbook", NeedsPerson),
    ("conflictUncategorized", Refused),
    ("insertDeleteConflict", Refused),
    ("filteredRangeConflict", Refused),
    ("nonBlankCellOffSheet", Refused),
    ("internalServerErrorUncategorized", SessionBroken),
    ("tooManyRequestsUncategorized", RetryLater),
    ("serviceUnavailableUncategorized", RetryLater),
    ("transientFailure", RetryLater),
    ("gatewayTimeoutUncategorized", OutcomeUnknown),
    ("rangeExceedsLimit", TooLarge),
    ("payloadTooLargeUncategorized", TooLarge),
    ("requestAborted", OutcomeUnknown),
    ("badRequestUncategorized", Refused),
    ("forbiddenUncategorized", NeedsPerson),
    ("notFoundUncategorized", Missing),
    ("methodNotAllowedUncategorized", Refused),
    ("notImplementedUncategorized", Refused),
    ("unauthorizedUncategorized", NeedsPerson),
    ("invalidArgument", Refused),
    ("invalidReference", Refused),
    ("itemNotFound", Missing),
    ("itemAlreadyExists", Refused),
    ("accessDenied", NeedsPerson),
    ("unsupportedOperation", Refused),
    ("EditModeCannotAcquireLockTooManyRequests", RetryLater),
    ("EditModeCannotAcquireLock", NotNow),
    ("MaxRequestDurationExceeded", OutcomeUnknown),
    ("resourceLocked", NotNow),
]


def sorted_as(
    status: int, body: object = None, *, session: bool = True, writing: bool = True
) -> type[GraphError]:
    return type(classify(status, body, {}, had_session=session, writing=writing))


@pytest.mark.parametrize(("inner_code", "kind"), SECOND_LEVEL)
@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
def test_the_precise_code_decides_whatever_the_status(
    inner_code: str, kind: type[GraphError], status: int
) -> None:
    assert sorted_as(status, refusal("whatever", inner_code)) is kind
    assert sorted_as(status, refusal("whatever", inner_code.upper())) is kind


@pytest.mark.parametrize(("code", "kind"), SECOND_LEVEL)
def test_a_precise_code_on_top_counts_when_there_is_none_below(code: str, kind: type[GraphError]) -> None:
    assert sorted_as(400, refusal(code)) is kind
    assert sorted_as(400, refusal(code, "somethingNew")) is kind


@pytest.mark.parametrize(
    ("status", "session", "writing", "kind"),
    [
        (302, True, False, NeedsPerson),
        (400, True, True, Refused),
        (401, True, True, NeedsPerson),
        (403, True, True, NeedsPerson),
        (404, True, True, Missing),
        (404, False, False, NeedsPerson),
        (405, True, True, Refused),
        (408, True, True, OutcomeUnknown),
        (409, True, True, NotNow),
        (410, False, False, NeedsPerson),
        (413, True, True, TooLarge),
        (413, False, True, TooLarge),
        (423, True, True, NotNow),
        (429, True, True, RetryLater),
        (429, False, False, RetryLater),
        (500, True, True, OutcomeUnknown),
        (500, True, False, NotNow),
        (501, True, True, Refused),
        (502, True, True, SessionLost),
        (502, False, True, OutcomeUnknown),
        (502, False, False, RetryLater),
        (503, True, True, SessionLost),
        (503, False, True, RetryLater),
        (504, True, True, OutcomeUnknown),
        (504, True, False, OutcomeUnknown),
        (507, True, True, NeedsPerson),
    ],
)
def test_without_a_known_code_the_status_decides(
    status: int, session: bool, writing: bool, kind: type[GraphError]
) -> None:
    assert sorted_as(status, session=session, writing=writing) is kind
    assert sorted_as(status, refusal("neverHeardOf"), session=session, writing=writing) is kind


def test_a_failed_operation_is_sorted_by_its_code_although_its_status_is_200() -> None:
    failed = {"status": "failed", **refusal("tooManyRequests")}
    assert sorted_as(200, failed, session=False) is RetryLater


@pytest.mark.parametrize(
    "body", [refusal("generalException"), refusal("whatever", "generalException")], ids=["on top", "below"]
)
def test_a_vague_internal_error_on_a_write_is_no_verdict_about_the_order(body: object) -> None:
    assert sorted_as(500, body, writing=True) is OutcomeUnknown
    assert sorted_as(503, body, writing=True) is SessionLost
    assert sorted_as(400, body, writing=True) is Refused


def test_both_spellings_of_the_inner_error_are_read() -> None:
    body = {"error": {"code": "x", "innererror": {"code": "accessConflict"}}}
    error = classify(409, body, {}, had_session=True, writing=True)
    assert (type(error), error.code, error.inner_code, error.status) == (NotNow, "x", "accessConflict", 409)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_wherever_a_wait_is_named_it_is_a_wait(status: int) -> None:
    error = classify(status, None, {"RETRY-AFTER": "7"}, had_session=True, writing=True)
    assert type(error) is RetryLater
    assert error.retry_after == 7.0


def test_a_wait_does_not_hide_what_a_person_must_see() -> None:
    error = classify(403, None, {"Retry-After": "7"}, had_session=True, writing=True)
    assert type(error) is NeedsPerson
    assert error.retry_after == 7.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("315", 315.0), ("1.5", 1.5), ("-4", 0.0), ("soon", None), ("", None), ("nan", None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}) == seconds


def test_retry_after_as_a_date_is_measured_by_the_clock_of_the_answer() -> None:
    headers = {"retry-after": "Sat, 01 Jan 2000 00:02:00 GMT", "date": "Sat, 01 Jan 2000 00:00:30 GMT"}
    assert retry_after(headers) == 90.0


@given(
    status=st.integers(100, 599),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["error", "code", "innerError", "message"]), inner, max_size=4)
        ),
        max_leaves=8,
    ),
    session=st.booleans(),
    writing=st.booleans(),
)
def test_any_answer_at_all_is_sorted_and_has_a_sentence(
    status: int, body: object, session: bool, writing: bool
) -> None:
    error = classify(status, body, {}, had_session=session, writing=writing)
    assert error.sentence.endswith(".")
    assert error.status == status
