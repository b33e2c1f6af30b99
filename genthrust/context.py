"""What every page shows around its content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from genthrust.accounts import demo_account


def shell(request: HttpRequest) -> dict[str, Any]:
    """`demo_account` is a function, so that only the sign-in page asks the database."""
    return {"environment_name": settings.ENVIRONMENT_NAME, "demo_account": demo_account}
