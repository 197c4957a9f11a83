"""The tokens of an audit: full checks fit an episode as GRPO cuts it, and prompts take what the plan says.

They are counted by pieces of text that are nearly Qwen2.5's tokens. With its tokenizer at hand, by the variable
QWEN_TOKENIZER, the factor between the two is held against it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.actor_fault import error_type, fault
from synth_audit_env.agents.case_rules import facts_of, judge_facts
from synth_audit_env.agents.findings import explain, report
from synth_audit_env.agents.note_checks import read_note
from synth_audit_env.agents.protocol_reader import ReadProtocol, read_protocol
from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.comparison.export_sft import conversation
from synth_audit_env.models import (
    COHORT,
    ErrorType,
    PatientResult,
    ReviewResult,
    SynthAuditAction,
    SynthAuditObservation,
)
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.rollout import Turn
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.training.dataset import PHASES
from synth_audit_env.training.demonstrations import Message
from synth_audit_env.training.imitation import together
from synth_audit_env.training.settings import PROMPT_TOKENS, Settings

DOCS = Path(__file__).parents[2] / "docs" / "training.md"
QWEN = os.environ.get("QWEN_TOKENIZER", "")
LIMIT = Settings().episode_tokens
ALL_TOOLS = 1_550
"""Tokens of Qwen2.5 in the descriptions of all tools, about (docs/training.md)."""
MOST = PHASES[-1].proposals[1]
"""Proposals of the longest episodes that the default trains on."""
TOKENS_A_PIECE, OF_A_PROMPT = 1.08, 1.06
"""Of whole audits, on the high side (1.070 to 1.075 by the tier), and of prompts (1.05 to 1.07)."""
SPECIAL = re.compile(r"<\|im_start\|>|<\|im_end\|>|</?tool_call>")
PIECE = re.compile(r"(?:[^\r\n\w]|_)?[^\W\d_]+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
"""As in tokenizer.json of Qwen2.5, whose classes of letters and numbers `re` does not know by their names."""


def pieces(text: str) -> int:
    """How many pieces a text has, within which Qwen2.5 joins letters. No token is longer, and most are one."""
    return len(SPECIAL.findall(text)) + sum(len(PIECE.findall(part)) for part in SPECIAL.split(text))


def chat_text(messages: Sequence[Mapping[str, Any]], asked: bool = False) -> str:
    """A chat in the markup of Qwen2.5, without the descriptions of tools; `asked` opens the next turn."""
    roles = [message["role"] for message in messages]
    told = []
    for before, message, after in zip(["", *roles], messages, [*roles[1:], ""], strict=False):
        if message["role"] == "tool":
            answer = f"\n<tool_response>\n{message['content']}\n</tool_response>"
            start, end = "" if before == "tool" else "<|im_start|>user", "" if after == "tool" else "<|im_end|>\n"
            told.append(f"{start}{answer}{end}")
        else:
            calls = [
                f"\n<tool_call>\n{json.dumps(call['function'], ensure_ascii=False)}\n</tool_call>"
                for call in message.get("tool_calls", ())
            ]
            words = f"\n{message['content']}" if message["content"] or not calls else ""
            told.append(f"<|im_start|>{message['role']}{words}{''.join(calls)}<|im_end|>\n")
    return "".join([*told, "<|im_start|>assistant\n"] if asked else told)


def after_the_prompt(messages: Sequence[Message]) -> int:
    """Pieces of a chat after its first two messages and the header of the answer."""
    return pieces(chat_text(messages)) - pieces(chat_text(messages[:2], asked=True))


def full_check(environment: SynthAuditEnvironment, tier: str, seed: int) -> list[Message]:
    """Play an episode, a call a turn: note, record, timeline and a reasoned decision for every proposal, and a report.

    Of a proposal on the whole cohort the note and the cohort's table are looked up.
    """
    options = {"task_id": TIERS[tier].task_id, "seed": seed}
    opening, turns = environment.reset(**options), list[Turn]()
    protocol = read_protocol(opening.protocol_excerpt or "")
    errors: dict[str, tuple[ErrorType, str]] = {}

    def act(**fields: Any) -> SynthAuditObservation:
        action = SynthAuditAction.model_validate(fields)
        turns.append(Turn(len(turns) + 1, action, environment.step(action)))
        assert turns[-1].observation.error is None
        return turns[-1].observation

    for proposal in opening.actor_proposals:
        identity, decision = {"proposal_id": proposal.proposal_id}, dict[str, Any]()
        note = act(action_type="review_proposal", **identity).result
        if proposal.patient_id == COHORT:
            features = protocol.equity.features if protocol.equity else ()
            named = (feature for feature in features if feature in proposal.diagnosis)
            act(action_type="cohort_analysis", feature=next(named, "arm"))
        else:
            seen = act(action_type="investigate_patient", patient_id=proposal.patient_id).result
            act(action_type="temporal_audit", patient_id=proposal.patient_id)
            assert isinstance(note, ReviewResult)
            assert isinstance(seen, PatientResult)
            decision = found(protocol, note, seen)
        flags = "error_type" in decision
        if flags:
            errors[proposal.proposal_id] = decision["error_type"], decision["reason"]
        act(action_type="flag_error" if flags else "approve", **identity, **decision)
    ids = [proposal.proposal_id for proposal in opening.actor_proposals]
    assert act(action_type="submit_audit_report", report=report(ids, errors, ())).done
    audit = EpisodeRecord.of("", options, seed, "validation", opening, turns)
    return conversation(audit)[:-1]


def found(protocol: ReadProtocol, review: ReviewResult, record: PatientResult) -> dict[str, Any]:
    """The fields of a decision: the claim, and of a flag what is wrong, and why."""
    note, facts = read_note(protocol, review), facts_of(record, protocol)
    if note.quantity is None:
        return {}
    asked = protocol.asked(note.quantity)
    ruling, claim = judge_facts(asked, facts), fault(asked, note, facts)
    fields = claim._asdict() if claim else {}
    if ruling.verdict == review.verdict:
        return fields
    limit = (ruling.findings or ruling.limits)[0]
    return {"error_type": error_type(limit, asked, note), "reason": explain(limit, record, facts), **fields}


@cache
def checked(tier: str, index: int) -> tuple[list[Message], int, float]:
    """The chat of a full check, look-ups in one turn; how many proposals that was; and its score."""
    environment = SynthAuditEnvironment()
    chat = full_check(environment, tier, task_of("validation", index).seed)
    outcome = environment.state.outcome
    assert outcome is not None
    return together(chat), len(outcome.proposals), outcome.score


@pytest.mark.parametrize("tier", TIERS)
def test_full_checks_of_the_longest_episodes_fit(tier: str) -> None:
    """They just do (docs/training.md), by an estimate that weighs each digit, call and answer as Qwen2.5 does."""
    chats, counts, scores = zip(*(checked(tier, index) for index in range(25)), strict=True)
    longest = MOST * TOKENS_A_PIECE * sum(map(after_the_prompt, chats)) / sum(counts)
    assert 0.8 * LIMIT < longest < LIMIT
    assert tier not in ("easy", "medium") or set(scores) == {1.0}, "a full check finds everything"


@pytest.mark.parametrize("tier", TIERS)
def test_the_prompts_take_what_the_docs_and_the_plan_say(tier: str) -> None:
    """By the same estimate."""
    environment, taken = SynthAuditEnvironment(), []
    for index in range(50):
        opening = environment.reset(task_id=TIERS[tier].task_id, seed=task_of("validation", index).seed)
        taken.append(ALL_TOOLS + OF_A_PROMPT * pieces(chat_text(opening_messages(opening), asked=True)))
    (documented,) = re.findall(rf"^\| {tier} \|(?: [^|]+\|){{4}} (\d+) / ", DOCS.read_text(encoding="utf-8"), re.M)
    assert int(documented) == pytest.approx(sum(taken) / len(taken), rel=0.01)
    assert max(taken) <= PROMPT_TOKENS
    if tier == "expert":
        assert max(taken) > 0.97 * PROMPT_TOKENS
