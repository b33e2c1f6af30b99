"""Accounts and groups, in the look of the rest."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from people.models import AccountEvent
from people.roles import role_of, with_roles
from repairs.admin.base import OfficeAdmin, ReadOnly
from repairs.exporting import Column

if TYPE_CHECKING:
    UserBase = UserAdmin[Any]
else:
    UserBase = UserAdmin

for model in (User, Group):
    admin.site.unregister(model)


def _role(person: User) -> str:
    found = role_of(person)
    return found.label if found else "none"


@admin.register(User)
class PersonAdmin(UserBase, OfficeAdmin):
    form = UserChangeForm
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


@admin.register(Group)
class RoleAdmin(GroupAdmin, OfficeAdmin):
    list_display = ("name",)


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly, OfficeAdmin):
    """The trail of sign-ins and of changes of what people may do."""

    list_display = ("at", "name", "kind", "text", "by_name", "address")
    list_filter = ("kind",)
    search_fields = ("name", "by_name", "address")
    exported = list_display
