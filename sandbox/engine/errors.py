"""An AWS error: the code and message that AWS documents for the case."""

from __future__ import annotations


class AwsError(Exception):
    """Answered in the protocol's own shape. `status` is the HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def denied(principal: str, action: str, resource: str = "*") -> AwsError:
    """AccessDeniedException in the words AWS uses."""
    return AwsError(
        "AccessDeniedException", f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
    )
