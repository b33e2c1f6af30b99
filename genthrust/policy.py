"""The headers that hold a browser back: Content-Security-Policy, strict, and for the back office as strict as its
theme can bear, and Permissions-Policy.
"""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

# The theme ships Alpine's standard build, which makes functions of attributes and sets styles.
OF_ADMIN = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class ContentSecurityPolicy(CSPMiddleware):
    """Nothing inline anywhere; under /admin/ styles may be, and scripts from here may make functions."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(reverse("admin:index")):
            parts.update = {**(parts.update or {}), **OF_ADMIN}
        return parts


# The pages use none of what a browser could be asked for. A phone's camera is its own when a file is chosen.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "camera",
        "geolocation",
        "microphone",
        "payment",
        "usb",
        "serial",
        "browsing-topics",
    )
)


class PermissionsPolicy:
    """Middleware. No page, and nothing embedded in one, may ask for the device's senses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer
