"""Sign-in, language, health, and the product."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from patchportal.health import healthz
from policies.shell import choose_theme
from policies.sign_in import SignIn

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("sign-in/", SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("theme/", choose_theme, name="choose_theme"),
    path("", include("policies.urls")),
]
