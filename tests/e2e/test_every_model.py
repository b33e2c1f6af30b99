"""The lists and the forms of every model in the back office: axe finds nothing, nothing is cut off.

They are many, and made of few templates: `make chaos` looks at them, and `make pictures` takes their pictures.
"""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.utils.text import capfirst, slugify

import genthrust.urls  # noqa: F401  (it takes out of the admin what nobody needs there)
from tests.e2e.looking import IN_A_STORY, Browsing, How
from tests.e2e.looks import follow, office

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
ROW_OF_A_LIST = "#result_list tbody a[href*='/change/']"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
@IN_A_STORY
def test_the_list_and_the_forms_of_a_model_keep_nobody_out(
    browsing: Browsing, model: type[Model], asked: How
) -> None:
    meta, page = model._meta, browsing.page
    path = f"{meta.app_label}/{meta.model_name}/"
    one = slugify(str(meta.verbose_name))
    browsing.looks_at(office(f"{one}-list", path, str(capfirst(meta.verbose_name_plural))), asked)
    adding = page.locator(f"a[href^='/admin/{path}add/']").count()
    if page.locator(ROW_OF_A_LIST).count():
        title = f".+ · {capfirst(meta.verbose_name)}"
        at = f"{meta.app_label}_{meta.model_name}_change"
        browsing.looks_at(office(f"{one}-form", path, title, follow(ROW_OF_A_LIST), at=at), asked)
    if adding:
        browsing.looks_at(office(f"{one}-new", f"{path}add/", f"Add {meta.verbose_name}"), asked)
