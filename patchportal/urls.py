"""Sign-in, language, health, and the product."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import include, path

from patchportal.health import healthz
from policies.management.commands.demo_accounts import PEOPLE
from policies.shell import choose_theme

# The page shows the demo accounts on the sandbox only, where they exist.
sign_in = auth.LoginView.as_view(redirect_authenticated_user=True, extra_context={"demo_accounts": PEOPLE})

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("sign-in/", sign_in, name="login"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("theme/", choose_theme, name="choose_theme"),
    path("", include("policies.urls")),
]
