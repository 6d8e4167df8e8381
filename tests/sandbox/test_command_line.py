"""Every operation that the sandbox answers is called by the AWS command line, in stories that a person could type."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.registry import OPERATIONS
from sandbox.transport import serve
from sandbox.wire import Sandbox
from tests.journeys.command_line import CommandLine
from tests.sandbox.stories import access, instances, organization, patching, running, stacks
from tests.sandbox.terminal import Scene, Terminal

Story = Callable[[Scene], None]

STORIES: dict[str, tuple[Story, ...]] = {
    "account": (access.regions_groups_and_tags_tell_what_lies_where,),
    "cloudformation": (
        stacks.a_stack_is_made_changed_and_deleted,
        stacks.what_someone_changed_by_hand_is_drift,
        stacks.stack_sets_are_allowed_in_the_organization,
        stacks.a_stack_set_reaches_a_unit_and_leaves_it,
    ),
    "ec2": (
        instances.an_instance_lives,
        instances.an_instance_changes_its_profile_and_tags,
        instances.an_endpoint_gets_a_policy_and_loses_it,
    ),
    "iam": (
        access.a_role_is_made_used_and_removed,
        access.rights_are_told_without_being_used,
        access.a_policy_is_kept_in_versions_and_attached,
        access.an_instance_profile_carries_a_role,
        access.the_administrator_is_tagged,
        access.the_administrator_gets_other_policies,
    ),
    "organizations": (
        organization.the_tree_is_read,
        organization.a_unit_is_made_filled_emptied_and_removed,
        organization.accounts_come_and_go,
        organization.a_service_is_trusted_and_delegated,
    ),
    "resource-groups": (access.regions_groups_and_tags_tell_what_lies_where,),
    "ssm": (
        patching.nodes_are_scanned_by_an_association,
        patching.an_association_is_changed_listed_and_deleted,
        patching.patches_and_their_properties_are_listed,
        patching.a_baseline_is_made_judges_and_is_removed,
        patching.a_patch_group_gives_its_nodes_a_baseline,
        patching.compliance_is_told_and_added_to,
        patching.a_hybrid_node_changes_its_role_and_leaves,
        patching.a_node_alone_may_ask_for_its_snapshot,
        running.a_document_is_kept_in_versions,
        running.a_command_runs_and_another_is_cancelled,
        running.a_runbook_runs_and_another_is_stopped,
        running.a_window_opens_and_runs_its_task,
    ),
    "sts": (access.a_member_is_entered_by_its_role,),
    "tagging": (access.regions_groups_and_tags_tell_what_lies_where,),
}
ALWAYS_REFUSED = {("organizations", "LeaveOrganization"), ("organizations", "RemoveAccountFromOrganization")}
"""What AWS too refuses in these stories; each says with which code."""


@pytest.fixture
def scene(sandbox: Sandbox) -> Iterator[Scene]:
    """A terminal, and the small world over loopback."""
    server = serve(sandbox, 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Scene(Terminal(f"http://127.0.0.1:{server.effective_port}"), sandbox.world)
    server.close()


@pytest.mark.parametrize("service", sorted({service for service, _ in OPERATIONS}))
def test_every_operation_of_a_service_answers_the_command_line(scene: Scene, sandbox: Sandbox, service: str) -> None:
    for story in STORIES[service]:
        story(scene)

    answered = Counter((e.service, e.action) for e in sandbox.log.entries if not e.code)
    expected = {operation for operation in OPERATIONS if operation[0] == service} - ALWAYS_REFUSED
    assert expected - set(answered) == set()
    assert not ALWAYS_REFUSED & set(answered)


@pytest.mark.parametrize(
    "line", ["sts get-caller-identity", "organizations list-accounts", "iam get-role --role-name x"]
)
def test_the_client_in_this_process_says_what_the_executable_says(scene: Scene, line: str) -> None:
    def said(shell: CommandLine) -> Any:
        try:
            return shell.run(line)
        except subprocess.CalledProcessError as ended:
            return ended.returncode, ended.stderr.strip()

    assert said(scene.shell) == said(CommandLine(scene.shell.sandbox))
