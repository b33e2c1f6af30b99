"""The service misbehaves in every way it knows, at every place: afterwards the rest arrives, and only once."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from sync import attention, runs
from sync.models import Attention, Run, RunStep
from tests.flush.house import House

pytestmark = pytest.mark.django_db(transaction=True)

Match = dict[str, Any]

# Where a fault strikes: the requests of a flush.
OPENING = {"path_regex": "createSession"}
SHEETS = {"method": "GET", "path_regex": "worksheets$", "in_batch": False}
READING: Match = {"method": "POST", "path_regex": r"\$batch", "in_batch": False}
READ_STEP = {"method": "GET", "in_batch": True, "nth": 10}
WRITING = READING | {"nth": 3}
WRITE_STEP: Match = {"method": "PATCH", "in_batch": True}
SECOND_WRITE_STEP = WRITE_STEP | {"nth": 2}
READ_BACK = READING | {"nth": 4}
LOOKING_AGAIN = READING | {"nth": 5}
DELETING = READING | {"nth": 6}
DELETE_STEP: Match = {"method": "POST", "path_regex": "delete", "in_batch": True}
SECOND_DELETE_STEP = DELETE_STEP | {"nth": 2}
CLOSING = {"path_regex": "closeSession"}


@dataclass(frozen=True)
class Case:
    name: str
    kind: str
    match: Match
    action: dict[str, Any] = field(default_factory=dict)
    times: int = 1


def status(number: int, **more: Any) -> dict[str, Any]:
    return {"status": number, **more}


PLACES: dict[str, Match] = {
    "opening": OPENING,
    "list of sheets": SHEETS,
    "reading": READING,
    "read step": READ_STEP,
    "writing": WRITING,
    "write step": WRITE_STEP,
    "second write step": SECOND_WRITE_STEP,
    "read-back": READ_BACK,
    "looking again": LOOKING_AGAIN,
    "deleting": DELETING,
    "delete step": DELETE_STEP,
    "second delete step": SECOND_DELETE_STEP,
    "closing": CLOSING,
}
IN_BATCH = [name for name, match in PLACES.items() if match.get("in_batch")]
OUTSIDE = [name for name in PLACES if name not in IN_BATCH]
THROTTLED = status(429, inner_code="tooManyRequestsUncategorized", retry_after=1)
CASES = [
    *(Case(f"429 with Retry-After at {p}", "status", PLACES[p], THROTTLED) for p in PLACES),
    *(
        Case(f"429 after applying at {p}", "status_after_apply", PLACES[p], THROTTLED)
        for p in ("writing", "delete step")
    ),
    *(
        Case(f"{code} at {p}", "status", PLACES[p], status(code))
        for code in (500, 502, 503, 504)
        for p in ("opening", "reading", "writing", "second write step", "delete step")
    ),
    *(
        Case(f"{code} after applying at {p}", "status_after_apply", PLACES[p], status(code))
        for code in (500, 502, 503, 504)
        for p in ("writing", "second write step", "deleting", "second delete step")
    ),
    *(Case(f"connection dropped at {p}", "drop", PLACES[p]) for p in OUTSIDE),
    *(Case(f"connection dropped after {p}", "drop_after_apply", PLACES[p]) for p in OUTSIDE),
    *(Case(f"session expires at {p}", "expire_session", PLACES[p]) for p in ("list of sheets", *IN_BATCH)),
    *(
        Case(f"{code} lock conflict at {p}", "status", PLACES[p], status(code, inner_code=inner))
        for code, inner in (
            (409, "accessConflict"),
            (423, "resourceLocked"),
            (429, "EditModeCannotAcquireLockTooManyRequests"),
        )
        for p in ("opening", "write step", "delete step")
    ),
    *(
        Case(
            f"internal error of Excel at {p}",
            "status",
            PLACES[p],
            status(500, inner_code="internalServerErrorUncategorized"),
        )
        for p in ("reading", "second write step", "delete step")
    ),
    Case("session opened in the background", "async_session", OPENING, {"polls": 1}),
    Case("session that fails in the background", "async_session", OPENING, {"polls": 1, "fails": True}),
    Case("three sessions in a row expire", "expire_session", WRITE_STEP, times=3),
    Case("three connections in a row drop", "drop_after_apply", WRITING, times=3),
]
# What needs a person: sign-in, permission, a file or a sheet that is not there. Nothing is tried again until somebody
# has looked.
FORBIDDEN = [
    Case(f"{code} at {p}", "status", PLACES[p], status(code, **more))
    for code, more in (
        (401, {"code": "InvalidAuthenticationToken"}),
        (403, {"code": "AccessDenied"}),
    )
    for p in ("opening", "reading", "writing", "deleting")
] + [
    Case("claims that a static token can't meet", "claims_challenge", WRITING),
    *(
        Case(f"404 at {p}", "status", PLACES[p], status(404, code="itemNotFound"))
        for p in ("reading", "writing", "write step", "second write step", "deleting", "delete step")
    ),
    *(
        Case(f"{code} with Retry-After at {p}", "status", PLACES[p], status(code, retry_after=1))
        for code in (400, 401, 403, 404, 507)
        for p in ("opening", "list of sheets", "reading")
    ),
]
# One of each kind is enough on every run; the rest of the table belongs to the long sweep.
QUICK = {
    "429 with Retry-After at writing",
    "429 with Retry-After at write step",
    "429 after applying at delete step",
    "500 at second write step",
    "502 after applying at writing",
    "503 at delete step",
    "504 at writing",
    "504 after applying at deleting",
    "504 at opening",
    "connection dropped after deleting",
    "connection dropped after writing",
    "connection dropped after opening",
    "connection dropped at read-back",
    "session expires at second write step",
    "session expires at second delete step",
    "409 lock conflict at write step",
    "423 lock conflict at opening",
    "internal error of Excel at second write step",
    "three sessions in a row expire",
    "session opened in the background",
    "session that fails in the background",
    "429 with Retry-After at closing",
    "401 at writing",
    "404 at second write step",
    "403 with Retry-After at opening",
    "507 with Retry-After at reading",
}


def parameters(cases: list[Case]) -> list[Any]:
    return [pytest.param(c, id=c.name, marks=() if c.name in QUICK else pytest.mark.chaos) for c in cases]


def busy(house: House) -> None:
    """Cells, two moves out of one sheet, a new order."""
    house.edit(38002, notes="a cell", final_cost="77.25")
    house.edit(38102, tracking_number="00123")
    house.status(38004, "SCRAP")
    house.status(38007, "SCRAP")
    house.create("NEW-1", serial_number="3-4")
    house.forget()


def test_the_quick_ones_are_in_the_table() -> None:
    assert {c.name for c in (*CASES, *FORBIDDEN)} >= QUICK


@pytest.mark.parametrize("case", parameters(CASES))
def test_the_rest_arrives(house: House, case: Case) -> None:
    busy(house)
    fault = house.fault(case.kind, match=case.match, times=case.times, **case.action)
    report = house.drain()
    assert house.fired(fault), "the fault met its request"
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()
    house.assert_well_behaved()


@pytest.mark.parametrize("case", parameters(FORBIDDEN))
def test_what_needs_a_person_stops_and_says_so(house: House, case: Case) -> None:
    busy(house)
    house.fault(case.kind, match=case.match, **case.action)
    report = house.drain()
    assert report["pending"] > 0
    assert report["needs_attention"][-1]["code"] == "workbook"
    run = Run.objects.latest("pk")
    assert (run.state, run.error) == (Run.State.FAILED, report["needs_attention"][-1]["reason"])
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()
    house.assert_well_behaved()


def test_a_bad_row_stands_alone_with_its_reason_and_the_rest_arrives(house: House) -> None:
    house.fault("refuse_cell_text", times=None, text="POISON")
    for number in range(38001, 38013):
        house.edit(number, internal_status="POISON" if number == 38008 else "fine")
    report = house.drain()
    (entry,) = report["needs_attention"]
    assert (entry["order"], entry["code"]) == (38008, Attention.REFUSED)
    assert entry["reason"] == "Excel refused the request as invalid."
    assert report["orders_synced"] == 11
    house.assert_agreement(without=(38008,))
    house.assert_nothing_open(without=(38008,))
    assert RunStep.objects.filter(trouble=True, text__startswith="Excel refused rows").exists()

    house.edit(38008, internal_status="mended")
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()


def test_a_session_in_which_excel_failed_is_never_named_again(house: House) -> None:
    busy(house)
    broken = status(500, inner_code="internalServerErrorUncategorized")
    house.fault("status", match=SECOND_WRITE_STEP, **broken)
    assert (house.drain()["pending"], house.workbook.session_id) == (0, "")
    named = [
        entry["session"] or entry["steps"][0]["session"]
        for entry in house.log()
        if entry["session"] or entry["steps"]
    ]
    dead = named[0]
    failed_at = max(place for place, session in enumerate(named) if session == dead)
    assert house.log()  # the chain that failed is the last that names it
    assert dead not in named[failed_at + 1 :]
    assert not any(e["session"] == dead and "closeSession" in e["path"] for e in house.log())
    house.assert_at_rest()


def test_a_wait_at_the_clocks_looking_asks_for_nobody(house: House) -> None:
    house.fault("status", match={"method": "GET", "in_batch": False}, **THROTTLED)
    runs.start_check(by=None)
    runs.sweep()
    assert house.workbook.not_before is not None
    assert house.drain()["needs_attention"] == []


def test_a_post_that_is_too_large_is_sent_in_halves(house: House) -> None:
    house.edit(38002, notes="one of two in a block")
    house.edit(38003, notes="the other")
    house.edit(38102, notes="on another sheet")
    house.forget()
    fault = house.fault(
        "status", match=WRITING, times=2, status=413
    )  # the post, then its first half: one block
    report = house.drain()
    assert house.fired(fault)
    assert (report["pending"], report["needs_attention"], report["orders_synced"]) == (0, [], 3)
    house.assert_at_rest()
    house.assert_well_behaved()


def test_three_bad_rows_among_new_and_moved_ones(house: House) -> None:
    house.fault("refuse_cell_text", times=None, text="POISON")
    house.edit(38002, notes="POISON")
    house.edit(38003, notes="fine")
    house.edit(38004, notes="POISON")
    house.status(38004, "SCRAP")
    house.status(38005, "SCRAP")
    bad, good = house.create("POISON"), house.create("FINE")
    report = house.drain()
    assert {e["order"]: e["code"] for e in report["needs_attention"]} == dict.fromkeys(
        (38002, 38004, bad.number), Attention.REFUSED
    )
    house.assert_agreement(without=(38002, 38004, bad.number))
    assert house.places(bad.number) == []
    assert house.place(38004)[0] == "Active"

    house.all_well()
    for number in (38002, 38004, bad.number):
        attention.try_again(house.replica(number), by=None)
    house.drain()
    house.assert_at_rest()
    assert house.place(good.number)[0] == "Active"


def test_a_row_that_can_t_be_deleted_is_not_copied_twice(house: House) -> None:
    house.status(38004, "SCRAP")
    house.status(38005, "SCRAP")
    house.fault("status", match=DELETE_STEP, times=1, status=400, inner_code="insertDeleteConflict")
    report = house.drain()
    (entry,) = report["needs_attention"]
    assert entry["code"] == Attention.REFUSED
    assert "can't be removed" in entry["reason"]
    attention.try_again(house.replica(entry["order"]), by=None)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    house.assert_at_rest()


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        pytest.param(status(400, inner_code="insertDeleteConflict"), Attention.REFUSED, id="400"),
        pytest.param(status(404, code="itemNotFound"), Attention.NONE, id="404", marks=pytest.mark.chaos),
        pytest.param(status(423, inner_code="resourceLocked"), Attention.NONE, id="423"),
        pytest.param(status(500), Attention.NONE, id="500"),
        pytest.param(status(503), Attention.NONE, id="503", marks=pytest.mark.chaos),
    ],
)
def test_where_the_old_row_can_t_be_deleted_both_stand_until_it_can(
    house: House, answer: dict[str, Any], asked: Attention
) -> None:
    house.status(38004, "SCRAP")
    house.fault("status", match=DELETE_STEP, times=None, **answer)
    runs.sweep()
    assert [sheet for sheet, _ in house.places(38004)] == ["Active", "Returns"]
    replica = house.replica(38004)
    assert (replica.attention, replica.sheet) == (asked, "Active")
    assert replica.pending_since
    assert replica.intent
    assert replica.intent["kind"] == "move"
    house.person("Active", {"set": {"Q5": "typed meanwhile"}})

    house.all_well()
    if asked:
        attention.try_again(replica, by=None)
    report = house.drain()
    assert (report["pending"], report["needs_attention"]) == (0, [])
    assert house.place(38004)[0] == "Returns"
    assert house.cell(38004, "shop_status") == "typed meanwhile"
    house.assert_at_rest(without=(38004,))
    house.assert_nothing_open()
