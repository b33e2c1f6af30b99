"""The forms of a shop's page. They carry what people typed; repairs.shops checks and refuses."""

from typing import Any

from django import forms
from django.utils.text import capfirst

from repairs.errors import Refusal
from repairs.forms import RefusableForm, TypedField
from repairs.models import Shop
from repairs.shops import EDITABLE
from repairs.shown import AsShown

KINDS = {"email": "email", "phone": "tel", "website": "url"}


class ShopForm(AsShown, RefusableForm):
    """What is known of a shop, or a new one."""

    def __init__(self, shop: Shop | None, data: Any = None, refusal: Refusal | None = None) -> None:
        shown = {name: getattr(shop, name) for name in EDITABLE} if shop else {}
        super().__init__(data, initial=shown, auto_id="shop_%s")
        for name in EDITABLE:
            field: Any = Shop._meta.get_field(name)
            attrs = {"autocomplete": "off", "inputmode": KINDS.get(name, "text")}
            self.fields[name] = TypedField(
                label=capfirst(field.verbose_name), widget=forms.TextInput(attrs=attrs)
            )
        if shop:
            self.carry_shown(refusal)
        if refusal:
            self.refuse(refusal)

    def changes(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.changed_data}


class MergeForm(RefusableForm):
    """Which shop this one is the same as."""

    def __init__(self, shop: Shop, data: Any = None) -> None:
        super().__init__(data, auto_id="merge_%s")
        self.fields["into"] = forms.ModelChoiceField(
            Shop.objects.exclude(pk=shop.pk),
            label="It is the same shop as",
            error_messages=dict.fromkeys(("required", "invalid_choice"), "Please choose the other shop."),
        )
