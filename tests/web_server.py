"""The server with its page, in a process of its own: Gradio leaves event loops behind in the one that builds a page."""

import contextlib
import os
import sys
from collections.abc import Iterator

from synth_audit_env.rollouts.own_server import free_port, running

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)><b>too old</b>"
"""A text that is to be seen as it is written."""


@contextlib.contextmanager
def web_server(folder: str | None = None, **variables: str) -> Iterator[str]:
    """Start it in a folder, with these environment variables, and yield its base URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "synth_audit_env.server.app", "--port", str(port)]
    env = {**os.environ, "ENABLE_WEB_INTERFACE": "true", **variables}
    with running(command, url, env=env, cwd=folder):
        yield url
