"""The image's settings, as far as its Dockerfile tells them without being built."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from synth_audit_env.scripts.check_deploy import COMPOSE, DEPLOY
from synth_audit_env.scripts.check_dockerfile import CHOWN, EPISODES, ROOT, instructions
from synth_audit_env.server.serving import settings
from synth_audit_env.server.serving.settings import SettingsError
from synth_audit_env.tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def image():
    """What the last of each instruction says: those of the final stage."""
    return dict(instructions((ROOT / "Dockerfile").read_text()))


@pytest.fixture(scope="module")
def variables(image):
    return dict(pair.split("=", 1) for pair in shlex.split(image["ENV"]))


@pytest.mark.parametrize("given", [[], ["--max-sessions", "128"]])
def test_it_can_be_reached_whether_or_not_flags_are_given(image, variables, given):
    # A command replaces the image's own, flags and all.
    _, *own = json.loads(image["CMD"])
    read = settings.read(given or own, variables)
    assert (read.host, str(read.port)) == ("0.0.0.0", image["EXPOSE"])


def test_several_processes_are_told_what_to_do_about_the_page(variables):
    with pytest.raises(SettingsError, match="WORKERS.*set ENABLE_WEB_INTERFACE=false"):
        settings.read([], {**variables, "WORKERS": "2"})
    assert settings.read([], {**variables, "WORKERS": "2", "ENABLE_WEB_INTERFACE": "false"}).workers == 2


class Healthy(BaseHTTPRequestHandler):
    """Answers /health alone."""

    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_):
        """Tests print nothing."""


def test_the_health_check_asks_at_the_port_of_the_variable(image):
    python, *check = json.loads(image["HEALTHCHECK"].partition("CMD ")[2])
    assert python == "python"
    with ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.server_port)
        healthy = subprocess.run([sys.executable, *check], env={"PORT": port}, capture_output=True, check=False)
        server.shutdown()
    assert healthy.returncode == 0, healthy.stderr
    assert subprocess.run([sys.executable, *check], env={"PORT": port}, capture_output=True, check=False).returncode


def test_the_folder_for_an_episode_log_is_the_users_and_compose_mounts_a_volume_there(image):
    assert CHOWN.findall(image["RUN"]) == [(image["USER"], EPISODES)]
    composed = yaml.safe_load((DEPLOY / COMPOSE).read_text())
    volumes = dict(mount.split(":") for mount in composed["services"]["server"]["volumes"])
    assert EPISODES in volumes.values()
    assert volumes.keys() <= composed["volumes"].keys()


SERVES = """#!{python}
import http.server, os, pathlib
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        pathlib.Path("{note}").write_text(str(os.getpid()))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Healthy).serve_forever()
"""
BUILT = """FROM python:3.11-slim
COPY serve /usr/local/bin/serve
{step}
ENV PORT=8000
USER 1000:1000
HEALTHCHECK CMD ["sleep", "300"]
CMD ["serve"]
"""


def runs(pid):
    """Whether a process is there and has not ended."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("step", ["", "RUN true && {python} wait.py && true"])
def test_when_it_is_terminated_nothing_is_left_behind(tmp_path, step):
    """Neither the server nor what a RUN has started, and not the folder of the image."""
    note, context, scratch = tmp_path / "pid", tmp_path / "context", tmp_path / "scratch"
    context.mkdir()
    scratch.mkdir()
    (context / ".dockerignore").touch()
    (context / "serve").write_text(SERVES.format(python=sys.executable, note=note))
    (context / "serve").chmod(0o755)
    (context / "wait.py").write_text(
        f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); time.sleep({PATIENCE_S})"
    )
    # Absolute paths of a RUN are read as the image's, so that it takes its script from its own folder.
    step = f"COPY wait.py wait.py\n{step.format(python='python')}" if step else ""
    (context / "Dockerfile").write_text(BUILT.format(step=step))
    program = "import pathlib, sys; from synth_audit_env.scripts import check_dockerfile as script; "
    program += f"script.ROOT = pathlib.Path({str(context)!r}); sys.exit(script.main())"
    with (
        (tmp_path / "said").open("w") as said,  # not a pipe, which what is left behind would keep open
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "TMPDIR": str(scratch)},
            stdout=said,
            stderr=said,
        ) as script,
    ):
        while not (note.exists() and note.read_text()):
            assert script.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.05)
        pid = int(note.read_text())
        try:
            script.send_signal(signal.SIGTERM)
            assert script.wait(PATIENCE_S) == 143, (tmp_path / "said").read_text()
            assert not runs(pid)
            assert list(scratch.iterdir()) == []
        finally:
            if runs(pid):
                os.kill(pid, signal.SIGKILL)
