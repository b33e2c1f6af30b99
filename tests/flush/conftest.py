"""A real emulator, a real database with the workbook's orders in it, and workers that can be killed."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test import override_settings

from sync.emulator.process import EmulatorProcess, start_emulator
from tests.flush.house import House
from tests.flush.ledger import make_workbook
from tests.flush.workers import Nursery
from tests.support.emulated import graph_settings

TOKEN = "flushing"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = tmp_path_factory.mktemp("flush") / "orders.xlsx"
    make_workbook(path)
    with start_emulator(path, token=TOKEN, options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def house(
    emulator: EmulatorProcess, transactional_db: None, django_db_serialized_rollback: None
) -> Iterator[House]:
    """Everything at rest: the orders of a fresh workbook are imported, and Graph is well."""
    house = House(emulator)
    house.begin()
    with override_settings(**graph_settings(emulator)):
        call_command("import_workbook", emulator.workbook, quiet=True)
        yield house
    house.close()


@pytest.fixture(scope="session")
def nursery(emulator: EmulatorProcess, database_url: str) -> Iterator[Nursery]:
    with Nursery(emulator, database_url) as nursery:
        yield nursery
