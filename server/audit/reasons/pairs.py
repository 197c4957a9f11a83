"""Checks the sentences that give two numbers and nothing else: what the record has beside what the rule allows.

    list(mispaired(truth, said))    # ["24 days 22 days"]

Where one of the two is the record's value or the limit that counts, the other is the other one, whatever words stand
between: "At 24 days the patient meets the 22 days of §4.1" has no word that says which is which. In a sentence on what
the Actor has wrong, they are its number and the true one.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence

from ...world.record import EARLIER_AT_SITE
from . import words
from .claims import Claim, Claims
from .facts import TOPICS
from .ground_truth import GroundTruth, Misquote
from .laboratories import reported_by
from .utterance import Utterance


def mispaired(truth: GroundTruth, said: Utterance) -> Iterator[str]:
    """The pairs that are false, in words."""
    if not truth.field:
        return
    numbers = _numbers(truth, said)
    for at, sentence in enumerate(said.sentences):
        pair, misquoted = numbers[at], truth.misquoted
        goes_on = len(pair) == 1 and at + 1 < len(numbers) and len(numbers[at + 1]) == 1
        if len(pair) != 2 and not goes_on:
            continue
        text = f" {sentence.text.strip()}"
        erring = any(pattern.search(text) for pattern in (words.MISQUOTING, words.MISTAKEN))
        told = erring or words.ACTOR_NAMED.search(text) is not None
        if goes_on:  # "The Actor put §4.1 at 21. It is 15."
            if not told or said.sentences[at + 1].mentioned:
                continue
            pair, misquoted = [*pair, *numbers[at + 1]], misquoted[-1:]
        if any(one.kind != "number" or reported_by(one, said.claims) for one in pair):
            continue
        told = erring or (told and pair[0].value != pair[1].value)  # the true one said twice is nobody's mistake
        if (told and _is_misquote(truth, misquoted, *pair)) or (not goes_on and _is_misjudged(truth, said, *pair)):
            yield f"{pair[0].text} {pair[1].text}"


def _numbers(truth: GroundTruth, said: Utterance) -> list[list[Claim]]:
    """What each sentence gives beside clauses and patients, and beside how far the value is from the limit."""
    found: list[list[Claim]] = [[] for _ in said.sentences]
    starts = [sentence.start for sentence in said.sentences]
    off = {round(abs(one.said - one.true), 2) for one in truth.misquoted}
    for one in said.claims.items:
        is_other = (
            one.kind in ("clause", "patient") or one.topic == words.DIFFERENCE or one.clause in truth.trial.listed
        )
        is_other |= truth.field != EARLIER_AT_SITE and is_of_earlier(truth, one, said.claims)
        if one.value in off and not is_other:
            is_other = said.claims.before(one, 1) == ("by",) or not words.PAST.isdisjoint(said.claims.after(one, 1))
        if not is_other and not _is_distance(truth, one):
            found[bisect(starts, one.first) - 1].append(one)
    return found


def is_of_earlier(truth: GroundTruth, claim: Claim, claims: Claims) -> bool:
    """Whether a number is said to be how many enrolled before, and not how many may have: "9 patients came before"."""
    counted = truth.record is not None and truth.record.earlier_at_site is not None
    if not counted or words.BOUNDS.intersection(claims.before(claim, 3)):
        return False
    before, after = " ".join(claims.before(claim, 8)), " ".join(claims.after(claim, 9))
    said = words.EARLIER_AT.search(before) or words.EARLIER_ONES.match(after)
    return said is not None and claim.topic in ("", words.DIFFERENCE) and not claim.decimals


def _is_distance(truth: GroundTruth, claim: Claim) -> bool:
    return claim.kind == "number" and claim.value in truth.apart - truth.bounds - {truth.observed}


def _is_misquote(truth: GroundTruth, misquoted: Sequence[Misquote], one: Claim, other: Claim) -> bool:
    """Whether one is the true number where the Actor has another, and the other is neither that nor the record's."""
    values, own = {one.value, other.value}, {truth.observed, *truth.bounds}
    own |= {abs(it.said) for it in truth.misquoted}
    for quoted in misquoted if values not in [{abs(it.true), abs(it.said)} for it in misquoted] else ():
        if not {one.topic, other.topic} <= {"", TOPICS[quoted.field]}:
            continue
        if one.value == other.value == abs(quoted.true) != truth.observed:
            return True
        recorded = {fact.value for fact in truth.facts.all if fact.role == "observed" and fact.field == quoted.field}
        if abs(quoted.true) in values and not values <= {abs(quoted.true), abs(quoted.said)} | recorded | own:
            return True
    return False


def _is_misjudged(truth: GroundTruth, said: Utterance, one: Claim, other: Claim) -> bool:
    """Whether one is the record's value or the limit that counts, and the other is neither, or is the same one."""
    sentence = said.around(one.first, other.last)
    if not {one.topic, other.topic} <= {"", TOPICS[truth.field]}:
        return False
    if not words.ELSEWHERE.isdisjoint(said.claims.texts[sentence.start : sentence.end]):
        return False
    unknown = [claim for claim in (one, other) if claim.value not in {truth.observed, *truth.bounds}]
    if not unknown:
        # The Actor's number can be the record's: "it used less than 85, so 85 looked like a breach".
        told = words.ACTOR_NAMED.search(sentence.text) is not None
        known = truth.apart | ({abs(it.said) for it in truth.misquoted} | truth.bounds if told else set())
        return one.value == other.value and truth.observed not in truth.bounds and one.value not in known
    others = {it.field for it in sentence.mentioned if it.how == "field"} - {truth.field}
    if any(fact.role == "observed" and fact.field in others for fact in truth.facts.stated_by(unknown[0])):
        return False
    if len(unknown) == 2 or any(unknown[0].value in (abs(one.said), abs(one.true)) for one in truth.misquoted):
        return False
    return not any(
        fact.clause in sentence.named or (fact.role == "threshold" and fact.clause in truth.deciding)
        for fact in truth.facts.stated_by(unknown[0])
        if fact.clause
    )
