"""What the drive knows about the workbook file, and the file itself."""

from datetime import UTC, datetime

import pytest

from sync.graph.client import Connection
from sync.graph.errors import GraphError, NeedsPerson, NotNow, OutcomeUnknown, RetryLater
from sync.graph.workbook import WorkbookFile
from tests.graph.scripted import Answer, ScriptedGraph, refusal


def test_what_the_drive_says(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(
        Answer(
            200,
            {
                "name": "Ledger.xlsx",
                "eTag": '"{E},5"',
                "cTag": '"c:{E},9"',
                "size": 4711,
                "lastModifiedDateTime": "2026-11-20T10:30:00Z",
                "lastModifiedBy": {"user": {"displayName": "Dana", "email": "dana@example.com"}},
                "webUrl": "https://example.com/Ledger.xlsx",
            },
        )
    )
    item = workbook.item()
    assert (item.name, item.etag, item.ctag, item.size) == ("Ledger.xlsx", '"{E},5"', '"c:{E},9"', 4711)
    assert item.last_modified_at == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert (item.last_modified_by, item.web_url) == ("Dana", "https://example.com/Ledger.xlsx")
    fields = "id,name,eTag,cTag,size,lastModifiedDateTime,lastModifiedBy,webUrl"
    assert graph.received[0].path == f"/v1.0/drives/b!drive/items/01ITEM?$select={fields}"


def test_what_the_drive_leaves_out_stays_empty(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, {"lastModifiedDateTime": "yesterday", "lastModifiedBy": {"application": {}}}))
    item = workbook.item()
    assert (item.ctag, item.size, item.last_modified_at, item.last_modified_by) == ("", 0, None, "")


def test_an_item_that_is_gone_needs_a_person(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(404, refusal("itemNotFound")), Answer(404, refusal("itemNotFound")))
    with pytest.raises(NeedsPerson, match="moved or deleted"):
        workbook.item()
    with pytest.raises(NeedsPerson, match="moved or deleted"):
        workbook.download()


def test_a_file_that_comes_without_a_redirect(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, raw=b"PK-the-file"))
    assert workbook.download() == b"PK-the-file"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(404), NeedsPerson),
        (Answer(503), RetryLater),
        (Answer(500), NotNow),
        (Answer(drop=True), OutcomeUnknown),
    ],
)
def test_a_presigned_address_that_fails(
    workbook: WorkbookFile, graph: ScriptedGraph, answer: Answer, kind: type[GraphError]
) -> None:
    graph.answer(Answer(302, headers={"Location": f"{graph.address}/file?tempauth=key"}), answer)
    with pytest.raises(GraphError) as caught:
        workbook.download()
    assert type(caught.value) is kind
    assert "tempauth" not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


@pytest.fixture
def nowhere(connection: Connection) -> WorkbookFile:
    return WorkbookFile(connection, drive_id="", item_id="01ITEM")


def test_the_drive_of_a_site(nowhere: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, {"id": "b!drive"}), Answer(200, {"name": "Ledger.xlsx"}))
    assert nowhere.find_drive("contoso.sharepoint.com,1,2") == "b!drive"
    assert nowhere.item().name == "Ledger.xlsx"
    site, item = (got.path.partition("?")[0] for got in graph.received)
    assert site == "/v1.0/sites/contoso.sharepoint.com,1,2/drive"
    assert item == "/v1.0/drives/b!drive/items/01ITEM"
    assert nowhere.http_requests == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, {}), NotNow),
        (Answer(404, refusal("itemNotFound")), NeedsPerson),
        (Answer(400, refusal("invalidRequest")), NeedsPerson),
        (Answer(403, refusal("accessDenied")), NeedsPerson),
        (Answer(429, headers={"Retry-After": "9"}), RetryLater),
    ],
)
def test_a_site_that_names_no_drive(
    nowhere: WorkbookFile, graph: ScriptedGraph, answer: Answer, kind: type[GraphError]
) -> None:
    graph.answer(answer)
    with pytest.raises(kind):
        nowhere.find_drive("contoso.sharepoint.com,1,2")


def test_a_retry_after_for_a_site_keeps_everything_quiet(nowhere: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(429, headers={"Retry-After": "9"}))
    for _ in range(2):
        with pytest.raises(RetryLater):
            nowhere.find_drive("contoso.sharepoint.com,1,2")
    assert len(graph.received) == 1
