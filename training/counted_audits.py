"""Audits whose tokens are counted: each proposal fully checked, as the evidence-only auditor does it, demonstrated.

    for episode in play_tier("medium", 50):
        episode.checked                       # messages, as `react` would have written them

A full check of a proposal is the patient's record, the timeline, and a decision with its reason; its episode ends with
a report that says why. The look-up of a proposal on the whole cohort is the cohort's table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from synth_audit_env.agents.case_rules import judge
from synth_audit_env.agents.findings import explain, report
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.agents.protocol_reader import ReadProtocol, read_protocol
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.models import (
    COHORT,
    ErrorType,
    PatientResult,
    ProposalSummary,
    SynthAuditAction,
    SynthAuditObservation,
)
from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION, EpisodeRecord
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS, task_of
from synth_audit_env.training.demonstrations import NONE, demonstrate
from synth_audit_env.training.turns import Message

SPLIT = "validation"
DEMONSTRATED = ("easy", "medium")
"""Tiers that the demonstrations are of."""


@dataclass(frozen=True, slots=True)
class Played:
    """An episode that was played three ways, or two where nobody demonstrates it."""

    opening: SynthAuditObservation
    checked: list[Message]
    """Fully, a call a turn."""
    audited: list[Message]
    """By the evidence-only auditor, a call a turn."""
    demonstrated: list[Message] | None

    @property
    def proposals(self) -> int:
        """To be audited."""
        return len(self.opening.actor_proposals)


def play_tier(tier: str, episodes: int) -> list[Played]:
    """Play the first episodes of the split."""
    environment, played = SynthAuditEnvironment(), []
    for index in range(episodes):
        options: dict[str, Any] = {"task_id": TIERS[tier].task_id, "seed": task_of(SPLIT, index).seed}
        opening = environment.reset(**options)
        audited = tuple(play(HeuristicAuditor(), opening, environment.step))
        checked = full_checks(environment, options)
        shown = _demonstrated(environment, options) if tier in DEMONSTRATED else None
        played.append(Played(opening, _chat(options, opening, checked), _chat(options, opening, audited), shown))
    return played


def full_checks(environment: SynthAuditEnvironment, options: Mapping[str, Any]) -> tuple[Turn, ...]:
    """Play an episode: both look-ups and a decision for every proposal, then the report."""
    opening, turns = environment.reset(**options), list[Turn]()
    protocol = read_protocol(opening.protocol_excerpt or "")
    errors: dict[str, tuple[ErrorType, str]] = {}

    def act(**fields: Any) -> SynthAuditObservation:
        action = SynthAuditAction.model_validate(fields)
        turns.append(Turn(len(turns) + 1, action, environment.step(action)))
        return turns[-1].observation

    for proposal in opening.actor_proposals:
        identity = {"proposal_id": proposal.proposal_id}
        if proposal.patient_id == COHORT:
            act(action_type="cohort_analysis", feature=_feature(protocol, proposal))
            error = None
        else:
            record = act(action_type="investigate_patient", patient_id=proposal.patient_id).result
            act(action_type="temporal_audit", patient_id=proposal.patient_id)
            error = _error(protocol, record) if isinstance(record, PatientResult) else None
        if error is None:
            act(action_type="approve", **identity)
        else:
            errors[proposal.proposal_id] = error
            act(action_type="flag_error", error_type=error[0], reason=error[1], **identity)
    ids = [proposal.proposal_id for proposal in opening.actor_proposals]
    act(action_type="submit_audit_report", report=report(ids, errors, ()))
    return tuple(turns)


def _feature(protocol: ReadProtocol, proposal: ProposalSummary) -> str:
    features = protocol.equity.features if protocol.equity else ()
    return next((feature for feature in features if feature in proposal.diagnosis), "arm")


def _error(protocol: ReadProtocol, record: PatientResult) -> tuple[ErrorType, str] | None:
    for finding in judge(protocol, record).findings:
        if finding.error_type is not None:
            return finding.error_type, explain(finding, record, protocol)
    return None


def _chat(options: Mapping[str, Any], opening: SynthAuditObservation, turns: tuple[Turn, ...]) -> list[Message]:
    """A call a turn, to the report: what it is answered with is no part of the audit."""
    record = EpisodeRecord(options["task_id"], options["seed"], SPLIT, PACKAGE_VERSION, "", options, opening, turns)
    return conversation(record)[:-1]


def _demonstrated(environment: SynthAuditEnvironment, options: Mapping[str, Any]) -> list[Message]:
    """To the report too, which is the last call."""
    messages = demonstrate(environment, options, NONE, Random(0))
    last = max(place for place, message in enumerate(messages) if "tool_calls" in message)
    return messages[: last + 1]
