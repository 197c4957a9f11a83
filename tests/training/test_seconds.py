"""Each phase of a run is timed when it has come to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth_audit_env.training.seconds import NAME, Seconds


def test_phases_are_written_as_they_end(tmp_path: Path) -> None:
    seconds = Seconds(tmp_path / "run")
    with seconds.of("start"):
        assert not (tmp_path / "run").exists()
    with seconds.of("grpo"):
        assert json.loads((tmp_path / "run" / NAME).read_text(encoding="utf-8")).keys() == {"start"}
    told = json.loads((tmp_path / "run" / NAME).read_text(encoding="utf-8"))
    assert told == seconds.taken
    assert told.keys() == {"start", "grpo"}
    assert all(0 <= taken < 5 for taken in told.values())


def test_a_phase_that_failed_took_no_time(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), Seconds(tmp_path).of("grpo"):
        raise OSError("The disk is full.")
    assert not (tmp_path / NAME).exists()
