"""What a person meets who is not signed in, or not any more. What they typed stays theirs."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from repairs.views.fragments import wants_fragment


def not_signed_in(request: HttpRequest) -> HttpResponseBase:
    """Asks for a sign-in by a redirect, unless that would lose what was typed.

    The page that htmx asks from stays as it is (401); a form that was posted is shown again, to be sent once more.
    Files are not taken from somebody who may be anybody: their form waits in the browser, one step back.
    """
    if wants_fragment(request):
        return HttpResponse("You are signed out.", status=401, content_type="text/plain")
    typed = [] if brings_files(request) else _typed(request)
    if typed or brings_files(request):
        context = {"typed": typed, "left_out": any(map(_is_secret, request.POST)) if typed else False}
        answer = render(request, "signed_out.html", context, status=401)
        add_never_cache_headers(answer)
        return answer
    return redirect_to_login(request.get_full_path())


def brings_files(request: HttpRequest) -> bool:
    """Whether it has a body that may hold files; such a one is not read before it is known whose it is."""
    return request.content_type == "multipart/form-data"


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Every field that was posted, but passwords and the token of the session that is over.

    A page that whoever comes next to this screen may look into is no place for a password.
    """
    fields = ((name, value) for name, values in request.POST.lists() for value in values)
    kept = (field for field in fields if field[0] != "csrfmiddlewaretoken" and not _is_secret(field[0]))
    return [(name, str(value)) for name, value in kept]


def _is_secret(name: str) -> bool:
    return "password" in name.lower()
