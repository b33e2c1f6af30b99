"""The file behind the workbook: saved whole, read again when a person changed it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sync.emulator.process import EmulatorProcess
from tests.emulator.client import Graph, inner_code


def _item(graph: Graph) -> Any:
    return graph.http.get(graph.emulator.item_url).json()


def _wait_for_save(graph: Graph, before: str) -> None:
    while _item(graph)["cTag"] == before:
        pass


def _by_hand(path: Path, cell: str, value: Any) -> None:
    book = load_workbook(path)
    book["Active"][cell] = value
    book.save(path)


def test_the_item_tells_about_the_file(graph: Graph) -> None:
    item = _item(graph)
    assert (item["name"], item["size"]) == ("orders.xlsx", graph.emulator.workbook.stat().st_size)
    assert item["parentReference"]["driveId"] == "b!drive"
    chosen = graph.http.get(f"{graph.emulator.item_url}?$select=id,eTag").json()
    assert chosen == {"id": "01ITEM", "eTag": item["eTag"]}


def test_the_document_library_of_a_site_is_the_drive(graph: Graph) -> None:
    url = f"{graph.emulator.base_url}/sites/contoso.sharepoint.com,1,2/drive"
    assert graph.http.get(url).json()["driveType"] == "documentLibrary"
    assert graph.http.get(f"{url}?$select=id").json() == {"id": "b!drive"}


def test_a_change_is_saved_after_a_pause(graph: Graph) -> None:
    graph.options(save_debounce=0.05)
    before = _item(graph)["cTag"]
    graph.patch("D2", values=[["saved"]])
    _wait_for_save(graph, before)
    saved = load_workbook(graph.emulator.workbook)
    assert saved["Active"]["D2"].value == "saved"
    assert saved["Active"]["V2"].value == "mine 1"
    assert saved["O'Brien"]["A1"].value == "left alone"


def test_closing_a_session_saves_without_the_pause(graph: Graph) -> None:
    graph.options(save_debounce=3600)
    before = _item(graph)
    session = graph.session()
    graph.patch("D2", session=session, values=[["saved"]])
    assert _item(graph)["eTag"] == before["eTag"]
    graph.close(session)
    _wait_for_save(graph, before["cTag"])
    assert load_workbook(graph.emulator.workbook)["Active"]["D2"].value == "saved"
    assert _item(graph)["lastModifiedBy"]["user"]["displayName"] == "Workbook service"


def test_saving_replaces_the_file_as_a_whole(graph: Graph) -> None:
    with graph.emulator.workbook.open("rb") as opened_before:
        graph.patch("D2", values=[["new"]])
        graph.control("POST", "save")
        assert load_workbook(BytesIO(opened_before.read()))["Active"]["D2"].value == "note 1"
    assert load_workbook(graph.emulator.workbook)["Active"]["D2"].value == "new"
    assert list(graph.emulator.workbook.parent.glob("*.tmp")) == []
    assert list(graph.emulator.workbook.parent.glob(".*.tmp")) == []


def test_text_that_looks_like_something_else_survives_the_file(
    graph: Graph, running: EmulatorProcess
) -> None:
    texts = ["00123", "1E5", "3-4", "=1+1", "+1 305", "-hold-", "@x", "TRUE", " spaced ", "two\nlines"]
    graph.patch("D2:D11", values=[[text] for text in texts], numberFormat="@")
    graph.control("POST", "save")
    graph.control("POST", "reset")
    assert graph.values("D2:D11") == [[text] for text in texts]
    assert graph.get("D5")["valueTypes"] == [["String"]]


def test_a_file_changed_by_a_person_is_read_again(graph: Graph) -> None:
    graph.patch("D3", values=[["ours"]])
    graph.control("POST", "save")
    before = _item(graph)["cTag"]
    _by_hand(graph.emulator.workbook, "D2", "by hand")
    after = _item(graph)
    assert after["cTag"] != before
    assert after["lastModifiedBy"]["user"]["displayName"] == "A colleague"
    session = graph.session()
    assert graph.values("D2:D3", session=session) == [["by hand"], ["ours"]]


def test_a_formula_keeps_the_value_it_had(graph: Graph) -> None:
    graph.options(save_debounce=3600)
    graph.patch("F2", formulas=[["=A2*2"]])
    graph.control("POST", "save")
    graph.control("POST", "reset")
    assert (graph.get("F2")["formulas"], graph.get("F2")["values"]) == ([["=A2*2"]], [[76002]])


def test_the_open_file_is_locked(graph: Graph) -> None:
    url = f"{graph.emulator.item_url}/content"
    data = graph.http.get(url).content
    session = graph.session()
    answer = graph.http.put(url, content=data)
    assert (answer.status_code, inner_code(answer)) == (423, "resourceLocked")
    graph.close(session)
    assert graph.http.put(url, content=data).status_code == 200
    assert graph.values("A1") == [["RO"]]


def test_a_file_that_is_no_workbook_cannot_be_opened(graph: Graph) -> None:
    graph.http.put(f"{graph.emulator.item_url}/content", content=b"not a workbook")
    answer = graph.http.post(f"{graph.book}/createSession", json={"persistChanges": True})
    assert (answer.status_code, inner_code(answer)) == (500, "internalServerErrorUncategorized")
    assert answer.json()["error"]["innerError"]["innerError"]["code"] == "GenericFileOpenError"


@pytest.mark.parametrize("persist", [True, False])
def test_only_a_persistent_session_reaches_the_file(graph: Graph, *, persist: bool) -> None:
    session = graph.session(persist=persist)
    graph.patch("D2", session=session, values=[["x"]])
    graph.close(session)
    graph.control("POST", "save")
    saved = load_workbook(graph.emulator.workbook)["Active"]["D2"].value
    assert saved == ("x" if persist else "note 1")
