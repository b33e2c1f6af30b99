"""How each order stands with Excel, the page of differences, and writing orders to Excel again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from repairs.admin import OfficeAdmin, ReadOnly
from repairs.admin.orders import RepairOrderAdmin
from repairs.models import RepairOrder
from repairs.wording import counted
from sync import marks
from sync.admin import differences
from sync.models import Replica


@admin.register(Replica)
class ReplicaAdmin(ReadOnly, OfficeAdmin):
    list_display = (
        "order",
        "sheet",
        "wanted_version",
        "arrived_version",
        "pending_since",
        "attention",
        "left_out",
    )
    list_filter = ("attention", "left_out", "sheet")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    actions = ("resync",)
    custom_urls = (
        ("differences/", "sync_differences", differences.page),
        ("differences/settle/", "sync_differences_settle", differences.settle),
    )

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
