"""Supervised fine-tuning learns what the assistant says, and nothing else; also from a file of transcripts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training.sft import tokenized

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
    longest = sorted(len(row["input_ids"]) for row in rows)[1]
    assert len(tokenized(tokenizer, ((messages, None) for messages in shown), longest=longest)) == 2
    after = sorted(len(row["input_ids"]) - row["assistant_masks"].index(1) for row in rows)[1]
    assert len(tokenized(tokenizer, ((messages, None) for messages in shown), after=after)) == 2
    with pytest.raises(ValueError, match="No conversation is within 9 tokens, and inf after its prompt: raise the"):
        tokenized(tokenizer, ((messages, None) for messages in shown), longest=9)
