"""The server with its page, in a process of its own: Gradio leaves event loops behind in the one that builds a page."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator

import httpx

from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.tests.patience import PATIENCE_S

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)><b>too old</b>"
"""A text that is to be seen as it is written."""


@contextlib.contextmanager
def web_server(
    folder: str | None = None, program: str = "from synth_audit_env.server import app; app.main()", **variables: str
) -> Iterator[str]:
    """Start it in a folder, with these environment variables, and yield its base URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", program, "--port", str(port)]
    env = {**os.environ, "ENABLE_WEB_INTERFACE": "true", **variables}
    with running(command, url, env=env, cwd=folder):
        wait_for_the_page(url)
        yield url


def wait_for_the_page(url: str) -> None:
    """The server answers before its page is built."""
    while (answer := httpx.get(f"{url}/web/", trust_env=False, timeout=PATIENCE_S)).status_code == 503:
        assert "Retry-After" in answer.headers, answer.text
        time.sleep(0.1)
