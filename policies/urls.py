"""Every URL of the product, in stage order: ask, deploy, observe."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

ask: list[URLPattern | URLResolver] = []

deploy: list[URLPattern | URLResolver] = []

observe: list[URLPattern | URLResolver] = []

urlpatterns = [*ask, *deploy, *observe]
