"""A good server passes each fault of a soak, and each check fails for a server that does something wrong."""

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.benchmarks import soak_clients as clients
from synth_audit_env.benchmarks.machine import MEBIBYTE
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.soak_clients import CLIENTS, Soak
from synth_audit_env.scripts import soak as program
from synth_audit_env.scripts.soak import WARM_UP_S, Seen, differences, verdicts
from synth_audit_env.server.serving import limits

TIMEOUT_S = 3.0
"""Of a session: short, since some clients wait for it, and long enough for one that is read on a busy machine."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def scripts():
    return [record(seed, "oversight_easy") for seed in range(2)]


@pytest.fixture
def run(serve, scripts, monkeypatch):
    """Let one client come to a server, and return what it has seen."""
    monkeypatch.setattr(limits, "DROPPED_AFTER_S", 1.0)
    monkeypatch.setattr(clients, "PAUSE_S", 0.001)

    def run(name, *, session_timeout_s=TIMEOUT_S, scripts=scripts, rng=None):
        soak = Soak(serve(session_timeout_s=session_timeout_s).port, TIMEOUT_S, scripts)

        async def come():
            await clients.run(soak, name, rng or random.Random(1))
            soak.let_go()

        asyncio.run(come())
        return soak

    return run


class TestClients:
    @pytest.mark.parametrize("name", CLIENTS)
    def test_a_good_server_passes_each(self, run, name):
        soak = run(name)
        assert soak.problems == []
        # What the docstring says of whether it ends its episode.
        assert soak.finished.total() == ("is finished" in CLIENTS[name].__doc__)

    @pytest.mark.parametrize("name", ["good", "slow_reader", "garbage"])
    def test_a_wrong_answer_is_noticed(self, run, scripts, name):
        wrong = [replace(script, answers=[*script.answers[:-1], script.answers[-1] + b" "]) for script in scripts]
        assert len(run(name, scripts=wrong, session_timeout_s=None).problems) == 1


class TestChecks:
    LOAD_S = 600.0
    SAMPLES = tuple((float(second), 100 * MEBIBYTE) for second in range(620))
    """Some of them from after the load, while its last clients left."""
    STOPPED = "INFO uvicorn.error: Finished server process [7]\n"
    LIVES, FAULTLESS = "it lives until it is told to stop, and stops", "the server reports no fault"
    GOOD = Seen(list(SAMPLES), more_files=1, sessions=0, faults=0, status=-15, words=STOPPED)

    @pytest.fixture
    def soak(self, scripts):
        finished = Counter(
            (f"episode {number}", one.task_id, one.seed, one.score) for number, one in enumerate(scripts)
        )
        return Soak(0, 1.0, scripts, finished, answers=20)

    @pytest.fixture
    def failed(self, soak, tmp_path):
        """The checks that fail: of a log with these lines, the first in a closed file."""

        def failed(*lines, load_s=self.LOAD_S, **changes):
            seen = replace(self.GOOD, logged=Counter(), **changes)
            lines = lines or [self.line(*one) for one in soak.finished]
            (tmp_path / "1.jsonl").write_text(lines[0])
            (tmp_path / "2.jsonl").write_text("".join(lines[1:]))
            seen.read_log(tmp_path, closed_only=True)
            assert [path.name for path in tmp_path.iterdir()] == ["2.jsonl"]  # the one that is still written to
            seen.read_log(tmp_path, closed_only=False)
            assert list(tmp_path.iterdir()) == []
            return {one.check: one.measured for one in verdicts(soak, seen, load_s) if not one.passed}

        return failed

    def line(self, episode_id, task, seed, score):
        return json.dumps({"task": task, "seed": seed, "outcome": {"score": score}, "episode_id": episode_id}) + "\n"

    @pytest.mark.parametrize(
        ("change", "check"),
        [
            ({}, None),
            ({"status": 1}, LIVES),
            ({"words": ""}, LIVES),
            ({"words": "timeout graceful shutdown exceeded\n" + STOPPED}, LIVES),
            ({"sessions": 1}, "no session is left"),
            ({"sessions": None}, "no session is left"),
            ({"more_files": 4}, "file descriptors are flat"),
            ({"faults": 1}, FAULTLESS),
            ({"faults": None}, FAULTLESS),
            ({"words": "Traceback (most recent call last):\n" + STOPPED}, FAULTLESS),
            ({"words": "Task exception was never retrieved\n" + STOPPED}, FAULTLESS),
        ],
    )
    def test_an_ending_without_and_with_a_fault(self, failed, change, check):
        assert list(failed(**change)) == [check] * bool(check)

    def test_a_log_that_differs(self, failed, soak):
        first, second = soak.finished
        good = [self.line(*first), self.line(*second)]
        for lines in (
            good[:1],
            [*good, good[0]],
            [*good, self.line("another", *first[1:])],
            [good[0], self.line(*second[:3], second[3] - 0.5)],
            [*good, '{"task": \n'],
        ):
            assert "every finished episode is logged once" in failed(*lines)
        left_out = Seen(logged=Counter({first: 2}))
        assert [one.split()[2] for one in differences(soak, left_out)] == ["lacks", "has"]

    @pytest.mark.parametrize(
        ("load_s", "mebibytes", "flat"),
        # Memory is not judged in 89 seconds, and coarsely in less than five minutes.
        [(89.9, 10_000, True), (90.0, 59, True), (299.9, 61, False), (300.0, 59, False), (300.0, 9, True)],
    )
    def test_memory_that_grows_from_the_warm_up_to_the_end_of_the_load(self, failed, load_s, mebibytes, flat):
        judged_s = max(1.0, int(load_s) - WARM_UP_S)
        # What is given back after the load hides no growth.
        grown = [int((s - WARM_UP_S) / judged_s * mebibytes) if WARM_UP_S <= s <= load_s else 0 for s in range(620)]
        samples = [(float(second), more * MEBIBYTE) for second, more in enumerate(grown)]
        assert ("memory is flat" not in failed(memory=samples, load_s=load_s)) is flat


@pytest.mark.slow
def test_a_short_soak(tmp_path):
    flags = "--minutes 0.2 --sessions 24 --session-timeout 2"
    status = program.main([*flags.split(), "--out", str(tmp_path / "soak.json")])
    report = json.loads((tmp_path / "soak.json").read_text())
    judged = {one["check"]: one["passed"] for one in report["verdicts"]}
    # In so short a time memory is still on its way up, so nothing is said of it.
    assert "memory is flat" not in judged
    assert set(judged.values()) == {True}, report
    assert (status, report["passed"]) == (0, True)
    assert set(report["sessions"]) == set(CLIENTS)
    assert report["episodes_finished"] == report["episodes_logged"] > 24
    assert str(tmp_path) not in json.dumps(report)
