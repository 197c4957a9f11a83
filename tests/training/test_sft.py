"""Supervised fine-tuning learns what the assistant says, and nothing else; and so does a run with --imitate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import TINY
from synth_audit_env.training import train_grpo
from synth_audit_env.training.settings import PlanError, read_arguments
from synth_audit_env.training.sft import tokenized

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


def spoken(messages: list[dict[str, Any]]) -> list[str]:
    """What the assistant says, turn by turn, as Qwen2.5's template and the small model's write it."""
    turns = []
    for message in messages:
        if message["role"] != "assistant":
            continue
        calls = [
            f'<tool_call>\n{{"name": "{name}", "arguments": {json.dumps(given, ensure_ascii=False)}}}\n</tool_call>'
            for name, given in (call["function"].values() for call in message.get("tool_calls", ()))
        ]
        turns.append("\n".join([*([message["content"]] if message["content"] else []), *calls]) + "<|im_end|>\n")
    return turns


def learnt(tokenizer: Any, row: dict[str, Any]) -> list[str]:
    """Stretches of tokens that count, decoded."""
    stretches: list[list[int]] = []
    before = 0
    for token, own in zip(row["input_ids"], row["assistant_masks"], strict=True):
        if own and not before:
            stretches.append([])
        if own:
            stretches[-1].append(token)
        before = own
    return [tokenizer.decode(stretch) for stretch in stretches]


def test_exactly_the_assistants_tokens_count(tokenizer: Any, shown: list[list[dict[str, Any]]]) -> None:
    rows = tokenized(tokenizer, ((messages, None) for messages in shown))
    for row, messages in zip(rows, shown, strict=True):
        assert learnt(tokenizer, row) == spoken(messages)
    longest = sorted(len(row["input_ids"]) for row in rows)[1]
    assert len(tokenized(tokenizer, ((messages, None) for messages in shown), longest=longest)) == 2
    after = sorted(len(row["input_ids"]) - row["assistant_masks"].index(1) for row in rows)[1]
    assert len(tokenized(tokenizer, ((messages, None) for messages in shown), after=after)) == 2
    with pytest.raises(ValueError, match="No conversation is within 9 tokens, and inf after its prompt: raise the"):
        tokenized(tokenizer, ((messages, None) for messages in shown), longest=9)


ASKED = "--reward random --max-steps 1 --prompts 1 --generations 2 --batch 2 --turns 1 --turn-tokens 16"


def test_adapters_imitate_and_explore(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from synth_audit_env.training.grpo_run import GrpoRun

    asked = f"{ASKED} --model {model} --precision bf16 --lora-rank 4 --learning-rate 1e-3 --episode-tokens 6000"
    run = GrpoRun(read_arguments([*asked.split(), "--imitate", "3", "--out", str(tmp_path / "run")]))
    printed = capsys.readouterr().out
    assert (
        "Imitating 5 of 6 audits. The others have more than 6000 tokens after the prompt, or more than 9900" in printed
    )
    trained = {name: weight for name, weight in run.trainer.model.named_parameters() if weight.requires_grad}
    assert {str(weight.dtype) for weight in trained.values()} == {"torch.float32"}
    # The second matrix of an adapter is 0 until something is learnt.
    assert any(weight.abs().max() > 0 for name, weight in trained.items() if "lora_B" in name)
    assert (tmp_path / "run" / "sft" / "adapter_config.json").is_file()
    before = {name: weight.detach().clone() for name, weight in trained.items()}
    run.train()
    assert run.trainer.state.global_step == 1
    assert any(not before[name].equal(weight) for name, weight in trained.items())
    with pytest.raises(PlanError, match="cannot be learnt: No conversation is within 4156 tokens, and 256 after"):
        GrpoRun(
            read_arguments([*asked.split(), *"--imitate 1 --episode-tokens 256 --out".split(), str(tmp_path / "o")])
        )


def test_the_program_imitates_before_the_first_step_and_not_when_it_goes_on(start: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = f"{TINY} --model {start} --save-steps 1 --turns 1 --episode-tokens 2048 --imitate 4 --out {out}"
    assert train_grpo.main([*asked.split(), "--max-steps", "1"]) == 0
    weights = [(folder / "model.safetensors").read_bytes() for folder in (start, out / "sft")]
    assert weights[0] != weights[1]
    # What it has learnt is in the checkpoint.
    shutil.rmtree(out / "sft")
    assert train_grpo.main([*asked.split(), "--max-steps", "2", "--resume"]) == 0
    log = json.loads((out / "training_log.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in log if "reward" in step] == [1, 2]
    assert not (out / "sft").exists()
