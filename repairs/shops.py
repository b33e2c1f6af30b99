"""The verbs of a shop."""

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from repairs import activity
from repairs.errors import Refusal
from repairs.fields import cleaned
from repairs.models import Activity, Shop

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


def tidy_name(name: str) -> str:
    """A shop's name in NFC with single spaces, otherwise as typed."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def shop_key(name: str) -> str:
    """A shop's identity: SHA-256 of the NFC, casefolded, space-collapsed name, in hexadecimal."""
    folded = unicodedata.normalize("NFC", tidy_name(name).casefold())
    return hashlib.sha256(folded.encode()).hexdigest()


def create(*, by: "User | None", name: str, **fields: str) -> Shop:
    """A new shop. Refused when the name is empty or is another shop's."""
    values = _cleaned({"name": name, **fields})
    with transaction.atomic():
        _refuse_taken_name(values["name"], except_pk=0)
        shop = Shop.objects.create(key=shop_key(values["name"]), **values)
        activity.record_shop(
            shop, verb=Activity.Verb.CREATED, by=by, changes={f: ("", v) for f, v in values.items() if v}
        )
    return shop


def edit(shop: Shop, *, by: "User | None", changes: Mapping[str, str]) -> Shop:
    """Changes a shop's fields; writes and records only what differs."""
    values = _cleaned(changes)
    with transaction.atomic():
        locked = Shop.objects.select_for_update().get(pk=shop.pk)
        differing = {f: (getattr(locked, f), v) for f, v in values.items() if getattr(locked, f) != v}
        if differing:
            _apply(locked, {f: new for f, (_, new) in differing.items()})
            activity.record_shop(locked, verb=Activity.Verb.EDITED, by=by, changes=differing)
    shop.refresh_from_db()
    return shop


def _apply(shop: Shop, values: Mapping[str, str]) -> None:
    for field, value in values.items():
        setattr(shop, field, value)
    written = [*values, "updated_at"]
    if "name" in values:
        _refuse_taken_name(values["name"], except_pk=shop.pk)
        shop.key = shop_key(values["name"])
        written.append("key")
    shop.save(update_fields=written)


def _cleaned(given: Mapping[str, str]) -> dict[str, str]:
    values = cleaned(Shop, given, allowed=EDITABLE)
    if "name" in values:
        values["name"] = tidy_name(values["name"])
        if not values["name"]:
            raise Refusal("A shop needs a name.", fields={"name": "Please enter a name."})
    return values


def _refuse_taken_name(name: str, *, except_pk: int) -> None:
    if Shop.objects.filter(key=shop_key(name)).exclude(pk=except_pk).exists():
        raise Refusal(f"There is already a shop called “{name}”.", fields={"name": "This name is taken."})
