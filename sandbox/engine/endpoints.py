"""S3 gateway endpoints: the door that a VPC's traffic to S3 takes, and the policy that judges it.

A gateway endpoint carries only traffic to buckets of its own Region (aws-facts 11.4); the rest takes the internet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

OPEN_POLICY = json.dumps(
    {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)


@dataclass
class Endpoint:
    """The S3 gateway endpoint of an account and Region. Without `has_internet` other Regions are out of reach."""

    endpoint_id: str
    vpc_id: str
    created_at: datetime
    policy: str = OPEN_POLICY
    has_internet: bool = True
