"""Every address of the site. Pages ask for sign-in by default (genthrust.signed_out)."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from genthrust import health

# The admin has no sign-in of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's documented way
admin.site.site_header = "GenThrust"
admin.site.site_title = "GenThrust"
admin.site.index_title = "Admin"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("notifications.urls")),
    path("", include("sync.urls")),
    path("", include("repairs.urls")),
]
