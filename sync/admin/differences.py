"""The page of differences: what Excel says and the tracker says, side by side, and whose value shall be kept."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from repairs.admin import office_page
from repairs.errors import Refusal
from repairs.wording import counted
from sync import queries, settling
from sync.admin import odd_rows
from sync.models import Replica

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ORDERS_A_PAGE = 25
MOST_ODD_SHOWN = 50
ACTS = {"theirs": settling.take_theirs, "ours": settling.write_ours}
DONE = {"theirs": "taken over from Excel", "ours": "to be written to Excel"}


@require_safe
def page(request: HttpRequest, model_admin: Any) -> HttpResponse:
    _allowed(request, model_admin)
    search = request.GET.get("q", "")
    here = Paginator(queries.differing(search), ORDERS_A_PAGE).get_page(request.GET.get("page"))
    undecided = queries.needing_attention()
    context = {
        "page": here,
        "search": search,
        "orders": [(replica, settling.differences_of(replica)) for replica in here.object_list],
        "agreement": queries.agreement(),
        "undecided": undecided[: queries.MOST_DIFFERENCES_SHOWN],
        "undecided_count": undecided.count(),
        "may_settle": _may_settle(request),
        "odd": queries.odd_rows_to_show()[:MOST_ODD_SHOWN],
        "odd_count": queries.odd_rows_to_show().count(),
        "may_decide": odd_rows.may_decide(request),
    }
    return office_page(request, model_admin, "admin/sync/differences.html", "Differences from Excel", context)


@require_POST
def settle(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Keeps Excel's or our value of the chosen cells. Each order by itself: a refusal leaves the others done."""
    _allowed(request, model_admin)
    if not _may_settle(request):
        raise PermissionDenied
    # One difference is named by its own button, several by their boxes.
    whose, _, key = request.POST.get("act", "").partition(":")
    keys = [key] if key else request.POST.getlist("cell")
    chosen = settling.chosen(keys)
    if whose not in ACTS or not chosen:
        messages.error(request, "Please choose at least one difference.")
        chosen = []
    for replica, fields in chosen:
        _one(request, whose, replica, fields)
    return redirect(f"{reverse('admin:sync_differences')}?{request.GET.urlencode()}")


def _one(request: HttpRequest, whose: str, replica: Replica, fields: list[str]) -> None:
    try:
        ACTS[whose](replica, fields=fields, by=cast("User", request.user))
    except Refusal as refusal:
        messages.error(request, f"{replica.order.label}: {refusal.sentence}")
    else:
        messages.success(request, f"{replica.order.label}: {counted(len(fields), 'value')} {DONE[whose]}.")


def _allowed(request: HttpRequest, model_admin: Any) -> None:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied


def _may_settle(request: HttpRequest) -> bool:
    return request.user.has_perm("repairs.change_repairorder")
