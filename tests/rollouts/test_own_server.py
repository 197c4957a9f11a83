"""A server of one's own comes up, goes away whatever happens, and says why when it cannot come up."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from synth_audit_env.rollouts.own_server import OwnServerError, free_port, running
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

# Answers every request with 200; nothing else is asked of a server here, and it starts at once.
_SMALL = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@contextlib.contextmanager
def _serving(program: str, **options: float) -> Iterator[str]:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-c", program, str(port)], base_url, **options):
        yield base_url


def _listens(base_url: str) -> bool:
    address = urlsplit(base_url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname or "", address.port or 0)) == 0


def test_stops_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), _serving(_SMALL) as base_url:  # noqa: PT012  # the block is what fails
        assert _listens(base_url)
        raise ZeroDivisionError
    assert not _listens(base_url)


def test_kills_a_server_that_does_not_stop(monkeypatch):
    monkeypatch.setattr("synth_audit_env.rollouts.own_server.STOP_TIMEOUT_S", 0.3)
    with _serving("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _SMALL) as base_url:
        assert _listens(base_url)
    assert not _listens(base_url)


@pytest.mark.parametrize(
    ("program", "timeout_s", "words"),
    [
        ("sys.exit('the disk is full')", 60.0, r"(?s)ended with status 1:\nthe disk is full"),
        ("import time; time.sleep(600)", 0.3, r"did not answer /health within 0\.3 s:\n\(it said nothing\)"),
    ],
)
def test_why_it_does_not_come_up_is_told(program, timeout_s, words):
    with pytest.raises(OwnServerError, match=words), _serving(f"import sys; {program}", timeout_s=timeout_s):
        pytest.fail("the block must not be entered")


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_serves_the_environment_and_goes_away_when_we_are_killed():
    program = (
        "import time\nfrom synth_audit_env.rollouts.own_server import own_server\n"
        "with own_server() as base_url:\n    print(base_url, flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        base_url = parent.stdout.readline().strip()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{base_url}/schema", timeout=PATIENCE_S) as answer:
            assert b"protocol_excerpt" in answer.read()
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not _listens(base_url), f"somebody still listens on {base_url}")
