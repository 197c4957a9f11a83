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
BEGIN = """
import json, os
os.environ["UNSLOTH_ALLOW_CPU"] = "1"
import unsloth
os.environ["UNSLOTH_ALLOW_CPU"] = "0"
from unsloth.models import rl
"""
GRPO = """
from dataclasses import replace
from trl.trainer import grpo_config as plain
theirs = plain.GRPOConfig
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
IMITATION = """
from pathlib import Path
from random import Random
import trl
from unsloth.trainer import _patch_sft_trainer_auto_packing
rl._patch_trl_rl_trainers("sft_trainer")
_patch_sft_trainer_auto_packing(trl)
from transformers import AutoModelForCausalLM
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.training.check_gpu import tiny
from synth_audit_env.training.demonstrations import NONE, demonstrate
from synth_audit_env.training.loading import Loaded, load_tokenizer
from synth_audit_env.training.settings import Settings
from synth_audit_env.training.sft import UPDATES, WarmStart, fine_tune, tokenized
tiny(Path("model"))
loaded = Loaded(AutoModelForCausalLM.from_pretrained("model"), load_tokenizer(Settings(), "model"))
loaded.model.max_seq_length = 8_192  # as Unsloth's models have it
audit = demonstrate(SynthAuditEnvironment(), {"seed": 7, "task_id": "oversight_easy"}, NONE, Random(0))
examples = tokenized(loaded.tokenizer, [(audit, None)] * 5)
trainer = fine_tune(loaded, examples, WarmStart(batch=2), Path("out"), use_cpu=True)
assert trainer.state.global_step > 0
values = {name: getattr(trainer.args, name) for name in UPDATES}
values["optim"] = getattr(values["optim"], "value", values["optim"])
print(json.dumps({name: [value, values[name]] for name, value in UPDATES.items() if value != values[name]}))
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


def differing(program: str, folder: Path) -> dict[str, list[str]]:
    """What a program tells last: settings that are not as we say, in TRL's words and in Unsloth's."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program],
        cwd=folder,  # where it writes what it generates
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "recommends" not in done.stdout, "it says so where it sets something of its own"
    told: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_the_generated_trainer_has_our_settings(tmp_path: Path) -> None:
    found = differing(GRPO, tmp_path)
    assert set(found) <= HARMLESS, found
    assert found.get("top_k", ["0", "-1"]) == ["0", "-1"]


def test_audits_are_imitated_by_our_settings(tmp_path: Path) -> None:
    """It would leave out the padding, and with it the mask that the collator looks for."""
    assert differing(IMITATION, tmp_path) == {}
