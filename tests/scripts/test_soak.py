"""A good server passes each client of a soak, and each check fails for a server that does something wrong."""

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.benchmarks.machine import MEBIBYTE
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.scripts import soak as program
from synth_audit_env.scripts.soak import CLIENTS, WARM_UP_S, Soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
STOPPED = "INFO uvicorn.error: Finished server process [7]\n"
STOPS, FAULTLESS = "it stops in order when told to", "the server reports no fault"


@pytest.fixture(scope="module")
def scripts():
    return [record(seed, "oversight_easy") for seed in range(2)]


@pytest.fixture
def run(serve, scripts, monkeypatch):
    """Let one client come to a server, and return the soak."""
    monkeypatch.setattr(program, "DROPPED_AFTER_S", 0.0)
    monkeypatch.setattr(program, "PAUSE_S", 0.001)

    def run(name, *, session_timeout_s=3.0, scripts=scripts):
        soak = Soak(serve(session_timeout_s=session_timeout_s).port, 3.0, scripts)
        asyncio.run(program.run(soak, name, random.Random(1)))
        return soak

    return run


@pytest.mark.parametrize("name", CLIENTS)
def test_a_good_server_passes_each(run, name):
    soak = run(name)
    assert soak.problems == []
    # The docstring says if it ends its episode.
    assert soak.finished.total() == ("is finished" in CLIENTS[name].__doc__)


@pytest.mark.parametrize("name", ["good", "slow_reader", "garbage"])
def test_a_wrong_answer_is_noticed(run, scripts, name):
    wrong = [replace(script, answers=[*script.answers[:-1], script.answers[-1] + b" "]) for script in scripts]
    assert len(run(name, scripts=wrong, session_timeout_s=None).problems) == 1


@pytest.fixture
def good():
    """A soak of ten minutes that passes."""
    finished = Counter({("episode", "oversight_easy", 1, 1.0): 1})
    memory = [(float(second), 100 * MEBIBYTE) for second in range(600)]
    return Soak(0, 1.0, [], finished, Counter(finished), answers=20, memory=memory, left=0, faults=0, words=STOPPED)


def failed(soak, load_s=600.0):
    return [check for check, _, passed in soak.verdicts(load_s) if not passed]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({}, None),
        ({"words": ""}, STOPS),
        ({"words": "timeout graceful shutdown exceeded\n" + STOPPED}, STOPS),
        ({"problems": ["x"]}, "clients saw what was due"),
        ({"answers": 0}, "clients saw what was due"),
        ({"left": 1}, "no session is left"),
        ({"left": None}, "no session is left"),
        ({"more_files": 4}, "file descriptors are flat"),
        ({"logged": Counter()}, "every finished episode is logged once"),
        ({"faults": 1}, FAULTLESS),
        ({"faults": None}, FAULTLESS),
        ({"words": "Task exception was never retrieved\n" + STOPPED}, FAULTLESS),
    ],
)
def test_each_check_can_fail(good, change, check):
    assert failed(replace(good, **change)) == [check] * bool(check)


def test_an_episode_that_is_logged_twice_is_noticed(good, tmp_path):
    line = {"task": "oversight_easy", "seed": 1, "outcome": {"score": 1.0}, "episode_id": "episode"}
    for name in ("1.jsonl", "2.jsonl"):
        (tmp_path / name).write_text(json.dumps(line) + "\n")
    soak = replace(good, logged=Counter())
    soak.read_log(tmp_path)
    assert soak.logged.total() == 2
    assert failed(soak) == ["every finished episode is logged once"]


@pytest.mark.parametrize(
    ("load_s", "mebibytes", "flat"),
    # Memory is not judged in 89 seconds, and coarsely in less than five minutes.
    [(89.9, 10_000, True), (90.0, 59, True), (299.9, 61, False), (300.0, 59, False), (300.0, 9, True)],
)
def test_memory_that_grows_after_the_warm_up(good, load_s, mebibytes, flat):
    judged_s = max(1.0, int(load_s) - WARM_UP_S)
    grown = [int(max(0.0, second - WARM_UP_S) / judged_s * mebibytes) for second in range(int(load_s) + 1)]
    soak = replace(good, memory=[(float(second), more * MEBIBYTE) for second, more in enumerate(grown)])
    assert (failed(soak, load_s) == []) is flat


@pytest.mark.slow
def test_a_short_soak(tmp_path):
    flags = "--minutes 0.2 --sessions 24 --session-timeout 2"
    status = program.main([*flags.split(), "--out", str(tmp_path / "soak.json")])
    report = json.loads((tmp_path / "soak.json").read_text())
    judged = {verdict["check"]: verdict["passed"] for verdict in report["verdicts"]}
    assert "memory is flat" not in judged
    assert set(judged.values()) == {True}, report
    assert (status, report["passed"]) == (0, True)
    assert set(report["sessions"]) == set(CLIENTS)
    assert report["episodes_finished"] == report["episodes_logged"] > 24
