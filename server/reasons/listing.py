"""Tells a reason that says which limit is broken from one that lists the limits that could be.

    listed(case, mentions, claims, compared)    # the facts that count for nothing, of "Age 77. Limits 44 and 72."
    goes_through_another_rule(case, mentions)   # True of "Age 77, limit 72; delay 20 days, window 30 days."

A flag says that a rule is broken, and its reason is to say how. One value and one limit do: "the patient is 77, the
limit is 72". Of several limits of a rule one is picked out only by where the value stands: by a comparison ("43 days,
past the 30"), by a word that is true of it ("at 77 the patient is outside 44 to 72"), or by dismissing the others ("the
extension to 45 is revoked"). What would be as true of a proposal with which nothing is wrong does not. Nor is there a
reason in the values and limits of two rules: they say of neither that it is broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from synth_audit_env.server.reasons import claim_words as words
from synth_audit_env.server.reasons.claims import Claim, Claims
from synth_audit_env.server.reasons.comparisons import STOPS, Comparison
from synth_audit_env.server.reasons.deciding import Case
from synth_audit_env.server.reasons.rules import Pair

_NEAR = 3
"""Words before a limit in which "not" or "instead of" dismisses it."""


class Mention(NamedTuple):
    """A claim where it stands, and the facts that it can be about."""

    claim: Claim
    names: frozenset[str]


def listed(case: Case, mentions: Sequence[Mention], claims: Claims, compared: Sequence[Comparison]) -> frozenset[str]:
    """Names of the limits that are told for nothing: all of the rule's, where several are and none is picked out."""
    rule = case.rule
    if rule is None:
        return frozenset()
    named = list(_limits_named(case, mentions))
    at_issue = frozenset(name for pair in case.pairs for name in pair.limits)
    others = [mention for mention in named if not mention.names & at_issue]
    several = len({mention.claim.value for mention in named}) > 1
    unnumbered = len(others) == len(named) and all(pair.value == pair.value for pair in case.pairs)
    if not (several or others or unnumbered or case.must_place):
        return frozenset()
    if any(_is_placed(pair, mentions, claims, compared, unnumbered=unnumbered) for pair in case.pairs):
        return frozenset()
    if unnumbered and any(
        mention.names & rule.clauses and _is_dismissed(mention.claim, claims) for mention in mentions
    ):
        return frozenset()
    if not case.must_place and others and all(_is_dismissed(mention.claim, claims) for mention in others):
        kept = [mention for mention in named if mention.names & at_issue]
        if len({mention.claim.value for mention in kept}) <= 1 and not any(_is_denied(m.claim, claims) for m in kept):
            return frozenset()
    return rule.limiting


def goes_through_another_rule(case: Case, mentions: Sequence[Mention]) -> bool:
    """Whether it gives what the case is not about: a value with its limit, several limits, or a date with another."""
    for rule in case.other_rules:
        limits = [mention for mention in mentions if not mention.names.isdisjoint(rule.limiting)]
        if not limits:
            continue
        if len({m.claim.value for m in limits if m.names & rule.limits and not m.names & case.relevant}) > 1:
            return True
        values = [mention for mention in mentions if mention.names & rule.values]
        if any(
            value is not limit and not (value.names & case.relevant and limit.names & case.relevant)
            for value in values
            for limit in limits
        ):
            return True
    if case.disorder:
        return False
    asides = [mention for mention in mentions if mention.names and mention.names.isdisjoint(case.relevant)]
    if not asides:
        return False
    dates = [mention for mention in mentions if any(name.startswith("date.") for name in mention.names)]
    spans = [mention for mention in asides if all(name.startswith("interval.") for name in mention.names)]
    return bool(spans) or (len({mention.claim.text for mention in dates}) > 1 and any(m in asides for m in dates))


def _limits_named(case: Case, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Numbers that stand for a limit. The first that can be a value of the rule is that value, not a limit like it."""
    assert case.rule is not None
    read: set[str] = set()
    for mention in mentions:
        if mention.claim.kind != "number" or not mention.names & case.rule.limits:
            continue
        values = mention.names & case.rule.values
        if values - read:
            read |= values
        else:
            yield mention


def _is_placed(
    pair: Pair, mentions: Sequence[Mention], claims: Claims, compared: Sequence[Comparison], *, unnumbered: bool
) -> bool:
    """Whether it is said where a value stands to its limit, which may be named by its clause alone."""
    names = {mention.claim.first: mention.names for mention in mentions}
    return _is_compared(pair, names, claims, compared) or (
        (pair.told_in_words or unnumbered) and _is_told_in_words(pair, mentions, claims)
    )


def _is_compared(
    pair: Pair, names: Mapping[int, frozenset[str]], claims: Claims, compared: Sequence[Comparison]
) -> bool:
    """Whether a true comparison holds the value against the limit, and against no list of limits."""
    for comparison in compared:
        if not comparison.is_true:
            continue
        about = names.get(comparison.limit.first, frozenset())
        subjects = [names.get(subject.first, frozenset()) for subject in comparison.subjects]
        forwards = pair.limits & about and any(pair.observed & subject for subject in subjects)
        backwards = pair.observed & about and any(pair.limits & subject for subject in subjects)
        if (forwards or backwards) and not _goes_on(comparison.limit, claims):
            return True
    return False


def _goes_on(limit: Claim, claims: Claims) -> bool:
    """Whether a list of numbers goes on after this one."""
    later = islice(claims.items, claims.items.index(limit) + 1, None)
    after = next((claim for claim in later if claim.kind == "number"), None)
    if after is None:
        return False
    between = [token.text for token in claims.tokens[limit.last + 1 : after.first]]
    return all(text in words.LISTS for text in between)


def _is_told_in_words(pair: Pair, mentions: Sequence[Mention], claims: Claims) -> bool:
    """Whether words in a sentence on the value or its limit say where the value stands, and all that do are right."""
    if pair.value != pair.value:
        true = {"blank"}
    else:
        sides = {"up": pair.value > pair.high, "down": pair.value < pair.low}
        sides["out"] = any(sides.values())
        sides["in"] = not sides["out"]
        true = {side for side, holds in sides.items() if holds}
    about = [m.claim for m in mentions if pair.observed & m.names or m.names & pair.limits]
    spoken = [side for first, last in _sentences(about, claims) for side in _sides(claims, first, last)]
    strict = [(side, said) for side, said, is_strict in spoken if is_strict]
    loose = [(side, said) for side, said, is_strict in spoken if not is_strict]
    if any((side in true) != said for side, said in strict):
        return False
    hedged = any((side in true) != said for side, said in loose)
    return bool(strict) or (bool(loose) and not hedged) or _is_required(pair, about, claims)


def _is_required(pair: Pair, about: Sequence[Claim], claims: Claims) -> bool:
    """Whether it says that a clause needs the value to be such: "the waiver needs 10 g/dL and the patient has 9.5"."""
    if pair.low != pair.high:
        return False
    sentences = _sentences(about, claims)
    return any(token.text in words.REQUIRES for first, last in sentences for token in claims.tokens[first:last])


def _sentences(about: Sequence[Claim], claims: Claims) -> set[tuple[int, int]]:
    """Where the sentences that hold these claims begin and end."""
    ends = [at for at, token in enumerate(claims.tokens) if token.text in STOPS]
    bounds = list(pairwise([-1, *ends, len(claims.tokens)]))
    return {(start + 1, end) for start, end in bounds for claim in about if start < claim.first < end}


def _sides(claims: Claims, first: int, last: int) -> Iterator[tuple[str, bool, bool]]:
    """(side, whether it is said of the value rather than denied, whether it can be meant otherwise)."""
    texts = [token.text for token in claims.tokens[first:last]]
    for at, text in enumerate(texts):
        denied = any(before in words.NEGATIONS for before in texts[max(0, at - 2) : at])
        for side, group in words.SIDES.items():
            if text in group:
                yield side, not denied, True
        for side, group in words.LOOSE_SIDES.items():
            if text in group:
                yield side, not denied, False


def _is_denied(limit: Claim, claims: Claims) -> bool:
    """Whether it stands after "not" or "instead of"."""
    before = claims.tokens[max(0, limit.first - _NEAR) : limit.first]
    return any(token.text in words.DENIES for token in before)


def _is_dismissed(limit: Claim, claims: Claims) -> bool:
    """Whether it is denied, or is said to be revoked, before the next number or the end of the sentence."""
    if _is_denied(limit, claims):
        return True
    numbers = [claim.first for claim in claims.items if claim.kind == "number" and claim.first > limit.last]
    stops = [at for at, token in enumerate(claims.tokens) if token.text in STOPS and at > limit.last]
    texts = [token.text for token in claims.tokens[limit.last + 1 : min((*numbers, *stops, len(claims.tokens)))]]
    revoked = any(text in words.REVOKES for text in texts)
    return revoked or any(
        (a in words.NEGATIONS and b in words.APPLIES) or (a, b) in words.IN_PLACE_OF for a, b in pairwise(texts)
    )
