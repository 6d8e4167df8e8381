"""The project: wiring only, no product words."""

from patchportal.celery import app as celery_app

__all__ = ["celery_app"]
