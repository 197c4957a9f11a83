"""The small model's chat template: trainer, agent and parser see the same text, and of a turn all of its calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.chat.local_model import LocalModel
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.training.scripted import begun, tools_of, without_ids
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


def test_a_turn_of_several_calls_is_read_as_it_was_written(run: Watched, shown: list[list[dict[str, Any]]]) -> None:
    from trl.chat_template_utils import parse_response

    tokenizer, tools = run.trainer.processing_class, list(tools_of(begun()).values())
    messages, several = without_ids(shown[1]), 0
    for place, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = tokenizer.apply_chat_template(messages[:place], add_generation_prompt=True, return_dict=False)
        whole = tokenizer.apply_chat_template(messages[: place + 1], return_dict=False)
        answer = whole[len(prompt) :]
        answer = answer[: answer.index(tokenizer.eos_token_id) + 1]
        assert whole[: len(prompt)] == prompt
        assert parse_response(tokenizer, answer, prefix=prompt, tools=tools) == message
        several += len(message.get("tool_calls", ())) > 1
    assert several > 1


def test_a_saved_run_is_a_checkpoint_that_the_agent_plays(run: Watched) -> None:
    model = LocalModel(run.folder, temperature=0.0)
    assert model.calls_tools()
    opening = opening_messages(SynthAuditEnvironment().reset(seed=8, task_id="oversight_easy"))
    assert model.complete(opening, tool_schemas(), 8).usage.completion_tokens == 8
