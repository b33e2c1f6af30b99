"""What a person meets who is not signed in, or not any more. What they typed stays theirs."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from repairs.views.fragments import wants_fragment

View = Callable[..., HttpResponseBase]


class SignInRequired(LoginRequiredMiddleware):
    """Asks for a sign-in by a redirect, unless that would lose what was typed.

    The page that htmx asks from stays as it is (401); a form that was posted is shown again, to be sent once more.
    """

    def process_view(
        self, request: HttpRequest, view_func: View, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        of_admin = request.resolver_match is not None and request.resolver_match.namespace == "admin"
        if of_admin and not request.user.is_authenticated:  # it would redirect by itself, whatever was posted
            return self.handle_no_permission(request, view_func)
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # Django's stubs know of the redirect only
        self, request: HttpRequest, view_func: View
    ) -> HttpResponseBase:
        if wants_fragment(request):
            return HttpResponse("You are signed out.", status=401, content_type="text/plain")
        if typed := _typed(request):
            answer = render(request, "signed_out.html", {"typed": typed}, status=401)
            add_never_cache_headers(answer)
            return answer
        return super().handle_no_permission(request, view_func)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Every field that was posted, but the token of the session that is over."""
    fields = ((name, value) for name, values in request.POST.lists() for value in values)
    return [(name, str(value)) for name, value in fields if name != "csrfmiddlewaretoken"]
