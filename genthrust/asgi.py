"""The server's entry point: HTTP as WSGI in a bounded thread pool, WebSockets through Channels.

The pool keeps its threads, and each thread its database connection; how many there are follows from the bound on
connections (genthrust.settings). A thread is given to whole requests only (genthrust.receiving), and whether the
process is up is answered by a thread of its own, however busy the others are.
"""

from typing import Any

from a2wsgi import WSGIMiddleware
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings

from genthrust.wsgi import application as http_application

# isort: split
# Imported after Django is set up, which genthrust.wsgi does.
from ai.consumers import AssistantConsumer
from genthrust.answering import Patient
from genthrust.gate import sockets
from genthrust.receiving import Receiving
from sync.consumers import RunsConsumer

HEALTH = "/healthz"


def _wsgi(threads: int) -> Any:
    return WSGIMiddleware(http_application, workers=threads)  # type: ignore[arg-type]  # Django types it more narrowly


_http: Any = Patient(Receiving(_wsgi(settings.HTTP_THREADS)))
_health: Any = Patient(_wsgi(1))
_routes = {"ws/runs/": RunsConsumer.as_asgi(), "ws/assistant/": AssistantConsumer.as_asgi()}
_sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(sockets(_routes)))


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Serves one connection."""
    await _handler(scope)(_unmistakable(scope), receive, send)


def _handler(scope: Any) -> Any:
    if scope["type"] != "http":
        return _sockets
    return _health if scope["path"] == HEALTH and scope["method"] in ("GET", "HEAD") else _http


def _unmistakable(scope: Any) -> Any:
    """Without the headers that have a "_" in their name. WSGI takes it for the "-" of another name, so that anybody
    could say with X_Forwarded_For what only the proxy in front may say.
    """
    if scope["type"] != "http":
        return scope
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name]}
