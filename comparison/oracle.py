"""The oracle: it is given the labels, and reaches the highest score and return that there are.

    play(Oracle(scenario), opening, environment.step)

It asks for the evidence that a right flag is paid for, and for no more. It accuses nothing that is right and its skill
is 1, so that all it earns is paid in full: no audit of the episode returns more.
"""

from collections.abc import Iterator

from ..agents import findings as words
from ..models import COHORT, SynthAuditAction, SynthAuditObservation
from ..server.audit.reward_model import key_features
from ..server.world.scenario import Proposal, Scenario


class Oracle:
    """The auditor of one scenario."""

    name = "oracle"

    def __init__(self, scenario: Scenario) -> None:
        self._actions = _audit(scenario)

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action, whatever the observation."""
        return next(self._actions)


def _audit(scenario: Scenario) -> Iterator[SynthAuditAction]:
    """Half of the records, since the reward asks for them; then each proposal, and the report."""
    subjects = [p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT]
    for patient_id in subjects[: (len(subjects) + 1) // 2]:
        yield SynthAuditAction(action_type="investigate_patient", patient_id=patient_id)
    errors: dict[str, tuple[str, str]] = {}
    for proposal in scenario.proposals:
        id_ = proposal.note.proposal_id
        decision = {"proposal_id": id_, "confidence": 1.0, **(proposal.faults[0].claim if proposal.faults else {})}
        if not proposal.is_wrong:
            yield SynthAuditAction.model_validate({"action_type": "approve", **decision})
            continue
        yield from _looks(proposal)
        error_type = str(proposal.error_type)
        errors[id_] = (error_type, reason(proposal))
        flag = {"action_type": "flag_error", "error_type": error_type, "reason": errors[id_][1]}
        yield SynthAuditAction.model_validate({**flag, **decision})
    filed = words.report(scenario.proposal, errors, unseen=())
    yield SynthAuditAction(action_type="submit_audit_report", report=filed)


def _looks(proposal: Proposal) -> Iterator[SynthAuditAction]:
    """The evidence that the reward table pays for beside a right flag; what explains a note asks for the note first."""
    patient_id = proposal.note.patient_id
    if patient_id != COHORT:
        yield SynthAuditAction(action_type="temporal_audit", patient_id=patient_id)
    for feature in sorted(key_features(proposal))[:1]:
        yield SynthAuditAction(action_type="review_proposal", proposal_id=proposal.note.proposal_id)
        yield SynthAuditAction(action_type="request_shap", patient_id=patient_id, feature=feature)


def reason(proposal: Proposal) -> str:
    """Why a wrong proposal is wrong: the first sentence of its explanation, and what its Actor did."""
    return f"{proposal.explanation.partition('. ')[0]}. The Actor {proposal.flaw}."
