"""The arithmetic of the comparison, wrong answers, and a short run from end to end."""

import itertools
import json
import math
import os
import sys

import pytest

pytest.importorskip("picows", reason="needs Linux")

from synth_audit_env.benchmarks import server as program
from synth_audit_env.benchmarks.document import DOCUMENT, document, page
from synth_audit_env.benchmarks.floods import FLOODS
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.server import MeasuredServer, Round, cell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's clocks")


def test_the_page_has_the_figures_of_the_last_reports():
    """Where this fails: uv run python benchmarks/document.py"""
    kept = DOCUMENT.read_text(encoding="utf-8")
    assert page(kept) == kept


def played(steps_per_s, errors=0):
    """A round of 100 steps."""
    return Round([number / 1e3 for number in range(1, 101)], 100 / steps_per_s, 0.005, 10, errors)


def test_ratios_are_made_round_by_round():
    made = cell([played(30, 1), played(3, 2), played(90)], [played(60), played(4), played(100)], server="x")
    assert (made["server"], made["errors"]) == ("x", 3)
    assert made["steps_per_s"] == pytest.approx({"median": 30, "low": 3, "high": 90})
    assert made["processor_us_per_step"]["median"] == pytest.approx(50.0)
    # In the second round the machine had no time for anybody. The ratio of the medians would be 30 / 60.
    assert made["ratios"]["steps_per_s"] == pytest.approx({"median": 0.75, "low": 0.5, "high": 0.9})


async def test_another_answer_than_the_recorded_one_is_an_error(serve):
    script, own = record(3, "oversight_easy"), serve()
    server = MeasuredServer(own.port, os.getpid(), itertools.repeat(script))
    right = await server.play(5)
    own.wait_for_sessions(0)
    assert (right.resets, len(right.latencies), right.errors) == (5, 5 * (len(script.messages) - 1), 0)
    script.answers[2] += b" "
    assert (await server.play(3)).errors == 3


@pytest.mark.slow
def test_a_short_run(tmp_path, capsys):
    program.main(["--sessions", "16", "--rounds", "2", "--seconds", "1", "--out", str(tmp_path)])
    report = json.loads((tmp_path / "server.json").read_text())
    assert {(part, row["server"]) for part in ("cells", "mixed") for row in report[part]} == set(program.LOADS)
    for row in [*report["cells"], *report["mixed"]]:
        assert row["errors"] == 0
        for figure in row["ratios"]:
            assert 0 < row[figure]["low"] <= row[figure]["median"] <= row[figure]["high"] < math.inf
    assert report["floods"]["shares"].keys() == FLOODS.keys()
    assert report["floods"]["errors"] == 0
    assert document(report) in capsys.readouterr().out
