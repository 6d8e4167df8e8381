"""Filters that people gave a name."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class Page(models.TextChoices):
    """The pages whose filters can be saved; the values are the names of their URLs."""

    DASHBOARD = "dashboard", "dashboard"
    NODES = "node_list", "node_list"


class SavedView(models.Model):
    """A page with its filters, kept by a person under a name; a shared one is offered to everybody."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=16, choices=Page.choices)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2_000, blank=True)
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "page", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name
