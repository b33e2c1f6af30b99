"""How the pages look in one browser: light, dark, or as the system is.

The choice is a cookie that the server reads, so that a page arrives in its colors and nothing flashes.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from repairs.views.fragments import wants_fragment

COOKIE = "theme"
SYSTEM = "system"
THEMES = {"light": "Light", "dark": "Dark", SYSTEM: "System"}
KEPT_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie


def theme_of(request: HttpRequest) -> str:
    """The chosen theme, a key of THEMES; what is unknown counts as the system's."""
    chosen = request.COOKIES.get(COOKIE, SYSTEM)
    return chosen if chosen in THEMES else SYSTEM


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keeps a choice of theme, and goes back to where it was made."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest("Please choose light, dark or system.", content_type="text/plain")
    if wants_fragment(request):
        answer = trigger_client_event(HttpResponse(status=204), "theme-chosen", {"theme": theme})
    else:
        answer = redirect(_back(request))
    answer.set_cookie(
        COOKIE, theme, max_age=KEPT_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return answer


def _back(request: HttpRequest) -> str:
    """The page of this site that the choice was made on."""
    page = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if ours else reverse("dashboard")
