"""The AWS command-line client, pointed at a sandbox: what it prints, as anyone would see it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

CLIENT = Path(sys.executable).with_name("aws")
ADMINISTRATOR_KEY = "AKIADHPWNEHFAAAAAAAA"
"""The management account's, in every world of the sandbox."""


class CommandLine:
    """A shell in which the client speaks to one sandbox as the management account, or as a role that it took on."""

    def __init__(self, sandbox: str, key: str = ADMINISTRATOR_KEY, secret: str = "sandbox", token: str = "") -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.sandbox = sandbox
        self.environment = {
            **kept,
            "AWS_ENDPOINT_URL": sandbox,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **({"AWS_SESSION_TOKEN": token} if token else {}),
        }

    def run(self, line: str) -> Any:
        """What `aws LINE` prints, read as JSON; None for nothing. Raises CalledProcessError when it fails."""
        done = subprocess.run(
            [CLIENT, *shlex.split(line)], env=self.environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout) if done.stdout.strip() else None

    def in_account(self, account_id: str) -> Self:
        """The same client in the role that an organization gives its management account in each member."""
        role = f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole"
        told = self.run(f"sts assume-role --role-arn {role} --role-session-name looking")["Credentials"]
        return type(self)(self.sandbox, told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])
