"""The sign-in goes to the Graph address from the settings and nowhere else, and shows up nowhere."""

import base64
from collections.abc import Iterator

import pytest

from sync.graph.client import Connection
from sync.graph.errors import NeedsPerson
from sync.graph.tokens import StaticToken, claims_challenge
from sync.graph.workbook import WorkbookFile
from tests.graph.scripted import Answer, ScriptedGraph


class RenewableToken:
    """Signs in anew whenever claims are demanded, as Microsoft Entra ID would."""

    def __init__(self) -> None:
        self.demanded: list[str] = []

    def token(self, claims: str | None = None) -> str:
        if claims:
            self.demanded.append(claims)
        return f"token-{len(self.demanded)}"

    def forget(self) -> None:
        """Nothing is bound to a process."""


@pytest.fixture
def elsewhere() -> Iterator[ScriptedGraph]:
    server = ScriptedGraph()
    yield server
    server.stop()


def test_an_absolute_address_on_another_host_is_refused(
    connection: Connection, graph: ScriptedGraph, elsewhere: ScriptedGraph
) -> None:
    for address in (f"{elsewhere.base_url}/x", "//127.0.0.1/x", "https://graph.example.com/v1.0/x", "x"):
        with pytest.raises(NeedsPerson, match="another server"):
            connection.request("GET", address)
    assert graph.received == elsewhere.received == []


def test_this_machine_by_another_name_is_the_same_host(connection: Connection, graph: ScriptedGraph) -> None:
    graph.answer(Answer(200, body={}))
    named = graph.base_url.replace("127.0.0.1", "localhost")
    assert connection.request("GET", f"{named}/x").status == 200


def test_an_operation_on_another_host_is_not_followed(
    workbook: WorkbookFile, graph: ScriptedGraph, elsewhere: ScriptedGraph
) -> None:
    graph.answer(Answer(202, headers={"Location": f"{elsewhere.base_url}/operations/1"}))
    with pytest.raises(NeedsPerson, match="another server"):
        workbook.open_session()
    assert elsewhere.received == []


def test_a_download_follows_to_the_presigned_address_without_the_token(
    workbook: WorkbookFile, graph: ScriptedGraph, elsewhere: ScriptedGraph
) -> None:
    graph.answer(Answer(302, headers={"Location": f"{elsewhere.address}/file?tempauth=key"}))
    elsewhere.answer(Answer(200, raw=b"PK-the-file"))
    assert workbook.download() == b"PK-the-file"
    assert graph.received[0].path == "/v1.0/drives/b!drive/items/01ITEM/content"
    assert elsewhere.received[0].path == "/file?tempauth=key"
    assert "authorization" not in elsewhere.received[0].headers
    assert workbook.http_requests == 2


def test_a_download_is_not_followed_into_the_clear(workbook: WorkbookFile, graph: ScriptedGraph) -> None:
    graph.answer(Answer(302, headers={"Location": "http://files.example.com/file"}))
    with pytest.raises(NeedsPerson, match="without encryption"):
        workbook.download()


@pytest.mark.parametrize(
    "address", ["http://graph.example.com/v1.0", "ftp://127.0.0.1/", "graph", "http://127.0.0.2/"]
)
def test_a_base_address_in_the_clear_is_refused(address: str) -> None:
    with pytest.raises(NeedsPerson, match="GRAPH_BASE_URL"):
        Connection(address, StaticToken("secret-token"))


def test_a_demand_for_new_claims_is_met_once(graph: ScriptedGraph) -> None:
    tokens = RenewableToken()
    connection = Connection(graph.base_url, tokens)
    claims = base64.b64encode(b'{"access_token":{}}').decode()
    challenge = Answer(
        401, headers={"WWW-Authenticate": f'Bearer error="insufficient_claims", claims="{claims}"'}
    )
    graph.answer(challenge, Answer(200, {}), challenge, challenge)
    checks: list[int] = []
    assert connection.request("GET", "/a", before_send=lambda: checks.append(1)).status == 200
    assert connection.request("GET", "/b").status == 401
    assert [got.headers["authorization"] for got in graph.received] == [
        "Bearer token-0",
        "Bearer token-1",
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert tokens.demanded == ['{"access_token":{}}'] * 2
    assert len(checks) == 2
    connection.close()


def test_a_plain_401_is_not_repeated(connection: Connection, graph: ScriptedGraph) -> None:
    graph.answer(Answer(401, headers={"WWW-Authenticate": "Bearer"}), Answer(200, {}))
    assert connection.request("GET", "/a").status == 401
    assert len(graph.received) == 1


def test_a_challenge_that_cannot_be_read_demands_nothing() -> None:
    assert claims_challenge(None) is None
    assert claims_challenge("Bearer realm=x") is None
    assert claims_challenge('Bearer claims="%%%"') is None


def test_the_token_shows_up_in_no_text(
    connection: Connection, workbook: WorkbookFile, graph: ScriptedGraph
) -> None:
    graph.answer(Answer(401), Answer(drop=True))
    shown = [repr(connection), str(connection), repr(workbook), repr(StaticToken("secret-token"))]
    for _ in range(2):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, its text is what counts
            workbook.item()
        shown += [repr(caught.value), str(caught.value), str(vars(caught.value))]
    assert "secret" not in " ".join(shown)
