"""The product as a Django app."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Patch policies."""

    name = "policies"
