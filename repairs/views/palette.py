"""The command palette: a list under a search, in a dialog of every page and as a page of its own."""

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from repairs import palette
from repairs.searching import tidy
from repairs.views.fragments import answer

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    search = tidy(request.GET.get("q", ""))
    groups = palette.find(search, cast("User", request.user))
    context = {"search": search, "groups": groups, "count": sum(len(group.hits) for group in groups)}
    return answer(request, page="repairs/palette.html", fragment="repairs/_palette.html", context=context)
