"""Finds what a text says that is false, about the record, the protocol or the Actor.

    list(falsehoods(truth, said))    # ["79 age", "ignored 3.1"]

A number has a subject where a unit, a noun, a clause or a word such as "maximum" beside it says what it is a value of.
A number whose subject cannot be told is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...world.record import EARLIER_AT_SITE, facts
from ...world.trial import Definition
from . import words
from .claims import Claim, Claims
from .comparisons import Comparison, comparisons
from .deeds import Deed, called, deeds
from .facts import ISSUED, TOPICS, Fact
from .gaps import misstated_gap
from .ground_truth import GroundTruth
from .laboratories import OfLaboratory, reported_by, said_of_laboratories
from .mentions import Mention, Statement
from .pairs import is_of_earlier, mispaired
from .utterance import Utterance

_BREAKS = words.BREAKS - {"(", ")"}
_WITHIN = re.compile(r" (?:within|inside|outside) ")
_AMISS = re.compile(r"\b(?:wrong|incorrect|erroneous)\b")
_STOPS = (".", ";", "!", "?")
_OF_ITS_OWN = re.compile(r"(?:here )?(?:is|was)\b|of [\d§]")
"""What follows "41, the limit" where the limit is another number: "At 41, the limit of 24 is exceeded"."""
_PAUSES = frozenset({",", *_STOPS})
_SOURCE_REACH = 18
"""The most words from a source to the number that it gives."""
_MORE = (("more",), ("less",), ("fewer",), ("later",), ("longer",))
"""Behind "no": it is said what is allowed."""
_LATER = ("invented", "premature", "unapproved", "wrong_date")
"""Operators of an Actor that counts an amendment which does not count."""
_OF_ORDER = ("superseded", "misdefined", "unapproved", "premature")
"""Operators of an Actor that misses which amendment or definition prevails, or what approvals are for."""
_APPOSING = frozenset("(),:-'\"“”‘’") | {"a", "as", "called", "titled", "named", "presented", "is", "under", "the"}
"""What may stand between the number of a section and its title."""
_REACH = 30
"""The most words beside a claim that are read with it."""


def falsehoods(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """Everything in a text that is false, in words."""
    claims = said.claims
    yield from (claim.text for claim in claims.items if _is_false(truth, claim, claims))
    yield from (claim.text for claim in claims.items if _is_of_another(truth, claim, said))
    yield from (one.text for one in comparisons(claims) if _is_false_comparison(truth, one, said))
    yield from mispaired(truth, said)
    yield from _shares(claims)
    yield from _names(truth, claims, said.mentioned)
    yield from _absences(truth, said)
    yield from (
        f"{one.act} {'/'.join(sorted(one.mention.numbers))}" for one in said.statements if not _is_so(truth, one)
    )
    yield from (f"{one.operator}: {one.text}" for one in deeds(said) if not _is_done(truth, one))
    yield from _presences(truth, said)
    yield from misstated_gap(truth, said)
    yield from (f"{one.act} {one.laboratory}" for one in said_of_laboratories(said) if not _is_so_of(truth, one))
    if truth.bug is None or truth.bug.operator != "wrong_source":
        yield from words.WRONG_LABORATORY.findall(said.plain)
    yield from _both_ways(said.statements)
    yield from _inventions(truth, claims)
    yield from _conclusions(truth, said)


def _both_ways(statements: Sequence[Statement]) -> Iterator[str]:
    """Contradictions: a text says that the Actor applied a clause, and that it did not."""
    for number in sorted({number for one in statements for number in one.mention.numbers}):
        exact = [one for one in statements if one.mention.how != "field" and one.mention.numbers == {number}]
        acts = {one.act for one in exact}
        used = "applied" in acts and "not applied" in acts
        if used or ("ignored" in acts and not acts.isdisjoint(("applied", "read", "misread"))):
            yield f"both ways {number}"


def _is_false_comparison(truth: GroundTruth, comparison: Comparison, said: Utterance) -> bool:
    """Whether it is false of its numbers, or one of them is not what the record or the rule has."""
    claims = said.claims
    if truth.field and comparison.limit.value in truth.bounds and _WITHIN.search(comparison.text):
        # Of a least value nobody means that the record's is smaller.
        return (" not " in comparison.text) != truth.deviates
    if not comparison.is_true:
        return not _is_unsaid(truth, comparison, claims)
    if not truth.field or comparison.limit.kind != "number" or _is_told_of(comparison.limit, claims):
        return False
    if any(reported_by(one, claims) for one in comparison.subjects):
        return False
    values = [fact for one in comparison.subjects for fact in truth.facts.stated_by(one)]
    limits = [fact for fact in truth.facts.stated_by(comparison.limit) if fact.field in ("", truth.field)]
    observed = any(fact.role == "observed" and fact.field == truth.field for fact in values)
    first = comparison.subjects[0]
    if any(fact.role == "limit" and fact.value == truth.limit for fact in limits) and first.value not in truth.apart:
        is_limit = _role_of(truth, first, said) == "limit"
        return not is_limit and not observed
    elsewhere = bool(limits) and all(fact.role in ("text", "actor") for fact in limits)
    return observed and elsewhere and words.LATER.isdisjoint(_sentence(comparison.limit, claims))


def _is_told_of(claim: Claim, claims: Claims) -> bool:
    """Whether its sentence says that a number is somebody's, or is not so: the Actor's, a quotation, "not 63"."""
    before = claims.before(claim, 7)
    denied = "no" in before and _STOPS[0] not in before and before[before.index("no") + 1 :][:1] not in _MORE
    if "not" in before[-3:] or denied:
        return True
    sentence = f" {' '.join(_sentence(claim, claims))}"
    if words.SIGNS["inverted"].search(sentence):
        return True
    return any(pattern.search(sentence) for pattern in (words.ACTOR_NAMED, words.MISQUOTING, words.MISTAKEN))


def _is_unsaid(truth: GroundTruth, comparison: Comparison, claims: Claims) -> bool:
    """Whether a comparison claims nothing: one side may be a distance ("3 years over 78"), or the text denies it."""
    first, limit = comparison.subjects[0], comparison.limit
    if first.kind == "date":
        return not words.DENIALS.isdisjoint(claims.before(first, 12))
    sides = (first, limit)
    if truth.field and first.topic != words.RATE:
        return any(one.topic == words.DIFFERENCE or one.value in truth.apart for one in sides)
    return any(
        one.topic == words.DIFFERENCE or (one.topic and not one.value_of and truth.facts.are_differences(one))
        for one in sides
    )


def _is_false(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether the subject of a claim can be told and the claim is not true of it."""
    note = truth.proposal.note
    if claim.kind == "clause":
        known = claim.clause in truth.argued or claim.clause in truth.trial.listed
        return _is_not_in_force(truth, claim, claims) if known else not _is_denied(claim, claims)
    if claim.kind == "proposal":
        return f"PROP-{int(claim.value):03d}" != note.proposal_id
    if claim.kind == "patient":
        return truth.record is None or int(claim.value) != int(note.patient_id.removeprefix("P"))
    if claim.kind == "date":
        return _is_misdated(truth, claim, claims) or _is_misissued(truth, claim, claims)
    if claim.kind == "stage":
        return truth.record is not None and not truth.facts.stated_by(claim)
    if claim.kind == "blank":
        return truth.record is not None and truth.record.age is not None
    return claim.kind == "number" and _is_false_number(truth, claim, claims)


def _is_false_number(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    stated = truth.facts.stated_by(claim)
    if truth.record is not None and truth.record.discrepancies and (laboratory := reported_by(claim, claims)):
        reported = [fact for fact in stated if fact.role == "reported"]
        return not any(fact.clause == laboratory for fact in reported)
    if claim.value <= 1 and not words.ATTRIBUTIONS.isdisjoint(_sentence(claim, claims)):
        return not stated and not _is_attribution(truth, claim)
    whole = claim.topic in (words.AGE, words.DAYS)
    if (claim.decimals == 0 and 1900 <= claim.value <= 2099) or (claim.decimals and whole):
        return False  # a year, or a section or threshold beside a word for something else
    if claims.before(claim, 3)[1:] == ("on", "day") and claims.before(claim, 3)[0] in words.STARTED:
        return truth.field == "delay" and claim.value != truth.observed and not truth.takes(claim)
    if _is_approximate(claim, claims) or claims.before(claim, 1) == ("day",):
        return False
    way, than = (*claims.after(claim, 2), "", "")[:2]
    if than == "than" and way in words.PAST:
        return False  # "a dose 2 mg/m2 higher than the one recorded"
    if _is_set_right(truth, claim, claims):
        return False
    if is_of_earlier(truth, claim, claims):
        taken = [one.said for one in truth.misquoted if one.field == EARLIER_AT_SITE]
        counts = [fact.value for fact in stated if fact.field == EARLIER_AT_SITE and fact.role == "observed"]
        return claim.value not in (*counts, *taken)
    if _is_misattributed(truth, claim, stated, claims):
        return True
    clause = _clause_before(claim, claims)
    if clause and any(fact.clause == clause for fact in truth.facts.all):
        told = _is_told_of(claim, claims)
        own = [f for f in stated if f.clause in ("", clause) and (f.role != "actor" or told)]
        return not own or _is_out_of_force(own, claim, claims)
    if _is_limit(claim, claims):
        limits = [fact for fact in stated if fact.role in ("limit", "text", "threshold", "actor")]
        return not limits or _is_out_of_force(limits, claim, claims)
    field = _field_of(claim, claims)
    if field:
        return not any(
            (fact.role == "observed" and fact.field == field) or (fact.role == "actor" and fact.field in ("", field))
            for fact in stated
        )
    if claim.topic in ("", words.DIFFERENCE, words.COUNT) or stated:
        return False
    return claim.value_of or not truth.facts.are_differences(claim)


def _is_set_right(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether a number is the Actor's and the text gives the true one beside it: "§3.2 is 77, and it should be 75"."""
    true = {abs(one.true) for one in truth.misquoted if abs(one.said) == claim.value}
    return any(claims.has_beside(value, claim, _REACH) for value in true)


def _is_misattributed(truth: GroundTruth, claim: Claim, stated: Sequence[Fact], claims: Claims) -> bool:
    """Whether "the note says 45" of a note that does not, or "the record has 45" of a record that has not."""
    roles = {fact.role for fact in stated}
    if not truth.parameter or claim.topic == words.DIFFERENCE or roles >= {"observed", "actor"}:
        return False
    if claims.after(claim, 2) in words.INSTEAD_OF:
        return not stated and not truth.takes(claim)
    source = _source(claim, claims)
    if source == "record":
        return roles.isdisjoint(("observed", "interval"))
    return source == "actor" and "actor" not in roles and not truth.takes(claim)


def _source(claim: Claim, claims: Claims) -> str:
    """Who is said to give a number: "record", "actor", or nobody: "the note says 45", "took the age for 45"."""
    start, earlier = max(0, claim.first - _SOURCE_REACH), claims.previous.get(claim.first)
    while earlier is not None and earlier.last >= start:
        if earlier.kind == "number":
            start = earlier.last + 1
        earlier = claims.previous.get(earlier.first)
    begins = next((at for at in range(claim.first, start, -1) if claims.texts[at - 1] in _BREAKS), start)
    said = claims.texts[begins : claim.first]
    if not words.OWED.isdisjoint(said) or "had" in said[:1]:
        return ""
    if claims.before(claim, 1) == ("not",):
        return "actor"
    if not words.VERB_DENIALS.isdisjoint(said) or "nothing" in said:
        return ""
    for at in reversed(range(len(said))):
        text, rest = said[at], said[at + 1 :]
        source = words.SOURCES.get(text.removesuffix("'s"))
        if source == "record" and ("§" in rest or not words.AMENDMENTS.isdisjoint(rest) or "and" in rest):
            continue
        if source and (words.SAYING.intersection(rest) or (text.endswith("'s") and not rest)):
            return source
    return ""


def _is_of_another(truth: GroundTruth, claim: Claim, said: Utterance) -> bool:
    """Whether a number is said to be the record's value, or the limit, of what is in question, and is not."""
    if claim.kind != "number" or not truth.field or claim.topic not in ("", TOPICS[truth.field]):
        return False
    role = _role_of(truth, claim, said)
    if not role or _is_approximate(claim, said.claims):
        return False
    facts = truth.facts.stated_by(claim)
    sentence = _sentence(claim, said.claims) if role != "value" else ()
    of_dates = role == "record" and len({words.EVENTS[text] for text in sentence if text in words.EVENTS}) > 1
    fields = (truth.field,) if claim.topic or role != "record" else truth.fields
    observed = any(f.field in fields or of_dates for f in facts if f.role in ("observed", "interval"))
    if observed and role != "limit":
        return False
    if role != "value" and {"->", "=>", "becomes", "become"} & {*said.claims.before(claim, 4)}:
        steps = [fact for fact in facts if fact.clause in truth.deciding]
        if any(fact.role in ("limit", "text") for fact in steps):
            return False  # "LDH 168 -> limit 80": what one step comes to
    if role in ("limit", "either"):
        named = said.around(claim.first, claim.last).named
        if not words.ELSEWHERE.isdisjoint(sentence) or any(
            fact.value in truth.bounds
            or (fact.role != "text" and fact.clause in named)
            or (fact.role == "threshold" and fact.clause in truth.deciding)
            for fact in facts
            if fact.role in ("limit", "text", "threshold")
        ):
            return False
    # What is reported by a laboratory `_is_false_number` knows.
    return not _is_told_of(claim, said.claims) and not reported_by(claim, said.claims)


def _role_of(truth: GroundTruth, claim: Claim, said: Utterance) -> str:
    """Whether a number is said to be the record's "value" of what is in question, or a "limit"; "" for neither.

    "record": the record is said to have it; "either": it is a value or a limit.
    """
    texts, tokens = said.claims.texts, said.claims.tokens
    after = said.claims.after(claim, 3)
    before = said.claims.before(claim, 5)
    required = before[before.index("required") :] if "required" in before else (",",)
    if before[-2:] in words.BOUNDING or _PAUSES.isdisjoint(required):
        return "limit"
    if not words.AGAINST.isdisjoint(after[:1]):
        return "value"
    stands_at = before[-1:] == ("at",) and after[:1] in (("the",), ("this",), ("he",), ("she",))
    known = ("limit", "text", "threshold", "actor")
    if stands_at and not any(fact.role in known for fact in truth.facts.stated_by(claim)):
        return "record"  # "At 1.24 the patient is eligible"
    is_ruled = after[:1] == ("is",) and not words.RULED.isdisjoint(after[1:])
    if is_ruled or said.claims.before(claim, 2) == ("is", "at") or said.claims.before(claim, 1) == ("observed",):
        return "record"
    if after[:2] == ("of", "§"):
        return "limit"
    for at in range(claim.first - 1, max(-1, claim.first - 9), -1):
        if texts[at] in words.LIMIT_NOUNS or texts[at - 1 : at + 1] in words.BOUNDING:
            return "limit"
        mention = said.mention_at.get(at)
        if mention is not None and mention.field == truth.field:
            nouns = texts[max(0, mention.first - 4) : mention.first]  # "max ECOG 2", "the limit stays at ECOG 2"
            return "limit" if not words.LIMIT_NOUNS.isdisjoint(nouns) and _PAUSES.isdisjoint(nouns) else "value"
        if tokens[at].kind == "patient" or words.SOURCES.get(texts[at]) == "record":
            return "record"
        if mention is not None and mention.how == "name" and truth.base in mention.numbers:
            return "either"
        if texts[at] not in words.TOWARDS:
            return ""
    return ""


def _is_out_of_force(limits: Sequence[Fact], claim: Claim, claims: Claims) -> bool:
    """Whether a number is only what some clause or amendment says, and no word tells that it does not count."""
    return all(fact.role == "text" for fact in limits) and words.LATER.isdisjoint(_sentence(claim, claims))


def _is_attribution(truth: GroundTruth, claim: Claim) -> bool:
    """Whether it is one of the Shapley values that request_shap gives: "SHAP for age is 0"."""
    if truth.record is None:
        return False
    rounding = 0.5 * 10.0**-claim.decimals if claim.decimals else 1e-9
    return any(abs(abs(share) - claim.value) <= rounding for share in (0.0, *truth.attributed))


def _is_approximate(claim: Claim, claims: Claims) -> bool:
    return not words.APPROXIMATE.isdisjoint(claims.before(claim, 2))


def _is_denied(claim: Claim, claims: Claims) -> bool:
    before = " ".join(claims.before(claim, 4)).rpartition(".")[2].split()
    denials = {"no", "not", "without", "neither", "nor", "lacks", "nowhere"}
    return not denials.isdisjoint((*before, *claims.after(claim, 3)))


def _clause_before(claim: Claim, claims: Claims) -> str:
    """The clause that a number is said to be what it sets: "§5.1 allows 27 days". Empty where there is none."""
    earlier = claims.previous.get(claim.first)
    if earlier is None or earlier.kind != "clause" or claim.first - earlier.last > _REACH:
        return ""
    between = claims.between(earlier, claim)
    is_said = words.SETS.intersection(between) and words.SETTING.issuperset(between)
    is_said = is_said or (between == (",",) and bool(claim.topic) and words.PAST.isdisjoint(claims.after(claim, 1)))
    return earlier.clause if is_said else ""


def _is_limit(claim: Claim, claims: Claims) -> bool:
    """Whether a number is said to be a limit: "the maximum is 76", "24 days allowed"."""
    after = claims.after(claim, 3)
    if not words.AGAINST.isdisjoint(after[:1]):
        return False  # "Above the limit: 1.55 against at most 1.5"
    behind = " ".join(claims.after(claim, 5)[3:])
    apposed = after[:2] == (",", "the") and after[-1] in words.LIMIT_NOUNS and not _OF_ITS_OWN.match(behind)
    if not words.ALLOWED.isdisjoint(after[:1]) or apposed:
        return True
    before = claims.before(claim, 4)
    bounded = before[-2:] in words.BOUNDING or before[-1:] in words.SIDES
    if bounded and not words.WANTS.isdisjoint(before):
        return True
    for text in reversed(before):
        if text in words.LIMIT_NOUNS:
            return True
        if text not in words.IS | words.BOUNDS:
            return False
    return False


def _field_of(claim: Claim, claims: Claims) -> str:
    """The field of the record that a number is said to be the patient's own value of; empty where it cannot be told.

    "The patient is 79", "age 79 is", "index 6", "41 days after enrolment".
    """
    before, after = claims.before(claim, 2), claims.after(claim, 2)
    if claim.topic == words.DAYS and after[:1] == ("after",) and after[-1] in words.ENROLMENT:
        said = set(claims.before(claim, 8))
        return "" if said.isdisjoint(words.STARTED) or said & words.AMENDMENTS else "delay"
    before = ("", *before)[-2:]
    if before[-1] and not claim.decimals and before[0] not in words.LIMIT_NOUNS:
        ends = not after or after[0] in words.AGE_ENDS
        if not words.OUTERMOST.isdisjoint(claims.before(claim, 5)):
            return ""
        if before[0] in words.PERSONS and before[1] in ("is", "was") and not claim.topic and claim.value >= 15:
            return "age" if ends else ""
        if before[1] in ("age", "aged") and after[:1] not in (("to",), ("-",), ("and",)):
            return "age"
        if before[1] == "index" and ends:
            return "comorbidity_index"
    return ""


def _is_not_in_force(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether it says "under Amendment 2" of one that does not apply to this record."""
    if not claim.clause.startswith("Amendment") or truth.proposal.judgement is None:
        return False
    if {"under", "by", "via", "per"}.isdisjoint(claims.before(claim, 1)):
        return False
    step = truth.proposal.judgement.step(claim.clause)
    sentence = set(_sentence(claim, claims))
    return step is not None and not step.applies and sentence.isdisjoint(words.LATER)


def _sentence(claim: Claim, claims: Claims) -> tuple[str, ...]:
    """The words of the sentence that a claim stands in, as far as it reaches."""
    before, after = claims.before(claim, _REACH), claims.after(claim, _REACH)
    start = max((at for at, text in enumerate(before) if text in _STOPS), default=-1) + 1
    end = next((at for at, text in enumerate(after) if text in _STOPS), len(after))
    return before[start:] + after[:end]


def _is_misdated(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether the event that stands right before a date, or in brackets behind it, was on another day."""
    stated = {fact.field for fact in truth.facts.stated_by(claim)}
    event = _event_of(claim, claims)
    if not words.AGAINST.isdisjoint(claims.after(claim, 1)):
        return False  # "enrolment (this date against that one)"
    if truth.record is None or not event or event in stated or "deadline" in stated:
        return False
    since = any(fact.clause.startswith("Amendment") for fact in truth.facts.stated_by(claim))
    if since and ("from" in claims.before(claim, 4) or not {"onward", "onwards"}.isdisjoint(claims.after(claim, 2))):
        return False  # "Amendment 10 applies from enrolment on this date"
    if words.ACTOR_NAMED.search(f" {' '.join(_sentence(claim, claims))}"):
        # The Actor's date: it has an amendment count, which counts from that day.
        return not any(fact.clause in truth.overapplied for fact in truth.facts.stated_by(claim))
    return getattr(truth.record, event) is not None


def _is_misissued(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether the issue of an amendment is dated by its approval, or the reverse."""
    days = [fact for fact in truth.facts.stated_by(claim) if fact.clause in truth.trial.approvals]
    for text in reversed(claims.before(claim, 4)):
        if text in words.ISSUED | words.APPROVED and days:
            return all((fact.field == ISSUED) != (text in words.ISSUED) for fact in days)
    return False


def _event_of(claim: Claim, claims: Claims) -> str:
    """The record field that a date is said to be; empty where that cannot be told."""
    after = claims.after(claim, 2)
    if after[:1] == ("(",) and len(after) == 2 and after[1] in words.EVENTS:
        return words.EVENTS[after[1]]
    for text in reversed(claims.before(claim, 5)):
        if text in words.EVENTS:
            return words.EVENTS[text]
        if text not in words.DATED:
            return ""
    return ""


def _shares(claims: Claims) -> Iterator[str]:
    """A share beside its percentage that is not that percentage: "5 of 16, 41.2 %"."""
    for one, other in pairwise(claims.items):
        kinds = {one.kind, other.kind}
        if kinds != {"fraction", "number"} or other.first - one.last > 3:
            continue
        share, percent = (one, other) if one.kind == "fraction" else (other, one)
        between = set(claims.between(one, other))
        if percent.topic != words.RATE or not between <= {"(", ",", "=", "or", "that", "is"} or not share.pair[1]:
            continue
        if abs(100 * share.pair[0] / share.pair[1] - percent.value) > 0.5 * 10.0**-percent.decimals + 1e-9:
            yield f"{share.text} {percent.text}"


def _names(truth: GroundTruth, claims: Claims, mentioned: Sequence[Mention]) -> Iterator[str]:
    """A number with the name of another clause in brackets behind it, or the title of another right beside it.

    "§4.2 (minimum age)", "you cite §9.4 as 'Remote consent confirmation'".
    """
    titled = {one.number for one in (*truth.trial.provisions, *truth.trial.invented_provisions)}
    bound = None  # "§9.1 (Televisit equivalence), §9.3": the title is that of §9.1
    for one, other in pairwise(mentioned):
        between = claims.between(one, other)
        cited = one.how == "number" and not any(number.startswith("Amendment") for number in one.numbers)
        named = cited and other.how == "name" and between == ("(",)
        title = one.numbers if one.how == "name" else other.numbers
        named |= {one.how, other.how} == {"name", "number"} and title <= titled and _APPOSING.issuperset(between)
        named &= one is not bound
        bound = other if named and one.numbers & other.numbers else None
        if named and one.numbers.isdisjoint(other.numbers):
            yield f"{'/'.join(sorted(one.numbers))} {'/'.join(sorted(other.numbers))}"


def _absences(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """A reference that is there and is said, alone or in a list, not to be."""
    exact = [one for one in said.mentioned if one.how == "number"]
    for group in said.breaths(exact):
        after = [text for text in said.claims.after(group[-1], 6) if text not in words.LINKING]
        in_force = after[:2] == ["not", "in"] and after[2:3] in (["force"], ["effect"])
        if len(group) > 2 and said.claims.between(*group[-2:])[-2:] == (",", "and"):
            group = group[-1:]  # "Section 10 has §10.2, §10.4, and §10.3 is not in it"
        if after[:2] in (["not", "in"], ["not", "exist"], ["not", "listed"]) and "note" not in after and not in_force:
            said_absent = {number for one in group for number in one.numbers}
            yield from (f"no {number}" for number in sorted(said_absent & truth.trial.listed))


def _presences(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """A term that is said to be present of a record that lacks it, or the reverse, by the definition that prevails."""
    conditions = dict.fromkeys(one.condition for one in truth.prevailing.values() if isinstance(one, Definition))
    row = {} if truth.record is None else facts(truth.record)
    for condition in conditions if row else ():
        is_said = re.compile(rf"\b{re.escape(condition.term)} is (not present|absent|present)\b")
        for text, match in ((one.text, match) for one in said.sentences for match in is_said.finditer(one.text)):
            is_so = condition.holds(row) == (match[1] == "present")
            if not is_so and not words.OPEN.search(text[: match.end()]):
                yield f"{condition.term} {match[1]}"


def _is_so(truth: GroundTruth, statement: Statement) -> bool:
    """Whether what is said of the Actor or of a clause is true, as far as it can be told."""
    mention, act, numbers = statement.mention, statement.act, statement.mention.numbers
    if act == "invented":
        return mention.how == "field" or numbers.isdisjoint(truth.trial.listed)
    if act == "read" or numbers.isdisjoint(truth.trial.listed):
        return True
    if numbers <= truth.trial.administrative:  # they hold for everybody
        is_at_issue = truth.bug is not None and truth.bug.operator in _OF_ORDER
        return act in ("holds", "applied") or (act != "fails" and is_at_issue)
    if numbers <= truth.prevailing.keys():
        return _is_so_of_definition(truth, act, numbers)
    if not truth.parameter:
        # What leans on a citation or a figure leaves out no clause but that on equity.
        equity = truth.record is None and truth.trial.equity_number in numbers
        return equity or act not in ("ignored", "not applied", "misread")
    if mention.how == "field":
        return _is_so_of_field(truth, act, mention) or (bool(truth.confused) and bool(numbers & truth.misjudged))
    if act == "ignored":
        return bool(numbers & truth.left_out)
    if act == "not applied":
        return bool(numbers & (truth.left_out | truth.unapplied | {truth.acted_on}))
    if act == "misread":
        return truth.bug is not None and truth.bug.clause in numbers
    if act == "applied":
        return bool(numbers & (truth.read | (truth.argued - truth.denied)))
    in_force = numbers & truth.applying
    return bool(in_force if act == "holds" else numbers - truth.counting)


def _is_so_of(truth: GroundTruth, one: OfLaboratory) -> bool:
    """Whether the Actor took the value of a laboratory, or that value counts, as far as it can be told of what."""
    wrong = truth.bug.field if truth.bug is not None and truth.bug.operator == "wrong_source" else ""
    source = truth.source_said(one.subject or wrong)
    if source is None:
        return True
    is_taken_wrongly = one.act == "taken" and source.field == wrong
    return one.laboratory == (source.other if is_taken_wrongly else source.laboratory)


def _is_so_of_definition(truth: GroundTruth, act: str, numbers: frozenset[str]) -> bool:
    """The same of a definition or source: whether it prevails, and whether the Actor went by the wrong one."""
    confused = not numbers.isdisjoint(truth.confused)
    prevails = any(truth.prevailing[number].number == number for number in numbers)
    so = {**dict.fromkeys(("ignored", "not applied"), confused and prevails), "applied": confused or prevails}
    return (so | {"holds": prevails, "fails": not prevails}).get(act, True)


def _is_so_of_field(truth: GroundTruth, act: str, mention: Mention) -> bool:
    """The same of a field: what reads it was left out, or it was misread."""
    bug = truth.bug
    if act in ("ignored", "not applied"):
        condition = bug is not None and bug.operator == "unconditional" and bug.clause in mention.numbers
        return mention.field != truth.field and (condition or bool(mention.numbers & truth.left_out))
    if act == "misread" and bug is not None:
        return mention.field == bug.field or (not bug.field and bug.clause in mention.numbers)
    return True


def _is_done(truth: GroundTruth, deed: Deed) -> bool:
    """Whether the Actor did what a text says that it did, as far as it can be told."""
    bug = truth.bug
    if truth.record is None or (deed.operator == "wrong_anchor" and truth.field != "delay" and truth.field):
        return True
    if deed.operator == "wrong_anchor" and bug is not None and bug.operator == "wrong_date":
        return True  # "by consent" is said of the amendment
    if deed.operator == "premature":
        amendments = [number for number in deed.numbers if number.startswith("Amendment")]
        return not amendments or not deed.exact or any(truth.is_later(number) for number in amendments)
    if deed.operator == "inverted" and not deed.exact:
        return True  # "the other way" can be said of anything
    if deed.operator == "superseded" and bug is not None and bug.operator in _LATER:
        return True  # the old text is what counts
    if bug is not None and (deed.operator, bug.operator) == ("misquoted_threshold", "misdefined"):
        return True
    if deed.operator == "misquoted_limit" and _AMISS.search(deed.text):
        return any(one.field == truth.field and one.true == truth.limit for one in truth.misquoted)
    if bug is None or deed.operator not in called(bug.operator):
        return False
    if bug.field:
        return not deed.fields or bug.field in deed.fields or deed.operator == "wrong_anchor"
    if not deed.exact and deed.operator.startswith("misquoted") and deed.fields & truth.condition_fields:
        return True  # the clauses are those of other sentences
    about = {bug.clause, truth.acted_on} | truth.confused
    return bug.operator == "boundary" or not deed.numbers or bool(about & (deed.numbers | deed.before))


def _inventions(truth: GroundTruth, claims: Claims) -> Iterator[str]:
    """Claims that the Actor invented a reference, where everything that it leans on exists."""
    texts = claims.texts
    if words.INVENTING.isdisjoint(texts) or truth.argued - truth.trial.listed:
        return
    for at, text in enumerate(texts):
        if text in words.INVENTING:
            nouns = [noun for noun in texts[at + 1 : at + 4] if noun in words.REFERENCES]
            yield from (f"{text} {noun}" for noun in nouns[:1])


def _conclusions(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """Conclusions that contradict the flag: the Actor is right, a compliant record deviates, or the reverse."""
    told = [*words.AGREEING.finditer(said.whole)]
    if truth.bug is not None and truth.bug.operator == "boundary":
        told += (words.INCLUSIVE if truth.deviates else words.EXCLUSIVE).finditer(said.whole)
    for match in told:
        before = said.whole[max(0, match.start() - 40) : match.start()]
        if not words.DENIED.search(before) and not words.CONCEDED.search(before):
            yield match.group()
    if not truth.parameter:
        return
    observed, limit, deviates = truth.observed, truth.limit, truth.deviates
    assert observed is not None
    assert limit is not None
    contradicting = [words.KEPT if deviates else words.LATE]
    check = truth.trial.protocol.check(truth.parameter)
    past = observed - limit or deviates * (1 if check.upper else -1)  # an exclusive limit is past at its end
    contradicting += [] if past > 0 else [words.ABOVE]
    contradicting += [] if past < 0 else [words.BELOW]
    for piece in words.PIECES.split(said.plain):
        if not words.HEDGES.search(piece):
            yield from (found.group() for pattern in contradicting if (found := pattern.search(piece)))
            for asked in words.ASKS.finditer(piece):
                if float(asked["limit"]) == limit and asked["end"].startswith("at ") == check.exclusive:
                    yield asked.group()
