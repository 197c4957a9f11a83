"""The comparison runs from end to end: every server, every figure of the report, no error anywhere."""

import json
import math

import pytest

from synth_audit_env.benchmarks import server as program
from synth_audit_env.benchmarks.document import document
from synth_audit_env.benchmarks.figures import COMPARED


@pytest.mark.slow
def test_a_short_run(tmp_path, capsys):
    flags = "--sessions 1,16 --rounds 2 --seconds 0.2 --drift-steps 300 --episodes 16 --workers 1,2 --clients 2"
    assert program.main([*flags.split(), "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "server.json").read_text())
    compared = {(cell["server"], cell["sessions"]) for cell in report["cells"]}
    # One session is no group of eight.
    assert compared == {(name, count) for name in program.LOADS for count in (1, 16)} - {(program.GROUPS, 1)}
    assert [cell["workers"] for cell in report["workers"]] == [1, 2]
    # 16 sessions play each of the 16 episodes once in a wave, so all send the same, however many waves.
    # Groups of eight play two in a wave, and which depends on how fast the server before was.
    sixteen = [cell for cell in report["cells"] if cell["sessions"] == 16 and cell["server"] != program.GROUPS]
    assert len(sixteen) == 4
    assert len({cell["bytes_per_answer"] for cell in sixteen}) == 1
    for cell in [*report["cells"], *report["mixed"], *report["workers"]]:
        assert cell["errors"] == 0
        assert cell["steps"] > 0
        for figure in COMPARED:
            assert 0 < cell[figure]["low"] <= cell[figure]["median"] <= cell[figure]["high"] < math.inf
    for cell in report["cells"]:
        if cell["server"] == program.BASE:
            assert all(figure["median"] == 1.0 for figure in cell["ratios"].values())
    # Hard episodes take their place in ours, and none in a server that has nothing in mind.
    memory = {name: told["per_session"] for name, told in report["memory"].items()}
    assert memory["ours"] > 50_000 > memory["echo"]
    assert report["drift"]["steps"] >= 300
    assert {aim["aim"].partition(":")[0] for aim in report["aims"]} >= {"errors"}
    assert str(tmp_path) not in (tmp_path / "server.json").read_text()
    assert document(report) in capsys.readouterr().out


def test_more_sessions_than_episodes_are_refused(capsys):
    # They would play the same ones, and share what is to be theirs alone.
    assert program.main(["--sessions", "1,64", "--episodes", "63"]) == 2
    assert "64 sessions need as many --episodes" in capsys.readouterr().err


def test_numbers_of_sessions_are_numbers(capsys):
    with pytest.raises(SystemExit):
        program.main(["--sessions", "0,4"])
    assert "below 1" in capsys.readouterr().err
