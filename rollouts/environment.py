"""A running environment: its address, as a flag or ENV_BASE_URL gives it, and a session on it.

base_url = read_base_url(parser, given.base_url)    # None where neither names one
with session(base_url) as env:
    env.reset(task_id="oversight_easy", seed=42)
"""

import argparse
import os
from typing import Annotated

from pydantic import TypeAdapter, UrlConstraints, ValidationError
from pydantic_core import Url

from ..client import SyncSynthAuditEnv, SynthAuditEnv

VARIABLE = "ENV_BASE_URL"
_URL = TypeAdapter(Annotated[Url, UrlConstraints(allowed_schemes=["http", "https", "ws", "wss"], host_required=True)])
MESSAGE_TIMEOUT_S = 600.0
"""For an answer of the server. All come at once but that to a reset, where a model may word the notes first: the 17 of
an expert episode at 150 tokens each, half of them asked for twice, are six minutes at 10 tokens a second. Of a
slower one the server keeps what it has, so that the next try goes on from there. A server that ends is noticed at once,
since its connection does."""


class NoEnvironmentError(ConnectionError):
    """No environment answers at an address."""


def session(base_url: str) -> SyncSynthAuditEnv:
    """A session on a server, connected. Raises NoEnvironmentError where none answers."""
    env = SynthAuditEnv(base_url=base_url, message_timeout_s=MESSAGE_TIMEOUT_S).sync()
    try:
        env.connect()
    except OSError as problem:
        env.close()
        raise NoEnvironmentError(f"No environment answers at {base_url}: {problem}") from None
    return env


def read_base_url(parser: argparse.ArgumentParser, given: str | None) -> str | None:
    """The address. Ends the program with status 2 where it cannot be one."""
    name, url = ("--base-url", given) if given else (VARIABLE, os.environ.get(VARIABLE, "").strip())
    if not url:
        return None
    try:
        _URL.validate_python(url)
    except ValidationError:
        parser.error(f"{name} must start with http:// or https:// and name a host, but it is {url!r}.")
    if url.rstrip("/").endswith("/v1"):
        parser.error(f"{name} is the environment's, and the model's is --model-url: {url} is a model's.")
    return url
