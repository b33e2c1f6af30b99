"""The back office as a whole: its navigation, and what the theme asks for (genthrust.theme)."""

from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from genthrust.appearance import theme_of
from genthrust.context import environment_kind
from notifications import queries as mail
from repairs import clock, queries
from repairs.charts import Bar
from repairs.overview import by_status, turnaround
from repairs.templatetags.orders import status_dot
from sync import documents
from sync import queries as sync

# Where each model stands in the navigation, with its icon. What is registered and not named here comes under "More".
GROUPS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "Orders",
        {
            "repairs.RepairOrder": "list_alt",
            "repairs.Shop": "storefront",
            "repairs.InventoryItem": "inventory_2",
            "repairs.OrderLink": "link",
            "repairs.Document": "description",
        },
    ),
    (
        "Excel",
        {
            "sync.Run": "sync",
            "sync.Replica": "table_rows",
            "sync.OddRow": "playlist_remove",
            "sync.Workbook": "grid_on",
            "sync.Upload": "upload_file",
        },
    ),
    (
        "Follow-ups and mail",
        {
            "notifications.Notification": "notifications",
            "notifications.FollowUp": "schedule",
            "notifications.Delivery": "outgoing_mail",
            "notifications.Conversation": "forum",
        },
    ),
    ("Rules", {"repairs.StatusRule": "rule", "notifications.MailTemplate": "edit_note"}),
    (
        "Record",
        {
            "repairs.Activity": "history",
            "repairs.StatusChange": "conversion_path",
            "repairs.FieldChange": "difference",
            "repairs.OrderNote": "sticky_note_2",
            "repairs.ShopAlias": "merge",
        },
    ),
    ("Assistant", {"ai.Use": "smart_toy"}),
    (
        "People",
        {
            "auth.User": "person",
            "auth.Group": "group",
            "people.Invitation": "mail",
            "people.MicrosoftSignIn": "passkey",
            "people.AccountEvent": "fact_check",
        },
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar, with what this person may see."""
    seen = {
        f"{app['app_label']}.{model['object_name']}": model
        for app in admin.site.get_app_list(request)
        for model in app["models"]
        if model["admin_url"]
    }
    named = {name for _, models in GROUPS for name in models}
    groups = [
        (title, [_item(seen[name], icon) for name, icon in models.items() if name in seen])
        for title, models in GROUPS
    ]
    more = [_item(model, "database") for name, model in seen.items() if name not in named]
    start: list[dict[str, Any]] = [
        {"title": "Overview", "icon": "space_dashboard", "link": reverse("admin:index")},
        {"title": "Tracker", "icon": "arrow_back", "link": reverse("dashboard")},
    ]
    if "sync.Replica" in seen:
        differences = {
            "title": "Differences",
            "icon": "compare_arrows",
            "link": reverse("admin:sync_differences"),
        }
        next(items for title, items in groups if title == "Excel").insert(0, differences)
    if "sync.Upload" in seen:
        start.append(
            {"title": "Import a file", "icon": "upload_file", "link": reverse("admin:sync_upload_new")}
        )
    shown = [(title, items) for title, items in (("", start), *groups, ("More", more)) if items]
    _mark_here(request, [item for _, items in shown for item in items])
    return [{"title": title, "items": items} for title, items in shown]


def _mark_here(request: HttpRequest, items: list[dict[str, Any]]) -> None:
    """Marks the one entry under which a page stands: that with the longest address. The theme would mark all."""
    whole = (reverse("admin:index"), reverse("dashboard"))
    above = [
        link
        for link in (item["link"] for item in items)
        if request.path == link or (link not in whole and request.path.startswith(link))
    ]
    for item in items:
        item["active"] = item["link"] == max(above, key=len, default="")


def _item(model: dict[str, Any], icon: str) -> dict[str, Any]:
    return {"title": str(model["name"]), "icon": icon, "link": model["admin_url"]}


MOST_FAILED_SHOWN = 10


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The landing page: the figures, orders by status, turnaround time, and what needs a person."""
    today = clock.today()
    return context | {
        "figures": queries.figures(today),
        "statuses": _bars_of_statuses(),
        "months": turnaround(today),
        "agreement": sync.agreement(),
        "failed": sync.failed_runs()[:MOST_FAILED_SHOWN],
        "differing": sync.differing().count(),
        "odd_rows": sync.odd_rows().count(),
        "pending_mail": mail.to_decide().count(),
        "hanging": mail.hanging().count(),
        "stuck_documents": documents.in_trouble().count(),
    }


def _bars_of_statuses() -> list[Bar]:
    """Orders by status as a chart, each but those without a status with its list."""
    listed = reverse("admin:repairs_repairorder_changelist")
    return [
        Bar(
            status_dot(bar.status),
            f"{listed}?{urlencode({'status__exact': bar.status}, quote_via=quote)}" if bar.status else "",
            bar.orders,
            bar.share,
        )
        for bar in by_status()
    ]


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """The links of the person's menu."""
    if not settings.LOCAL_ACCOUNTS:
        return []
    return [{"title": "Change password", "link": reverse("account_change_password")}]


# What the theme calls the colours of the mark: production's is quiet, any other than these is amber.
COLORS_OF_KINDS = {"production": "", "staging": "info"}


def environment(request: HttpRequest) -> list[str]:
    """The mark of the installation, as in the tracker's header."""
    return [settings.ENVIRONMENT_NAME, COLORS_OF_KINDS.get(environment_kind(), "warning")]


def theme(request: HttpRequest) -> str | None:
    """What the person chose in the tracker; None leaves it to the system, and to the back office's own switch."""
    chosen = theme_of(request)
    return chosen if chosen in ("light", "dark") else None


def icon(request: HttpRequest) -> str:
    return static("favicon.svg")


def style(request: HttpRequest) -> str:
    return static("css/admin.css")


def script(request: HttpRequest) -> str:
    return static("js/admin.js")
