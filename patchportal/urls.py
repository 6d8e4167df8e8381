"""Sign-in, language, health, and the product."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from patchportal.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("sign-in/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("", include("policies.urls")),
]
