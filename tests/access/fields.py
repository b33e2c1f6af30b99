"""What an address may be sent: the fields of its view's forms or its admin's, and the names that its module reads."""

import inspect
import re
import sys
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from django.forms import BaseForm
from django.urls import resolve

ROOT = Path(__file__).resolve().parents[2]
OURS = ("genthrust", "people", "repairs", "sync", "notifications", "ai")
NAMED = re.compile(
    r"""\bname="([a-z_\[\]-]+)"|(?:GET|POST|FILES|given|fields)(?:\.get(?:list)?\(|\[)["']([a-z_-]+)"""
)
# What Admin's own pages read: of lists, of changes, of deletions, and of the rows inside a form.
OF_ADMIN = (
    *(
        "action",
        "_selected_action",
        "select_across",
        "index",
        "q",
        "o",
        "p",
        "_facets",
        "_popup",
        "_to_field",
    ),
    *(
        "_save",
        "_continue",
        "_addanother",
        "_saveasnew",
        "post",
        "app_label",
        "model_name",
        "field_name",
        "term",
    ),
)
OF_ROWS = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS", "0-id", "0-DELETE")
Fields = dict[str, list[str]]  # by their names, values that each of them knows


@cache
def every_field() -> Fields:
    """Those of all forms of the program and its templates."""
    found: Fields = {}
    for path in (ROOT / "templates").rglob("*.html"):
        found |= {key: [] for key in _read_in(path.read_text())}
    for form in _forms():
        found |= _of_form(form)
    return found


@cache
def fields_of(path: str) -> Fields:
    """Those that the view of an address reads."""
    view: Any = resolve(path).func
    if admin := getattr(view, "model_admin", None):
        return _of_admin(admin) | _of_module(_module(view))
    return _of_module(_module(view))


def _module(view: Any) -> ModuleType:
    while isinstance(view, partial):
        view = view.func
    view = inspect.unwrap(view)
    return sys.modules[getattr(view, "view_class", view).__module__]


def _of_module(module: ModuleType) -> Fields:
    if not module.__name__.startswith(OURS):
        return {}
    found: Fields = {key: [] for key in _read_in(inspect.getsource(module))}
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, BaseForm):
            found |= _of_form(value)
    return found


def _of_admin(admin: Any) -> Fields:
    found: Fields = {key: [] for key in OF_ADMIN}
    for field in admin.model._meta.fields:
        found[field.name] = [str(value) for value, _ in field.choices or ()]
    for row in admin.inlines:
        prefix = row.model._meta.model_name
        found |= {key: ["0", "1"] for key in [f"{prefix}s-{name}" for name in OF_ROWS]}
    found["action"] = [str(name) for name in admin.actions or () if isinstance(name, str)]
    return found | _of_form(admin.form)


def _of_form(form: type[BaseForm]) -> Fields:
    fields: dict[str, Any] = getattr(form, "base_fields", {})
    return {name: _known(field) for name, field in fields.items()}


def _known(field: Any) -> list[str]:
    if hasattr(field, "queryset"):  # its rows are among what is sent anyhow
        return []
    return [str(value) for value, _ in getattr(field, "choices", ()) if not isinstance(value, (list, tuple))]


def _forms() -> list[type[BaseForm]]:
    found, left = [], [BaseForm]
    while left:
        left += (form := left.pop()).__subclasses__()
        if form.__module__.startswith(OURS):
            found.append(form)
    return found


def _read_in(source: str) -> list[str]:
    return [name for pair in NAMED.findall(source) for name in pair if name]
