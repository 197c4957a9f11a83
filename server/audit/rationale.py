"""Whether a stated reason says what the Actor did wrong, and is true: what it claims is held against the evidence.

    reason_holds(scenario, proposal, "comorbidity_override_miss",
                 "The Actor applied the Stage IV exception but ignored the comorbidity override (§5.3).")

No model, and no list of misreadings. A reason holds when

1. it names the fault: something in which the Actor's reading differs from the protocol on this record
   (`differences.py`), by the number of the clause, by its name, or by what the Actor put in its place;
2. it states the rule or the value that decides, and where it gives several limits it says which one counts;
3. nothing in it is false: no number, date or reference whose subject can be told, no comparison, nothing that it says
   of the Actor or of a clause, and no conclusion that contradicts the flag. What cannot be told is ignored.

What a reason quotes of the Actor's note, QUOTATION tokens in a row or more, states nothing. Case and white space change
nothing, and text that addresses the scorer is text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...models import MAX_REASON
from ..world.scenario import Proposal, Scenario
from .reasons.case import case_of
from .reasons.evidence import states_evidence
from .reasons.fault import names_fault
from .reasons.truth import falsehoods
from .reasons.utterance import utterance


@dataclass(frozen=True, slots=True)
class Examination:
    """A reason, taken apart."""

    false: tuple[str, ...]
    """What in it is not true."""
    fault_named: bool
    """It says what the Actor did wrong."""
    evidence_stated: bool
    """It states the rule or the value that decides."""

    @property
    def holds(self) -> bool:
        """Whether the reason earns its bonus."""
        return self.fault_named and self.evidence_stated and not self.false


def reason_holds(scenario: Scenario, proposal: Proposal, error_type: str | None, reason: str) -> bool:
    """Whether a reason for flagging a proposal as this error type names the fault, states the evidence, and is true.

    False for a proposal with which nothing, or something else, is wrong, and for a reason over MAX_REASON characters.
    """
    return proposal.is_wrong and proposal.error_type == error_type and examine(scenario, proposal, reason).holds


def examine(scenario: Scenario, proposal: Proposal, reason: str) -> Examination:
    """Hold a reason against the evidence on a wrong proposal. One over MAX_REASON characters is not read.

    Raises:
        ValueError: Nothing is wrong with the proposal.
    """
    if not proposal.is_wrong:
        raise ValueError(f"nothing is wrong with {proposal.note.proposal_id}")
    if len(reason) > MAX_REASON:
        return Examination((), fault_named=False, evidence_stated=False)
    case = case_of(scenario, proposal)
    said = utterance(reason, case.names, proposal.note.reasoning)
    return Examination(
        false=tuple(falsehoods(case, said)),
        fault_named=names_fault(case, said),
        evidence_stated=states_evidence(case, said),
    )
