"""The reading tools. They read what the pages read, through the same sets, and show it by the same templates' parts."""

from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.urls import reverse

from ai import mails
from ai.tools.base import Context, Given, Look, order_of, shop_named
from repairs import clock, feed, inventory_queries, listing, queries, reordering, shop_records
from repairs.activity import as_text
from repairs.charts import Bar, share_of
from repairs.errors import Refusal
from repairs.inventory_queries import CONDITIONS
from repairs.listing import ALL_SHEETS, DATES, SORTS
from repairs.models import InventoryItem, RepairOrder, Shop
from repairs.orders import EDITABLE
from repairs.queries import FIGURES, QUICK_FILTERS, Figure
from repairs.reordering import Need
from repairs.statuses import STATUSES, Sheet, read_status
from repairs.templatetags.orders import field_label
from repairs.views.inventory import address as inventory_address

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROWS = 10
LONGEST_NOTE = 600
SETS = {named.key: named.label for named in (*FIGURES, *QUICK_FILTERS)}
SHEETS = (*(sheet.value for sheet in Sheet), ALL_SHEETS)
SORTED_BY = (*SORTS, *(f"-{key}" for key in SORTS))
DAYS = {
    f"{key}_{end}": f"{label} {'on or after' if end == 'from' else 'on or before'} it"
    for key, (label, _) in DATES.items()
    for end in ("from", "to")
}


def _find_orders(given: Given, person: "User") -> Context:
    today = clock.today()
    shown = listing.listing(_address_of(given))
    if shown.problems:
        raise Refusal(" ".join(shown.problems))
    found = listing.orders_of(shown, today)
    return {"orders": found[:ROWS], "count": found.count(), "address": shown.address(), "today": today}


def _address_of(given: Given) -> QueryDict:
    """The dashboard's address that says the same."""
    address = QueryDict(mutable=True)
    address.update({name: given[name] for name in given if name in ("sheet", "show", "sort", *DAYS)})
    address["q"] = given.get("search", "")
    statuses = [status.strip() for status in given.get("status", "").split(",") if status.strip()]
    address.setlist("status", [read_status(status) or status for status in statuses])
    names = [name.strip() for name in given.get("shop", "").split(";") if name.strip()]
    address.setlist("shop", [str(shop_named(name).pk) for name in names])
    return address


def _tell_orders(context: Context) -> Any:
    return {
        "found": context["count"],
        "listed": [told_order(order, context["today"]) for order in context["orders"]],
    }


def told_order(order: RepairOrder, today: Any) -> dict[str, str]:
    told = {
        "order": order.label,
        "sheet": order.sheet,
        "shop": order.shop.name if order.shop else "",
        "part": order.part_number,
        "status": order.shown_status,
        "next update": as_text(order.next_update),
        "cost USD": as_text(getattr(order, "committed_cost", None)),
    }
    late = order.days_overdue(today)
    return {name: value for name, value in told.items() if value} | (
        {"days overdue": str(late)} if late else {}
    )


def _order(given: Given, person: "User") -> Context:
    today = clock.today()
    order = order_of(given["number"])
    changes = order.status_changes.that_stand().order_by("-pk")[:ROWS]
    return {
        "order": order,
        "today": today,
        "advice": feed.advise(feed.facts_of(order, today)) if order.sheet == Sheet.ACTIVE else None,
        "changes": list(reversed(changes)),
        "activity": list(order.activity.prefetch_related("changes")[:ROWS]),
        "late": order.days_overdue(today),
        "mails": mails.last_mails(order),
    }


def _tell_order(context: Context) -> Any:
    order: RepairOrder = context["order"]
    fields = {field_label(name): as_text(getattr(order, name))[:LONGEST_NOTE] for name in EDITABLE}
    return {
        **told_order(order, context["today"]),
        "fields": {label: value for label, value in fields.items() if value},
        "history of the status": [f"{as_text(c.on)} {c.reached} by {c.by_name}" for c in context["changes"]],
        "last acts": [
            f"{act.get_verb_display()} by {act.by_name}: {act.text[:200]}" for act in context["activity"]
        ],
        "last mails with the shop": mails.told(context["mails"]),
    }


def _figures(given: Given, person: "User") -> Context:
    figures = queries.figures(clock.today())
    longest = max((figure.orders for figure in figures), default=0)
    return {"figures": figures, "bars": [_bar(figure, longest) for figure in figures]}


def _bar(figure: Figure, longest: int) -> Bar:
    named = figure.named
    return Bar(
        named.label,
        f"{reverse('dashboard')}?show={named.key}",
        figure.orders,
        share_of(figure.orders, longest),
        money=figure.money if named.money else None,
        urgent=named.urgent,
    )


def _tell_figures(context: Context) -> Any:
    return [
        {"figure": found.named.label, "orders": found.orders, "committed USD": as_text(found.money)}
        for found in context["figures"]
    ]


def _shop(given: Given, person: "User") -> Context:
    found = list(queries.shops(given["name"])[:ROWS])
    exact = [shop for shop in found if shop.name.casefold() == given["name"].casefold()]
    chosen = exact or found
    if not chosen:
        raise Refusal(f"There is no shop called “{given['name'][:60]}”.")
    shop: Shop = chosen[0]
    return {
        "shop": shop,
        "others": [other.name for other in found if other != shop][:5],
        "record": shop_records.record_of(shop),
        "fewest": shop_records.FEWEST,
        "open_count": shop.orders.active().count(),
    }


def _tell_shop(context: Context) -> Any:
    shop, record = context["shop"], context["record"]
    return {
        "shop": shop.name,
        "place": ", ".join(part for part in (shop.city, shop.state, shop.country) if part),
        "contact": shop.contact,
        "payment terms": shop.payment_terms,
        "has an email address": bool(shop.email),
        "orders": record.orders,
        "open orders": context["open_count"],
        "record": {f.label: f.value or f"too few orders to say ({f.orders})" for f in record.figures},
        "others with a similar name": context["others"],
    }


def _stock(given: Given, person: "User") -> Context:
    wanted = inventory_queries.lookup(
        search=given.get("search", ""), condition=given.get("condition", ""), low=given.get("low", "")
    )
    if not wanted:
        raise Refusal("What should be looked for in the stock?")
    found = inventory_queries.items_of(wanted)
    return {"items": list(found[:ROWS]), "count": found.count(), "address": inventory_address(wanted)}


def _tell_stock(context: Context) -> Any:
    return {"found": context["count"], "listed": [_told_item(item) for item in context["items"]]}


def _told_item(item: InventoryItem) -> dict[str, str]:
    return {
        "part": item.part_number,
        "description": item.description,
        "quantity": as_text(item.quantity) or "not noted",
        "condition": item.shown_condition or "not noted",
        "location": item.location,
        "last seen": as_text(item.last_seen),
    }


def _low_stock(given: Given, person: "User") -> Context:
    needs = reordering.to_reorder(clock.today())
    return {
        "reorder": needs[:ROWS],
        "reorder_count": len(needs),
        "items": list(inventory_queries.lowest(ROWS)),
        "count": inventory_queries.stock().lines(low=True),
        "address": "?low=1",
    }


def _tell_low_stock(context: Context) -> Any:
    return {
        "parts to order": context["reorder_count"],
        "the first of them": [_told_need(need) for need in context["reorder"]],
        "lines with low stock": _tell_stock(context),
    }


def _told_need(need: Need) -> dict[str, Any]:
    return {
        "part": need.part,
        "pieces to order": need.missing,
        "used in the last year": need.used,
        "in stock": need.in_stock,
        "coming back from repair": need.coming_back,
    }


LOOKS = (
    Look(
        "find_orders",
        "Finds repair orders by the dashboard's filters and search. Shows a table of the first ten to the person.",
        {
            "search": "words from RO number, shop, part number, serial number or description",
            "show": f"a named set: {', '.join(f'{key} ({label})' for key, label in SETS.items())}",
            "sheet": "where they stand; all sheets when it is left out and something is searched",
            "status": f"one or several of {', '.join(STATUSES)}, with commas between",
            "shop": "the name of a shop, or several with semicolons between",
            "sort": "what the list is sorted by; with a dash in front, descending",
            **{name: f"a day such as 2026-03-24: {meaning}" for name, meaning in DAYS.items()},
        },
        choices={"show": tuple(SETS), "sheet": SHEETS, "sort": SORTED_BY},
        template="ai/cards/orders.html",
        find=_find_orders,
        tell=_tell_orders,
    ),
    Look(
        "show_order",
        "One repair order with its fields, its history and the last mails with its shop. Shows its card to the person.",
        {"number": "the RO number, such as G38573"},
        ("number",),
        template="ai/cards/order.html",
        find=_order,
        tell=_tell_order,
    ),
    Look(
        "figures",
        "The figures of the dashboard: how many orders are active, overdue, waiting, and their money. Shows a chart.",
        {},
        template="ai/cards/figures.html",
        find=_figures,
        tell=_tell_figures,
    ),
    Look(
        "show_shop",
        "One repair shop with its record: how long it takes, whether it keeps its dates. Shows its card.",
        {"name": "the shop's name or a part of it"},
        ("name",),
        template="ai/cards/shop.html",
        find=_shop,
        tell=_tell_shop,
    ),
    Look(
        "search_inventory",
        "Searches the parts in stock. Shows a table of the first ten lines to the person.",
        {
            "search": "words from part number, serial number or description",
            "condition": "the condition of the part",
            "low": "yes for lines with low stock only",
        },
        choices={"condition": tuple(CONDITIONS), "low": ("yes",)},
        template="ai/cards/stock.html",
        find=_stock,
        tell=_tell_stock,
    ),
    Look(
        "low_stock",
        "What to reorder: parts in use of which fewer pieces are in stock and coming back from repair than three "
        "months take, most missing first; and the lines with low stock, seen last first. Shows both as tables.",
        {},
        template="ai/cards/reorder.html",
        find=_low_stock,
        tell=_tell_low_stock,
    ),
)
