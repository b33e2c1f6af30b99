"""Every address of the site. Pages ask for sign-in by default (genthrust.signed_out)."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django_dramatiq.models import Task

from genthrust import appearance, health

# The admin has no sign-in of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's documented way
admin.site.index_title = "Overview"
admin.site.unregister(Task)  # messages are only doorbells here; what people look at are the runs


@login_not_required
def no_page(request: HttpRequest) -> HttpResponse:
    raise Http404


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:
    """Asked for by browsers on pages that name no icon, such as the admin's."""
    return redirect(static("favicon.svg"), permanent=True)


# Of allauth's pages those that there is a use for. It asks for the addresses of some others, which lead nowhere.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", no_page, name="account_reset_password"),
    path("password/set/", no_page, name="account_set_password"),
    path("signup/", no_page, name="account_signup"),
    path("email/", no_page, name="account_email"),
]
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("favicon.ico", favicon),
    path("theme/", appearance.choose_theme, name="theme"),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("", include("sync.urls")),
    path("", include("repairs.urls")),
]
handler404 = "genthrust.error_pages.page_not_found"
handler500 = "genthrust.error_pages.server_error"
