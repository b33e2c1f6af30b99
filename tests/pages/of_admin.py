"""Every page of the back office: the overview, the lists of all models, the forms of a row, and pages of our own."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OWN = ("/admin/", "/admin/sync/replica/differences/", "/admin/sync/upload/new/")


def address(model: type[Model], page: str, *given: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=given)


def pages_of(model: type[Model]) -> list[str]:
    """The list of a model, and the form of a row, if there is one."""
    row = model._default_manager.first()
    return [address(model, "changelist"), *([address(model, "change", row.pk)] if row else [])]
