"""Why there is no card is told by its driver, if it has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.training.no_card import no_card


@pytest.mark.parametrize(
    ("driver", "cuda", "told"),
    [
        (None, "13.0", "there is none here"),
        ("570.124.06", "13.0", "its driver is 570.124.06, and torch for CUDA 13.0 needs 580 or later"),
        ("580.65", "13.0", "there is one, with driver 580.65, but torch for CUDA 13.0 does not see it."),
        ("550.54.15", "12.8", "there is one, with driver 550.54.15, but torch for CUDA 12.8 does not see it."),
        ("580.65", None, "there is one, with driver 580.65, but torch for CPUs does not see it."),
    ],
)
def test_why_there_is_no_card(
    driver: str | None, cuda: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if driver is not None:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\necho {driver}\n", encoding="utf-8")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told in no_card(cuda)
