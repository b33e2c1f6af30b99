"""A scripted Graph, a connection to it, and the workbook that the stories are about."""

from collections.abc import Iterator

import pytest

from sync.graph.client import Connection
from sync.graph.tokens import StaticToken
from sync.graph.workbook import WorkbookFile
from tests.graph.scripted import ScriptedGraph


@pytest.fixture
def graph() -> Iterator[ScriptedGraph]:
    server = ScriptedGraph()
    yield server
    server.stop()


@pytest.fixture
def connection(graph: ScriptedGraph) -> Iterator[Connection]:
    connection = Connection(graph.base_url, StaticToken("secret-token"))
    yield connection
    connection.close()


@pytest.fixture
def workbook(connection: Connection) -> WorkbookFile:
    return WorkbookFile(connection, drive_id="b!drive", item_id="01ITEM")
