"""Unsloth's own sources, where they are installed: the trainer that it generates takes our settings as TRL does.

It cannot be used without a card, but its trainer can be generated without one, by a variable of its own. `.ci/run` has
an environment for this: it wants older releases of TRL and transformers than the other tests.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("unsloth") is None, reason="Unsloth is not installed"),
]
PROGRAM = """
import json, os
from dataclasses import replace
os.environ["UNSLOTH_ALLOW_CPU"] = "1"
import unsloth
os.environ["UNSLOTH_ALLOW_CPU"] = "0"
from trl.trainer import grpo_config as plain
theirs = plain.GRPOConfig
from unsloth.models import rl
rl._patch_trl_rl_trainers("grpo_trainer")
from synth_audit_env.training import grpo_run
from synth_audit_env.training.settings import PRESETS
settings = replace(PRESETS["t4"], vllm="colocate")
assert grpo_run.GRPOConfig is not theirs, "Unsloth puts its own class in the place of TRL's"
generated = vars(grpo_run.grpo_config(settings))
grpo_run.GRPOConfig = theirs
ours = vars(grpo_run.grpo_config(settings))
told = {name: [repr(value), repr(generated[name])] for name, value in ours.items()}
print(json.dumps({name: both for name, both in told.items() if both[0] != both[1]}))
"""
HARMLESS = {
    # No episode is evaluated while a run is under way.
    "eval_accumulation_steps",
    "per_device_eval_batch_size",
    # Of mixtures of experts, which these models are not.
    "router_aux_loss_coef",
    # No limit, as vLLM writes it.
    "top_k",
}


def test_the_generated_config_has_our_settings(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,  # where it writes what it generates
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "recommends" not in done.stdout, "it says so where it sets something of its own"
    differing = json.loads(done.stdout.splitlines()[-1])
    assert set(differing) <= HARMLESS, differing
    assert differing.get("top_k", ["0", "-1"]) == ["0", "-1"]
