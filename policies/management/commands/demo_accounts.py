"""Creates the demo's three people, one for each role. Refuses to run anywhere but on the sandbox."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

PEOPLE = {"viewer": "look-around", "operator": "night-shift", "administrator": "set-the-policy"}


class Command(BaseCommand):
    """Make viewer, operator and administrator, or leave them as they are."""

    help = "Create the three demo accounts (on the sandbox only)"

    def handle(self, *_: Any, **__: Any) -> None:
        """Their passwords are public, so they exist only where nothing is at stake."""
        if not settings.ON_SANDBOX:
            raise CommandError("demo accounts have public passwords; they are made on the sandbox only")
        for name, password in PEOPLE.items():
            person, is_new = User.objects.get_or_create(username=name)
            if is_new:
                person.set_password(password)
                person.save()
            person.groups.add(Group.objects.get_or_create(name=name)[0])
