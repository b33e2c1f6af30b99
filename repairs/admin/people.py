"""Accounts and groups, in the look of the rest."""

from typing import TYPE_CHECKING, Any, ClassVar, cast

from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.socialaccount.admin import SocialAccountAdmin
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from people import entering, last_admin
from people.models import AccountEvent, Invitation, MicrosoftSignIn
from people.roles import LABELS, Role, role_of, with_roles
from repairs.admin.base import ModelFormBase, NoDelete, OfficeAdmin, ReadOnly
from repairs.exporting import Column

if TYPE_CHECKING:
    UserBase = UserAdmin[Any]
else:
    UserBase = UserAdmin

for model in (User, Group, EmailAddress, SocialAccount):
    admin.site.unregister(model)

HAS_ACCOUNT = "{} has an account already, and needs no invitation. Its role is changed under Users."
INVITED_BEFORE = "This address was invited before. In the list, “Invite again” lets its person in once more."
ROLES_STAY = "The groups of the four roles stay: what a person may do follows from them."


class PersonForm(UserChangeForm):  # type: ignore[misc]  # unfold ships no types
    def clean(self) -> dict[str, Any]:
        """Refuses what would leave nobody who gives roles."""
        given = super().clean() or self.cleaned_data
        groups = {group.name for group in given.get("groups", ())}
        stays = given.get("is_active") and (given.get("is_superuser") or Role.ADMIN.label in groups)
        if not stays and last_admin.is_last(self.instance):
            raise forms.ValidationError(last_admin.KEPT.format(self.instance.get_username()))
        return cast("dict[str, Any]", given)


def _role(person: User) -> str:
    found = role_of(person)
    return found.label if found else "none"


@admin.register(User)
class PersonAdmin(UserBase, OfficeAdmin):
    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "role", "is_active", "last_login")
    exported = (
        "username", "email", "first_name", "last_name", Column("Role", _role),
        "is_active", "date_joined", "last_login",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_roles(super().get_queryset(request))

    @admin.display(description="Role")
    def role(self, person: User) -> str:
        return _role(person)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The last admin is told among what can't be deleted."""
        found, counts, perms, protected = super().get_deleted_objects(objs, request)
        people = list(objs)
        if last_admin.is_last(*people):
            admins = [person for person in people if last_admin.admins().filter(pk=person.pk).exists()]
            protected = [*protected, *(last_admin.KEPT.format(person.get_username()) for person in admins)]
        return found, counts, perms, protected


@admin.register(Group)
class RoleAdmin(GroupAdmin, OfficeAdmin):
    list_display = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ("name",) if obj is not None and obj.name in LABELS else ()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, perms, protected = super().get_deleted_objects(objs, request)
        if any(group.name in LABELS for group in objs):
            protected = [*protected, ROLES_STAY]
        return found, counts, perms, protected


@admin.register(EmailAddress)
class AddressAdmin(OfficeAdmin, EmailAddressAdmin):  # type: ignore[misc]  # allauth ships no types
    """Allauth's own, in the look of the rest."""


@admin.register(SocialAccount)
class LinkAdmin(OfficeAdmin, SocialAccountAdmin):  # type: ignore[misc]  # allauth ships no types
    """Which account at Microsoft is whose here. Deleting one lets another take its place."""


class InvitationForm(ModelFormBase):
    class Meta:
        model = Invitation
        fields = ("email", "role")
        error_messages: ClassVar[dict[str, dict[str, str]]] = {"email": {"unique": INVITED_BEFORE}}

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if entering.accounts_of(email):
            raise forms.ValidationError(HAS_ACCOUNT.format(email))
        return email


@admin.register(Invitation)
class InvitationAdmin(OfficeAdmin):
    """Who may sign in with Microsoft for the first time, and with which role."""

    form = InvitationForm
    actions = ("invite_again",)
    list_display = ("email", "role", "made_at", "used_at")
    exported = ("email", Column("Role", lambda row: row.get_role_display()), "made_at", "used_at")
    search_fields = ("email",)

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        """Whether it was used is true of one address: another person gets an invitation of their own."""
        return ("email",) if obj is not None else ()

    @admin.action(description="Invite again those that were used", permissions=["change"])
    def invite_again(self, request: HttpRequest, chosen: "QuerySet[Invitation]") -> None:
        for invitation in chosen:
            try:
                entering.invite_again(invitation)
            except entering.NotAdmitted as refused:
                messages.error(request, refused.sentence)
            else:
                messages.success(
                    request, f"{invitation.email} is invited again as {invitation.get_role_display()}."
                )


@admin.register(MicrosoftSignIn)
class MicrosoftSignInAdmin(ReadOnly, OfficeAdmin):
    """Whose Outlook we may work in, and whose sign-in Microsoft takes no more. Deleting one drops its tokens."""

    list_display = ("person", "address", "connected_at", "refreshed_at", "lost_at", "lost_because")
    exported = ("address", "connected_at", "refreshed_at", "lost_at", "lost_because")
    list_select_related = ("person",)
    search_fields = ("address", "person__username")

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super(NoDelete, self).has_delete_permission(request, obj)


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly, OfficeAdmin):
    """The trail of sign-ins and of changes of what people may do."""

    list_display = ("at", "name", "kind", "text", "by_name", "address")
    list_filter = ("kind",)
    search_fields = ("name", "by_name", "address")
    exported = list_display
