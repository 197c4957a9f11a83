"""A good server passes a soak."""

import json

import pytest

pytest.importorskip("picows", reason="needs Linux")

from synth_audit_env.scripts import soak as program


@pytest.mark.slow
def test_a_short_soak(tmp_path):
    status = program.main(["--minutes", "0.2", "--sessions", "24", "--out", str(tmp_path / "soak.json")])
    report = json.loads((tmp_path / "soak.json").read_text())
    assert (status, report["passed"]) == (0, True), report
    assert set(report["vandals"]) == set(program.VANDALS)
    assert report["episodes_finished"] > 24
