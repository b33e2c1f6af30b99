"""A real emulator with mailboxes, a real database, and workers that can be killed."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from sync.emulator.process import EmulatorProcess, start_emulator
from tests.delivery.desk import SETTINGS, Desk
from tests.flush.ledger import make_workbook
from tests.flush.workers import Nursery
from tests.support.emulated import graph_settings


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = tmp_path_factory.mktemp("delivery") / "orders.xlsx"
    make_workbook(path)
    with start_emulator(path, token="delivering", options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def desk(emulator: EmulatorProcess, transactional_db: None) -> Iterator[Desk]:
    desk = Desk(emulator)
    with override_settings(**graph_settings(emulator), **SETTINGS):
        desk.settle_in()
        yield desk
    desk.close()


@pytest.fixture(scope="session")
def nursery(emulator: EmulatorProcess, database_url: str) -> Iterator[Nursery]:
    with Nursery(emulator, database_url, "tests.delivery.desk") as nursery:
        yield nursery
