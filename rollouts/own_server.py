"""An environment server of one's own: a child process on a free loopback port, for as long as a `with` block.

    with own_server() as base_url:
        env = SynthAuditEnv(base_url=base_url)

The child is stopped however the block is left. Nothing here knows what the server serves.
"""

import contextlib
import http.client
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from typing import IO, Any

STARTUP_TIMEOUT_S = 600.0
"""Long, since a server may start on a busy machine. One that ends is noticed at once."""
STOP_TIMEOUT_S = 10.0
_TAIL = 2_000
"""Characters of the server's last words that an error repeats."""
_PROGRAM = """
import os, runpy, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
runpy.run_module("synth_audit_env.server.app", run_name="__main__")
"""
"""`python -m synth_audit_env.server.app`, but it also ends when its standard input does. So it notices when we were
killed and cannot stop it any more."""


class OwnServerError(RuntimeError):
    """The server did not come up. The message ends with what it said last."""


@contextlib.contextmanager
def own_server() -> Iterator[str]:
    """Start this package's server, yield its base URL once it answers, and stop it.

    Raises:
        OwnServerError: It ended early, or did not answer in time.
    """
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-c", _PROGRAM, "--host", "127.0.0.1", "--port", str(port)], base_url):
        yield base_url


@contextlib.contextmanager
def running(
    command: Sequence[str], base_url: str, *, timeout_s: float = STARTUP_TIMEOUT_S, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start any server, yield its process once `base_url`/health answers 200, and stop it.

    Args:
        command: The server's. Its standard input is a pipe that closes when this process ends.
        base_url: Where it will answer.
        timeout_s: How long it may take to answer.
        **options: More of Popen's, such as `env` and `cwd`.

    Raises:
        OwnServerError: It ended early, or did not answer in time.
    """
    # Its output goes to a file: nobody reads a pipe while the caller works, and a full pipe would block the server.
    with tempfile.TemporaryFile() as output:
        # Ctrl-C in a terminal reaches every process of the group: in a session of its own the server outlives it.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True, **options
        )
        try:
            _wait(process, base_url, output, timeout_s)
            yield process
        finally:
            _stop(process)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], base_url: str, output: IO[bytes], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _healthy(base_url):
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            late = f"did not answer /health within {timeout_s:g} s"
            why = f"ended with status {process.returncode}" if ended else late
            output.seek(0)
            last = output.read().decode(errors="replace")[-_TAIL:].strip() or "(it said nothing)"
            raise OwnServerError(f"The server {why}:\n{last}")
        time.sleep(0.05)


def _healthy(base_url: str) -> bool:
    # A proxy of the machine has no business with loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{base_url}/health", timeout=2.0):
            return True
    except (OSError, http.client.HTTPException):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except BaseException as problem:
        # Too slow, or a second Ctrl-C: either way it must not stay behind.
        process.kill()
        process.wait()
        if not isinstance(problem, subprocess.TimeoutExpired):
            raise
    finally:
        assert process.stdin is not None, "it was started with a pipe"
        process.stdin.close()
