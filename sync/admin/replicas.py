"""How each order stands with Excel, the page of differences, and writing orders to Excel again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from repairs.admin import OfficeAdmin, ReadOnly
from repairs.admin.orders import RepairOrderAdmin
from repairs.models import RepairOrder
from repairs.wording import counted
from sync import attention, marks
from sync.admin import differences
from sync.models import Replica

if TYPE_CHECKING:
    from django.contrib.auth.models import User


DECISIONS = {
    "write_again": "Write the rows of the selected again that are gone",
    "leave_out": "Leave the selected out of Excel whose row is gone or taken",
    "adopt": "Take the rows that have their numbers already as the selected orders’",
    "try_again": "Try the selected again that Excel refused",
    "put_back": "Write the selected to Excel after all that were left out",
}


def _decision(name: str) -> Callable[..., None]:
    """The action that decides so about each of the selected orders for which that makes sense."""

    def act(_of: Any, request: HttpRequest, chosen: QuerySet[Replica]) -> None:
        count = chosen.count()
        done = attention.DECISIONS[name].about_all(chosen, by=cast("User", request.user))
        if done:
            messages.success(request, f"Done for {counted(done, 'order')}.")
        if done < count:
            messages.warning(request, f"It does not apply to {counted(count - done, 'order')}, which stayed.")

    act.__name__ = name
    return admin.action(description=DECISIONS[name], permissions=["decide"])(act)


@admin.register(Replica)
class ReplicaAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "order",
        "sheet",
        "wanted_version",
        "arrived_version",
        "pending_since",
        "attention",
        "attention_since",
        "is_left_out",
    )
    list_filter = ("attention", "left_out", "sheet")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    actions = ("resync", *(_decision(name) for name in DECISIONS))
    exported = (*list_display[:-1], "left_out", "arrived_at", "attention_text")
    custom_urls = (
        ("differences/", "sync_differences", differences.page),
        ("differences/settle/", "sync_differences_settle", differences.settle),
    )

    @admin.display(description="Left out", ordering="left_out")
    def is_left_out(self, replica: Replica) -> str:
        return "yes" if replica.left_out else ""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sync.change_replica")

    @admin.action(description="Write the selected orders to Excel again", permissions=["view"])
    def resync(self, request: HttpRequest, chosen: QuerySet[Replica]) -> None:
        _mark(request, RepairOrder.objects.filter(pk__in=chosen.values("order")))


@admin.action(description="Write the selected orders to Excel again", permissions=["change"])
def resync(_of: Any, request: HttpRequest, chosen: QuerySet[RepairOrder]) -> None:
    _mark(request, chosen)


def _mark(request: HttpRequest, orders: QuerySet[RepairOrder]) -> None:
    count = marks.mark_all(orders)
    messages.success(
        request, f"{counted(count, 'order')} will be compared with Excel and written where it differs."
    )


RepairOrderAdmin.actions.append(resync)
