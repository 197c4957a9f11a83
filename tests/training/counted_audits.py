"""Audits whose tokens are counted: each proposal fully checked, as the evidence-only auditor does it.

    full_checks(SynthAuditEnvironment(), "medium", seed)          # messages, a call a turn

A full check of a proposal is the patient's record, the timeline, and a decision with its reason; its episode ends with
a report that says why. The look-up of a proposal on the whole cohort is the cohort's table.
"""

from __future__ import annotations

from typing import Any

from synth_audit_env.agents.case_rules import judge
from synth_audit_env.agents.findings import explain, report
from synth_audit_env.agents.protocol_reader import ReadProtocol, read_protocol
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.episode_line import PACKAGE_VERSION
from synth_audit_env.models import (
    COHORT,
    ErrorType,
    PatientResult,
    ProposalSummary,
    SynthAuditAction,
    SynthAuditObservation,
)
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.rollout import Turn
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.training.demonstrations import Message


def full_checks(environment: SynthAuditEnvironment, tier: str, seed: int) -> list[Message]:
    """Play an episode: both look-ups and a decision for every proposal, then the report, which ends the chat."""
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
    assert act(action_type="submit_audit_report", report=report(ids, errors, ())).done
    record = EpisodeRecord(options["task_id"], seed, "validation", PACKAGE_VERSION, "", options, opening, tuple(turns))
    return conversation(record)[:-1]


def _feature(protocol: ReadProtocol, proposal: ProposalSummary) -> str:
    features = protocol.equity.features if protocol.equity else ()
    return next((feature for feature in features if feature in proposal.diagnosis), "arm")


def _error(protocol: ReadProtocol, record: PatientResult) -> tuple[ErrorType, str] | None:
    for finding in judge(protocol, record).findings:
        if finding.error_type is not None:
            return finding.error_type, explain(finding, record, protocol)
    return None
