"""Same seed, same episode, bit for bit: in another process, thread and hash seed, and as committed.

What is committed was made by one Python, and the checks of a change run with the oldest and the newest that we support.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from synth_audit_env.tests import make_golden


@pytest.fixture(scope="module")
def golden():
    return json.loads(make_golden.GOLDEN.read_text())


def test_the_golden_digests(golden):
    """Where the world was meant to change: `uv run python tests/make_golden.py`, and say so in the changelog."""
    few = make_golden.digests(scenarios=12, episodes=3)
    assert few == {name: values[: len(few[name])] for name, values in golden.items()}


@pytest.mark.parametrize(
    ("flags", "variables"),
    [
        ([], {"PYTHONHASHSEED": "12345"}),
        (["-O"], {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "Pacific/Auckland", "PYTHONUTF8": "0"}),
    ],
    ids=["another hash seed", "hashes of 0, assertions off, and another locale"],
)
def test_another_process(golden, flags, variables):
    command = [sys.executable, *flags, make_golden.__file__, "--print"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == golden


def test_a_pool_of_threads(golden):
    """Scenarios and episodes of all tiers at once, each twice."""
    jobs = [(tier, number) for number in (0, 1, 2, 3, 2, 1, 0) for tier in ("expert", "easy", "hard", "medium")]
    with ThreadPoolExecutor(8) as pool:
        scenarios = list(pool.map(lambda job: make_golden.scenario_digest(*job), jobs))
        episodes = list(pool.map(lambda job: make_golden.episode_digest(*job), [(t, 2 * (n // 2)) for t, n in jobs]))
    assert scenarios == [golden[f"scenarios {tier}"][number] for tier, number in jobs]
    assert episodes == [golden[f"episodes {tier}"][2 * (number // 2)] for tier, number in jobs]
