"""The help of alerts."""

from __future__ import annotations

from policies.domain.sentence import N_
from policies.help.topic import Topic

TELLING = (
    Topic(
        "alerts",
        N_("Active alerts"),
        (
            N_(
                "Conditions that people are told of: a deployment that failed, a patch baseline that was deleted, "
                "an override file that is held, compliance below a threshold, and an account and Region that could"
                " not be read for a day."
            ),
            N_(
                "Each is told once while it holds, and again only after it was gone. The threshold is a setting of"
                " the installation, PATCHPORTAL_ALERT_COMPLIANCE_PERCENT."
            ),
        ),
        links=("troubleshooting",),
    ),
    Topic(
        "alert-channels",
        N_("Recipients"),
        (
            N_(
                "A mail address or a webhook. A webhook must be an https address that leads to the public "
                "internet; an installation may allow others. Redirects are not followed."
            ),
            N_(
                "Each message to a webhook is signed: the header X-PatchPortal-Signature is HMAC-SHA256 by the "
                "secret over the header X-PatchPortal-Timestamp, a full stop and the body. Refuse messages whose "
                "time is more than five minutes away. The body is JSON: each alert has its kind, its text, and the "
                "address of the page that shows it."
            ),
        ),
        links=("troubleshooting",),
    ),
    Topic(
        "alert-messages",
        N_("Messages"),
        (
            N_(
                "Everything that began since the last look goes into one message for each address, so many "
                "failures at once are one mail. A message names fifty alerts at most and counts the others."
            ),
            N_(
                "A message that fails is tried again after one, five, thirty, 120 and 480 minutes, and then given "
                "up. Each attempt is counted here with its last error."
            ),
        ),
        links=("troubleshooting",),
    ),
)
