"""Checkpoints complete several chats as they do each alone; of those that cannot be run a sentence says why."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import Watched
from synth_audit_env.tool_records import tool_schemas
from synth_audit_env.training.local_model import LocalModel
from synth_audit_env.training.settings import PlanError

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS
CHAT = [{"role": "user", "content": "Audit this."}]


def openings(*seeds: int, task_id: str = "oversight_easy") -> list[list[dict[str, Any]]]:
    environment = SynthAuditEnvironment()
    return [opening_messages(environment.reset(seed=seed, task_id=task_id)) for seed in seeds]


def test_chats_together_are_completed_as_each_alone_and_the_same_again(start: Path) -> None:
    chats, tools = openings(7, 8, 9), tool_schemas()
    for temperature in (0.0, 0.8):
        model = LocalModel(str(start), temperature)
        together = model.complete_all(chats, tools, 48)
        assert LocalModel(str(start), temperature).complete_all(chats, tools, 48) == together
        if temperature == 0:
            assert together == [model.complete_all([chat], tools, 48)[0] for chat in chats]
            assert any(completion.calls for completion in together), "the start has learnt to call tools"
    assert {completion.usage.cost for completion in together} == {None}
    assert all(0 < completion.usage.completion_tokens <= 48 for completion in together)


def test_the_trainer_and_the_agent_show_the_same_prompt(run: Watched, start: Path) -> None:
    model, tokenizer = LocalModel(str(start), 0.0), run.trainer.processing_class
    for batch, rollouts in zip(run.batches, run.rollouts, strict=True):
        episodes = zip(rollouts["seed"], rollouts["task_id"], strict=True)
        shown = {model.prompt(openings(seed, task_id=task_id)[0], tool_schemas()) for seed, task_id in episodes}
        prompts = zip(batch["prompt_ids"], batch["prompt_mask"], strict=True)
        assert {tokenizer.decode(ids[mask.bool()]) for ids, mask in prompts} == shown
        assert len(shown) == 2


def test_a_template_of_a_file_takes_the_place_of_the_checkpoints_own(model: Path, tmp_path: Path) -> None:
    assert LocalModel(str(model), 0.0).calls_tools()
    (file := tmp_path / "other.jinja").write_text("{{ messages[0].content }}", encoding="utf-8")
    plain = LocalModel(str(model), 0.0, file)
    assert (plain.calls_tools(), plain.prompt(CHAT, ())) == (False, "Audit this.")
    file.write_text("{{ raise_exception('No system here') }}", encoding="utf-8")
    with pytest.raises(PlanError, match="refuses the chat: No system here"):
        LocalModel(str(model), 0.0, file).prompt(CHAT, ())
    with pytest.raises(PlanError, match=r"tokenizer of .* cannot be had: .*no\.jinja"):
        LocalModel(str(model), 0.0, tmp_path / "no.jinja")


def test_a_thought_that_the_template_opens_is_no_part_of_the_answer(model: Path, tmp_path: Path) -> None:
    (file := tmp_path / "thinking.jinja").write_text("{{ messages[0].content }}<think>\n", encoding="utf-8")
    (completion,) = LocalModel(str(model), 0.0, file).complete_all([CHAT], tool_schemas(), 8)
    assert completion.usage.completion_tokens > 1
    assert (completion.text, completion.calls) == ("", ())


def test_weights_that_are_missing_are_not_made_up(model: Path, tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    weights = shutil.copytree(model, tmp_path / "lacking") / "model.safetensors"
    kept = {name: value for name, value in safetensors.load_file(weights).items() if "layers.0.self_attn.o" not in name}
    safetensors.save_file(kept, weights, {"format": "pt"})
    with pytest.raises(PlanError, match=r"lacks 1 of its model's weights, such as model\.layers\.0\.self_attn\.o_proj"):
        LocalModel(str(weights.parent), 0.0)
    weights.write_bytes(b"torn")
    with pytest.raises(PlanError, match="lacking cannot be loaded: "):
        LocalModel(str(weights.parent), 0.0)
