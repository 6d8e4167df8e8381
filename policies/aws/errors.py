"""What can go wrong when talking to AWS, in three kinds, raised at the doors and nowhere else.

Temporary: try again later. Permanent: it fails until someone mends the cause. Ambiguous: the answer was lost, so the
change may or may not have happened, and only a look can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

TEMPORARY_CODES = {
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
    "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "PriorRequestNotComplete",
    "ServiceUnavailable", "ServiceUnavailableException", "InternalError", "InternalFailure", "InternalServerError",
    "InternalServerException", "RequestTimeout", "RequestTimeoutException", "StaleRequestException",
    "ConcurrentModificationException", "ConflictException", "OperationAborted",
    "ExpiredToken", "ExpiredTokenException", "RequestExpired",
    "400",
}  # fmt: skip
"""S3's answer to a HEAD has no body to name an error: credentials that have expired are a bare 400."""


class AwsProblem(Exception):
    """AWS refused or did not answer: `action` is what we asked (`ssm:ListAssociations`), the rest what AWS said."""

    def __init__(self, action: str, code: str, message: str) -> None:
        super().__init__(f"{action}: {code}: {message}")
        self.action = action
        self.code = code
        self.message = message


class TemporaryProblem(AwsProblem):
    """Worth trying again later, unchanged: throttling, AWS's own faults, expired credentials."""


class BusyProblem(TemporaryProblem):
    """StackSets does one operation at a time on a stack set, and another one runs."""


class PermanentProblem(AwsProblem):
    """Fails until someone mends the cause: access denied, validation, a limit."""


class AmbiguousProblem(AwsProblem):
    """The connection broke after the request was sent: the change may have happened."""


@contextmanager
def asking(action: str) -> Iterator[None]:
    """Turn botocore's errors inside the block into one of the three kinds; `action` is the IAM action being used."""
    try:
        yield
    except ClientError as error:
        raise _told(action, error) from error
    except (HTTPClientError, IncompleteReadError) as error:
        # Timed out, or broken off: among these are ReadTimeoutError and ConnectionClosedError.
        raise AmbiguousProblem(action, type(error).__name__, str(error)) from error
    except ResponseParserError as error:
        # Something between here and AWS answered in its place, as a load balancer does with a page of its own.
        raise AmbiguousProblem(action, type(error).__name__, str(error)) from error
    except (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError) as error:
        raise TemporaryProblem(action, type(error).__name__, str(error)) from error
    except NoCredentialsError as error:
        raise PermanentProblem(action, "NoCredentials", str(error)) from error
    except BotoCoreError as error:
        raise PermanentProblem(action, type(error).__name__, str(error)) from error


def _told(action: str, error: ClientError) -> AwsProblem:
    told = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, message = str(told.get("Code", status)), str(told.get("Message", ""))
    if code == "OperationInProgressException":
        return BusyProblem(action, code, message)
    temporary = code in TEMPORARY_CODES or status >= 500 or status == 429
    return (TemporaryProblem if temporary else PermanentProblem)(action, code, message)
