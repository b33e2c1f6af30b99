"""The workbook that the stories import from."""

import pytest

from sync.marks import the_workbook
from sync.models import Workbook


@pytest.fixture
def workbook(db: None) -> Workbook:
    return the_workbook()
