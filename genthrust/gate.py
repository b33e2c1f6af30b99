"""The doorkeeper: no address and no socket is reached without what its row in genthrust.access asks for.

Nobody is asked who opens what is open to anyone. A stranger is asked to sign in. Where a role may not even look, the
answer is 404, as if there were nothing; where it may look and not act, 403 with a sentence. All of it comes before
the view looks at the database, so that no answer tells whether an order or a person exists.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.cache import add_never_cache_headers

from genthrust import receiving
from genthrust.access import SOCKETS, Need, Open, rule_of
from genthrust.results import failure
from genthrust.signed_out import brings_files, not_signed_in
from people.abilities import Ability, may
from people.acting import acting
from people.roles import role_of
from repairs.views.fragments import wants_fragment

NOT_ALLOWED = "You may not do this. If you think you should, please ask the office."
SIGNED_OUT_CODE, NOT_ALLOWED_CODE = 4401, 4403

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Application = Callable[..., Awaitable[None]]


def allows(need: Need, person: Any) -> bool:
    """Whether a person, perhaps a stranger, meets a need."""
    if isinstance(need, Open):
        return need is Open.TO_ANYONE or bool(person is not None and person.is_authenticated)
    return may(person, need)


class Gate:
    """The middleware for addresses."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with acting(request):
            return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        return _refusal(request)


class GateForFiles:
    """The middleware for what is large: it comes before whatever reads a body, so that only who may write to an
    address makes the server take files apart.

    The server asks here, without the body, whether it shall be received at all (genthrust.receiving).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if (why := receiving.reason(request)) is not None:
            return _not_received(request, why)
        if receiving.is_knock(request):
            return _refusal(request) or HttpResponse(status=receiving.WELCOME)
        return _refusal(request) if brings_files(request) else None


def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    """What the person is told who may not do this; None when they may. Raises Http404 where they may not even look."""
    rule = rule_of(request.resolver_match)
    if allows(rule.need(request.method or ""), request.user):
        return None
    if not request.user.is_authenticated:
        return not_signed_in(request)
    if role_of(request.user) is None:
        return _without_role(request)
    if not allows(rule.read, request.user):
        raise Http404
    return refused(request)


def _not_received(request: HttpRequest, why: receiving.NotReceived) -> HttpResponse:
    if wants_fragment(request):
        return HttpResponse(why.sentence, status=why.status, content_type="text/plain")
    if not request.accepts("text/html"):
        return failure(why.sentence, status=why.status)
    return render(request, "not_received.html", {"sentence": why.sentence}, status=why.status)


def refused(request: HttpRequest) -> HttpResponse:
    """403, in the form that was asked for."""
    if wants_fragment(request):
        return HttpResponse(NOT_ALLOWED, status=403, content_type="text/plain")
    if not request.accepts("text/html"):
        return failure(NOT_ALLOWED, status=403)
    return render(request, "403.html", status=403)


def _without_role(request: HttpRequest) -> HttpResponse:
    answer = render(request, "no_role.html", status=403)
    add_never_cache_headers(answer)
    return answer


class SocketGate:
    """Lets a WebSocket through to its consumer, or closes it before anything is told."""

    def __init__(self, consumer: Application, need: Need) -> None:
        self._consumer = consumer
        self.need = need

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        person = scope.get("user")
        if await database_sync_to_async(allows)(self.need, person):
            await self._consumer(scope, receive, send)
            return
        await receive()
        stranger = person is None or not person.is_authenticated
        code = SIGNED_OUT_CODE if stranger else NOT_ALLOWED_CODE
        await send({"type": "websocket.close", "code": code})


def sockets(consumers: Mapping[str, Any]) -> URLRouter:
    """The router of all WebSockets, each behind its row of SOCKETS; without one it is for admins alone."""
    routes = [
        path(route, cast("Any", SocketGate(consumer, SOCKETS.get(route, Ability.MANAGE_PEOPLE))))
        for route, consumer in consumers.items()
    ]
    return URLRouter(routes)
