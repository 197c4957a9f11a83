"""Whether a text names what the Actor did wrong, by clause, by name, or by what the Actor put in its place.

    names_fault(case, said)

One rule for each kind of difference (`differences.py`). A clause that was left out, or applied where it should not be,
must be named in a text that speaks of what the Actor did; of a limit or condition that was read as another, that must
show too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from synth_audit_env.server.misreadings import FLAWS
from synth_audit_env.server.reasons import statement_words as words
from synth_audit_env.server.reasons.case import Case
from synth_audit_env.server.reasons.claims import Claim
from synth_audit_env.server.reasons.differences import Difference
from synth_audit_env.server.reasons.utterance import Utterance

DISTINCT = 2
"""Of the words for a premise the first two are used for nothing else."""
MAX_PREMISES = 0
"""What other misreadings take for granted that a text may mention; with more it goes through what Actors do."""


def names_fault(case: Case, said: Utterance) -> bool:
    """Whether it names at least one of the faults, in its own firm words."""
    named = said.named(*case.lists, asked=True)
    left_out = [one.mention for one in said.statements if one.act in ("ignored", "not applied")]
    about = named | {n for one in left_out if one.how == "field" and one.first in said.own for n in one.numbers}
    if case.disorder:
        about |= {n for one in said.mentioned if one.first in said.own for n in one.numbers}
    numbers = [claim for claim in said.claims.items if claim.kind == "number" and claim.first in said.own | said.asked]
    if _goes_through_premises(case, said):
        return False
    more = words.VAGUE.sub("", said.plain)
    premise = any(f" {word}" in said.plain for word in case.proposal.brief.flaw.premise)
    deed = said.quotes or any(pattern.search(more) for pattern in (words.DEEDS, words.ACTOR_NAMED))
    missing = any(pattern.search(said.plain) for pattern in (words.INSTEAD, words.ABSENT))
    figures = {value for fault in case.faults if fault.kind == "added" for value in fault.values}
    both = len(figures & {number.value for number in numbers}) > 1
    return any(
        (
            deed
            or both
            or (premise and case.record is not None)
            or (missing and fault.kind in ("added", "replaced"))
            or fault.kind == "assumed"
        )
        and _names(case, fault, said, named, about, numbers, deed=deed)
        for fault in case.faults
    )


def _goes_through_premises(case: Case, said: Utterance) -> bool:
    """Whether it mentions what several other misreadings take for granted, which the note does not."""
    note = case.proposal.note.reasoning.casefold()
    own = case.proposal.brief.flaw.premise
    others = {flaw.premise for flaw in FLAWS.values() if flaw.premise and flaw.premise != own}
    told = [
        premise
        for premise in others
        if any(f" {word}" in said.plain and word not in note and word not in own for word in premise[:DISTINCT])
    ]
    return len(told) > MAX_PREMISES


def _names(
    case: Case,
    fault: Difference,
    said: Utterance,
    named: Collection[str],
    about: Collection[str],
    numbers: Sequence[Claim],
    *,
    deed: bool,
) -> bool:
    plain = said.plain
    by_value = any(number.value in fault.values and _is_the_actors(case, number) for number in numbers)
    if fault.kind == "assumed":
        premise = case.proposal.brief.flaw.premise
        brought = any(_is_brought_along(case, number) for number in numbers)
        return (deed and brought) or any(f" {word}" in plain for word in (premise if deed else premise[:DISTINCT]))
    if fault.kind == "replaced":
        return fault.clause in about and words.INSTEAD.search(plain) is not None
    if fault.kind == "added":
        by_side = bool(about & case.deciding) and words.STRICTER.search(plain) is not None
        return fault.clause in named or by_value or (fault.stricter is True and by_side)
    if fault.kind == "altered" and fault.values:
        return by_value or (fault.clause in about and (said.quotes or words.BENT.search(plain) is not None))
    return fault.clause in about


def _is_brought_along(case: Case, number: Claim) -> bool:
    """Whether only the note has that number."""
    facts = case.facts.stated_by(number)
    return bool(facts) and all(fact.role == "actor" and not fact.field and not fact.clause for fact in facts)


def _is_the_actors(case: Case, number: Claim) -> bool:
    """Whether a number is of the Actor's reading, and not by chance that of a limit or of the record as well."""
    return all(fact.role not in ("observed", "limit", "threshold") for fact in case.facts.stated_by(number))
