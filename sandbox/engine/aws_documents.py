"""The documents of AWS that patching meets: what they are called, which platforms they run on, what values they take.

Only what a caller can see is here; what they do is `node_work.py`'s. The allowed values are of aws-facts 3.1.
"""

from __future__ import annotations

from typing import Any

Parameter = dict[str, Any]

UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
LOCATION = r"(^$)|^https://.+$|^s3://([^/]+)/(.*?([^/]+))$"
SYSTEMS = {"Windows": "PatchWindows", "MacOS": "PatchMacOS", "Linux": "PatchLinux"}
EVERYWHERE = ("Windows", "Linux", "MacOS")


def _text(default: str | None = "", **rule: Any) -> Parameter:
    told: Parameter = {"type": "String", **rule}
    return told if default is None else {**told, "default": default}


def _choice(*values: str, default: str | None = None) -> Parameter:
    return _text(default, allowedValues=list(values))


OPERATION = _choice("Scan", "Install")
REBOOT = _choice("RebootIfNeeded", "NoReboot", default="RebootIfNeeded")
ID = _text(allowedPattern=f"(^$)|^{UUID}$")


def _patching(description: str, **parameters: Parameter) -> dict[str, Any]:
    steps = [
        {
            "precondition": {"StringEquals": ["platformType", platform]},
            "action": "aws:runPowerShellScript" if platform == "Windows" else "aws:runShellScript",
            "name": step,
            "inputs": {"timeoutSeconds": 7200, "runCommand": ["# kept by AWS"]},
        }
        for platform, step in SYSTEMS.items()
    ]
    return {"schemaVersion": "2.2", "description": description, "parameters": parameters, "mainSteps": steps}


def _script(action: str) -> dict[str, Any]:
    return {
        "schemaVersion": "2.2",
        "description": "Run a script or specify the commands to run.",
        "parameters": {
            "commands": {"type": "StringList"},
            "workingDirectory": _text(),
            "executionTimeout": _text("3600", allowedPattern="([1-9][0-9]{0,5})"),
        },
        "mainSteps": [{"action": action, "name": action.replace(":", ""), "inputs": {"runCommand": "{{ commands }}"}}],
    }


AWS_CONTENT: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "AWS-RunPatchBaseline": ("Command", EVERYWHERE, _patching(
        "Scans for or installs patches from a patch baseline.",
        Operation=OPERATION, AssociationId=ID, SnapshotId=ID, RebootOption=REBOOT,
        InstallOverrideList=_text(allowedPattern=LOCATION), BaselineOverride=_text(allowedPattern=LOCATION),
        StepTimeoutSeconds=_text("7200", allowedPattern="^([1-9][0-9]{0,3}|[1-2][0-9]{4}|3[0-5][0-9]{3}|36000)$"),
    )),
    "AWS-RunPatchBaselineAssociation": ("Command", EVERYWHERE, _patching(
        "Scans for or installs patches from a patch baseline that is chosen by tags.",
        Operation=OPERATION, AssociationId=ID, RebootOption=REBOOT, InstallOverrideList=_text(allowedPattern=LOCATION),
        BaselineTags=_text(allowedPattern=r"(^$)|^Key=.+,Values=.+$"),
    )),
    "AWS-RunPatchBaselineWithHooks": ("Command", EVERYWHERE, _patching(
        "Scans for or installs patches, with documents that run before, after and at reboot.",
        Operation=OPERATION, SnapshotId=ID, RebootOption=REBOOT,
        PreInstallHookDocName=_text("AWS-Noop"), PostInstallHookDocName=_text("AWS-Noop"),
        OnExitHookDocName=_text("AWS-Noop"),
    )),
    "AWS-Noop": ("Command", EVERYWHERE, {"schemaVersion": "2.2", "description": "Does nothing.", "mainSteps": []}),
    "AWS-RunShellScript": ("Command", ("Linux", "MacOS"), _script("aws:runShellScript")),
    "AWS-RunPowerShellScript": ("Command", ("Windows", "Linux"), _script("aws:runPowerShellScript")),
    "AWS-GatherSoftwareInventory": ("Policy", EVERYWHERE, {
        "schemaVersion": "2.0", "description": "Gathers inventory.", "parameters": {
            name: _choice("Enabled", "Disabled", default="Enabled")
            for name in ("applications", "awsComponents", "networkConfig", "windowsUpdates", "services",
                         "instanceDetailedInformation", "windowsRoles", "customInventory", "billingInfo")
        },
        "mainSteps": [],
    }),
    "AWS-UpdateSSMAgent": ("Command", EVERYWHERE, {
        "schemaVersion": "1.2", "description": "Updates the agent.",
        "parameters": {"version": _text(), "allowDowngrade": _choice("true", "false", default="false")},
        "mainSteps": [],
    }),
}  # fmt: skip
