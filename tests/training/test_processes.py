"""Two processes that train together share a step's rollouts, and come to one log and one model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import TINY
from synth_audit_env.training import train_grpo

pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytestmark = TRAINS
LAUNCH = "-m accelerate.commands.launch --cpu --num_processes 2 --num_machines 1 --mixed_precision no"


def test_two_processes_take_a_step_together(start: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = f"{TINY} --model {start} --max-steps 2 --save-steps 1 --out {out}"
    ran = subprocess.run(
        [sys.executable, *LAUNCH.split(), train_grpo.__file__, *asked.split()],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    steps = [row for row in json.loads((out / "training_log.json").read_text(encoding="utf-8")) if "reward" in row]
    assert [row["step"] for row in steps] == [1, 2]
    # Two groups a step, each played by both processes together, and each rollout written once.
    episodes = [json.loads(line) for line in (out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(Counter(episode["seed"] for episode in episodes).values()) == [4] * 4
    assert (out / "model.safetensors").is_file()
