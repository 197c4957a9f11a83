"""Limits of an auditor: fewer tools, fewer evidence calls, a poorer reading of the protocol, the note or the record.

    HeuristicAuditor(Limits(calls=12, undecided=True))
    HeuristicAuditor(Limits(reads_notes=False))

What such auditors lose tells what a tool is worth, and whether a tier asks for more than the one before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..models import PatientResult, TimelineResult
from .protocol_reader import EARLIER, EVENTS, INTERVALS, ReadClause, ReadProtocol

_ON_A_TIMELINE = frozenset({"enrolment_date", "consent_date", EARLIER, *INTERVALS})
"""Quantities and fields that a timeline shows without the record."""

_RECORDS = frozenset({"investigate_patient", "temporal_audit", "request_shap", "cohort_analysis"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Restrictions on an auditor; without arguments there are none."""

    without: frozenset[str] = frozenset()
    """Tools that it does not have, by action type."""
    calls: int | None = None
    """Evidence that it may ask for in an episode, in calls of a tool; None for as many as the steps allow."""
    undecided: bool = False
    """It leaves a proposal undecided that it could not look at, in place of approving it."""
    hops: int | None = None
    """How many hops it follows from a clause that holds for everybody: the exception or amendment is the first, the
    override of an exception the second. None: all."""
    no_amendments: bool = False
    """It reads the sections of the protocol only."""
    no_approvals: bool = False
    """It counts every amendment from the day of its issue, whenever a site approved it."""
    no_order: bool = False
    """It looks at one patient at a time: it passes over the clauses on the order of enrolment at a site."""
    no_annexes: bool = False
    """It reads the sections that are for everybody, and judges the patients of every site by them."""
    no_definitions: bool = False
    """It looks no term up, and passes over the clauses that use one."""
    first_source: bool = False
    """It takes a term for what the first definition says that it comes to, and a value for that of the site's own
    laboratory, whichever prevails."""
    believes: bool = False
    """It takes a note at its word for what it cites and quotes: a record's values, a figure, the cohort's all-clear."""
    no_days: bool = False
    """It counts no days itself: it can tell how far apart two dates are only by temporal_audit."""
    reads_notes: bool = True
    """False: it judges the whole record, and flags where that deviates from the protocol."""
    verdict_only: bool = False
    """It reads of a note its verdict and nothing else, and judges the whole record."""
    records: bool = True
    """False: it looks up neither records nor the cohort, and flags what a note gets wrong of the protocol."""

    @property
    def lacks(self) -> frozenset[str]:
        """All tools that it may not use."""
        notes = frozenset() if self.reads_notes else frozenset({"review_proposal"})
        return self.without | notes | (frozenset() if self.records else _RECORDS)

    def readable(self, protocol: ReadProtocol) -> ReadProtocol:
        """The part of a protocol that it can apply. A clause that acts on one that is left out is never asked for."""
        clauses: Iterable[ReadClause] = protocol.clauses
        if self.no_amendments:
            clauses = [clause for clause in clauses if not clause.is_amendment]
        if self.no_annexes:
            annexed = set(protocol.annexes.values())
            clauses = [clause for clause in clauses if clause.number.split(".")[0] not in annexed]
        if self.no_definitions:
            clauses = [clause for clause in clauses if not any(condition.term for condition in clause.when)]
        if self.no_order:
            clauses = [clause for clause in clauses if not asks_for_order(clause)]
        if self.first_source:
            clauses = [
                replace(clause, when=tuple(protocol.terms.get(condition.term, condition) for condition in clause.when))
                for clause in clauses
            ]
        if self.hops is not None:
            clauses = [clause for clause in clauses if _hops(protocol, clause) <= self.hops]
        if self.no_days and "temporal_audit" in self.lacks:
            clauses = [clause for clause in clauses if clause.quantity not in INTERVALS]
        if "investigate_patient" in self.lacks:
            seen = [clause for clause in clauses if clause.quantity in _ON_A_TIMELINE]
            clauses = [clause for clause in seen if {condition.field for condition in clause.when} <= _ON_A_TIMELINE]
        return replace(
            protocol,
            clauses=tuple(clauses),
            sources=() if self.first_source else protocol.sources,
            own_terms={} if self.first_source else protocol.own_terms,
            annexes={} if self.no_annexes else protocol.annexes,
            approvals={} if self.no_approvals else protocol.approvals,
        )


def asks_for_order(clause: ReadClause) -> bool:
    """True if a clause asks how many enrolled at the site before the patient, which only temporal_audit tells."""
    return clause.quantity == EARLIER or any(condition.field == EARLIER for condition in clause.when)


def _hops(protocol: ReadProtocol, clause: ReadClause) -> int:
    """How many hops a clause is away from the one that holds for everybody."""
    if clause.acts_on is not None:
        return 1 + _hops(protocol, protocol.clause(clause.acts_on))
    return 1 if clause.when else 0


def record_of(timeline: TimelineResult) -> PatientResult:
    """The record as far as a timeline shows it: its dates. Every other field is unknown, None."""
    dates: dict[str, Any] = {EVENTS[event.event]: event.date for event in timeline.events}
    blank = dict.fromkeys(PatientResult.model_fields)
    return PatientResult.model_construct(**{**blank, "patient_id": timeline.patient_id, **dates})
