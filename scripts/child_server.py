"""A server of our own on a free loopback port, for the length of a `with` block or of one command.

    uv run python scripts/child_server.py openenv validate --url {url}

runs the command with `{url}` filled in, and returns its exit status. Whatever happens, the server is stopped
by its process id. Nothing here knows what the server serves.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

STARTUP_TIMEOUT_S = 60.0


class ServerError(RuntimeError):
    """The server did not come up; the message ends with what it printed."""


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(url: str, timeout_s: float = 2.0) -> int | None:
    """The status of a GET request, or None while nobody answers."""
    # A proxy of the machine has no business with loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout_s) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@contextlib.contextmanager
def running(
    command: Sequence[str],
    base_url: str,
    *,
    pass_fds: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    startup_timeout_s: float = STARTUP_TIMEOUT_S,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command`, yield its process once `base_url`/health answers 200, and stop it at the end."""
    # A file, since nobody reads a pipe while the caller works, and a full pipe would stop the server.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            pass_fds=pass_fds,
            env=env,
            cwd=cwd,
        )
        try:
            _wait_until_healthy(process, base_url, log, startup_timeout_s)
            yield process
        finally:
            _stop(process)


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve this package on a free loopback port; yield the base URL."""
    port = free_port()
    command = [sys.executable, "-m", "synth_audit_env.server.app", "--host", "127.0.0.1", "--port", str(port)]
    base_url = f"http://127.0.0.1:{port}"
    with running(command, base_url):
        yield base_url


def _wait_until_healthy(process: subprocess.Popen[bytes], base_url: str, log: IO[bytes], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while get(f"{base_url}/health") != 200:
        if process.poll() is not None:
            raise ServerError(f"the server ended with status {process.returncode}:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise ServerError(f"the server did not answer /health within {timeout_s:g} s:\n{_tail(log)}")
        time.sleep(0.1)


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")[-4000:]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(arguments: list[str]) -> int:
    """Run a command against a server that lives as long as the command does."""
    if not arguments:
        print(__doc__)
        return 2
    # So that a terminated job unwinds, and takes its server along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with serving() as base_url:
        return subprocess.run([word.replace("{url}", base_url) for word in arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
