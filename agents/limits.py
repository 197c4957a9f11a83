"""What an auditor is held to: fewer tools, fewer looks, a poorer reading of the protocol.

    HeuristicAuditor(Limits(share=0.5, unseen="flag"))

What such auditors lose tells what a tool is worth, and whether a tier asks for more than the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..models import PatientResult, ProposalSummary, TimelineResult
from .findings import EVENTS
from .protocol_reader import Clause, ReadProtocol

_ON_A_TIMELINE = frozenset({"stage", "enrolment_date", "delay"})
"""What a limit or a condition can look at without the record: the list of proposals gives the stage."""
_STAGE = re.compile(r"Stage (IV|I{1,3})\b")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an auditor may not do. Without arguments: nothing that it may not."""

    without: frozenset[str] = frozenset()
    """Tools that it does not have, by action type."""
    share: float = 1.0
    """Of the proposals, which it looks at in the order of the list: at most so many."""
    calls: int | None = None
    """Evidence that it may ask for in an episode, in calls of a tool; None for as many as the steps allow."""
    unseen: Literal["approve", "leave", "flag"] = "approve"
    """What it does with a proposal that it could not look at: leaving it is to decide nothing."""
    one_hop: bool = False
    """It follows one hop from a clause that holds for everybody, to its exception or amendment, and none from there:
    the override of an exception is the second."""
    believes: bool = False
    """It looks up nothing that a note cites or quotes, and takes an all-clear on the whole cohort at its word."""
    no_days: bool = False
    """It counts no days itself: it can tell which of two dates is earlier, and how far apart only by temporal_audit."""

    def readable(self, protocol: ReadProtocol) -> ReadProtocol:
        """What it can apply of a protocol. A clause that acts on one that is left out is never asked for."""
        clauses: Iterable[Clause] = protocol.clauses
        if self.one_hop:
            general = {clause.number for clause in clauses if not clause.when}
            clauses = [clause for clause in clauses if clause.acts_on is None or clause.acts_on in general]
        if self.no_days and "temporal_audit" in self.without:
            clauses = [clause for clause in clauses if clause.quantity != "delay"]
        if "investigate_patient" in self.without:
            clauses = [clause for clause in clauses if _fields(clause) <= _ON_A_TIMELINE]
        return replace(protocol, clauses=tuple(clauses))


def _fields(clause: Clause) -> set[str]:
    """What a clause looks at."""
    return {condition.field for condition in clause.when} | ({clause.quantity} if clause.quantity else set())


def record_of(proposal: ProposalSummary, timeline: TimelineResult) -> PatientResult:
    """What the list and a timeline tell of a record: its dates and the stage. Every other field is unknown, None."""
    dates = {field: event.date for event in timeline.events for field, name in EVENTS.items() if name == event.event}
    stage = _STAGE.search(proposal.diagnosis)
    known: dict[str, Any] = {"patient_id": proposal.patient_id, "stage": stage[1] if stage else None, **dates}
    return PatientResult.model_construct(**{**dict.fromkeys(PatientResult.model_fields), **known})
