"""Three kinds of trouble: to be tried again, to be mended, and to be looked at first."""

from __future__ import annotations

import pytest
from botocore.parsers import ResponseParserError

from policies.aws.errors import AmbiguousProblem, asking


def test_an_answer_that_is_not_awss_leaves_open_whether_the_change_was_made() -> None:
    with pytest.raises(AmbiguousProblem, match="s3:PutObject: ResponseParserError"), asking("s3:PutObject"):
        raise ResponseParserError("invalid XML received: <html>502 Bad Gateway</html>")
