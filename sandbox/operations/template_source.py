"""CloudFormation: the template of a request, from its body or from S3, and what is held against it."""

from __future__ import annotations

import urllib.parse

from sandbox.engine.errors import AwsError
from sandbox.engine.template import wrong
from sandbox.engine.template_checks import check_capabilities, check_template
from sandbox.engine.template_text import check_length, parse
from sandbox.engine.world import World
from sandbox.registry import Call, Parameters


def read_template(world: World, call: Call, parameters: Parameters) -> str | None:
    """The text that the request carries or names, None when neither; raises AwsError ValidationError."""
    body, url = parameters.get("TemplateBody"), parameters.get("TemplateURL")
    if body and url:
        raise wrong("You must specify either TemplateBody or TemplateURL, but not both.")
    if body:
        check_length(body)
        return str(body)
    return _fetch(world, call, url) if url else None


def need_template(world: World, call: Call, parameters: Parameters) -> str:
    """The same, checked, for a request that must have one."""
    text = read_template(world, call, parameters)
    if text is None:
        raise wrong("Either Template URL or Template Body must be specified.")
    check_template(parse(text))
    return text


def accept_template(world: World, call: Call, parameters: Parameters, previous: str = "") -> str:
    """The template to work with, `previous` where the request says so; what it needs must be acknowledged."""
    if parameters.get("UsePreviousTemplate"):
        if parameters.get("TemplateBody") or parameters.get("TemplateURL"):
            raise wrong("You cannot specify a template and UsePreviousTemplate at the same time.")
        text = previous
    else:
        text = need_template(world, call, parameters)
    check_capabilities(parse(text), parameters.get("Capabilities") or [])
    return text


def _fetch(world: World, call: Call, url: str) -> str:
    bucket, key = _place(url)
    try:
        content = world.storage.read_object(call.principal, bucket, key)
    except AwsError as error:
        raise wrong(f"S3 error: {error.message}") from error
    text = bytes(content).decode(errors="replace")
    check_length(text, from_s3=True)
    return text


def _place(url: str) -> tuple[str, str]:
    """Bucket and key of an S3 address, with the bucket in the host or in the path."""
    parts = urllib.parse.urlsplit(url)
    host, path = parts.hostname or "", urllib.parse.unquote(parts.path).lstrip("/")
    bucket, marker, _ = host.partition(".s3")
    if not marker or host.startswith("s3"):
        bucket, _, path = path.partition("/")
    if not bucket or not path:
        raise wrong("TemplateURL must be a supported URL.")
    return bucket, path
