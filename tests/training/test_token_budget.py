"""The tokens of an audit: full checks fit an episode as GRPO cuts it, and prompts take what the plan says."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.comparison import export_sft
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.tests.comparison.real_run import record
from synth_audit_env.tests.training.counted_audits import full_checks
from synth_audit_env.tests.training.pieces import TOKENS_A_PIECE, Pieces
from synth_audit_env.tests.training.upstream import trains
from synth_audit_env.training.audit_env import NOT_CORE
from synth_audit_env.training.dataset import PHASES
from synth_audit_env.training.demonstrations import Message
from synth_audit_env.training.imitation import exported, together
from synth_audit_env.training.settings import Settings
from synth_audit_env.training.sizes import IMITATED_TOKENS, PROMPT_TOKENS, PROMPTS

QWEN = os.environ.get("QWEN_TOKENIZER", "")
LIMIT = Settings().episode_tokens
MOST = PHASES[-1].proposals[1]
"""Proposals of the longest episodes that the default trains on."""


@cache
def checked(tier: str, index: int) -> tuple[list[Message], int, float]:
    """The chat of a full check of everything, how many proposals that was, and its score."""
    environment = SynthAuditEnvironment()
    chat = full_checks(environment, tier, task_of("validation", index).seed)
    outcome = environment.state.outcome
    assert outcome is not None
    assert all(proposal.decision != "pending" for proposal in outcome.proposals)
    return chat, len(outcome.proposals), outcome.score


def tokens(tokenizer: Any, messages: list[Message], *, asked: bool = False) -> int:
    text = tokenizer.apply_chat_template(messages, tools=None, add_generation_prompt=asked, tokenize=False)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def of_most(tokenizer: Any, tier: str) -> float:
    """Tokens of so many proposals that are fully checked, look-ups in one turn, on average."""
    taken = proposals = 0
    for index in range(25):
        chat, count, _ = checked(tier, index)
        # The prompt is the first two messages, and the header of the answer is asked with it.
        taken += tokens(tokenizer, together(chat)) - tokens(tokenizer, chat[:2], asked=True)
        proposals += count
    return MOST * taken / proposals


@pytest.mark.parametrize("tier", ["easy", "medium"])
def test_a_full_check_finds_everything(tier: str) -> None:
    assert [checked(tier, index)[2] for index in range(3)] == [1.0] * 3


@pytest.mark.parametrize("tier", TIERS)
def test_full_checks_of_the_longest_episodes_fit(tier: str) -> None:
    """They just do (docs/training.md), by an estimate that weighs each digit, call and answer as Qwen2.5 does."""
    assert 0.8 * LIMIT < TOKENS_A_PIECE * of_most(Pieces(), tier) < LIMIT


DESCRIBED = 1_181 - 11
"""Tokens of the tools' descriptions, as Qwen2.5's tokenizer counted them, less what by the estimate they have lost."""


@pytest.mark.parametrize("tier", TIERS)
def test_the_prompts_take_what_the_plan_says(tier: str) -> None:
    """By the same estimate."""
    environment, taken = SynthAuditEnvironment(), []
    for index in range(50):
        opening = environment.reset(task_id=TIERS[tier].task_id, seed=task_of("validation", index).seed)
        taken.append(DESCRIBED + TOKENS_A_PIECE * tokens(Pieces(), opening_messages(opening), asked=True))
    assert max(taken) <= PROMPT_TOKENS
    assert PROMPTS[TIERS[tier].task_id] == pytest.approx(sum(taken) / len(taken), rel=0.005)
    if tier == "expert":
        assert max(taken) > 0.97 * PROMPT_TOKENS


@pytest.mark.parametrize(("tools", "without"), [("core", NOT_CORE), ("all", ())])
def test_the_audits_of_sft_take_what_the_plan_says(tools: str, without: tuple[str, ...], tmp_path: Path) -> None:
    """By the same estimate, of the tiers that the docs export."""
    audits = [record("heuristic", HeuristicAuditor(), tier, seed) for tier in ("easy", "medium") for seed in range(20)]
    export_sft.write(audits, tmp_path / "sft.jsonl", 0.0)
    taken = sum(
        tokens(Pieces(), list(chat)) - tokens(Pieces(), list(chat)[:2], asked=True)
        for chat, _ in exported(tmp_path / "sft.jsonl", without)
    )
    each = TOKENS_A_PIECE * taken / sum(len(one.outcome.proposals) for one in audits)
    assert IMITATED_TOKENS[tools] == pytest.approx(each, rel=0.05)


@pytest.mark.skipif(not QWEN, reason="QWEN_TOKENIZER names no folder with the tokenizer of Qwen2.5")
@pytest.mark.parametrize("tier", TIERS)
@trains
def test_the_estimate_is_nearly_what_qwen_counts(tier: str) -> None:
    pytest.importorskip("trl")
    from transformers import AutoTokenizer
    from trl.chat_template_utils import qwen2_5_chat_template

    tokenizer = AutoTokenizer.from_pretrained(QWEN)
    tokenizer.chat_template = qwen2_5_chat_template
    counted = of_most(tokenizer, tier)
    assert counted < LIMIT
    assert 1.0 <= TOKENS_A_PIECE * of_most(Pieces(), tier) / counted < 1.02
