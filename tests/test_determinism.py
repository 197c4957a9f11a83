"""Same seed, same episode, bit for bit: in another process, thread, hash seed and Python, and as committed."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from synth_audit_env.tests import make_golden

ROOT = Path(__file__).parent.parent
OTHERS = [name for name in ("python3.13", "python3.12", "python3.11") if name != f"python3.{sys.version_info.minor}"]


@pytest.fixture(scope="module")
def golden():
    return json.loads(make_golden.GOLDEN.read_text())


def elsewhere(**variables):
    """This environment without what ties it to this Python and this project's lock."""
    tied = ("PYTHON", "VIRTUAL_ENV", "UV_LOCKED", "UV_FROZEN", "UV_PROJECT")
    return {name: value for name, value in os.environ.items() if not name.startswith(tied)} | variables


def printed_by(command, folder, **variables):
    """What `make_golden.py --print` prints in a new process that finds this checkout as synth_audit_env."""
    (folder / "synth_audit_env").symlink_to(ROOT, target_is_directory=True)
    # openenv is plain Python, and what the environment uses of it needs pydantic alone: another Python has this one's.
    (openenv,) = map(Path, importlib.util.find_spec("openenv").submodule_search_locations)
    for part in (openenv, *openenv.parent.glob("openenv-*.dist-info")):
        (folder / part.name).symlink_to(part, target_is_directory=True)
    done = subprocess.run(
        [*command, str(ROOT / "tests" / "make_golden.py"), "--print"],
        env=elsewhere(PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1", **variables),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_golden_digests(golden):
    """Where the world was meant to change: `uv run python tests/make_golden.py`, and say so in the changelog."""
    few = make_golden.digests(scenarios=12, episodes=3)
    assert few == {name: values[: len(few[name])] for name, values in golden.items()}


def test_a_process_with_another_hash_seed(golden, tmp_path):
    assert printed_by([sys.executable], tmp_path, PYTHONHASHSEED="12345") == golden


def test_a_process_with_hashes_of_0_assertions_off_and_another_locale(golden, tmp_path):
    variables = {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "Pacific/Auckland", "PYTHONUTF8": "0"}
    assert printed_by([sys.executable, "-O"], tmp_path, **variables) == golden


def test_a_pool_of_threads(golden):
    """Scenarios and episodes of all tiers at once, each twice."""
    jobs = [(tier, number) for number in (0, 1, 2, 3, 2, 1, 0) for tier in ("expert", "easy", "hard", "medium")]
    with ThreadPoolExecutor(8) as pool:
        scenarios = list(pool.map(lambda job: make_golden.scenario_digest(*job), jobs))
        episodes = list(pool.map(lambda job: make_golden.episode_digest(*job), [(t, 2 * (n // 2)) for t, n in jobs]))
    assert scenarios == [golden[f"scenarios {tier}"][number] for tier, number in jobs]
    assert episodes == [golden[f"episodes {tier}"][2 * (number // 2)] for tier, number in jobs]


@cache
def other_python(name):
    """The command that runs another Python with numpy and pydantic, or why there is none."""
    path, uv = shutil.which(name), shutil.which("uv")
    if path is None:
        return None, f"{name} is not on PATH"
    asked = [path, "-c", "import sys; print(sys.version_info[:2])"]
    answers = subprocess.run(asked, env=elsewhere(), capture_output=True, text=True)
    if answers.returncode or answers.stdout.strip() != f"(3, {name.removeprefix('python3.')})":
        return None, f"{path} does not run as Python {name.removeprefix('python')}"
    if uv is None:
        return None, f"there is no uv to bring numpy and pydantic to {path}"
    command = [uv, "run", "--no-project", "--no-config", "--quiet", "--python", path]
    return [*command, "--with", "numpy>=2", "--with", "pydantic>=2.11", "python"], ""


@pytest.mark.slow
def test_another_supported_python(golden, tmp_path):
    reasons = []
    for name in OTHERS:
        command, reason = other_python(name)
        if command is not None:
            assert printed_by(command, tmp_path) == golden, name
            return
        reasons.append(reason)
    pytest.skip("; ".join(reasons))
