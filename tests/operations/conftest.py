"""A real emulator with a workbook and mailboxes, a real database with the workbook's orders in it."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test import override_settings

from sync.emulator.process import EmulatorProcess, start_emulator
from tests.assistant.standin import StandIn
from tests.delivery.desk import SETTINGS, Desk
from tests.flush.ledger import make_workbook
from tests.support.emulated import graph_settings


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    path = tmp_path_factory.mktemp("operations") / "orders.xlsx"
    make_workbook(path)
    with start_emulator(path, token="operating", options={"save_debounce": 3600}) as running:
        yield running


@pytest.fixture
def desk(
    emulator: EmulatorProcess, transactional_db: None, django_db_serialized_rollback: None
) -> Iterator[Desk]:
    """Everything at rest: the orders of a fresh workbook are imported, and Graph is well."""
    desk = Desk(emulator)
    with override_settings(**graph_settings(emulator), **SETTINGS):
        desk.settle_in()
        call_command("import_workbook", emulator.workbook, quiet=True)
        yield desk
    desk.close()


@pytest.fixture(scope="session")
def running_standin() -> Iterator[StandIn]:
    running = StandIn()
    yield running
    running.close()
