"""A request that the database chose as the victim of a deadlock is done again, once and whole."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import MySQLdb
import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Model
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from genthrust import deadlocks
from genthrust.mysql import slots
from repairs import shops
from repairs.models import Activity, RepairOrder, Shop
from sync.models import Replica
from tests.bench.processes import wait_until
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)
Row = tuple[type[Model], int]
WEIGHT = 3000  # rows; the database undoes the transaction that changed fewer


def commits_before(request: HttpRequest) -> HttpResponse:
    """Something permanent first, then a deadlock with whoever holds the second shop and wants the first."""
    Shop.objects.filter(name="First").update(phone="1")
    with transaction.atomic():
        Shop.objects.select_for_update().get(name="First")
        Shop.objects.select_for_update().get(name="Second")
    return HttpResponse("done")


def loses_its_connection(request: HttpRequest) -> HttpResponse:
    """What an administrator does who ends a connection."""
    Shop.objects.filter(name="First").update(phone="1")
    with connection.cursor() as cursor:
        cursor.execute("KILL CONNECTION_ID()")
    return HttpResponse("done")


def loses_it_before_the_commit(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        return loses_its_connection(request)


urlpatterns = [
    path("", commits_before),
    path("lost/", loses_its_connection),
    path("undone/", loses_it_before_the_commit),
    path("admin/", admin.site.urls),
]


class Rival:
    """Another transaction, heavy enough never to be the victim: it holds one row, then wants a second."""

    def __init__(self, servers: Servers) -> None:
        assert servers.mariadb
        self._database = MySQLdb.connect(
            host="127.0.0.1", port=servers.mariadb.port, user="root", db=str(connection.settings_dict["NAME"])
        )
        self._watch = MySQLdb.connect(host="127.0.0.1", port=servers.mariadb.port, user="root")

    def _lock(self, row: Row) -> None:
        model, pk = row
        with self._database.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {model._meta.db_table} WHERE id = %s FOR UPDATE", [pk])  # noqa: S608

    def _grow_heavy(self) -> None:
        into = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, '', now())"
        with self._database.cursor() as cursor:
            cursor.executemany(into, [[number] for number in range(WEIGHT)])

    def somebody_waits(self) -> bool:
        with self._watch.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
            return bool(int(cursor.fetchone()[1]))

    def in_the_way(self, *, holds: Row, wants: Row, meanwhile: Callable[[], object]) -> None:
        """Plays the deadlock with what `meanwhile` does, then is undone itself."""
        person = threading.Thread(target=meanwhile)
        with self.holding(holds):
            self._grow_heavy()
            person.start()
            wait_until(self.somebody_waits, "the request waits for the rival's row")
            self._lock(wants)
        person.join()

    @contextmanager
    def holding(self, row: Row) -> Iterator[None]:
        self._database.begin()
        self._lock(row)
        try:
            yield
        finally:
            self._database.rollback()

    def close(self) -> None:
        self._database.close()
        self._watch.close()


@pytest.fixture
def rival(servers: Servers) -> Iterator[Rival]:
    rival = Rival(servers)
    yield rival
    rival.close()


def test_the_request_is_done_again_and_only_once(
    rival: Rival, order: RepairOrder, site: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", deadlocks.__name__)
    answers = []

    def act() -> None:
        address = f"/orders/{order.number}/status/"
        answers.append(site.post(address, {"status": "SHIPPED", "expected_version": order.version}))
        connection.close()

    replica = Replica.objects.get(order=order)
    rival.in_the_way(holds=(Replica, replica.pk), wants=(RepairOrder, order.pk), meanwhile=act)
    assert [answer.status_code for answer in answers] == [302]
    order.refresh_from_db()
    assert (order.status, order.version) == ("SHIPPED", 2)
    assert Activity.objects.filter(order=order, verb="status changed").count() == 1
    assert "is done again (1)" in caplog.text


@pytest.mark.urls(__name__)
def test_what_was_permanent_already_is_not_done_twice(rival: Rival, admin_client: Client) -> None:
    answers = []
    ids = [shops.create(by=None, name=name).pk for name in ("First", "Second")]

    def act() -> None:
        answers.append(admin_client.post("/"))
        connection.close()

    rival.in_the_way(holds=(Shop, ids[1]), wants=(Shop, ids[0]), meanwhile=act)
    (answer,) = answers
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Part of it may be saved: please look" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_who_waits_too_long_for_a_row_is_told_and_nothing_is_saved(
    rival: Rival, order: RepairOrder, site: Client, headers: dict[str, str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
    data = {"status": "SHIPPED", "expected_version": order.version}
    with rival.holding((RepairOrder, order.pk)):
        answer = site.post(f"/orders/{order.number}/status/", data, headers=headers)
    connection.close()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Nothing was saved; please try again" in answer.content.decode()
    order.refresh_from_db()
    assert order.version == 1


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("path", "saved"), [("/lost/", "1"), ("/undone/", "")])
def test_who_loses_the_connection_in_the_middle_is_told_to_look(
    admin_client: Client, path: str, saved: str
) -> None:
    """Also where nothing was permanent yet: the answer to a commit may be what was lost."""
    shops.create(by=None, name="First")
    admin_client.raise_request_exception = False
    answer = admin_client.post(path)
    connection.close()
    assert answer.status_code == 503
    assert "Part of it may be saved: please look" in answer.content.decode()
    assert Shop.objects.get().phone == saved


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_without_a_free_connection_it_is_busy_and_no_error(
    order: RepairOrder, site: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is met before the view is reached, when the gate asks who that is; the page itself must need none."""
    places = slots.of_this_process()
    monkeypatch.setattr(places, "_patience", 0.0)
    site.raise_request_exception = False
    connection.close()
    gc.collect()  # the connections of threads that have ended
    taken: list[Callable[[], None]] = []
    try:
        with suppress(OperationalError):
            while True:
                taken.append(places.take())
        assert taken
        answer = site.get(f"/orders/{order.number}/", headers=headers)
    finally:
        for give_back in taken:
            give_back()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database is busy. Please try again in a moment." in answer.content.decode()
    assert site.get(f"/orders/{order.number}/").status_code == 200
