"""The server's entry point: HTTP as WSGI in a bounded thread pool, WebSockets through Channels.

The pool keeps its threads, and each thread its database connection; how many there are follows from the bound on
connections (genthrust.settings).
"""

from a2wsgi import WSGIMiddleware
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings

from genthrust.wsgi import application as http_application

# isort: split
# Imported after Django is set up, which genthrust.wsgi does.
from ai.consumers import AssistantConsumer
from genthrust.gate import sockets
from sync.consumers import RunsConsumer

_http = WSGIMiddleware(http_application, workers=settings.HTTP_THREADS)  # type: ignore[arg-type]  # Django types it more narrowly
_routes = {"ws/runs/": RunsConsumer.as_asgi(), "ws/assistant/": AssistantConsumer.as_asgi()}
_sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(sockets(_routes)))


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Serves one connection."""
    handler = _http if scope["type"] == "http" else _sockets
    await handler(scope, receive, send)  # type: ignore[arg-type]  # a2wsgi has its own names for ASGI's types
