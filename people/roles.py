"""The four roles, which are Django groups of these names. The highest of a person's groups counts."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from people.role import LABELS, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

__all__ = ["LABELS", "RANK", "Role", "give", "role_of", "with_roles"]

RANK = "role_rank"  # where a person's role is kept while the object lives, as Django keeps permissions


def role_of(person: "User | AnonymousUser | None") -> Role | None:
    """A person's role; None for a stranger, for an account that is switched off, and where none was given.

    Superusers of Django are admins.
    """
    if person is None or not person.is_authenticated or not person.is_active:
        return None
    if person.is_superuser:
        return Role.ADMIN
    if not hasattr(person, RANK):
        setattr(person, RANK, _ranks(person.pk).first())
    rank: int | None = getattr(person, RANK)
    return Role(rank) if rank else None


def with_roles(people: "QuerySet[User]") -> "QuerySet[User]":
    """These people, read together with their roles."""
    return people.annotate(**{RANK: Subquery(_ranks(OuterRef("pk"))[:1])})


def _ranks(person: Any) -> "QuerySet[Group, int]":
    """The roles that a person has, the highest first."""
    rank = Case(*(When(name=role.label, then=role.value) for role in Role))
    held = Group.objects.filter(user=person, name__in=LABELS).annotate(rank=rank)
    return held.order_by("-rank").values_list("rank", flat=True)


def give(person: "User", role: Role | None) -> None:
    """Makes this the person's only role; None takes every role away. Other groups stay."""
    others = person.groups.filter(name__in=LABELS).exclude(name=role.label if role else "")
    person.groups.remove(*others)
    if role is not None:
        group, _ = Group.objects.get_or_create(name=role.label)
        person.groups.add(group)
    setattr(person, RANK, role.value if role else None)
