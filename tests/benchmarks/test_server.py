"""The arithmetic of the comparison, wrong answers, and a short run from end to end."""

import json
import math
import os
import sys

import pytest

pytest.importorskip("picows", reason="needs Linux")

from synth_audit_env.benchmarks import server as program
from synth_audit_env.benchmarks.document import REPORTS, document
from synth_audit_env.benchmarks.floods import FLOODS
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.server import BASE, GROUPS, OURS, MeasuredServer, Round, Timings, aims, cell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's clocks")


def played(steps_per_s, errors=0):
    """A round of 100 steps and 10 resets."""
    steps = Timings(100, errors, 100 / steps_per_s, 0.005, [number / 1e3 for number in range(1, 102)])
    return Round(Timings(10, 0, 2.0, 0.1, [0.2]), steps)


@pytest.fixture
def report():
    """The last report, with floods that cost nothing."""
    report = json.loads((REPORTS / "server.json").read_text())
    return {**report, "floods": {"shares": {"pings": 1.0, "requests": 0.95}, "errors": 0}}


def test_ratios_are_made_round_by_round():
    figures = {"steps_per_s": 50.0, "resets_per_s": 5.0, "p50_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0}
    figures |= {"reset_p99_ms": 200.0, "processor_us_per_step": 50.0, "processor_us_per_reset": 10_000.0}
    assert played(50.0).figures() == pytest.approx(figures)
    base = [played(60), played(4), played(100)]
    made = cell([played(30, 1), played(3, 2), played(90)], base, server="x")
    assert (made["server"], made["steps"], made["errors"]) == ("x", 300, 3)
    assert made["steps_per_s"] == pytest.approx({"median": 30, "low": 3, "high": 90})
    # In the second round the machine had no time for anybody. The ratio of the medians would be 30 / 60.
    assert made["ratios"]["steps_per_s"] == pytest.approx({"median": 0.75, "low": 0.5, "high": 0.9})


AIMED = (
    (("cells", OURS, "ratios", "processor_us_per_step", "median"), 1.5, 1.51),
    (("cells", OURS, "ratios", "steps_per_s", "median"), 0.7, 0.69),
    (("cells", GROUPS, "ratios", "steps_per_s", "median"), 1.0, 0.99),
    (("mixed", OURS, "ratios", "p99_ms", "median"), 1.0, 1.01),
    (("floods", "shares", "pings"), 0.9, 0.89),
    (("cells", OURS, "processor_us_per_reset", "median"), 20_000, 20_001),
    (("cells", GROUPS, "errors"), 0, 1),
    (("memory", OURS, "per_session"), 1 << 20, (1 << 20) + 1),
)
"""In the order of the aims: where its figure is in a report, one that meets it and one that misses it."""


@pytest.mark.parametrize("number", range(len(AIMED)))
def test_each_aim_can_be_met_and_missed(report, number):
    (*path, last), met, missed = AIMED[number]
    place = report
    for key in path:
        named = isinstance(place, list)
        place = next(x for x in place if (x["server"], x["sessions"]) == (key, 64)) if named else place[key]
    for value in (met, missed):
        place[last] = value
        judged = aims(report, lost=0)
        assert len(judged) == len(AIMED)
        assert judged[number]["met"] is (value == met)


def test_an_episode_that_is_not_logged_is_an_error(report):
    (errors,) = [aim for aim in aims(report, lost=2) if aim["aim"].startswith("errors")]
    assert not errors["met"]


async def test_another_answer_than_the_recorded_one_is_an_error(serve):
    script, own = record(3, "oversight_easy"), serve()
    server = MeasuredServer(own.port, os.getpid(), [script])
    right = await server.play(5)
    own.wait_for_sessions(0)
    assert (right.resets.messages, right.steps.messages) == (5, 5 * (len(script.messages) - 1))
    assert right.errors == 0
    assert len(right.steps.latencies) == right.steps.messages
    assert all(0 < latency <= right.steps.seconds for latency in right.steps.latencies)
    script.answers[2] += b" "
    assert (await server.play(3)).errors == 3


@pytest.mark.slow
def test_a_short_run(tmp_path, capsys):
    flags = "--sessions 16 --rounds 2 --seconds 0.2 --episodes 16"
    program.main([*flags.split(), "--out", str(tmp_path)])
    report = json.loads((tmp_path / "server.json").read_text())
    assert {(part, row["server"]) for part in ("cells", "mixed") for row in report[part]} == set(program.LOADS)
    for row in [*report["cells"], *report["mixed"]]:
        assert row["errors"] == 0
        assert row["steps"] > 0
        for figure, ratio in row["ratios"].items():
            assert 0 < row[figure]["low"] <= row[figure]["median"] <= row[figure]["high"] < math.inf
            assert row["server"] != BASE or ratio["median"] == 1.0
    memory = {name: kept["per_session"] for name, kept in report["memory"].items()}
    assert memory[OURS] > 50_000 > memory[BASE]
    assert report["floods"]["shares"].keys() == FLOODS.keys()
    assert report["floods"]["errors"] == 0
    assert document(report) in capsys.readouterr().out


@pytest.mark.parametrize("flags", ["--sessions 64 --episodes 63", "--sessions 0", "--sessions 4"])
def test_sessions_that_cannot_be_compared_are_refused(capsys, flags):
    with pytest.raises(SystemExit):
        program.main(flags.split())
    assert "--sessions is a multiple of 8" in capsys.readouterr().err
