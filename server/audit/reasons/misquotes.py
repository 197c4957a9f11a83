"""Whether a text names the Actor's mistake by numbers: the one that the Actor has, and the true one beside it.

    names_number(truth, said)    # of "The Actor used 42 days, and not the 24 that count"

Who copies all numbers of the note and of the protocol has both among them, and names nothing (`recites`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from . import words
from .claims import Claim
from .ground_truth import GroundTruth
from .utterance import Sentence, Utterance

APART = 20
"""How many words may stand between the Actor's number and the true one."""
MAX_NUMBERS = 6
"""In a text with more numbers than this, the Actor's number and the true one must stand next to each other."""
MAX_STRAYS = 1
"""How many other numbers of the rule or the note, or of nobody, a text may give that names the mistake by numbers."""
_SETTING = ("limit", "text")
_WRITTEN = (*_SETTING, "threshold", "actor")
"""Roles of the facts that a note or a protocol has written somewhere."""
_JOINING = {",", "/", "&", "and", "or", "with", "then", "plus"}
"""What stands between two numbers of a list."""


def names_number(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text gives the Actor's number and the true one, or how far the Actor is off, and does not copy them."""
    numbers = said.claimed("number")
    if truth.bug is not None and truth.bug.operator == "wrong_source":
        return _sets_report_against_report(truth, said, numbers)
    off = [one for one in numbers if one.topic == words.DIFFERENCE] if words.ACTOR_NAMED.search(said.plain) else []
    by_sentence: dict[int, tuple[Sentence, set[float]]] = {}
    for one in off:
        here = said.around(one.first, one.last)
        by_sentence.setdefault(here.start, (here, set()))[1].add(one.value)
    told = [(here, min(values)) for here, values in by_sentence.values() if len(values) == 1]  # not "by 1, 2 or 3"
    near = [(value, it.field) for here, value in told for it in here.mentioned]
    if any((round(abs(it.said - it.true), 2), it.field) in near for it in truth.misquoted):
        return True
    if recites(truth, numbers, said):
        return False
    whole = words.VAGUE.sub("", said.plain)
    blamed = words.ACTOR_NAMED.search(whole) or words.MISTAKEN.search(whole)
    for one, other in pairwise(numbers):
        values = {one.value, other.value}
        if other.first - one.last <= APART and any({abs(it.said), abs(it.true)} == values for it in truth.misquoted):
            # Two numbers that the record and the rule have anyhow stand side by side in many a reason.
            known = values <= {truth.observed, *truth.bounds}
            apart = words.SOMEBODY.search(whole) or is_contrasted(said, one, other)
            if blamed or (apart and not known):
                return True
    accused = words.SOMEBODY.search(whole) or words.MISTAKEN.search(whole)
    return bool(accused) and len(numbers) <= MAX_NUMBERS and _is_the_actors_alone(truth, numbers)


def recites(truth: GroundTruth, numbers: Sequence[Claim], said: Utterance) -> bool:
    """Whether a text copies numbers: several others of the rule or the note, a list, or the Actor's as the protocol's.

    Whoever copies them all has the Actor's number and the true one among them.
    """
    quoted = [{abs(one.said), abs(one.true)} for one in truth.misquoted]
    facts = [one for one in truth.facts.all if one.kind == "number"]
    core = {truth.limit, truth.observed, *(abs(one.value) for one in facts if one.role == "observed")}
    written = {abs(one.value) for one in facts if one.role in _WRITTEN}
    numbers = [one for one in numbers if one.clause not in truth.trial.listed]
    values = [one.value for one in numbers]
    strays = {one for one in values if one in written or not truth.facts.has(one)} - core.union(*quoted) - truth.apart
    of_protocol = {abs(one.value) for one in facts if one.role in (*_SETTING, "threshold")}
    twice = {abs(one.said) for one in truth.misquoted} & of_protocol - {truth.limit, truth.observed}
    if len(strays) > MAX_STRAYS or any(values.count(value) > 1 for value in twice):
        return True
    pairs = list(pairwise(numbers))
    opposed = any({one.value, other.value} in quoted and is_contrasted(said, one, other) for one, other in pairs)
    cited = {number for one in said.mentioned if one.how == "number" for number in one.numbers}
    limits = {one.value for one in facts if one.role in _SETTING and one.clause in cited}
    if not opposed and limits.intersection(values) - truth.bounds:
        return True  # "§5.1 sets 24, §5.2 sets 42" does not tell which one counts
    known = {truth.observed, truth.limit}
    listed = [
        other
        for one, other in pairs
        if len(between := said.claims.between(one, other)) <= 2
        and _JOINING.issuperset(between)
        and not ({one.value, other.value} == known and (opposed or "and" in between))
    ]
    return any(words.PAST.isdisjoint(said.claims.after(one, 1)) for one in listed)  # "at 45 years, 1 below the limit"


def _is_the_actors_alone(truth: GroundTruth, numbers: Sequence[Claim]) -> bool:
    """Whether a text gives the Actor's number and the true one, wherever, and nobody but the Actor has the former."""
    values = {one.value for one in numbers}
    others = [
        fact for fact in truth.facts.all if fact.kind == "number" and fact.role != "actor" and fact.value in values
    ]
    return any(
        {abs(it.said), abs(it.true)} <= values
        and not any(
            it.field == one.field or one.role in ("observed", "limit") for one in others if one.value == it.said
        )
        for it in truth.misquoted
    )


def _sets_report_against_report(truth: GroundTruth, said: Utterance, numbers: Sequence[Claim]) -> bool:
    """Whether a text says that the Actor's number stands for the other one, and not only that there are both.

    The record has both reports of each field side by side: whoever gives them of several fields recites it.
    """
    own = truth.misquoted[-1]  # the value in the record
    reported: dict[str, set[str]] = {}
    for fact in (fact for claim in numbers for fact in truth.facts.stated_by(claim) if fact.role == "reported"):
        reported.setdefault(fact.field, set()).add(fact.clause)
    whole = words.VAGUE.sub("", said.plain)
    blamed = words.ACTOR_NAMED.search(whole) or words.MISTAKEN.search(whole)
    if not blamed or sum(len(laboratories) > 1 for laboratories in reported.values()) > 1:
        return False
    return any(
        other.first - one.last <= APART
        # "A haemoglobin of 9.9 is below 10" may have both as well.
        and ({own.said, own.true} - {truth.observed, *truth.bounds} or is_contrasted(said, one, other))
        and words.AGAINST.isdisjoint(said.claims.between(one, other))
        and said.claims.before(other, 2) not in words.BOUNDING
        and {own.said, own.true} == {one.value, other.value}
        for one, other in pairwise(numbers)
    )


def is_contrasted(said: Utterance, one: Claim, other: Claim) -> bool:
    """Whether a word between two numbers sets one against the other."""
    between = " ".join(["", *said.claims.between(one, other), ""])
    return other.first - one.last <= APART and words.AS_OPPOSED.search(between) is not None
