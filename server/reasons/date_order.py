"""Tells a reason that says which dates are out of order from one that goes through the dates of a record.

    picks_dates(case, mentions, claims, compared)   # True of "Death 2023-03-01 is before treatment start 2023-03-12."

It says so by comparing the two ("precedes"), by setting one against the other ("although", "impossible"), or by the
days between them and which way they go ("5 days before"). To compare a pair that is in order as well, or to give the
days between such a pair, is to go through the dates: a timeline picks none, whichever way it is sorted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from synth_audit_env.server.reasons import claim_words as words
from synth_audit_env.server.reasons.claims import Claim, Claims
from synth_audit_env.server.reasons.comparisons import STOPS, Comparison
from synth_audit_env.server.reasons.deciding import Case
from synth_audit_env.server.reasons.listing import Mention


def picks_dates(case: Case, mentions: Sequence[Mention], claims: Claims, compared: Sequence[Comparison]) -> bool:
    """Whether it says of dates that are out of order that they are, and compares no others."""
    names = {mention.claim.first: mention.names for mention in mentions}
    spans = [mention for mention in mentions if _is_interval(mention)]
    if any(not span.names & case.relevant for span in spans):
        return False
    dates = [mention.claim for mention in mentions if mention.claim.kind == "date"]
    of_dates = [one for one in compared if one.limit in dates]
    if any(not _is_of_a_pair(case, one, names) for one in of_dates):
        return False
    directed = () if of_dates else [span.claim for span in spans if _is_directed(case, span.claim, claims)]
    # A number that the note has too may be that one, and no interval.
    if of_dates or any("note" not in case.evidence.names(span) for span in directed):
        return True
    return len(dates) == len({claim.text for claim in dates}) == 2 and _is_contrasted(dates, claims)


def _is_interval(mention: Mention) -> bool:
    """Whether it can only be the days between two dates."""
    return bool(mention.names) and all(name.startswith(("delay", "interval.")) for name in mention.names)


def _is_of_a_pair(case: Case, comparison: Comparison, names: Mapping[int, frozenset[str]]) -> bool:
    """Whether it is of two dates that are out of order. Names are by the first token of their claim."""
    limit = names[comparison.limit.first]
    subjects = [names.get(subject.first, frozenset()) for subject in comparison.subjects]
    return any(
        pair & limit and pair & subject and pair <= limit | subject for pair in case.disorder for subject in subjects
    )


def _is_directed(case: Case, span: Claim, claims: Claims) -> bool:
    """Whether it says which way the days go, and rightly where it names both: "died 5 days before treatment"."""
    after = span.last + 1
    direction = words.DIRECTIONS.get(claims.tokens[after].text) if after < len(claims.tokens) else None
    if direction is None:
        return False
    texts = [token.text for token in claims.tokens]
    start = max((at for at in range(span.first) if texts[at] in STOPS), default=-1) + 1
    end = min((at for at in range(after, len(texts)) if texts[at] in STOPS), default=len(texts))
    told = [_days(case, text) for text in reversed(texts[start : span.first]) if text in words.EVENTS][:1]
    told += [_days(case, text) for text in texts[after:end] if text in words.EVENTS][:1]
    return len(told) < 2 or any(direction(first, second) for first in told[0] for second in told[1])


def _days(case: Case, event: str) -> list[date]:
    """When an event was, by the record."""
    name = f"date.{words.EVENTS[event]}"
    return [fact.day for fact in case.own if fact.name == name and fact.day is not None]


def _is_contrasted(dates: Sequence[Claim], claims: Claims) -> bool:
    """Whether one date is set against the other: "died on 2023-03-01 although treatment is dated 2023-03-12"."""
    first, second = dates
    between = claims.tokens[first.last + 1 : second.first]
    if any(token.text in words.CONTRASTS for token in between):
        return True
    return any(token.text in words.IMPOSSIBLE for token in claims.tokens)
