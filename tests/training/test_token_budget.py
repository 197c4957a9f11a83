"""The prompts take what the plan says, by pieces of text that are nearly Qwen2.5's tokens."""

from __future__ import annotations

import re

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.training.settings import PROMPT_TOKENS

ALL_TOOLS = 1_550
"""Tokens of Qwen2.5 in the descriptions of all tools, about (docs/training.md)."""
TOKENS_A_PIECE = 1.06
"""Of prompts (1.05 to 1.07)."""
SPECIAL = re.compile(r"<\|im_start\|>|<\|im_end\|>")
PIECE = re.compile(r"(?:[^\r\n\w]|_)?[^\W\d_]+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
"""As in tokenizer.json of Qwen2.5, whose classes of letters and numbers `re` does not know by their names."""


def pieces(text: str) -> int:
    """Pieces of a text, within which Qwen2.5 joins letters. No token is longer, and most are one."""
    return len(SPECIAL.findall(text)) + sum(len(PIECE.findall(part)) for part in SPECIAL.split(text))


@pytest.mark.parametrize("tier", TIERS)
def test_the_prompts_take_what_the_plan_says(tier: str) -> None:
    environment, taken = SynthAuditEnvironment(), []
    for index in range(50):
        opening = environment.reset(task_id=TIERS[tier].task_id, seed=task_of("validation", index).seed)
        chat = [f"<|im_start|>{each['role']}\n{each['content']}<|im_end|>\n" for each in opening_messages(opening)]
        taken.append(ALL_TOOLS + TOKENS_A_PIECE * pieces("".join([*chat, "<|im_start|>assistant\n"])))
    assert max(taken) <= PROMPT_TOKENS
