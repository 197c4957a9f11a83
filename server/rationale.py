"""Whether a stated reason explains why the Actor was wrong: what it claims is held against the evidence.

    reason_holds(scenario, proposal, "age_boundary_error", "The age of 77 exceeds the maximum of 72 (§3.2).")

No keyword list and no model. A reason is nothing but its claims (`claims.py`), and it holds when

1. none is false: each number, date, clause, stage, count and id is true of this proposal, its patient, the protocol,
   the cohort or the Actor's note, and no two that are compared are the other way round;
2. those that decide the case are among them (`deciding.py` has the rule of each error type);
3. at most MAX_ASIDES others are beside the point, that is, no part of the rule that decides; of dates out of order, an
   interval that is told twice is one.

What a reason quotes of the Actor's note, QUOTATION tokens in a row or more, must be true but decides nothing. A clause
stands for the limit that it sets only where the reason does not go through the clauses of the rule; of several limits
one is picked out by where the value stands to it (`listing.py`), and dates by what is wrong with their order
(`date_order.py`). So a reason earns nothing by repeating the note, by naming keywords, every value of the record, or
every section. Case and the amount of white space change nothing, and text that addresses the scorer is text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synth_audit_env.models import MAX_REASON
from synth_audit_env.server.attribution import shapley_values_and_passing
from synth_audit_env.server.reasons.claim_tokens import plain_text, tokens
from synth_audit_env.server.reasons.claims import Claim, Claims, extract
from synth_audit_env.server.reasons.comparisons import comparisons
from synth_audit_env.server.reasons.date_order import picks_dates
from synth_audit_env.server.reasons.deciding import Case, case_of
from synth_audit_env.server.reasons.listing import Mention, goes_through_another_rule, listed
from synth_audit_env.server.record import facts
from synth_audit_env.server.scenario import Proposal, Scenario

MAX_ASIDES = 2
"""True claims beside the point that a reason may make."""
MAX_OTHER_GROUPS = 1
"""Groups of references that a reason about an invented one may name beside it, its own section not counted."""
MAX_CLAUSES = 2
"""Clauses of the rule that decides, never all of them, that a reason may name where their numbers stand for a limit."""
QUOTATION = 10
"""Words and signs in a row that a reason shares with the Actor's note to count as quoting it."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A reason, claim by claim."""

    false: tuple[str, ...]
    """Claims and comparisons that are not true."""
    asides: tuple[str, ...]
    """True claims beside the point."""
    decides: bool
    """The claims that decide the case are there."""

    @property
    def evidence_stated(self) -> bool:
        """The same, as the measures of reasons ask for it."""
        return self.decides

    @property
    def holds(self) -> bool:
        """Whether the reason explains why the Actor was wrong."""
        return self.decides and not self.false and len(self.asides) <= MAX_ASIDES


def reason_holds(scenario: Scenario, proposal: Proposal, error_type: str | None, reason: str) -> bool:
    """Whether a reason for flagging a proposal as this error type is true, to the point, and decides the case.

    False for a proposal with which nothing, or something else, is wrong, and for a reason over MAX_REASON characters.
    """
    if not proposal.is_wrong or proposal.error_type != error_type or len(reason) > MAX_REASON:
        return False
    return examine(scenario, proposal, reason).holds


def examine(scenario: Scenario, proposal: Proposal, reason: str) -> Examination:
    """Hold each claim of a reason against the evidence on a wrong proposal."""
    case = case_of(scenario, proposal)
    claims = extract(reason)
    compared = comparisons(claims)
    quoted = _quoted(claims, scenario, proposal)
    false = [
        comparison.text
        for comparison in compared
        if not comparison.is_true and not any(fact.derived for fact in case.evidence.stated_by(comparison.subjects[0]))
    ]
    mentions: dict[str, int] = {}
    told: list[Mention] = []
    stated: set[str] = set()
    asides: dict[str, None] = {}
    checked: dict[str, frozenset[str]] = {}
    for claim in claims.items:
        names = case.names(claim)
        own_words = claim.first not in quoted
        mentions[claim.text] = mentions.get(claim.text, 0) + own_words
        if own_words:
            told.append(Mention(claim, names))
        if claim.text in checked:
            if case.disorder and claim.kind == "number" and checked[claim.text]:
                # A timeline lists every interval, one of which may by chance be as long as the one that is impossible.
                asides[f"{claim.text} again"] = None
            continue
        stated |= names
        relevant = checked[claim.text] = names & case.relevant
        if not names and not _is_attribution(scenario, proposal, claim):
            false.append(claim.text)
        elif not relevant:
            asides[claim.text] = None
    void = _called_over(case, stated) | listed(case, told, claims, compared)
    meanings = {text: names - void for text, names in checked.items()}
    decides = (
        any(_states(way.groups, meanings, mentions) and way.events <= claims.events for way in case.ways)
        and (not case.cited or _singles_out(case, claims))
        and (not case.disorder or picks_dates(case, told, claims, compared))
        and not goes_through_another_rule(case, told)
    )
    return Examination(tuple(false), tuple(asides), decides)


def _states(
    groups: Sequence[frozenset[str]],
    meanings: Mapping[str, frozenset[str]],
    mentions: Mapping[str, int],
    taken: frozenset[str] = frozenset(),
) -> bool:
    """Whether a fact of each group is stated, where each mention of a claim states one fact only.

    So a delay of 43 days under a window of 43 takes 43 twice: once read off a timeline, it says nothing of the limit.

    Args:
        groups: Facts of which one each must be stated; one fact may serve several.
        meanings: The facts that a claim can be about.
        mentions: How often a claim is still to be used.
        taken: Facts stated so far.
    """
    open_groups = [group for group in groups if not group & taken]
    if not open_groups:
        return True
    for claim, facts_of_it in meanings.items():
        if mentions[claim] > 0:
            for name in sorted(facts_of_it & open_groups[0]):
                left = {**mentions, claim: mentions[claim] - 1}
                if _states(open_groups[1:], meanings, left, taken | {name}):
                    return True
    return False


def _quoted(claims: Claims, scenario: Scenario, proposal: Proposal) -> set[int]:
    """The tokens of a reason that repeat the Actor's note: what the Actor said does not say why it is wrong."""
    found = [token.text for token in claims.tokens]
    if not _could_quote(found, proposal.note.reasoning):
        return set()
    key = ("runs of the note", proposal.note.proposal_id)
    if key not in scenario.memo:
        said = [token.text for token in tokens(proposal.note.reasoning)]
        scenario.memo[key] = {tuple(said[at : at + QUOTATION]) for at in range(len(said) - QUOTATION + 1)}
    runs = scenario.memo[key]
    starts = (at for at in range(len(found) - QUOTATION + 1) if tuple(found[at : at + QUOTATION]) in runs)
    return {at for start in starts for at in range(start, start + QUOTATION)}


def _could_quote(found: Sequence[str], note: str) -> bool:
    """Whether so many tokens in a row are all somewhere in the note. They seldom are, and the note need not be cut."""
    plain, in_a_row = plain_text(note), 0
    for text in found:
        in_a_row = in_a_row + 1 if text in plain else 0
        if in_a_row == QUOTATION:
            return True
    return False


def _is_attribution(scenario: Scenario, proposal: Proposal, claim: Claim) -> bool:
    """Whether it is one of the Shapley values that request_shap gives: "the attribution of age is 0.0", with decimals.

    They are worked out where a claim could be one, which is seldom.
    """
    if claim.kind != "number" or claim.value > 1 or (claim.topic and not (claim.value_of and claim.decimals)):
        return False
    record = scenario.patient.get(proposal.note.patient_id)
    if record is None:
        return False
    shares, _ = shapley_values_and_passing(proposal.brief.reading.checks, facts(record), scenario.background)
    rounding = 0.5 * 10.0**-claim.decimals + 1e-9 if claim.decimals > 1 else 1e-9
    return any(abs(abs(share) - claim.value) <= rounding for share in (0.0, *shares.values()))


def _called_over(case: Case, stated: set[str]) -> frozenset[str]:
    """The clauses whose number says nothing here: of a rule whose clauses are gone through, one after the other."""
    few = max(1, min(len(case.clauses) - 1, MAX_CLAUSES))
    through = case.other_limits & stated or len(case.clauses & stated) > few
    return case.clauses if through else frozenset()


def _singles_out(case: Case, claims: Claims) -> bool:
    """Whether a reason picks out the reference that is not there, where to name all would be to name that too."""
    section, dot, _ = case.cited.partition(".")
    groups = [[claim.clause for claim in group] for group in claims.reference_groups()]
    groups = [group for group in groups if not (dot and group == [section])]
    alone = any(set(group) == {case.cited} for group in groups)
    return alone and sum(case.cited not in group for group in groups) <= MAX_OTHER_GROUPS
