"""A real emulator in a child process, spoken to over HTTP; every test starts from a fresh workbook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.emulator.process import EmulatorProcess, start_emulator
from tests.emulator.client import Graph, make_workbook
from tests.emulator.outlook import Outlook


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = tmp_path_factory.mktemp("emulator") / "orders.xlsx"
    make_workbook(path)
    with start_emulator(path, drive_id="b!drive", item_id="01ITEM") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def client(running: EmulatorProcess) -> Iterator[Graph]:
    with Graph(running) as client:
        yield client


@pytest.fixture
def graph(client: Graph) -> Graph:
    client.control("POST", "reset")
    make_workbook(client.emulator.workbook)
    return client


@pytest.fixture
def office(graph: Graph) -> Outlook:
    """The mailbox that writes to shops, asked for ids that stay."""
    return Outlook(graph)
