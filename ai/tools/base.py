"""What a tool is. Its input comes from a model: nothing in it is believed before it is checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from people.abilities import Ability
from repairs import queries
from repairs.errors import Refusal
from repairs.models import RepairOrder, Shop
from repairs.reading import read_number
from repairs.shop_names import by_name

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_TEXT = 2000
Given = dict[str, str]
Context = dict[str, Any]


@dataclass(frozen=True)
class Tool:
    """A name, what it is for, and its inputs: each a text with its meaning, the needed ones named."""

    name: str
    description: str
    inputs: Mapping[str, str]
    needed: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    needs: Ability = Ability.SEE

    def schema(self) -> dict[str, Any]:
        properties = {
            name: {"type": "string", "description": meaning}
            | ({"enum": list(self.choices[name])} if name in self.choices else {})
            for name, meaning in self.inputs.items()
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(self.needed),
            "additionalProperties": False,
        }

    def cleaned(self, raw: Any) -> Given:
        """The inputs as trimmed texts. Raises Refusal for one that is unknown, missing, no text, or too long."""
        if not isinstance(raw, dict):
            raise Refusal("The input is not a set of named values.")
        given: Given = {}
        for name, value in raw.items():
            if name not in self.inputs:
                raise Refusal(f"“{str(name)[:40]}” is no input of {self.name}.")
            given[name] = _text(name, value)
        for name in self.needed:
            if not given.get(name):
                raise Refusal(f"{self.name} needs {name}.", fields={name: "It is needed."})
        for name, known in self.choices.items():
            if typed := given.get(name, ""):
                given[name] = _one_of(name, typed, known)
        return given


@dataclass(frozen=True)
class Look(Tool):
    """A reading tool: what it finds, the template that shows it, and what the model is told of it."""

    template: str = ""
    find: Callable[[Given, "User"], Context] = lambda _given, _person: {}
    tell: Callable[[Context], Any] = lambda context: context


@dataclass(frozen=True)
class Wish(Tool):
    """A writing tool: what it would do. `act` is done for a trial that is taken back, and again once confirmed.

    It gives what it made or changed, for the sentence and the link; `title` says in words what it will do. `pin` puts
    what a loose name means in its place, so that the same is meant when it is confirmed.
    """

    act: Callable[[Given, "User", RepairOrder | None], Any] = lambda _given, _person, order: order
    title: Callable[[Given, RepairOrder | None], str] = lambda _given, _order: ""
    pin: Callable[[Given], Given] = lambda given: given
    of_order: bool = True
    keeps_basis: bool = False


def order_of(number: str) -> RepairOrder:
    """The order that a number names, as people write it. Raises Refusal when there is none."""
    found = read_number(number)
    order = RepairOrder.objects.select_related("shop").filter(number=found).first() if found else None
    if order is None:
        raise Refusal(f"There is no order {number[:20]}.")
    return order


def shop_named(name: str) -> Shop:
    """The one shop that a name means. Raises Refusal when it means none or several."""
    if exact := by_name(name):
        return exact
    found = list(queries.shops(name)[:6])
    if len(found) != 1:
        told = "; ".join(shop.name for shop in found) or "none"
        raise Refusal(f"“{name[:60]}” is not the name of one shop (found: {told}).")
    return found[0]


def _one_of(name: str, typed: str, known: Sequence[str]) -> str:
    """The choice that is meant, in small letters or large ones."""
    for choice in known:
        if choice.casefold() == typed.casefold():
            return choice
    raise Refusal(f"The {name.replace('_', ' ')} must be one of: {', '.join(known)}.")


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refusal(f"{name} must be a text.")
    text = str(value).replace("\0", " ").strip()
    if len(text) > LONGEST_TEXT:
        raise Refusal(f"{name} is too long.")
    return text
