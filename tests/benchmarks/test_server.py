"""The arithmetic of the comparison, and a short run of it from end to end."""

import json
import math
import sys

import pytest

pytest.importorskip("picows", reason="needs Linux")

from synth_audit_env.benchmarks import server as program
from synth_audit_env.benchmarks.document import REPORT, document
from synth_audit_env.benchmarks.server import BASE, GROUPS, OURS, Played, aims, cell
from synth_audit_env.benchmarks.sessions import Tally

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's clocks")


def played(steps_per_s, errors=0):
    """A round of 100 steps and 10 resets."""
    steps = Tally(100, errors, 100 / steps_per_s, 0.005, [number / 1e3 for number in range(1, 102)])
    return Played(Tally(10, 0, 2.0, 0.1, [0.2]), steps)


def test_ratios_are_made_round_by_round():
    figures = {"steps_per_s": 50.0, "resets_per_s": 5.0, "p50_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0}
    figures |= {"reset_p99_ms": 200.0, "processor_us_per_step": 50.0, "processor_us_per_reset": 10_000.0}
    assert played(50.0).figures() == pytest.approx(figures)
    base = [played(60), played(4), played(100)]
    told = cell([played(30, 1), played(3, 2), played(90)], base, server="x")
    assert (told["server"], told["steps"], told["errors"]) == ("x", 300, 3)
    assert told["steps_per_s"] == pytest.approx({"median": 30, "low": 3, "high": 90})
    # In the second round the machine had no time for anybody. The ratio of the medians would be 30 / 60.
    assert told["ratios"]["steps_per_s"] == pytest.approx({"median": 0.75, "low": 0.5, "high": 0.9})


AIMED = (
    (("cells", OURS, "ratios", "processor_us_per_step", "median"), 1.5, 1.51),
    (("cells", OURS, "ratios", "steps_per_s", "median"), 0.7, 0.69),
    (("cells", GROUPS, "ratios", "steps_per_s", "median"), 1.0, 0.99),
    (("mixed", OURS, "ratios", "p99_ms", "median"), 1.0, 1.01),
    (("cells", OURS, "processor_us_per_reset", "median"), 20_000, 20_001),
    (("cells", GROUPS, "errors"), 0, 1),
    (("memory", OURS, "per_session"), 1 << 20, (1 << 20) + 1),
)
"""In the order of the aims: where its figure is in a report, one that meets it and one that misses it."""


@pytest.mark.parametrize("number", range(len(AIMED)))
def test_each_aim_can_be_met_and_missed(number):
    (*path, last), met, missed = AIMED[number]
    for value in (met, missed):
        report = place = json.loads(REPORT.read_text())
        for key in path:
            named = isinstance(place, list)
            place = next(x for x in place if (x["server"], x["sessions"]) == (key, 64)) if named else place[key]
        place[last] = value
        judged = aims(report, lost=0)
        assert len(judged) == len(AIMED)
        assert judged[number]["met"] is (value == met)


def test_an_episode_that_is_not_logged_is_an_error():
    unmet = [aim["aim"] for aim in aims(json.loads(REPORT.read_text()), lost=2) if not aim["met"]]
    assert unmet[-1] == "errors: at most 0"


@pytest.mark.slow
def test_a_short_run(tmp_path, capsys):
    flags = "--sessions 1,16 --rounds 2 --seconds 0.2 --episodes 16"
    program.main([*flags.split(), "--out", str(tmp_path)])
    report = json.loads((tmp_path / "server.json").read_text())
    compared = {(one["server"], one["sessions"]) for one in report["cells"]}
    # One session is no group of eight.
    assert compared == {(name, count) for name in program.LOADS for count in (1, 16)} - {(GROUPS, 1)}
    for one in [*report["cells"], *report["mixed"]]:
        assert one["errors"] == 0
        assert one["steps"] > 0
        for figure, ratio in one["ratios"].items():
            assert 0 < one[figure]["low"] <= one[figure]["median"] <= one[figure]["high"] < math.inf
            assert one.get("server") != BASE or ratio["median"] == 1.0
    # Hard episodes take their place in ours, and none in a server that keeps nothing.
    memory = {name: told["per_session"] for name, told in report["memory"].items()}
    assert memory["ours"] > 50_000 > memory["echo"]
    assert {aim["aim"].partition(":")[0] for aim in report["aims"]} >= {"errors"}
    assert str(tmp_path) not in (tmp_path / "server.json").read_text()
    assert document(report) in capsys.readouterr().out


@pytest.mark.parametrize("flags", ["--sessions 1,64 --episodes 63", "--sessions 0,8", "--sessions 1,4"])
def test_sessions_that_cannot_be_compared_are_refused(capsys, flags):
    with pytest.raises(SystemExit):
        program.main(flags.split())
    assert "--sessions are numbers from 1 to --episodes" in capsys.readouterr().err
