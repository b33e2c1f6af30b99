"""The gateway's whole day against the emulator, which refuses what Graph refuses."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from openpyxl import load_workbook

from sync.emulator.process import EmulatorProcess, start_emulator
from sync.graph.client import Connection
from sync.graph.errors import (
    GraphError,
    NeedsPerson,
    NotNow,
    OutcomeUnknown,
    Refused,
    RetryLater,
    SessionBroken,
    SessionLost,
    TooLarge,
)
from sync.graph.tokens import StaticToken
from sync.graph.workbook import (
    WorkbookFile,
    delete_rows,
    read_range,
    used_range,
    write_range,
)
from tests.graph.emulated import Control, make_ledger

HEADING, ONE, TWO, THREE = ["RO", "Note"], ["38001", "one"], ["38002", "two"], ["38003", "three"]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = make_ledger(tmp_path_factory.mktemp("emulator") / "Ledger.xlsx")
    with start_emulator(path, options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def control(emulator: EmulatorProcess) -> Iterator[Control]:
    control = Control(emulator)
    control.reset()
    make_ledger(emulator.workbook)
    yield control
    control.close()


@pytest.fixture
def workbook(emulator: EmulatorProcess, control: Control) -> Iterator[WorkbookFile]:
    connection = Connection(emulator.base_url, StaticToken(emulator.token))
    yield WorkbookFile(connection, drive_id=emulator.drive_id, item_id=emulator.item_id)
    connection.close()


@pytest.fixture
def session(workbook: WorkbookFile) -> str:
    return workbook.open_session()


@pytest.fixture
def active(workbook: WorkbookFile, session: str) -> str:
    return workbook.worksheets(session)[0].id


def test_a_day_without_trouble(workbook: WorkbookFile, control: Control, session: str, active: str) -> None:
    where, block = workbook.run(session, [used_range(active), read_range(active, "A1:B4")])
    assert where.body is not None
    assert block.body is not None
    assert (where.body["rowIndex"], where.body["rowCount"]) == (0, 4)
    assert block.body["values"] == [HEADING, ONE, TWO, THREE]
    found = workbook.run(
        session,
        [
            write_range(active, "A5:B6", [["00123", "=1+1"], ["1E5", None]], [["@", "@"], ["@", None]]),
            write_range(active, "A2:B2", [[None, ""]]),
            delete_rows(active, 3, 3),
        ],
    )
    assert [result.error for result in found] == [None] * 3
    workbook.close_session(session)
    assert control.cells() == [HEADING, ["38001", ""], THREE, ["00123", "=1+1"], ["1E5", ""]]
    stats = control.stats()
    assert stats["http_requests"] == workbook.http_requests == 5
    assert (stats["writing_steps"], workbook.batch_steps) == (3, 3)
    assert (stats["sessionless_writes"], stats["overlapping"]) == (0, 0)


def test_every_step_names_its_session_and_the_post_names_none(
    workbook: WorkbookFile, control: Control, session: str, active: str
) -> None:
    workbook.run(session, [read_range(active, "A1"), write_range(active, "B2", [["x"]])])
    post = control.log()[-1]
    assert (post["method"], post["path"], post["session"]) == ("POST", "/v1.0/$batch", None)
    assert [(step["method"], step["session"]) for step in post["steps"]] == [
        ("GET", session),
        ("PATCH", session),
    ]
    assert not any(step["url"].startswith("http") for step in post["steps"])


def test_sheets_with_odd_names_are_reached_by_id(
    workbook: WorkbookFile, control: Control, session: str
) -> None:
    sheets = workbook.worksheets(session)
    assert [(sheet.name, sheet.position) for sheet in sheets] == [("Active", 0), ("O'Brien & Co", 1)]
    workbook.run(session, [write_range(sheets[1].id, "A2", [["x"]])])
    assert control.cells("O'Brien & Co")[1][0] == "x"


def test_a_session_opened_in_the_background(workbook: WorkbookFile, control: Control) -> None:
    control.fault({"kind": "async_session", "polls": 1}, {"path_regex": "createSession"})
    session = workbook.open_session()
    assert control.log()[0]["status"] == 202
    assert workbook.worksheets(session)


def test_a_session_that_fails_in_the_background(workbook: WorkbookFile, control: Control) -> None:
    control.fault({"kind": "async_session", "polls": 1, "fails": True}, {"path_regex": "createSession"})
    with pytest.raises(GraphError):
        workbook.open_session()


def test_an_expired_session_writes_nothing(
    workbook: WorkbookFile, control: Control, session: str, active: str
) -> None:
    control.advance(3600)
    (result,) = workbook.run(session, [write_range(active, "B2", [["late"]])])
    assert type(result.error) is SessionLost
    assert control.cells() == [HEADING, ONE, TWO, THREE]
    workbook.close_session(session)


def test_a_step_of_a_closed_session_writes_nothing(
    workbook: WorkbookFile, control: Control, session: str, active: str
) -> None:
    workbook.close_session(session)
    first, second = workbook.run(session, [write_range(active, "B2", [["late"]]), delete_rows(active, 2, 2)])
    assert type(first.error) is SessionLost
    assert second.skipped
    assert control.cells() == [HEADING, ONE, TWO, THREE]


def test_one_bad_step_stops_the_ones_behind_it(
    workbook: WorkbookFile, control: Control, session: str, active: str
) -> None:
    control.fault({"kind": "refuse_cell_text", "text": "poison"})
    steps = [
        write_range(active, f"B{row}", [[text]]) for row, text in ((2, "good"), (3, "poison"), (4, "late"))
    ]
    good, bad, late = workbook.run(session, steps)
    assert (good.error, type(bad.error), late.skipped) == (None, Refused, True)
    assert control.cells() == [HEADING, ["38001", "good"], TWO, THREE]


INSIDE = {"in_batch": True, "method": "PATCH"}
OUTSIDE = {"in_batch": False, "path_regex": "batch"}


@pytest.mark.parametrize(
    ("status", "code", "inner_code", "kind"),
    [
        (500, "internalServerError", None, OutcomeUnknown),
        (500, "internalServerError", "internalServerErrorUncategorized", SessionBroken),
        (502, "badGateway", None, SessionLost),
        (503, "serviceUnavailable", None, SessionLost),
        (503, "serviceUnavailable", "serviceUnavailableUncategorized", RetryLater),
        (504, "gatewayTimeout", "gatewayTimeoutUncategorized", OutcomeUnknown),
        (409, "conflict", "accessConflict", NotNow),
        (423, "notAllowed", "resourceLocked", NotNow),
        (403, "forbidden", "forbiddenUncategorized", NeedsPerson),
        (413, "payloadTooLarge", "rangeExceedsLimit", TooLarge),
    ],
)
def test_a_refused_step_changes_nothing_and_is_sent_once(
    workbook: WorkbookFile,
    control: Control,
    session: str,
    active: str,
    status: int,
    code: str,
    inner_code: str | None,
    kind: type[GraphError],
) -> None:
    control.fault({"kind": "status", "status": status, "code": code, "inner_code": inner_code}, INSIDE)
    (result,) = workbook.run(session, [write_range(active, "B2", [["x"]])])
    assert type(result.error) is kind
    assert control.cells() == [HEADING, ONE, TWO, THREE]
    assert sum(entry["path"].endswith("$batch") for entry in control.log()) == 1


@pytest.mark.parametrize(
    ("action", "kind", "arrived"),
    [
        ({"kind": "status", "status": 500}, OutcomeUnknown, False),
        ({"kind": "status", "status": 502}, OutcomeUnknown, False),
        ({"kind": "status", "status": 503}, RetryLater, False),
        ({"kind": "status", "status": 504}, OutcomeUnknown, False),
        ({"kind": "status_after_apply", "status": 504}, OutcomeUnknown, True),
        ({"kind": "drop"}, OutcomeUnknown, False),
        ({"kind": "drop_after_apply"}, OutcomeUnknown, True),
    ],
)
def test_a_post_that_fails_is_sent_once_whether_it_arrived_or_not(
    workbook: WorkbookFile,
    control: Control,
    session: str,
    active: str,
    action: dict[str, object],
    kind: type[GraphError],
    arrived: bool,
) -> None:
    control.fault(action, OUTSIDE)
    with pytest.raises(GraphError) as caught:
        workbook.run(session, [delete_rows(active, 2, 2)])
    assert type(caught.value) is kind
    assert control.cells() == ([HEADING, TWO, THREE] if arrived else [HEADING, ONE, TWO, THREE])
    assert control.stats()["writing_steps"] == int(arrived)


def test_a_post_that_hangs_is_given_up(
    workbook: WorkbookFile, emulator: EmulatorProcess, control: Control, session: str, active: str
) -> None:
    control.fault({"kind": "hang", "seconds": 2}, OUTSIDE)
    connection = Connection(emulator.base_url, StaticToken(emulator.token))
    hurried = WorkbookFile(connection, drive_id=emulator.drive_id, item_id=emulator.item_id, read_timeout=0.3)
    with pytest.raises(OutcomeUnknown, match="in time"):
        hurried.run(session, [write_range(active, "B2", [["x"]])])
    connection.close()


@pytest.mark.parametrize("match", [INSIDE, OUTSIDE])
def test_nothing_is_sent_inside_a_retry_after(
    workbook: WorkbookFile, control: Control, session: str, active: str, match: dict[str, object]
) -> None:
    action = {"kind": "status", "status": 429, "code": "tooManyRequests", "retry_after": 30}
    control.fault(action, match)
    try:
        (result,) = workbook.run(session, [write_range(active, "B2", [["x"]])])
        error: GraphError | None = result.error
    except RetryLater as raised:
        error = raised
    assert type(error) is RetryLater
    assert error.retry_after == 30
    for send in (workbook.item, lambda: workbook.close_session(session)):
        with pytest.raises(RetryLater):
            send()
    assert control.stats()["retry_after_violations"] == 0


def test_a_demand_for_claims_cannot_be_met_by_a_fixed_token(workbook: WorkbookFile, control: Control) -> None:
    control.fault({"kind": "claims_challenge"})
    with pytest.raises(NeedsPerson):
        workbook.item()


def test_a_wrong_token_needs_a_person(emulator: EmulatorProcess, control: Control) -> None:
    connection = Connection(emulator.base_url, StaticToken("not-the-token"))
    stranger = WorkbookFile(connection, drive_id=emulator.drive_id, item_id=emulator.item_id)
    with pytest.raises(NeedsPerson, match="sign-in"):
        stranger.open_session()
    connection.close()


def test_a_workbook_that_is_not_there_needs_a_person(emulator: EmulatorProcess, control: Control) -> None:
    connection = Connection(emulator.base_url, StaticToken(emulator.token))
    missing = WorkbookFile(connection, drive_id=emulator.drive_id, item_id="01NOWHERE")
    for send in (missing.item, missing.open_session, missing.download):
        with pytest.raises(NeedsPerson):
            send()
    connection.close()


def test_the_file_and_what_the_drive_says_about_it(
    workbook: WorkbookFile, control: Control, session: str, active: str
) -> None:
    before = workbook.item()
    workbook.run(session, [write_range(active, "B2", [["x"]])])
    workbook.close_session(session)
    control.save()
    after = workbook.item()
    assert (before.name, after.name) == ("Ledger.xlsx", "Ledger.xlsx")
    assert before.ctag != after.ctag
    sheet = load_workbook(BytesIO(workbook.download()))["Active"]
    assert sheet["B2"].value == "x"
