"""Tokens of an audit are counted: which episodes are played, how calls share a turn, and tables that add up."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS, task_of
from synth_audit_env.tests.training.pieces import TOKENS_A_PIECE, Pieces
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training import counted_audits, token_budget
from synth_audit_env.training.counted_audits import full_checks, play_tier
from synth_audit_env.training.token_budget import EIGHT, LIMIT, Count, pages
from synth_audit_env.training.turns import together

QWEN = os.environ.get("QWEN_TOKENIZER", "")


class Words:
    """A tokenizer whose tokens are words, and whose markup is a word before and after each message."""

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[str]]:
        assert not add_special_tokens
        return {"input_ids": text.split()}

    def apply_chat_template(
        self, messages: list[Any], tools: list[Any] | None, add_generation_prompt: bool, tokenize: bool
    ) -> str:
        assert not tokenize
        told = [" ".join(tool.__name__ for tool in tools or ())]
        for message in messages:
            calls = json.dumps(message["tool_calls"]) if "tool_calls" in message else ""
            told.append(f"<{message['role']}> {message['content']} {calls} <end>")
        return " ".join([*told, "<assistant>"] if add_generation_prompt else told)


def seeds(tier: str, count: int = 3) -> list[dict[str, Any]]:
    return [{"task_id": TIERS[tier].task_id, "seed": task_of("validation", index).seed} for index in range(count)]


@pytest.mark.parametrize("tier", TIERS)
def test_a_full_check_looks_at_everything_and_finishes(tier: str) -> None:
    for options in seeds(tier):
        environment = SynthAuditEnvironment()
        turns = full_checks(environment, options)
        assert turns[-1].observation.done
        assert [turn for turn in turns if turn.observation.error is not None] == []
        outcome = environment.state.outcome
        assert outcome is not None
        assert all(proposal.decision != "pending" for proposal in outcome.proposals)
        if tier in counted_audits.DEMONSTRATED:
            assert outcome.score == 1.0


@cache
def many(tier: str) -> list[counted_audits.Played]:
    return play_tier(tier, 25)


def of_eight(count: Count, tier: str) -> float:
    """Tokens of eight proposals that are fully checked, look-ups in one turn, on average."""
    games = many(tier)
    return EIGHT * sum(count.after(together(game.checked)) for game in games) / sum(game.proposals for game in games)


@pytest.mark.parametrize("tier", TIERS)
def test_eight_full_checks_fit_an_episode(tier: str) -> None:
    """They just do (docs/training.md), by an estimate that weighs each digit, call and answer as Qwen2.5 does."""
    assert 0.9 * LIMIT < TOKENS_A_PIECE * of_eight(Count(Pieces()), tier) < LIMIT


def test_together_is_the_same_in_fewer_turns() -> None:
    (game,) = play_tier("medium", 1)
    joined = together(game.checked)
    turns = [message for message in joined if message["role"] == "assistant"]
    # One for the first look-ups, and one a decision; the report goes with the last.
    assert len(turns) == game.proposals + 1
    for first, second in ((game.checked, joined), (joined, game.checked)):
        calls = [call for message in first for call in message.get("tool_calls", ())]
        assert calls == [call for message in second for call in message.get("tool_calls", ())]
        said = [message["content"] for message in first if message["role"] == "tool"]
        assert said == [message["content"] for message in second if message["role"] == "tool"]
    assert [call["function"]["name"] for call in turns[1]["tool_calls"]][1:] == [
        "investigate_patient",
        "temporal_audit",
    ]
    assert turns[-1]["tool_calls"][-1]["function"]["name"] == "submit_audit_report"


def test_fewer_turns_leave_the_chat_as_it_was() -> None:
    (game,) = play_tier("easy", 1)
    before = json.dumps(game.checked)
    together(game.checked)
    assert json.dumps(game.checked) == before


def test_what_comes_after_the_prompt_is_all_but_the_prompt() -> None:
    count = Count(Words())
    chat = [
        {"role": "system", "content": "one two"},
        {"role": "user", "content": "three"},
        {"role": "assistant", "content": "four five six"},
        {"role": "tool", "content": "seven"},
    ]
    assert count.chat(chat[:2]) == 7
    # The header of the answer is asked with, so it is no part of what comes after.
    assert count.after(chat) == len("four five six <end> <tool> seven <end>".split())
    assert count.added(chat[3]) == 3


def test_the_tables_are_of_every_tier() -> None:
    told = "\n".join(pages(Count(Words()), 1))
    tables = re.findall(r"\*\*([^*]+)\*\*\n\n(.+?)(?=\n\n\*\*|\Z)", told, re.DOTALL)
    assert len(tables) == 4
    prompt, calls, episodes, checks = (table for _, table in tables)
    for table, rows in ((prompt, 1), (checks, 2)):
        assert [table.count(f"| {tier} |") for tier in TIERS] == [rows] * len(TIERS)
    assert [episodes.count(f"| {tier} |") for tier in TIERS] == [4, 4, 3, 3]
    assert "review_proposal" in calls
    lines = [line for _, table in tables for line in table.splitlines() if line.startswith("|")]
    assert {re.fullmatch(r"(\| [^|]+? |\|  )+\|", line) is not None for line in lines} == {True}


def test_no_episodes_are_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert token_budget.main(["--tokenizer", "any", "--episodes", "0"]) == 2
    assert "--episodes must be at least 1" in capsys.readouterr().err


class TestWithTheLibraries:
    pytestmark = TRAINS

    @pytest.mark.skipif(not QWEN, reason="QWEN_TOKENIZER names no folder with the tokenizer of Qwen2.5")
    @pytest.mark.parametrize("tier", TIERS)
    def test_the_estimate_is_nearly_what_qwen_counts(self, tier: str) -> None:
        pytest.importorskip("trl")
        counted = of_eight(Count(token_budget._tokenizer(QWEN)), tier)
        assert counted < LIMIT
        assert 1.0 <= TOKENS_A_PIECE * of_eight(Count(Pieces()), tier) / counted < 1.02

    def test_real_markup_is_counted(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("trl")
        from synth_audit_env.training.tiny_model import build_tokenizer

        build_tokenizer([[{"role": "user", "content": "An audit of nine patients."}]]).save_pretrained(tmp_path)
        assert token_budget.main(["--tokenizer", str(tmp_path), "--episodes", "1"]) == 0
        told = capsys.readouterr().out
        assert told.startswith("1 validation seeds a tier.")
        assert told.count("full checks, together") == len(TIERS)

    def test_a_tokenizer_that_is_not_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("trl")
        assert token_budget.main(["--tokenizer", str(tmp_path / "none")]) == 2
        assert "cannot be had" in capsys.readouterr().err
