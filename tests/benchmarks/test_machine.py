"""What a report says of where it comes from."""

import pytest

from synth_audit_env.benchmarks.machine import described, made_by


@pytest.mark.parametrize("out", [["--out", "somewhere/else"], ["--out=somewhere/else"], []])
def test_the_command_makes_the_same_measurement_wherever_its_report_goes(out):
    told = made_by("benchmarks/server.py", ["--rounds", "2", *out, "--sessions", "1,4"])
    assert told["command"] == "uv run python benchmarks/server.py --rounds 2 --sessions 1,4"


def test_the_machine_is_described():
    told = described()
    assert told["cores"] >= 1
    assert told["packages"]["openenv"].startswith("0.10.")
    assert told["processor"]
