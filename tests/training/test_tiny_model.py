"""The small model's chat template: trainer, agent and parser see the same text, and of a turn all of its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.chat.local_model import LocalModel
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import Watched

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


def test_the_trainer_and_the_agent_show_the_same_prompt(run: Watched, start: Path) -> None:
    model, tokenizer = LocalModel(start), run.trainer.processing_class
    environment = SynthAuditEnvironment()
    for batch, rollouts in zip(run.batches, run.rollouts, strict=True):
        shown = {
            model._prompt(opening_messages(environment.reset(seed=seed, task_id=task_id)), tool_schemas())
            for seed, task_id in zip(rollouts["seed"], rollouts["task_id"], strict=True)
        }
        prompts = zip(batch["prompt_ids"], batch["prompt_mask"], strict=True)
        decoded = [tokenizer.decode(ids[mask.bool()]) for ids, mask in prompts]
        assert set(decoded) == shown
        assert len(shown) == 2
