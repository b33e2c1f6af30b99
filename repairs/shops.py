"""The verbs of a shop."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from repairs import activity, orders
from repairs.errors import Refusal
from repairs.fields import cleaned
from repairs.models import Activity, Shop, ShopAlias
from repairs.overtaken import refuse_overtaken
from repairs.shop_names import shop_key, tidy_name
from repairs.signals import announce_merge, announce_shop

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EDITABLE = (
    "name",
    "customer_number",
    "address",
    "city",
    "state",
    "postal_code",
    "country",
    "phone",
    "email",
    "website",
    "contact",
    "payment_terms",
    "ils_code",
)
# A link that is made of it leads to a site, and does nothing else.
_WEB_ADDRESS = re.compile(r"(https?://[^\s/:?#@]+|[^\s/:?#@]+\.[^\s/:?#@]+)(:\d+)?([/?#]\S*)?", re.IGNORECASE)


def create(*, by: "User | None", name: str, **fields: str) -> Shop:
    """A new shop. Refused when the name is empty or is another shop's, or the email is no address."""
    values = _cleaned({"name": name, **fields})
    with transaction.atomic():
        shop = Shop(key=shop_key(values["name"]), **values)
        _save(shop, update_fields=None)
        activity.record_shop(
            shop, verb=Activity.Verb.CREATED, by=by, changes={f: ("", v) for f, v in values.items() if v}
        )
    return shop


def edit(
    shop: Shop, *, by: "User | None", changes: Mapping[str, str], shown: Mapping[str, str] | None = None
) -> Shop:
    """Changes a shop's fields; writes and records only what differs. `shown` is that of repairs.overtaken.

    Another name is announced as a change of each of its orders, because their rows in the workbook hold it.
    """
    values = _cleaned(changes)
    with transaction.atomic():
        if "name" in values:
            orders.lock_all_of(shop)  # orders before their shop, as editing an order does
        locked = Shop.objects.select_for_update().get(pk=shop.pk)
        refuse_overtaken(locked, values, shown, trail=locked.activity.all())
        differing = {f: (getattr(locked, f), v) for f, v in values.items() if getattr(locked, f) != v}
        if differing:
            key = locked.key
            _apply(locked, {f: new for f, (_, new) in differing.items()})
            activity.record_shop(locked, verb=Activity.Verb.EDITED, by=by, changes=differing)
            announce_shop(locked, differing)
            if locked.key != key:
                orders.follow_shop(locked, by=by, called=differing["name"])
    shop.refresh_from_db()
    return shop


def merge(source: Shop, *, into: Shop, by: "User | None") -> Shop:
    """Makes two entries of one shop into one: all orders of `source` go to `into`, and `source` goes away.

    Its names keep leading to the other shop; what the other one does not know is filled in from it.
    """
    if source.pk == into.pk:
        raise Refusal("A shop can't be merged with itself.")
    with transaction.atomic():
        orders.lock_all_of(source)
        locked = {
            shop.pk: shop
            for shop in Shop.objects.select_for_update().filter(pk__in=[source.pk, into.pk]).order_by("pk")
        }
        if len(locked) < 2:
            raise Refusal("One of the two shops is gone; somebody else has merged it already.")
        source, kept = locked[source.pk], locked[into.pk]
        announce_merge(source, kept)
        for order in source.orders.order_by("pk"):
            orders.edit(order, by=by, changes={"shop": kept})
        filled = {
            f: ("", getattr(source, f)) for f in EDITABLE if getattr(source, f) and not getattr(kept, f)
        }
        if filled:
            _apply(kept, {f: new for f, (_, new) in filled.items()})
            announce_shop(kept, filled)
        _take_over(source, kept)
        activity.record_shop(
            kept, verb=Activity.Verb.EDITED, by=by, changes=filled | {"merged with": ("", source.name)}
        )
        source.delete()
    into.refresh_from_db()
    return into


def beside(source: Shop, into: Shop) -> dict[str, Shop | int]:
    """What a person looks at before a merge: the two shops, and how many orders each has."""
    return {"shop": source, "into": into, "moving": source.orders.count(), "there": into.orders.count()}


def merged_into(pk: int) -> Shop | None:
    """The shop that one which is gone was merged into, however many mergers ago."""
    return Shop.objects.filter(aliases__former_pk=pk).first()


def _take_over(source: Shop, kept: Shop) -> None:
    """The names and the history of the shop that goes away."""
    source.aliases.update(shop=kept)
    ShopAlias.objects.create(name=source.name, key=source.key, shop=kept, former_pk=source.pk)
    source.activity.update(shop=kept)


def _apply(shop: Shop, values: Mapping[str, str]) -> None:
    for field, value in values.items():
        setattr(shop, field, value)
    written = [*values, "updated_at"]
    if "name" in values:
        shop.key = shop_key(values["name"])
        written.append("key")
    _save(shop, update_fields=written)


def _save(shop: Shop, *, update_fields: list[str] | None) -> None:
    """The key is unique in the database, which also decides between two people who use a name at once."""
    taken = ShopAlias.objects.filter(key=shop.key).select_related("shop").first()
    if taken and taken.shop_id != shop.pk:
        raise Refusal(
            f"“{shop.name}” was merged into “{taken.shop.name}”.", fields={"name": "This name is taken."}
        )
    try:
        with transaction.atomic():
            shop.save(update_fields=update_fields)
    except IntegrityError as error:
        raise Refusal(
            f"There is already a shop called “{shop.name}”.", fields={"name": "This name is taken."}
        ) from error


def _cleaned(given: Mapping[str, str]) -> dict[str, str]:
    values = cleaned(Shop, given, allowed=EDITABLE)
    if "name" in values:
        values["name"] = tidy_name(values["name"])
        if not values["name"]:
            raise Refusal("A shop needs a name.", fields={"name": "Please enter a name."})
    if faults := {name: told for name, value in values.items() if (told := fault_of(name, value))}:
        raise Refusal(" ".join(f"“{values[name]}”: {told}" for name, told in faults.items()), fields=faults)
    return values


def fault_of(field: str, value: str) -> str:
    """What is wrong with a value for this field of a shop, as a sentence; "" when nothing is."""
    if field == "email" and value:
        try:
            validate_email(value)
        except ValidationError:
            return "This is not an email address."
    if field == "website" and value and not _WEB_ADDRESS.fullmatch(value):
        return "This is not a web address; it begins with https://, http:// or the name of the site."
    return ""
