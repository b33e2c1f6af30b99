"""Everything here plans without a database."""

import pytest

from tests.planning.office import Office


@pytest.fixture
def office() -> Office:
    return Office()
