"""What a report says of where it comes from, and what Linux says of processes."""

from argparse import Namespace

import pytest

from synth_audit_env.benchmarks.machine import made_by


@pytest.mark.parametrize("out", [["--out", "somewhere/else"], ["--out=somewhere/else"], []])
def test_the_command_leaves_out_where_its_report_went(out):
    argv, chosen = ["--rounds", "2", *out, "--sessions", "1,4"], Namespace(rounds=2, out="somewhere/else")
    told = made_by("benchmarks/server.py", argv, chosen)
    assert told["made"]["command"] == "uv run python benchmarks/server.py --rounds 2 --sessions 1,4"
    assert told["settings"] == {"rounds": 2}
