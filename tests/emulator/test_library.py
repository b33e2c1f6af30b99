"""Files beside the workbook: what an item's id says, and for how long."""

from __future__ import annotations

from pathlib import Path

import httpx

from sync.emulator.process import start_emulator
from tests.emulator.client import Graph, make_workbook
from tests.support.emulated import PLAIN_HTTP

FOLDER, FILE = "Repair Orders", "Quote.pdf"


def item(graph: Graph, name: str) -> str:
    return f"{graph.emulator.base_url}/drives/{graph.emulator.drive_id}/items/{name}"


def made(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def folder(graph: Graph) -> str:
    return made(graph.http.post(item(graph, "root") + "/children", json={"name": FOLDER, "folder": {}}))


def uploaded(graph: Graph, parent: str) -> str:
    """A small file, in one piece; an upload's address takes no token."""
    begun = graph.http.post(f"{item(graph, parent)}:/{FILE}:/createUploadSession", json={})
    span = {"Content-Range": "bytes 0-2/3"}
    address = begun.json()["uploadUrl"]
    return made(httpx.put(address, content=b"PDF", headers=span, trust_env=False, verify=PLAIN_HTTP))


def found(graph: Graph, parent: str) -> str:
    return str(graph.http.get(f"{item(graph, parent)}:/{FILE}").json()["id"])


def deleted(graph: Graph, name: str) -> int:
    return graph.http.delete(item(graph, name)).status_code


def test_what_is_made_again_is_another_item(graph: Graph) -> None:
    """Whoever knows a deleted item's id cannot reach what stands in its place."""
    parent = folder(graph)
    ids = []
    for _ in range(3):
        ids.append(uploaded(graph, parent))
        assert deleted(graph, ids[-1]) == 204
        assert deleted(graph, ids[-1]) == 404
    assert len(set(ids)) == 3

    last = uploaded(graph, parent)
    assert deleted(graph, parent) == 204, "with all that is inside"
    again = folder(graph)
    assert again != parent
    assert uploaded(graph, again) not in {last, *ids}


def test_an_item_stays_itself_with_other_content_and_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    make_workbook(path)
    with start_emulator(path) as emulator, Graph(emulator) as graph:
        parent = folder(graph)
        first = uploaded(graph, parent)
        deleted(graph, first)
        second = uploaded(graph, parent)
        (tmp_path / "book library" / FOLDER / FILE).write_bytes(b"a person's own")
        assert found(graph, parent) == second
    with start_emulator(path) as emulator, Graph(emulator) as graph:
        assert found(graph, parent) == second
        assert deleted(graph, first) == 404
        assert deleted(graph, second) == 204
        assert uploaded(graph, parent) not in {first, second}
