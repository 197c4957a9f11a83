"""The table of what a training run needs, on a benchmark's report whose answers can be worked out by hand."""

import json
from dataclasses import replace

import pytest

from synth_audit_env.scripts import capacity
from synth_audit_env.scripts.capacity import Assumed, Measured, ReportError, need, read

MIB = 1 << 20
MEASURED = Measured(step_s=1e-4, reset_s=2e-3, process_bytes=100 * MIB, session_bytes=MIB / 2, sessions=256)
ASSUMED = Assumed(between_steps_s=10.0, steps_per_episode=40.0, busy=0.5)


def cell(server, sessions, step, reset):
    figures = {"processor_us_per_step": step, "processor_us_per_reset": reset}
    return {"server": server, "sessions": sessions} | {name: {"median": value} for name, value in figures.items()}


REPORT = {
    "cells": [cell("ours", 256, 100.0, 2_000.0), cell("ours", 64, 1.0, 1.0), cell("openenv-async", 1024, 2.0, 2.0)],
    "memory": {"ours": {"before": 100 * MIB, "per_session": MIB / 2}, "openenv-async": {"before": 1, "per_session": 1}},
}


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "server.json"
    path.write_text(json.dumps(REPORT))
    return path


def test_what_is_read_is_this_server_at_its_most_sessions(report):
    assert read(report) == MEASURED


def test_few_rollouts_need_as_many_processes_as_hold_their_sessions():
    needed = need(512, MEASURED, ASSUMED)
    assert needed.steps_per_s == pytest.approx(51.2)
    # 100 µs of each step, and 2,000 µs of a reset for every 40 of them.
    assert needed.cores == pytest.approx(51.2 * 150e-6)
    assert needed.processes == 2
    assert needed.memory_bytes == 2 * 100 * MIB + 512 * MIB / 2
    assert needed.opening_s == pytest.approx(0.512)


def test_quick_rollouts_need_as_many_processes_as_have_the_time():
    needed = need(65_536, MEASURED, replace(ASSUMED, between_steps_s=0.01))
    assert needed.cores == pytest.approx(983.04)
    assert needed.processes == 1967
    assert need(65_536, MEASURED, replace(ASSUMED, between_steps_s=0.01, busy=1.0)).processes == 984
    assert need(1, MEASURED, ASSUMED).processes == 1


def test_the_table(report, capsys):
    command = ["--measured", str(report), "--rollouts", "512", "65536", "--between-steps", "10"]
    assert capacity.main([*command, "--steps-per-episode", "40", "--busy", "0.5"]) == 0
    said = capsys.readouterr().out
    rows = [[part.strip() for part in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    assert rows == [["512", "51", "0.01", "2", "0.45", "0.51"], ["65,536", "6,554", "0.98", "256", "57.00", "0.51"]]
    assert "100 µs of processor time a step" in said
    assert "10 s between two steps" in said


@pytest.mark.parametrize("flag", ["--rollouts", "--between-steps", "--steps-per-episode", "--busy"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "many"])
def test_what_cannot_be_meant_is_refused(report, flag, value, capsys):
    with pytest.raises(SystemExit):
        capacity.main(["--measured", str(report), flag, value])
    assert flag in capsys.readouterr().err


def test_a_report_that_is_not_there_or_none_is_said(tmp_path, capsys):
    missing = tmp_path / "server.json"
    assert capacity.main(["--measured", str(missing)]) == 1
    assert "benchmarks/server.py writes it" in capsys.readouterr().err
    for text in ("{", "[]", "{}", '{"cells": [], "memory": {}}', json.dumps(REPORT | {"memory": {}})):
        missing.write_text(text)
        with pytest.raises(ReportError, match="no report"):
            read(missing)
