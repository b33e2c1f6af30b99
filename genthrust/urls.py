"""Every address of the site. Pages ask for sign-in by default (LoginRequiredMiddleware)."""

from django.contrib import admin
from django.urls import include, path

from genthrust import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
