"""Every address of the site. Who may open which stands in genthrust.access."""

from allauth.account import views as account
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django_dramatiq.models import Task

from genthrust import appearance, health, microsoft
from genthrust.permissions import may_open_admin

admin.site.index_title = "Overview"
admin.site.unregister(Task)  # messages are only doorbells here; what people look at are the runs
for unused in (
    SocialApp,
    SocialToken,
):  # the app comes from the settings, tokens are kept by people.microsoft
    admin.site.unregister(unused)


def to_the_admin(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Instead of the admin's own sign-in: who comes this far is signed in and may open it."""
    return redirect("admin:index")


def no_page(request: HttpRequest) -> HttpResponse:
    raise Http404


def favicon(request: HttpRequest) -> HttpResponse:
    """Asked for by browsers on pages that name no icon, such as the admin's."""
    return redirect(static("favicon.svg"), permanent=True)


admin.site.login = to_the_admin  # type: ignore[method-assign]  # of this site alone
admin.site.has_permission = may_open_admin  # type: ignore[method-assign]  # the role instead of is_staff

# Of allauth's pages those that there is a use for. It asks for the addresses of some others, which lead nowhere.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/change/", microsoft.local_only(account.password_change), name="account_change_password"),
    path("microsoft/login/", microsoft.login, name="microsoft_login"),
    path("microsoft/login/callback/", microsoft.callback, name="microsoft_callback"),
    path("password/reset/", no_page, name="account_reset_password"),
    path("password/set/", no_page, name="account_set_password"),
    path("signup/", no_page, name="account_signup"),
    path("email/", no_page, name="account_email"),
]
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("theme/", appearance.choose_theme, name="theme"),
    path("favicon.ico", favicon, name="favicon"),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("", include("ai.urls")),
    path("", include("notifications.urls")),
    path("", include("sync.urls")),
    path("", include("repairs.urls")),
]
handler404 = "genthrust.error_pages.page_not_found"
handler500 = "genthrust.error_pages.server_error"
