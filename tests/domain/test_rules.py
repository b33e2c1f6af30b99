"""The rules per status: as the office finds them in a new installation, and what they do."""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from repairs import rules
from repairs.models import StatusRule

ROOT = Path(__file__).resolve().parents[2]
DAYS = [
    ("TO SEND", 3),
    ("WAITING QUOTE", 7),
    ("APPROVED", 10),
    ("IN WORK", 10),
    ("SHIPPED", 5),
    ("RECEIVED", 3),
    ("COMPLETE", None),
    ("PAID", None),
    ("BER", None),
    ("RAI", None),
    ("CANCELLED", None),
    ("SCRAP", None),
]


def test_a_new_installation_has_them(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "repairs", "--verbosity=0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{file}", "REDIS_URL": ""},
        check=True,
    )
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT status, days_to_follow_up FROM repairs_statusrule ORDER BY position")
        assert found.fetchall() == DAYS


@pytest.mark.parametrize("days", [None, 0, 1, 365])
def test_the_next_update_counts_calendar_days(db: None, days: int | None) -> None:
    StatusRule.objects.filter(status="SHIPPED").update(days_to_follow_up=days)
    start = dt.date(2026, 2, 27)
    expected = None if days is None else start + dt.timedelta(days=days)
    assert rules.next_update_after("SHIPPED", start) == expected


def test_the_next_update_is_a_day_that_a_form_and_excel_take(db: None) -> None:
    StatusRule.objects.filter(status="SHIPPED").update(days_to_follow_up=365)
    assert rules.next_update_after("SHIPPED", dt.date(2100, 12, 1)) == dt.date(2100, 12, 31)


def test_without_a_rule_there_is_no_next_update(db: None) -> None:
    StatusRule.objects.all().delete()
    assert rules.next_update_after("SHIPPED", dt.date(2026, 2, 27)) is None
