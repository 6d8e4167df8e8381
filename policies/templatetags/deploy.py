"""What the pages of deployments need: the progress of one."""

from __future__ import annotations

from django import template

from policies.deploy.progress import Progress, read_progress
from policies.models import Deployment

register = template.Library()


@register.simple_tag
def progress_of(deployment: Deployment) -> Progress:
    """The deployment's steps and stack instances as our rows tell them."""
    return read_progress(deployment)
