"""The portal's settings with Django admin beside it, which the node list is measured against."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 - all of them
from tests.settings import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "django.contrib.admin"]
ROOT_URLCONF = "bench.portal"
DEBUG = False
