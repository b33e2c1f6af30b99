"""`python -m tests.bench.bare PORT FILE`: a bare Django view on the program's own server, that asks the database what
one of our pages asks, and does nothing else. What our pages are measured against.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import django
import uvicorn
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


class _Asked:
    statements: list[str] = []
    length = 0


def bare(_request: HttpRequest) -> HttpResponse:
    """The page's statements, their rows, and as many bytes as the page has."""
    with connection.cursor() as cursor:
        for statement in _Asked.statements:
            cursor.execute(statement)
            cursor.fetchall()
    return HttpResponse(b"x" * _Asked.length, headers={"Content-Length": str(_Asked.length)})


urlpatterns = [path("", bare)]


def main(port: str, file: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genthrust.settings")
    django.setup()
    settings.ROOT_URLCONF = "tests.bench.bare"
    settings.MIDDLEWARE = []  # before the handler is made, which reads them
    from a2wsgi import WSGIMiddleware
    from django.core.wsgi import get_wsgi_application

    from tests.bench import bare as this

    told: dict[str, Any] = json.loads(Path(file).read_text())
    this._Asked.statements, this._Asked.length = told["statements"], told["length"]
    handler: Any = get_wsgi_application()
    app: Any = WSGIMiddleware(handler, workers=settings.HTTP_THREADS)
    uvicorn.run(app, port=int(port), lifespan="off", log_config=None, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:3])
