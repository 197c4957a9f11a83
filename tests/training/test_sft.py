"""Supervised fine-tuning learns what the assistant says, and nothing else; also from a file of transcripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training.loading import Loaded
from synth_audit_env.training.sft import WarmStart, fine_tune, tokenized
from synth_audit_env.training.tiny_model import build_model

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


def spoken(messages: list[dict[str, Any]]) -> list[str]:
    """What the assistant says, turn by turn, as Qwen2.5's template and the small model's write it."""
    said = []
    for message in messages:
        if message["role"] != "assistant":
            continue
        calls = [
            f'<tool_call>\n{{"name": "{name}", "arguments": {json.dumps(given, ensure_ascii=False)}}}\n</tool_call>'
            for name, given in (call["function"].values() for call in message.get("tool_calls", ()))
        ]
        said.append("\n".join([*([message["content"]] if message["content"] else []), *calls]) + "<|im_end|>\n")
    return said


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
        assert tokenizer.decode(row["input_ids"]).count("<tool_response>") == sum(
            message["role"] == "tool" for message in messages
        )


def test_what_is_too_long_as_a_whole_or_after_the_prompt_is_left_out(
    tokenizer: Any, shown: list[list[dict[str, Any]]]
) -> None:
    def made(**limits: int) -> list[list[int]]:
        rows = tokenized(tokenizer, ((messages, None) for messages in shown), **limits)
        return [row["input_ids"] for row in rows]

    rows, lengths = made(), [len(ids) for ids in made()]
    assert made(longest=sorted(lengths)[1]) == [ids for ids in rows if len(ids) <= sorted(lengths)[1]]
    begun = (tokenizer.apply_chat_template(chat[:2], add_generation_prompt=True)["input_ids"] for chat in shown)
    after = [length - len(prompt) for length, prompt in zip(lengths, begun, strict=True)]
    kept = [ids for ids, tokens in zip(rows, after, strict=True) if tokens <= sorted(after)[1]]
    assert made(after=sorted(after)[1]) == kept != rows
    with pytest.raises(ValueError, match="No conversation is within 9 tokens, and inf after its prompt: raise the"):
        made(longest=9)


def test_fine_tuning_saves_a_model_that_has_learnt(
    tokenizer: Any, shown: list[list[dict[str, Any]]], tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    # The openings are left out: what is learnt is in the turns after them.
    examples = tokenized(tokenizer, ((messages[2:6], None) for messages in shown[:4]))
    model = build_model(len(tokenizer), context=4096, seed=0)
    how = WarmStart(epochs=10, learning_rate=5e-3, batch=4)
    trainer = fine_tune(Loaded(model, tokenizer), examples, how, tmp_path, use_cpu=True, bf16=False)
    assert trainer.state.global_step == 10
    ids = torch.tensor([examples[0]["input_ids"]])
    labels = torch.where(torch.tensor([examples[0]["assistant_masks"]]).bool(), ids, -100)
    saved = AutoModelForCausalLM.from_pretrained(tmp_path)
    untrained = build_model(len(tokenizer), context=4096, seed=0)
    with torch.no_grad():
        assert saved(ids, labels=labels).loss < untrained(ids, labels=labels).loss - 0.5
