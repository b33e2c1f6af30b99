"""The keys that lead to pages and acts, for the help sheet."""

from typing import TYPE_CHECKING

from django import template
from django.urls import reverse

from repairs import palette

if TYPE_CHECKING:
    from django.contrib.auth.models import User

register = template.Library()


@register.simple_tag
def places_with_keys(person: "User") -> list[palette.Hit]:
    return [
        palette.Hit(place.label, reverse(place.address), keys=place.keys)
        for place in palette.places(person)
        if place.keys
    ]
