"""All topics of the help."""

from __future__ import annotations

from policies.help.asking import ASKING
from policies.help.dashboard import DASHBOARD
from policies.help.following import FOLLOWING
from policies.help.keeping import KEEPING
from policies.help.preparing import PREPARING
from policies.help.reaching import REACHING
from policies.help.running import RUNNING
from policies.help.seeing import SEEING
from policies.help.telling import TELLING

GROUPS = (PREPARING, ASKING, REACHING, FOLLOWING, KEEPING, RUNNING, DASHBOARD, SEEING, TELLING)
TOPICS = {topic.slug: topic for group in GROUPS for topic in group}
