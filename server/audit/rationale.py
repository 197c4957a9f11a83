"""The verdict on a reason: does it say what the Actor did wrong, state the evidence, and say nothing false?

    reason_holds(scenario, proposal, "comorbidity_override_miss",
                 "The Actor applied the Stage IV exception but ignored the comorbidity override (§5.3).")

No model, and no list of right answers. A reason holds when

1. it names the fault: a clause with what the Actor did to it, by number or by name, or the number that the Actor puts
   in the place of the true one, beside that one (`ground_truth.py`);
2. it states the rule or the value that decides;
3. nothing in it is false: no number, date or reference whose subject can be told, no comparison, nothing that it says
   of the Actor or of a clause, and no conclusion that contradicts the flag. What has no clear subject is ignored.

What a reason quotes of the Actor's note, QUOTATION tokens in a row or more, states nothing. Case and white space change
nothing, and text that addresses the scorer is text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from ...models import MAX_REASON
from ..world import protocol as p
from ..world.laboratories import APART as REPORTED
from ..world.operators import Bug
from ..world.scenario import Proposal, Scenario
from .reasons import words
from .reasons.claims import Claim
from .reasons.deeds import called, deeds, hints
from .reasons.facts import Fact
from .reasons.falsehoods import falsehoods
from .reasons.ground_truth import GroundTruth, ground_truth
from .reasons.laboratories import said_of_laboratories
from .reasons.misquotes import is_contrasted, names_number, recites
from .reasons.utterance import Utterance, numbers_of, utterance

NEAR = 12
"""How many words before a figure can say whose figure it is; behind it half as many."""
LABEL = 6
"""The most words before a colon that name what follows."""
MAX_OTHERS = 3
"""The most figures of other groups that a text may give beside the true one."""
MAX_FIELDS = 2
"""The most fields that may be mentioned where one was misread."""
MAX_HINTS = 4
"""Operators for which a text may have hints; with more, it says a word for each."""
_USING = ("applied", "read", "misread", "fails")
MAX_CLAIMS, PER_CLAUSE = 16, 4
"""The most numbers, dates and references in a text that states something, and how many for each clause of a long rule.
With more, it copies what the tools show."""


@dataclass(frozen=True, slots=True)
class Examination:
    """The parts of the verdict on a reason."""

    false: tuple[str, ...]
    """Everything in it that is not true."""
    fault_named: bool
    """It says what the Actor did wrong."""
    evidence_stated: bool
    """It states the rule or the value that decides."""

    @property
    def holds(self) -> bool:
        """Whether the reason earns its bonus."""
        return self.fault_named and self.evidence_stated and not self.false


def reason_holds(scenario: Scenario, proposal: Proposal, error_type: str | None, reason: str) -> bool:
    """Whether a reason for flagging a proposal as this error type names the fault, states the evidence, and is true.

    False for a proposal with which nothing, or something else, is wrong, and for a reason over MAX_REASON characters.
    """
    return proposal.is_wrong and proposal.error_type == error_type and examine(scenario, proposal, reason).holds


def examine(scenario: Scenario, proposal: Proposal, reason: str) -> Examination:
    """Hold a reason against the evidence on a wrong proposal. One over MAX_REASON characters is not read.

    Raises:
        ValueError: Nothing is wrong with the proposal.
    """
    if not proposal.is_wrong:
        raise ValueError(f"nothing is wrong with {proposal.note.proposal_id}")
    if len(reason) > MAX_REASON:
        return Examination((), fault_named=False, evidence_stated=False)
    truth = ground_truth(scenario, proposal)
    said = utterance(reason, truth.names, proposal.note.reasoning)
    return Examination(
        false=tuple(falsehoods(truth, said)),
        fault_named=names_fault(truth, said),
        evidence_stated=states_evidence(truth, said),
    )


def names_fault(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text names the fault: by clause and deed, or by the number that the Actor puts in a true one's place.

    A question counts: an author who asks whether the Actor looked has seen the fault.
    """
    error_type = truth.proposal.error_type
    if error_type == p.CITATION:
        return _names_citation(truth, said)
    if error_type == p.STATISTIC:
        return _names_figure(truth, said)
    if error_type == p.EQUITY:
        pooled = any(words.POOLED.search(one.text) and _tells_a_deed(said, one.text) for one in said.sentences)
        told = any(_is_quoted(truth, said, one) or _is_raw(truth, said, one) for one in said.claimed("number"))
        return pooled or told or words.UNADJUSTED.search(said.plain) is not None
    named = _names_clause(truth, said) or _names_deed(truth, said) or names_number(truth, said)
    return named or _sets_right(truth, said)


def _tells_a_deed(said: Utterance, piece: str = "") -> bool:
    """Whether a text, or a piece of it, says more of the Actor than that it is wrong, or quotes it."""
    more = words.VAGUE.sub("", piece or said.plain)
    return said.quotes or any(pattern.search(more) for pattern in (words.DEEDS, words.ACTOR_NAMED))


def _names_citation(truth: GroundTruth, said: Utterance) -> bool:
    cited = truth.proposal.brief.cited
    if cited is None or cited.number not in said.named(truth.argued, asked=True):
        return False
    about = [one.text for one in said.sentences if any(cited.number in it.numbers for it in one.mentioned)]
    named = [one for one in said.mentioned if cited.number in one.numbers]
    # "It shows §10.1 and §10.2, but not §10.3."
    without = any(said.claims.texts[max(0, one.first - 1) : one.first] == ("not",) for one in named)
    absent = without or words.ABSENT.search(said.plain) is not None
    return absent or any(_tells_a_deed(said, text) for text in about)


def _names_figure(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text says of the note's figure that it is the note's, or holds the true one against it."""
    figures = said.claimed("number", "fraction")
    if any(_is_quoted(truth, said, one) for one in figures):
        return True
    roles = [{fact.role for fact in truth.facts.stated_by(one)} for one in figures]
    if all(one.search(said.plain) for one in (words.QUOTED, words.MISTAKEN)) and any("true" in role for role in roles):
        return True
    for (one, its), (other, others) in pairwise(zip(figures, roles, strict=True)):
        sides = "quoted" in its - {"true"} or "quoted" in others - {"true"}
        if sides and "true" in its ^ others and is_contrasted(said, one, other):
            return True
    return False


def _is_quoted(truth: GroundTruth, said: Utterance, figure: Claim) -> bool:
    """Whether a figure is the note's and not true, and is said to be the note's: "the note says 29.4 %"."""
    roles = {fact.role for fact in truth.facts.stated_by(figure)}
    if "quoted" not in roles or "true" in roles:
        return False
    before, after = said.claims.before(figure, NEAR), said.claims.after(figure, NEAR // 2)
    stops = [at for at, text in enumerate(before) if text in (".", ";", ":")]
    if stops and before[-1] == ":" and stops[-1] - (stops[-2] if len(stops) > 1 else -1) <= LABEL + 1:
        stops.pop()  # "Figure in the note: 29.4 %"
    last = stops[-1] if stops else -1
    beside = (" ".join(["", *before[last + 1 :]]), " ".join(["", *after]).partition(" . ")[0])
    whose = any(one.search(text) for one in (words.ACTOR_NAMED, words.QUOTED) for text in beside)
    return said.quotes or whose or "not" in before[-2:]


def _is_raw(truth: GroundTruth, said: Utterance, gap: Claim) -> bool:
    """Whether a gap is the note's and not the adjusted one, and its sentence says that stage is not accounted for."""
    roles = {fact.role for fact in truth.facts.stated_by(gap)}
    sentence = said.around(gap.first, gap.last).text
    return "quoted" in roles and "true" not in roles and words.RAW.search(sentence) is not None


def _names_clause(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text says of a clause that counts that the Actor left it out, or that it used one that does not."""
    named = said.named(truth.deciding, truth.argued, asked=True)
    by_act: dict[str, set[str]] = {}
    for one in said.statements:
        # Who asks whether the Actor read a clause has seen that it did not.
        act = "ignored" if one.mention.first in said.asked and one.act in ("read", "applied") else one.act
        if act == "fails" and " where " in said.around(one.mention.first, one.mention.last).text:
            continue  # "§3.3: where BMI is below 27, §3.2 does not apply" is the protocol's sentence, and of no patient
        by_act.setdefault(act, set()).update(numbers_of([one.mention]))
    # What its note goes through the Actor did not ignore, even where it comes to another end.
    left_out = by_act.get("ignored", set()) - truth.argued | by_act.get("not applied", set())
    over, beside = named & truth.overapplied, {truth.base, truth.acted_on}
    missed, known = named & truth.left_out, truth.left_out | beside
    if (
        missed & left_out
        or _is_blamed(said, missed, known)
        or _is_passed_over(truth, said, missed & truth.unread & truth.unapplied, known)
    ):
        return True
    if _is_blamed(said, over, over | beside):
        return True
    if over - truth.trial.listed and words.ABSENT.search(said.plain):
        return True
    told = over & by_act.get("applied", set()) or words.ACTOR_NAMED.search(said.plain)
    return bool(told and over & by_act.get("fails", set())) or _gives_both_dates(truth, said, over)


def _is_blamed(said: Utterance, clauses: frozenset[str], others: Collection[str]) -> bool:
    """Whether a sentence speaks of the Actor and of a clause, and no other but these, and says that it is amiss."""
    named: frozenset[str] = frozenset()
    first = next((sentence.named for sentence in said.sentences if sentence.named), named)
    blamed: list[frozenset[str]] = []
    for sentence in said.sentences:
        # A sentence without a clause is about those of the one before, or of the one behind where there are none.
        named = sentence.named or named or first
        text = words.OF_ALL.sub("", sentence.text)
        if named and words.NEGLECT.search(text) and words.ACTING.search(text):
            blamed.append(named)
    # Whoever says it of every clause has not looked up which one it is true of.
    return any(named & clauses for named in blamed) and all(named.issubset(others) for named in blamed)


def _is_passed_over(truth: GroundTruth, said: Utterance, clauses: frozenset[str], others: Collection[str]) -> bool:
    """Whether a sentence says that somebody did something, in whatever words, about these clauses and no other.

    A clause that the Actor left out and somebody names has been looked up. What was done is not read: unless it is said
    that the Actor used the clause, it can only be that it did not.
    """
    used = {number for one in said.statements if one.act in _USING for number in one.mention.numbers}
    values, here, accused = {truth.limit, truth.observed}, frozenset[str](), set[str]()
    for sentence in said.sentences:
        start, end, text, _, named = sentence
        here = named or here  # a sentence without a clause is about those of the one before
        if here <= used or words.PRAISING.search(text):
            continue
        denied = bool(named) and words.DENYING.search(text) is not None
        stated = [one.value for one in said.stated_in(sentence) if one.kind == "number"]
        states = not values.isdisjoint(stated)
        states |= any(one.act in ("holds", "fails") and start <= one.mention.first < end for one in said.statements)
        # A denial that is no evidence: it gives no value and no limit.
        if (denied and not states) or words.SOMEBODY.search(words.VAGUE.sub("", text)):
            accused |= here - used if len(here) == 1 or not here & clauses else here - set(others) | here & clauses
    # Whoever says it of clauses that the Actor did read as well has not looked up which it left out.
    return bool(accused) and accused <= clauses


def _gives_both_dates(truth: GroundTruth, said: Utterance, amendments: frozenset[str]) -> bool:
    """Whether a text gives the day of enrolment or consent and the later one from which an amendment is in force."""
    stated = [fact for claim in said.claimed("date") for fact in truth.facts.stated_by(claim)]
    since = [
        fact.clause
        for fact in stated
        if fact.clause in amendments
        and fact.day is not None
        and truth.record is not None
        and fact.day > getattr(truth.record, truth.day_of(fact.clause))
    ]
    dated = {fact.clause for fact in stated if fact.clause.startswith("Amendment")}
    return dated <= amendments and any(fact.field == truth.day_of(clause) for fact in stated for clause in since)


def _names_deed(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text says what the Actor's bug is, of the clause or of the field that it is about."""
    bug = truth.bug
    if bug is None:
        return False
    about = {bug.clause, truth.acted_on} | truth.confused
    of_limit = bug.operator in ("boundary", "wrong_anchor")
    given = said.claimed("number")
    equal = sum(one.value == truth.observed == truth.limit for one in given) > 1
    told = equal and bug.operator == "boundary" and words.SOMEBODY.search(words.VAGUE.sub("", said.plain))
    if told and not recites(truth, given, said):
        return True
    if bug.operator == "wrong_source" and _names_laboratory(truth, bug, said):
        return True
    amending = about if bug.operator in ("superseded", "misdefined") else {bug.clause}
    operators = called(bug.operator)
    turned = truth.condition_fields if bug.operator == "inverted" else frozenset[str]()
    for numbers, fields in _hints(truth, said, operators, about):
        if of_limit or amending & numbers or turned & fields:
            return True
    if bug.operator.startswith("misquoted") and _says_off(truth, bug, said):
        return True
    for deed in deeds(said, operators):
        misquoted = deed.operator.startswith("misquoted")
        if misquoted and _is_in_note(truth) and not _gives_value(truth, said):
            continue
        fields = deed.beside if misquoted and not _has_strays(truth, said) else deed.fields
        if misquoted and len(fields) > MAX_FIELDS:
            continue  # who lists what the record has does not say what was misread
        if of_limit or about & deed.numbers or {bug.field, truth.field} & fields:
            return True
    return False


def _hinted(text: str) -> int:
    """At how many operators a text hints."""
    return sum(hint.search(text) is not None for hint in words.HINTS.values())


def _hints(
    truth: GroundTruth, said: Utterance, operators: Collection[str], about: Set[str]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    """The hints at these operators.

    None where a text hints at more than MAX_HINTS operators, or at several clauses of which it gives no value.
    """
    if _hinted(said.plain) > MAX_HINTS or any(_hinted(one.text) > MAX_HINTS - 1 for one in said.sentences):
        return []
    own = [words.HINTS[one] for one in operators if one in words.HINTS]
    hinting = [one for one in said.sentences if any(hint.search(one.text) for hint in own)]
    of_value = [one for one in hinting if any(claim.kind in ("number", "stage") for claim in said.stated_in(one))]
    bare = [one.named for one in hinting if len(one.named) > 1 or one not in of_value]
    others = frozenset().union(*bare) - about - {truth.base}
    return [hint for one in operators for hint in hints(said, one)] if len(others) <= 1 else []


def _says_off(truth: GroundTruth, bug: Bug, said: Utterance) -> bool:
    """Whether a text says on which side of the record's number the Actor's is, and gives the record's."""
    own = truth.misquoted[-1]
    off, other = (words.OFF[way if own.said < own.true else -way] for way in (-1, 1))
    about = any(own.field in (one.field, truth.field) or bug.clause in one.numbers for one in said.mentioned)
    saying = [one for one in said.sentences if off.search(one.text)]
    fields = {one.field for sentence in saying for one in sentence.mentioned if one.how == "field"}
    firmly = bool(saying) and len(fields) <= MAX_FIELDS and not other.search(said.plain)
    return about and firmly and _gives_value(truth, said)


_ON_A_CONDITION = ("unconditional", "inverted", "misquoted_threshold", "misquoted_value", "wrong_source", "misdefined")
"""Operators by which the Actor has it wrong whether a condition is met."""


def _sets_right(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text holds the record's value against the number of a condition, where the Actor has that one wrong.

    It must do so with no other condition, name clause or field, and say what comes of it, or what somebody did.
    Who does so has applied the condition, which is more than to copy it.
    """
    bug = truth.bug
    if bug is None or bug.operator not in _ON_A_CONDITION:
        return False
    # "Stage IV exception" says of no stage that it is anything.
    names = {at for one in said.mentioned if one.how == "name" for at in range(one.first, one.last + 1)}
    own = [one for one in said.claimed("number", "stage") if one.kind == "number" or one.first not in names]
    stated = [(claim.first, fact, fact.field or fact.kind) for claim in own for fact in truth.facts.stated_by(claim)]
    values: dict[str, set[int]] = {}
    for at, fact, field in stated:
        if fact.role == "observed":
            values.setdefault(field, set()).add(at)
    held = truth.deciding & {
        fact.clause
        for at, fact, field in stated
        if fact.role == "threshold" and len(values.get(field, ())) > (at in values.get(field, ()))
    }
    if not held or not held <= truth.misjudged or (bug.read is not None and _has_strays(truth, said)):
        return False
    named = held & said.named(truth.deciding, truth.argued)
    by_field = not said.named(truth.deciding) and any(one.field in truth.condition_fields for one in said.mentioned)
    somebody = words.SOMEBODY.search(words.VAGUE.sub("", said.plain)) is not None
    status = any(words.STATUS.search(one.text) for one in said.sentences if one.named & held)
    return bool(named and (somebody or status)) or (by_field and somebody)


def _names_laboratory(truth: GroundTruth, bug: Bug, said: Utterance) -> bool:
    """Whether a text says whose value of the field the Actor took, and says so of no other field.

    Whose value counts is said by the protocol: whoever recites that has not found out whether the Actor erred there.
    """
    about = {one.field for one in said.mentioned if one.how == "field"}
    if words.WRONG_LABORATORY.search(said.plain) and about & REPORTED.keys() == {bug.field}:
        return True
    taken = [truth.source_said(one.subject) for one in said_of_laboratories(said) if one.act == "taken"]
    return bool(taken) and all(source is None or source.field == bug.field for source in taken)


def _gives_value(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text gives the true value of what the Actor misread in the record, or in the protocol."""
    numbers = said.claimed("number")
    if truth.bug is not None and not truth.bug.field:
        true = {abs(it.true) for it in truth.misquoted[-1:]} - {truth.observed}
        return any(one.value in true for one in numbers) and not _has_strays(truth, said)
    stated = [fact for claim in numbers for fact in truth.facts.stated_by(claim)]
    return any(fact.role == "observed" and fact.field == truth.bug.field for fact in stated if truth.bug)


def _has_strays(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text has a number of neither the record nor the rule: it may be what it says that the Actor read."""
    rule = [one for one in truth.facts.all if one.role in ("observed", "interval") or one.clause in truth.deciding]
    known = {abs(fact.value) for fact in rule} | {abs(one.said) for one in truth.misquoted}
    return any(one.value not in known for one in said.claimed("number") if one.topic != words.DIFFERENCE)


def _is_in_note(truth: GroundTruth) -> bool:
    """Whether the note gives a number that is not so."""
    said = {fact.value for fact in truth.facts.all if fact.role == "actor" and not fact.field and fact.kind == "number"}
    return any(one.said in said for one in truth.misquoted)


def states_evidence(truth: GroundTruth, said: Utterance) -> bool:
    """Whether a text asserts the rule or the value that decides: a limit that counts, a clause that does, a value."""
    own = [claim for claim in said.claims.items if claim.first in said.own]
    stated = {claim.first: truth.facts.stated_by(claim) for claim in own}
    facts = [fact for of_claim in stated.values() for fact in of_claim]
    if truth.proposal.error_type == p.CITATION:
        return _states_absence(truth, said)
    if truth.proposal.brief.figure is not None:
        others = [of for of in stated.values() if of and all(fact.role == "group" for fact in of)]
        return any(fact.role == "true" for fact in facts) and len(others) <= MAX_OTHERS
    most = max(MAX_CLAIMS, PER_CLAUSE * len(truth.deciding))
    return len(own) <= most and _states_rule(truth, said, stated)


def _states_absence(truth: GroundTruth, said: Utterance) -> bool:
    named = said.named(truth.argued, asked=True)
    added = truth.argued - truth.trial.listed
    # Who gives what the protocol does have has looked it up.
    beside = {number for number in named - added if any(_is_like(number, one) for one in added)}
    return bool(named & added) and (words.ABSENT.search(said.plain) is not None or len(beside) > 1)


def _is_like(number: str, other: str) -> bool:
    """Whether both references are amendments, or both are clauses of one section."""
    return number.split(".")[0].split(" ")[0] == other.split(".")[0].split(" ")[0]


def _states_rule(truth: GroundTruth, said: Utterance, stated: Mapping[int, Sequence[Fact]]) -> bool:
    """Whether a text gives the limit that counts, a threshold, a clause that counts, or a value on which it turns.

    The value that the limit is about says nothing by itself, unless it is what the Actor misread.
    """
    misread = {truth.bug.field} if truth.bug is not None else set()
    values = truth.fields - {truth.field} | misread
    by_dates = {name for field in values & p.DERIVED.keys() for name in p.quantity_fields(field)}
    for facts in stated.values():
        for fact in facts:
            is_limit = fact.role == "limit" and fact.field == truth.field and fact.value == truth.limit
            is_limit |= fact.role == "limit" and fact.field == "deadline" and fact.clause in truth.counting
            is_threshold = fact.role == "threshold" and fact.clause in truth.deciding
            if is_limit or is_threshold or (fact.role == "observed" and fact.field in values | by_dates):
                return True
    return bool(said.named(truth.deciding, truth.argued) & truth.counting & truth.deciding)
