"""The image's settings, as far as its Dockerfile tells them without being built."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from synth_audit_env.server.serving import settings

ROOT = Path(__file__).parents[1]
EPISODES = "/episodes"
_CHOWN = re.compile(r"&& chown (\S+) (/\S+)")


@pytest.fixture(scope="module")
def image():
    """What the last of each instruction says: those of the final stage."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return dict(line.split(None, 1) for line in joined.splitlines() if line)


@pytest.fixture(scope="module")
def variables(image):
    return dict(pair.split("=", 1) for pair in shlex.split(image["ENV"]))


@pytest.fixture
def set_all(monkeypatch):
    """Set environment variables."""
    return lambda given: [monkeypatch.setenv(name, value) for name, value in given.items()]


@pytest.mark.parametrize("given", [[], ["--max-sessions", "128"]])
def test_it_can_be_reached_whether_or_not_flags_are_given(image, variables, set_all, given):
    # A command replaces the image's own, flags and all.
    _, *own = json.loads(image["CMD"])
    set_all(variables)
    read = settings.read(given or own)
    assert (read.host, str(read.port)) == ("0.0.0.0", image["EXPOSE"])


@pytest.mark.parametrize("healthy", [True, False])
def test_the_health_check_asks_at_the_port_of_the_variable(image, answering, healthy):
    python, *check = json.loads(image["HEALTHCHECK"].partition("CMD ")[2])
    assert python == "python"
    port = str(answering(lambda asked: (200 if healthy and asked.path == "/health" else 404, "")))
    asked = subprocess.run([sys.executable, *check], env={"PORT": port}, capture_output=True, check=False)
    assert (asked.returncode == 0) is healthy, asked.stderr


def test_the_folder_for_an_episode_log_is_the_users_and_compose_mounts_a_volume_there(image):
    assert _CHOWN.findall(image["RUN"]) == [(image["USER"], EPISODES)]
    composed = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    volumes = dict(mount.split(":") for mount in composed["services"]["server"]["volumes"])
    assert EPISODES in volumes.values()
    assert volumes.keys() <= composed["volumes"].keys()
