"""The socket of the pages: who may listen, and what is heard."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client
from django.utils import timezone

from genthrust.access import SOCKETS
from genthrust.asgi import application
from people.roles import Role, give
from sync import progress
from sync.consumers import RunsConsumer
from sync.marks import the_workbook
from sync.models import Run
from tests.pages.sockets import Socket
from tests.support.server_processes import Redis

LONGER_THAN_ANY_WAIT_FOR_REDIS = 7  # seconds; the channel layer asks Redis for five at a time

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _fresh_layer() -> None:
    """A layer in memory stays with the first event loop that listened, as it must in a server."""
    channel_layers.backends.clear()


@pytest.fixture
def run() -> Run:
    return Run.objects.create(
        kind=Run.Kind.FLUSH,
        workbook=the_workbook(),
        state=Run.State.RUNNING,
        due_at=timezone.now(),
        total=100,
    )


def listening(user: Any, talk: Callable[[Socket], Awaitable[None]]) -> bool:
    """Opens a socket as `user` and talks while it is open; whether it was accepted."""

    async def conversation() -> bool:
        socket = Socket(RunsConsumer.as_asgi(), "/ws/runs/", user=user)
        accepted = await socket.connect()
        if accepted:
            await talk(socket)
            await socket.leave()
        return accepted

    return asyncio.run(conversation())


async def silence(_socket: Socket) -> None:
    """Says nothing and hears nothing."""


def test_a_stranger_is_not_listened_to() -> None:
    assert not listening(AnonymousUser(), silence)
    assert not listening(None, silence)


def test_a_stranger_is_refused_by_the_server_itself() -> None:
    async def knock() -> bool:
        return await Socket(application, "/ws/runs/").connect()

    assert not asyncio.run(knock())


def test_who_begins_to_listen_hears_how_it_stands(technician: User, run: Run) -> None:
    async def talk(socket: Socket) -> None:
        told = await socket.hear()
        assert told["type"] == "state"
        assert [entry["id"] for entry in told["runs"]] == [run.pk]

    assert listening(technician, talk)


def test_a_change_is_heard(technician: User, run: Run) -> None:
    async def talk(socket: Socket) -> None:
        await socket.hear()
        run.done = 64
        await sync_to_async(progress.push)(run)
        told = await socket.hear()
        assert (told["type"], told["run"]["percent"]) == ("run.changed", 64)

    assert listening(technician, talk)


def test_that_a_worker_is_silent_is_heard_at_the_next_tick(technician: User, run: Run) -> None:
    async def talk(socket: Socket) -> None:
        await socket.hear()
        await sync_to_async(progress.keep_time)()
        assert "has not been heard of since" in (await socket.hear())["run"]["phase"]

    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert listening(technician, talk)


def test_what_a_browser_says_changes_nothing(technician: User, run: Run) -> None:
    async def talk(socket: Socket) -> None:
        await socket.hear()
        await socket.say({"type": "run.changed", "run": {"id": run.pk}})
        assert await socket.hears_nothing()

    assert listening(technician, talk)


def test_a_worker_goes_on_without_redis(own_redis: Redis, run: Run, settings: Any, caplog: Any) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [own_redis.url]}}
    }
    try:
        own_redis.kill()
        progress.push(run)
        assert "could not be told" in caplog.text
    finally:
        channel_layers.backends.clear()
        progress._pause.until = 0.0


def test_a_quiet_socket_stays_open(technician: User, run: Run) -> None:
    async def talk(socket: Socket) -> None:
        await socket.hear()
        await asyncio.sleep(LONGER_THAN_ANY_WAIT_FOR_REDIS)
        await sync_to_async(progress.push)(run)
        assert (await socket.hear())["type"] == "run.changed"

    assert listening(technician, talk)


def through_the_door(browser: Client, route: str) -> Socket:
    """A socket of a signed-in browser, through all that stands in front of it."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    named = ((b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie.encode()))
    return Socket(application, f"/{route}", headers=list(named))


@pytest.mark.parametrize("route", SOCKETS)
def test_a_socket_ends_with_the_session_or_the_role_or_the_account(
    technician: User, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, another, left_open = Client(), Client(), Client()
    for browser in (one, another, left_open):
        browser.force_login(technician)
    monkeypatch.setattr("sync.consumers.LOOKS_EVERY_SECONDS", 0.05)

    async def conversation() -> None:
        until_the_end = through_the_door(left_open, route)
        assert await until_the_end.connect()
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)):
            assert await until_the_end.ended() == 4401
        mine, others = through_the_door(one, route), through_the_door(another, route)
        assert [await mine.connect(), await others.connect()] == [True, True]
        await sync_to_async(one.post)("/accounts/logout/")
        assert await mine.ended() == 4401
        await sync_to_async(give)(technician, Role.VIEWER)
        assert await others.ended() == 1012
        again = through_the_door(another, route)
        assert await again.connect()
        technician.is_active = False
        await sync_to_async(technician.save)()
        assert await again.ended() == 4401
        assert not await through_the_door(another, route).connect()

    asyncio.run(conversation())
