"""Writes the trail of accounts, whoever changes them: the pages, Admin, a command."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest
from django.utils import timezone

from people import leaving, microsoft, sessions
from people.acting import address_of
from people.models import AccountEvent, Invitation
from people.roles import LABELS, Role
from people.signals import access_changed
from people.trail import record

Kind = AccountEvent.Kind
# Allauth's row that says which Microsoft account signs in to which of ours.
LINK = "socialaccount.SocialAccount"

# So many failed sign-ins of one name within so long, over all processes, and it has to wait.
MOST_FAILURES, WITHIN = 10, timedelta(minutes=15)
# What of an account is told when it changes; the password without its value.
TOLD = {
    "is_active": "switched on",
    "is_superuser": "superuser",
    "is_staff": "staff",
    "username": "name",
    "email": "email",
}


def listen() -> None:
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    user_login_failed.connect(_failed)
    pre_save.connect(_about_to_change, sender=get_user_model())
    post_save.connect(_made, sender=get_user_model())
    post_delete.connect(_deleted, sender=get_user_model())
    m2m_changed.connect(_roles_changed, sender=get_user_model().groups.through)
    pre_save.connect(_invitation_changes, sender=Invitation)
    post_save.connect(_invited, sender=Invitation)
    post_delete.connect(_uninvited, sender=Invitation)
    pre_save.connect(_link_changes, sender=LINK)
    post_save.connect(_linked, sender=LINK)
    post_delete.connect(_unlinked, sender=LINK)


def failed_too_often(name: str) -> bool:
    """Whether somebody has guessed at this name's password so often that it has to wait."""
    since = timezone.now() - WITHIN
    succeeded = AccountEvent.objects.filter(kind=Kind.SIGNED_IN, name=name, at__gte=since).first()
    failures = AccountEvent.objects.filter(kind=Kind.FAILED, name=name, at__gte=since)
    if succeeded is not None:
        failures = failures.filter(pk__gt=succeeded.pk)
    return failures.count() >= MOST_FAILURES


def refused_at_the_door(request: HttpRequest, name: str, why: str) -> None:
    """Somebody came by a sign-in elsewhere and may not enter. It is no guess at a password, and not counted as one."""
    record(Kind.REFUSED, name, text=why, address=address_of(request))


def _signed_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    record(Kind.SIGNED_IN, user.get_username(), address=address_of(request))
    if request is not None:
        sessions.begin(request.session)
    microsoft.keep_held(request, user)


def _signed_out(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if user is not None:
        record(Kind.SIGNED_OUT, user.get_username(), address=address_of(request))


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    typed = str(credentials.get("username") or credentials.get("email") or "")
    record(Kind.FAILED, typed, address=address_of(request))


def _about_to_change(instance: Any, raw: bool = False, **_: Any) -> None:
    before = type(instance).objects.filter(pk=instance.pk).first() if instance.pk and not raw else None
    if before is None:
        return
    told = [
        f"{label}: {getattr(before, field)} → {getattr(instance, field)}"
        for field, label in TOLD.items()
        if getattr(before, field) != getattr(instance, field)
    ]
    if before.password != instance.password:
        told.append("password changed")
    if before.is_active and not instance.is_active:
        microsoft.drop(instance)
    if before.is_active != instance.is_active:  # and none of earlier comes back to life
        leaving.end_sessions(instance, f"the account was switched {'on' if instance.is_active else 'off'}.")
    if told:
        access_changed.send(sender=type(instance), person=instance)
    if told:
        record(Kind.CHANGED, before.get_username(), text="; ".join(told))


def _made(instance: Any, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        record(Kind.MADE, instance.get_username(), text="superuser" if instance.is_superuser else "")


def _deleted(instance: Any, **_: Any) -> None:
    record(Kind.DELETED, instance.get_username())
    access_changed.send(sender=type(instance), person=instance)


def _roles_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    kind = {"post_add": Kind.ROLE_GIVEN, "pre_remove": Kind.ROLE_TAKEN, "pre_clear": Kind.ROLE_TAKEN}.get(
        action
    )
    if kind is None:
        return
    for person, group in _pairs(instance, reverse, pk_set):
        if group.name in LABELS:
            record(kind, person.get_username(), text=group.name)
            access_changed.send(sender=type(person), person=person)


def _pairs(instance: Any, reverse: bool, pk_set: set[int] | None) -> list[tuple[Any, Group]]:
    """The persons and groups that are joined or about to be parted; a clearing parts all."""
    held = instance.user_set.all() if reverse else instance.groups.all()
    if pk_set is not None:
        held = held.filter(pk__in=pk_set)
    return [(person, instance) for person in held] if reverse else [(instance, group) for group in held]


def _invitation_changes(instance: Invitation, raw: bool = False, **_: Any) -> None:
    before = Invitation.objects.filter(pk=instance.pk).first() if instance.pk and not raw else None
    if before is None:
        return
    if before.used_at is None and instance.used_at is not None:
        record(Kind.CAME, instance.email, text=_came(instance))
    if before.used_at is not None and instance.used_at is None:
        record(Kind.INVITED, instance.email, text=f"{Role(instance.role).label}, again")
    if (before.email, before.role) != (instance.email, instance.role):
        record(Kind.REINVITED, before.email, text=f"{_invitation(before)} → {_invitation(instance)}")


def _came(invitation: Invitation) -> str:
    """The role that the person has now: of an account that was there before, not always the invitation's."""
    invited, has = Role(invitation.role).label, invitation.came_as
    return (
        invited
        if has == invitation.role
        else f"{has.label if has else 'No role'}, as before; invited as {invited}"
    )


def _invited(instance: Invitation, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        record(Kind.INVITED, instance.email, text=Role(instance.role).label)


def _uninvited(instance: Invitation, **_: Any) -> None:
    record(Kind.UNINVITED, instance.email, text=Role(instance.role).label)


def _invitation(invitation: Invitation) -> str:
    return f"{invitation.email} as {Role(invitation.role).label}"


def _link_changes(instance: Any, raw: bool = False, **_: Any) -> None:
    """A link that is given to another account, or to another person at Microsoft, is one less and one more."""
    before = type(instance).objects.filter(pk=instance.pk).first() if instance.pk and not raw else None
    moved = before is not None and (before.user_id, before.uid) != (instance.user_id, instance.uid)
    instance.is_moved = moved
    if moved:
        _unlinked(before)


def _linked(instance: Any, created: bool, raw: bool = False, **_: Any) -> None:
    if not raw and (created or instance.is_moved):
        record(Kind.LINKED, instance.user.get_username(), text=_link(instance))


def _unlinked(instance: Any, **_: Any) -> None:
    person = get_user_model().objects.filter(pk=instance.user_id).first()
    record(Kind.UNLINKED, person.get_username() if person else "", text=_link(instance))


def _link(link: Any) -> str:
    """Microsoft's unchanging id of the person, behind the address that they had when they last came."""
    told = link.extra_data if isinstance(link.extra_data, dict) else {}  # Admin takes any JSON
    address = told.get("mail") or told.get("userPrincipalName") or ""
    return f"{address} ({link.uid})".strip()
