"""An auditor that was told the labels, and plays for all that the score and the return have to give.

    play(ToldAuditor(scenario, why), opening, environment.step)

It asks for the evidence that a right flag is paid for, and for no more; it accuses nothing that is right. The reasons
of its flags are somebody else's: the oracle of `validation/` finds them out, the workbench has those of the heuristic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from synth_audit_env.agents.findings import report
from synth_audit_env.models import COHORT, ErrorType, SynthAuditAction, SynthAuditObservation
from synth_audit_env.server.reward_model import key_features
from synth_audit_env.server.scenario import Proposal, Scenario


class ToldAuditor:
    """The auditor of one scenario."""

    name = "oracle"

    def __init__(self, scenario: Scenario, why: Callable[[Proposal], str]) -> None:
        """Tell it the labels, and why a wrong proposal is wrong, for its flag."""
        self._actions = _audit(scenario, why)

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action, whatever the observation."""
        return next(self._actions)


def _audit(scenario: Scenario, why: Callable[[Proposal], str]) -> Iterator[SynthAuditAction]:
    """Half of the records, since the reward asks for them; then each proposal, and the report."""
    subjects = [p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT]
    for patient_id in subjects[: (len(subjects) + 1) // 2]:
        yield SynthAuditAction(action_type="investigate_patient", patient_id=patient_id)
    errors: dict[str, tuple[ErrorType, str]] = {}
    for proposal in scenario.proposals:
        id_ = proposal.note.proposal_id
        if not proposal.is_wrong:
            yield SynthAuditAction(action_type="approve", proposal_id=id_, confidence=1.0)
            continue
        yield from _evidence(proposal)
        error_type: ErrorType = proposal.error_type  # type: ignore[assignment]  # one of them, as the scenario has it
        errors[id_] = (error_type, why(proposal))
        yield SynthAuditAction(
            action_type="flag_error", proposal_id=id_, error_type=error_type, reason=errors[id_][1], confidence=1.0
        )
    filed = report(scenario.proposal, errors, unseen=())
    yield SynthAuditAction(action_type="submit_audit_report", report=filed)


def _evidence(proposal: Proposal) -> Iterator[SynthAuditAction]:
    """What the reward table pays a right flag for."""
    patient_id = proposal.note.patient_id
    if patient_id != COHORT:
        yield SynthAuditAction(action_type="temporal_audit", patient_id=patient_id)
    for feature in sorted(key_features(proposal))[:1]:
        yield SynthAuditAction(action_type="request_shap", patient_id=patient_id, feature=feature)
