"""The back office of the domain. It writes through the verbs, so that every change is checked, recorded and
announced as anywhere else. One module per noun; importing them registers their models.
"""

from repairs.admin import documents, history, inventory, links, orders, people, rules, shops
from repairs.admin.base import (
    NoDelete,
    OfficeAdmin,
    ReadOnly,
    RowsInline,
    ShownForm,
    StackedInline,
    TabularInline,
    VerbAdmin,
    each,
    office_page,
)

__all__ = [
    "NoDelete",
    "OfficeAdmin",
    "ReadOnly",
    "RowsInline",
    "ShownForm",
    "StackedInline",
    "TabularInline",
    "VerbAdmin",
    "documents",
    "each",
    "history",
    "inventory",
    "links",
    "office_page",
    "orders",
    "people",
    "rules",
    "shops",
]
