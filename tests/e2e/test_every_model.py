"""The lists and the forms of every model in the back office: axe finds nothing, nothing is cut off.

They are many, and made of few templates: `make chaos` looks at all of them, and `make pictures` at those that are
pictured.
"""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.utils.text import capfirst

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)
from tests.e2e.looking import PICTURES, Browsing, How, everywhere, usually
from tests.e2e.looks import PICTURED_FORMS, PICTURED_LISTS, follow, office

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
ROW_OF_A_LIST = "#result_list tbody a[href*='/change/']"
USUAL = [model for model in MODELS if PICTURES and model._meta.label_lower in PICTURED_LISTS]


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        *(pytest.param(model, usually, id=f"{model._meta.label_lower}, usually") for model in USUAL),
        *(
            pytest.param(model, everywhere, id=model._meta.label_lower, marks=pytest.mark.chaos)
            for model in MODELS
        ),
    ],
)
def test_the_list_and_the_forms_of_a_model_keep_nobody_out(
    browsing: Browsing, model: type[Model], asked: How
) -> None:
    meta, page = model._meta, browsing.page
    name, path = meta.label_lower, f"{meta.app_label}/{meta.model_name}/"
    shown, listed = PICTURED_LISTS.get(name, ""), str(capfirst(meta.verbose_name_plural))
    browsing.looks_at(office(shown or name, path, listed, pictured=bool(shown)), asked)
    adding = page.locator(f"a[href^='/admin/{path}add/']").count()
    if page.locator(ROW_OF_A_LIST).count():
        shown, title = PICTURED_FORMS.get(name, ""), f".+ · {capfirst(meta.verbose_name)}"
        at = f"{meta.app_label}_{meta.model_name}_change"
        form = office(shown or name, path, title, follow(ROW_OF_A_LIST), pictured=bool(shown), at=at)
        browsing.looks_at(form, asked)
    if adding:
        form = office(name, f"{path}add/", f"Add {meta.verbose_name}", pictured=False)
        browsing.looks_at(form, asked)
