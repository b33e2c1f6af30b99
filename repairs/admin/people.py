"""Accounts and groups, in the look of the rest."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from people.models import AccountEvent
from repairs.admin.base import OfficeAdmin, ReadOnly

if TYPE_CHECKING:
    UserBase = UserAdmin[Any]
else:
    UserBase = UserAdmin

for model in (User, Group):
    admin.site.unregister(model)


@admin.register(User)
class PersonAdmin(UserBase, OfficeAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login")


@admin.register(Group)
class RoleAdmin(GroupAdmin, OfficeAdmin):
    list_display = ("name",)


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly, OfficeAdmin):
    """The trail of sign-ins and of changes of what people may do."""

    list_display = ("at", "name", "kind", "text", "by_name", "address")
    list_filter = ("kind",)
    search_fields = ("name", "by_name", "address")
