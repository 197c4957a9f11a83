"""Whether a text names what the Actor did wrong, by clause, by name, or by what the Actor put in its place.

    names_fault(case, said)

One rule for each kind of difference (`differences.py`). A clause that was left out, or applied where it should not be,
must be named in a text that speaks of what the Actor did; of a limit or condition that was read as another, that must
show too.
"""

from __future__ import annotations

from functools import cache

from ...world.misreadings import FLAWS
from . import statement_words as words
from .case import Case
from .claims import Claim
from .differences import Difference
from .utterance import Utterance

DISTINCT = 2
"""Of the words for a premise the first two are used for nothing else."""
NEAR = 8
"""Words before a figure in which it is said whose it is."""


def names_fault(case: Case, said: Utterance) -> bool:
    """Whether it names at least one of the faults. A question may: who asks whether the Actor looked has seen it."""
    if _goes_through_premises(case, said):
        return False
    named = said.named(*case.lists, asked=True)
    left_out = [one.mention for one in said.statements if one.act in ("ignored", "not applied")]
    about = named | {n for one in left_out if one.how == "field" and one.first in said.own for n in one.numbers}
    if case.disorder:
        about |= {n for one in said.mentioned if one.how == "field" and one.first in said.own for n in one.numbers}
    return any(_names(case, fault, said, named, about) for fault in case.faults)


def _goes_through_premises(case: Case, said: Utterance) -> bool:
    """Whether it mentions what another misreading takes for granted, and the note does not."""
    heard = [word for word in _premises_beside(case.proposal.brief.flaw.premise) if f" {word}" in said.plain]
    if not heard:
        return False
    note = case.proposal.note.reasoning.casefold()
    return any(word not in note for word in heard)


@cache
def _premises_beside(own: tuple[str, ...]) -> tuple[str, ...]:
    """The words for the premises of other misreadings that are none for this one."""
    others = {word: None for flaw in FLAWS.values() for word in flaw.premise[:DISTINCT] if flaw.premise != own}
    return tuple(word for word in others if word not in own)


def _tells_a_deed(said: Utterance) -> bool:
    """Whether it says more of the Actor than that it is wrong, or quotes it."""
    more = words.VAGUE.sub("", said.plain)
    return said.quotes or any(pattern.search(more) for pattern in (words.DEEDS, words.ACTOR_NAMED))


def _names(case: Case, fault: Difference, said: Utterance, named: set[str], about: set[str]) -> bool:
    """Whether it names this one. `named` are the clauses that it names, `about` those and what it says was left out."""
    plain, premise = said.plain, case.proposal.brief.flaw.premise
    firm = said.own | said.asked
    numbers = [one for one in said.claims.items if one.kind == "number" and one.first in firm]
    theirs = {one.value for one in numbers if one.value in fault.values and _is_the_actors(case, one)}
    deed = _tells_a_deed(said)
    if fault.kind == "assumed":
        told = any(f" {word}" in plain for word in (premise if deed else premise[:DISTINCT]))
        figures = [one for one in said.claims.items if one.kind in ("number", "fraction") and one.first in said.own]
        return told or any(_is_quoted(case, said, one) or (deed and _is_brought_along(case, one)) for one in figures)
    instead = words.INSTEAD.search(plain) is not None
    if fault.kind == "replaced":
        return fault.clause in about and instead
    deed = deed or (case.record is not None and any(f" {word}" in plain for word in premise))
    if fault.kind == "added":
        stricter = fault.stricter is True and bool(about & case.deciding) and words.STRICTER.search(plain) is not None
        brought = {value for one in case.faults if one.kind == "added" for value in one.values}
        both = len({one.value for one in numbers} & brought) > 1
        told = deed or instead or both or words.ABSENT.search(plain) is not None
        return told and (fault.clause in named or bool(theirs) or stricter)
    if fault.kind == "altered" and fault.values:
        numbered = {fact.clause for one in numbers for fact in case.facts.stated_by(one) if fact.role == "threshold"}
        about = about | numbered
        bent = said.quotes or words.BENT.search(plain) is not None
        return deed and (bool(theirs) or (fault.clause in about and bent))
    return deed and fault.clause in about


def _is_brought_along(case: Case, number: Claim) -> bool:
    """Whether only the note has that number."""
    facts = [fact for fact in case.facts.stated_by(number) if fact.role not in ("interval", "text", "other")]
    return bool(facts) and all(fact.role == "actor" and not fact.field and not fact.clause for fact in facts)


def _is_quoted(case: Case, said: Utterance, figure: Claim) -> bool:
    """Whether it is the note's figure, and no true one, and is said to be: "the note says 29.4 %", "quoted as"."""
    roles = {fact.role for fact in case.facts.stated_by(figure)}
    if "quoted" not in roles or "true" in roles:
        return False
    told = " ".join(["", *said.claims.before(figure, NEAR)]).rpartition(" . ")[2]
    return said.quotes or words.ACTOR_NAMED.search(told) is not None


def _is_the_actors(case: Case, number: Claim) -> bool:
    """Whether a number is of the Actor's reading, and not by chance that of a limit or of the record as well."""
    return not any(fact.role == "observed" or case.counts(fact) for fact in case.facts.stated_by(number))
