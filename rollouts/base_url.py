"""The address of a running environment, as a flag or ENV_BASE_URL gives it.

    base_url = read_base_url(parser, given.base_url)    # None where neither names one

Whether an environment answers there is found out by who connects to it.
"""

from __future__ import annotations

import argparse
import os
from urllib.parse import urlsplit

VARIABLE = "ENV_BASE_URL"


def read_base_url(parser: argparse.ArgumentParser, given: str | None) -> str | None:
    """The address. Ends the program with status 2 where it can be none."""
    name, url = ("--base-url", given) if given else (VARIABLE, os.environ.get(VARIABLE, "").strip())
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as problem:
        parser.error(f"{name} is no URL ({problem}): {url!r}.")
    if parts.scheme not in ("http", "https", "ws", "wss") or not host or any(map(str.isspace, url)):
        parser.error(f"{name} must start with http:// or https:// and name a host, but it is {url!r}.")
    if url.rstrip("/").endswith("/v1"):
        parser.error(f"{name} is the environment's, and the model's is --model-url: {url} is a model's.")
    return url
