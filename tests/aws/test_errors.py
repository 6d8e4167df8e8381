"""Three kinds of trouble: to be tried again, to be mended, and to be looked at first."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from policies.aws.errors import AmbiguousProblem, TemporaryProblem, asking

URL = "https://s3.amazonaws.com"


def test_an_answer_that_is_not_awss_leaves_open_whether_the_change_was_made() -> None:
    with pytest.raises(AmbiguousProblem, match="s3:PutObject: ResponseParserError"), asking("s3:PutObject"):
        raise ResponseParserError("invalid XML received: <html>502 Bad Gateway</html>")


@pytest.mark.parametrize(
    "broken",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        HTTPClientError(error="reset by peer"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_line_that_breaks_off_leaves_open_whether_the_change_was_made(broken: Exception) -> None:
    with pytest.raises(AmbiguousProblem), asking("s3:PutObject"):
        raise broken


def test_a_proxy_that_is_down_is_waited_for() -> None:
    with pytest.raises(TemporaryProblem), asking("s3:PutObject"):
        raise ProxyConnectionError(proxy_url="http://proxy:3128", error="refused")
