"""The verbs of saved views: lists of orders with a name, own and shared, and the one that opens first."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.http import QueryDict

from repairs.errors import Refusal
from repairs.fields import cleaned
from repairs.listing import listing
from repairs.models import DefaultView, SavedView

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_ADDRESS = 4000
TAKEN = "You have a view called “{name}” already."


class NameTaken(Refusal):
    """The person has a view of this name, which `replace` would overwrite."""


def save(*, by: "User", name: str, address: str, shared: bool, replace: bool = False) -> SavedView:
    """Gives the list at `address` (what follows the question mark) a name; its page is not kept.

    Raises NameTaken for a name that the person uses already, unless `replace` says to overwrite that view.
    """
    given = cleaned(SavedView, {"name": " ".join(name.split())}, allowed=("name",))
    if not given["name"]:
        raise Refusal("A view needs a name.", fields={"name": "Please enter a name."})
    plain = _plain(address)
    with transaction.atomic():
        known = SavedView.objects.select_for_update().filter(owner=by, **given).first()
        if known is None:
            return _made(SavedView(owner=by, name=given["name"], address=plain, shared=shared))
        if not replace:
            raise NameTaken(TAKEN.format(name=given["name"]))
        known.address = plain
        known.save(update_fields=["address"])
        _share(known, shared)
    return known


def share(view: SavedView, *, by: "User", shared: bool) -> SavedView:
    """Lets everybody see an own view, or nobody else. Whoever opened with it opens with the usual list again."""
    _own(view, by)
    with transaction.atomic():
        _share(view, shared)
    return view


def delete(view: SavedView, *, by: "User") -> None:
    _own(view, by)
    view.delete()


def make_default(view: SavedView, *, by: "User") -> None:
    """From now on the person's orders open with this view, an own or a shared one."""
    if view.owner_id != by.pk and not view.shared:
        raise Refusal("This view is not shared any more.")
    DefaultView.objects.update_or_create(person=by, defaults={"view": view})


def forget_default(*, by: "User") -> None:
    """The person's orders open with the usual list again."""
    DefaultView.objects.filter(person=by).delete()


def default_of(person_id: int | None) -> SavedView | None:
    """The view with which a person's orders open."""
    return SavedView.objects.filter(defaults__person=person_id).first() if person_id else None


def _made(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:  # saved twice at once, or spelt alike for the database
        raise NameTaken(TAKEN.format(name=view.name)) from error
    return view


def _share(view: SavedView, shared: bool) -> None:
    view.shared = shared
    view.save(update_fields=["shared"])
    if not shared:
        DefaultView.objects.filter(view=view).exclude(person=view.owner_id).delete()


def _own(view: SavedView, by: "User") -> None:
    if view.owner_id != by.pk:
        raise Refusal("This view is somebody else's. You can save the list under a name of your own.")


def _plain(address: str) -> str:
    """The address as the list itself would write it. Raises Refusal for one that is not understood whole."""
    shown = listing(QueryDict(address[:LONGEST_ADDRESS]))
    if len(address) > LONGEST_ADDRESS or shown.problems:
        raise Refusal(" ".join(shown.problems) or "This list has too many filters for a view.")
    return shown.address().removeprefix("?")
