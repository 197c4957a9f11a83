"""What decides a wrong proposal: the facts that a reason must state, and those that it may dwell on.

    case = case_of(scenario, proposal)
    case.ways      # of one of these, every group; of a group, one fact: {"record.age"}, {"effective.3.2", "clause.3.2"}
    case.relevant  # names of the facts that belong to the rule that decides

One function per error type; its docstring states the rule. Nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any, NamedTuple

from synth_audit_env.server import protocol as p
from synth_audit_env.server.misreadings import STRICT_AGES
from synth_audit_env.server.reasons.claim_words import AGE, DAYS
from synth_audit_env.server.reasons.claims import Claim
from synth_audit_env.server.reasons.cohort_evidence import equity_gap, quoted_figure
from synth_audit_env.server.reasons.evidence import Fact, Facts, facts_about, said_in
from synth_audit_env.server.reasons.rules import AGES, WINDOWS, Pair, Rule, delayed, other_rules, rule_of, threshold
from synth_audit_env.server.record import PatientRecord
from synth_audit_env.server.scenario import Proposal, Scenario

_ALWAYS = frozenset({"own", "note", "misread", "cited", "latency", "difference"})
"""What is never beside the point: whose case it is, and what the Actor put in the protocol's place."""
_DECIDED_BY: Mapping[str, tuple[str, ...]] = {p.AGE: AGES, p.WINDOW: WINDOWS, p.OVERRIDE: WINDOWS}
"""The parameters of the rule that decides, where there are some."""
_START, _ENROLMENT = "treatment_start", "enrolment_date"
_DELAY = ({"delay", f"date.{_START}"}, {"delay", f"date.{_ENROLMENT}"})


class Way(NamedTuple):
    """One way to say why the Actor was wrong."""

    groups: tuple[frozenset[str], ...]
    """Of each group one fact, by name, must be stated."""
    events: frozenset[str] = frozenset()
    """Dated events, by record field, that must be named."""


@dataclass(frozen=True)
class Case:
    """A wrong proposal as a reason is checked against it."""

    note: str
    """The reasoning of the Actor's note."""
    own: tuple[Fact, ...]
    """Facts about this proposal, but for cohort figures, differences, and what only the note says."""
    shared: Facts
    """Those about every proposal of the episode."""
    ways: tuple[Way, ...]
    """A reason must go one of them to the end."""
    relevant: frozenset[str]
    """Names of facts of the rule that decides; any other true fact is an aside."""
    figures: tuple[Fact, ...] = ()
    """Cohort figures."""
    observed: float | None = None
    """The value that the rule holds against a limit, where by how much it is past one is a fact too."""
    topic: str = ""
    """What that value is about."""
    cited: str = ""
    """The reference that the reason must single out."""
    disorder: tuple[frozenset[str], ...] = ()
    """Dates decide: the pairs of them, by name, that are out of order and that the reason must single out."""
    clauses: frozenset[str] = frozenset()
    """Names of the clauses of the rule that decides. A reason that goes through them says with none what it sets."""
    other_limits: frozenset[str] = frozenset()
    """Names of those among them that set a limit which is not at issue. Beside one of these none does either."""
    rule: Rule | None = None
    """The rule that decides, where it holds values against limits."""
    pairs: tuple[Pair, ...] = ()
    """Of that rule: what is at issue."""
    must_place: bool = False
    """Whether a reason must say of one of these where the value stands, even where it names a single limit."""
    other_rules: tuple[Rule, ...] = ()
    """The rules that do not."""

    @cached_property
    def evidence(self) -> Facts:
        """All facts."""
        said = list(said_in(self.note, Facts(self.own, beside=self.shared)))
        return Facts([*said, *self._differences(said)], beside=self._known)

    @cached_property
    def _known(self) -> Facts:
        """All facts that do not take reading the note."""
        differences = self._differences((*self.shared.all, *self.own))
        return Facts((*self.own, *self.figures, *differences), beside=self.shared)

    def names(self, claim: Claim) -> frozenset[str]:
        """Names of the facts that a claim states; those that the note adds only where they can make a difference.

        They are names of what is never beside the point. So they do not count where a claim is to the point already.
        """
        names = self._known.names(claim)
        return self.evidence.names(claim) if names.isdisjoint(self.relevant) else names

    def _differences(self, facts: Iterable[Fact]) -> list[Fact]:
        """By how much the observed value is past each limit at issue, and what a latency leaves of it."""
        if self.observed is None:
            return []
        observed, topic, limits = self.observed, self.topic, self.relevant - {"delay"}
        return [
            Fact("difference", "number", abs(observed - fact.value), topic, derived=True)
            for fact in facts
            if fact.topic == topic and fact.kind == "number" and fact.name in limits
        ]


def case_of(scenario: Scenario, proposal: Proposal) -> Case:
    """The case of a wrong proposal; worked out once.

    Raises:
        ValueError: Nothing is wrong with the proposal.
    """
    if proposal.error_type is None:
        raise ValueError(f"nothing is wrong with {proposal.note.proposal_id}")
    key = ("case", proposal.note.proposal_id)
    if key not in scenario.memo:
        scenario.memo[key] = _CASES[proposal.error_type](scenario, proposal)
    kept: Case = scenario.memo[key]
    return kept


def _age(scenario: Scenario, proposal: Proposal) -> Case:
    """Age: the age, or that it is blank; and the limit that it is past, or a clause that sets that limit.

    For a patient whom the Actor withheld treatment from, the limit in truth on the side that the Actor objected to.
    """
    judgement, record = _judged(scenario, proposal)
    if record.age is None:
        sides = ["age_min", "age_max"]
    elif proposal.brief.flaw.stance == p.COMPLIANT:
        sides = ["age_min" if record.age < judgement.parameters["age_min"] else "age_max"]
    else:
        sides = ["age_max" if record.age > STRICT_AGES[1] else "age_min"]
    limits = {name for side in sides for name in _governing(scenario, judgement, side)}
    relevant = _said(rule_of(scenario, AGES)) | {"record.age", f"date.{_ENROLMENT}", "section.eligibility"}
    way, age = _way({"record.age"}, limits), nan if record.age is None else float(record.age)
    low, high = judgement.parameters["age_min"], judgement.parameters["age_max"]
    pair = Pair(frozenset({"record.age"}), frozenset(_values(limits)), age, low, high)
    rest = _ruled(scenario, AGES, limits)
    return _case(scenario, proposal, (way,), relevant, pairs=(pair,), observed=record.age, topic=AGE, **rest)


def _window(scenario: Scenario, proposal: Proposal) -> Case:
    """Window: the delay in days, or both of its dates; and the window that applies, or a clause that sets it.

    A wider window counts too where a clause gives it and the delay is past it. Where the Actor gave the extension to
    another stage, the extension or its clause with the patient's own stage will do.
    """
    judgement, record = _judged(scenario, proposal)
    delay = (record.treatment_start - record.enrolment_date).days
    setters = _governing(scenario, judgement, "window_days")
    if proposal.brief.flaw.stance == p.COMPLIANT:
        window = judgement.parameters["window_days"]
        for step in judgement.trace:
            if step.parameter == "window_days" and step.met and step.value is not None and window <= step.value < delay:
                setters |= {f"effective.{step.number}", f"clause.{step.number}"}
    # Where the delay is as long as the window, a timeline that gives dates and days would seem to give the window too.
    told: tuple[set[str], ...] = ({"delay"},) if delay == judgement.parameters["window_days"] else _DELAY
    ways, at_issue = [_way(*told, setters)], setters
    if proposal.brief.flaw.name == "extension_to_other_stages":
        extension = scenario.trial.numbers["extension"]
        named = {f"{what}.{extension}" for what in ("clause", "value", "effective", "when")}
        ways.append(_way(*_DELAY, named, {"record.stage"}))
        at_issue = setters | named
    return _scheduling(scenario, proposal, ways, at_issue, (delayed(record, judgement, setters),))


def _override(scenario: Scenario, proposal: Proposal) -> Case:
    """Override: the comorbidity index, and where it stands to its threshold; and the delay or the window in force.

    Where the Actor stretched the waiver: the same, or haemoglobin, its threshold or the waiver's clause, and the delay
    or the window in force. Where it never read the waiver: haemoglobin, and its threshold or the waiver's clause.
    """
    judgement, record = _judged(scenario, proposal)
    numbers = scenario.trial.numbers
    index = ({"record.comorbidity_index"}, _conditional(numbers["override"]))
    governing = _governing(scenario, judgement, "window_days")
    effect = {"delay", f"date.{_START}", *_values(governing)}
    ways = [_way(*index, effect)]
    pairs = [delayed(record, judgement, governing), threshold(scenario, record, "override")]
    if "waiver" in numbers:
        pairs.append(threshold(scenario, record, "waiver"))
        marrow = ({"record.haemoglobin"}, _conditional(numbers["waiver"]))
        if proposal.brief.flaw.stance == p.DEVIATION:
            ways = [_way(*marrow)]
        elif proposal.brief.flaw.name == "waiver_stretched":
            ways.append(_way(*marrow, effect))
    return _scheduling(scenario, proposal, ways, governing, pairs, must_place=True)


def _scheduling(
    scenario: Scenario,
    proposal: Proposal,
    ways: Iterable[Way],
    at_issue: set[str],
    pairs: Iterable[Pair],
    *,
    must_place: bool = False,
) -> Case:
    rule = rule_of(scenario, WINDOWS)
    relevant = _said(rule) | {f"record.{c.field}" for clause in rule.rows for c in clause.when}
    relevant |= {"delay", f"date.{_START}", f"date.{_ENROLMENT}", "section.scheduling"}
    _, record = _judged(scenario, proposal)
    delay = (record.treatment_start - record.enrolment_date).days
    rest = {**_ruled(scenario, WINDOWS, at_issue), "pairs": tuple(pairs), "must_place": must_place}
    return _case(scenario, proposal, ways, relevant, observed=delay, topic=DAYS, **rest)


def _dates(scenario: Scenario, proposal: Proposal) -> Case:
    """Dates: both dates of a pair that is out of order, or the days between them with the two events named.

    A reason that goes through the dates of the record, or the days between them, tells none apart and holds nothing.
    """
    judgement, _ = _judged(scenario, proposal)
    ways, disorder = list[Way](), list[frozenset[str]]()
    relevant = {"section.integrity", *(f"clause.{order.number}" for order in scenario.trial.protocol.orders)}
    for finding in judgement.findings:
        if finding.error_type != p.DATES:
            continue
        later, earlier = finding.fields
        interval = {f"interval.{later}.{earlier}"}
        if (later, earlier) == (_START, _ENROLMENT):
            interval = {"delay"}
        ways += [_way({f"date.{later}"}, {f"date.{earlier}"}), Way((frozenset(interval),), frozenset(finding.fields))]
        disorder.append(frozenset({f"date.{later}", f"date.{earlier}"}))
        relevant |= {f"date.{later}", f"date.{earlier}", *interval}
    return _case(scenario, proposal, ways, relevant, disorder=tuple(disorder))


def _citation(scenario: Scenario, proposal: Proposal) -> Case:
    """Citation: the reference that the protocol does not have, standing alone.

    Beside it one other group of references may be named, such as those that the protocol does have.
    """
    cited = proposal.brief.cited
    assert cited is not None
    relevant = {"section.amendments", "section.administration"}
    amendment = cited.number.startswith("Amendment")
    listed = scenario.trial.amendments if amendment else scenario.trial.provisions
    relevant |= {f"{what}.{item.number}" for item in listed for what in ("clause", "value", "when")}
    return _case(scenario, proposal, (_way({"cited"}),), relevant, cited=cited.number)


def _statistic(scenario: Scenario, proposal: Proposal) -> Case:
    """Statistic: the figure that the note quotes and the true one of that group, each as a percentage or as a count."""
    figures = tuple(quoted_figure(scenario, proposal))
    return _case(scenario, proposal, (_way({"quoted"}, {"true"}),), {"quoted", "true", "cell"}, figures=figures)


def _equity(scenario: Scenario, proposal: Proposal) -> Case:
    """Equity: the stage-adjusted gap, within 0.15 points or rounded; and the rule's limit or its clause."""
    rule = {"equity.limit", "clause.equity"}
    relevant = {"gap.adjusted", "gap.other", "section.equity", *rule}
    figures = tuple(equity_gap(scenario, proposal))
    return _case(scenario, proposal, (_way({"gap.adjusted"}, rule),), relevant, figures=figures)


_CASES: Mapping[str, Callable[[Scenario, Proposal], Case]] = {
    p.AGE: _age,
    p.DATES: _dates,
    p.WINDOW: _window,
    p.OVERRIDE: _override,
    p.CITATION: _citation,
    p.STATISTIC: _statistic,
    p.EQUITY: _equity,
}


def _way(*groups: Iterable[str]) -> Way:
    return Way(tuple(frozenset(group) for group in groups))


def _case(scenario: Scenario, proposal: Proposal, ways: Iterable[Way], relevant: Iterable[str], **rest: Any) -> Case:
    """The case of a proposal, with what any has."""
    own, shared = facts_about(scenario, proposal)
    return Case(
        note=proposal.note.reasoning,
        own=own,
        shared=shared,
        ways=tuple(ways),
        relevant=_ALWAYS.union(relevant),
        other_rules=other_rules(scenario, _DECIDED_BY.get(proposal.error_type or "", ())),
        **rest,
    )


def _judged(scenario: Scenario, proposal: Proposal) -> tuple[p.Judgement, PatientRecord]:
    assert proposal.judgement is not None, "only a proposal about a patient has this error type"
    return proposal.judgement, scenario.patient[proposal.note.patient_id]


def _conditional(number: str) -> set[str]:
    return {f"when.{number}", f"clause.{number}"}


def _values(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.startswith("effective.")}


def _governing(scenario: Scenario, judgement: p.Judgement, parameter: str) -> set[str]:
    """The clause that gives a parameter for this record, by number and by value, and amendments that change it."""
    steps = {step.number: step for step in judgement.trace if step.parameter == parameter and step.applies}
    clauses = [clause for clause in scenario.trial.protocol.clauses if clause.number in steps]
    setter = [clause.number for clause in clauses if clause.acts_on is None][-1]
    amending = [clause.number for clause in clauses if clause.acts_on == setter and clause.value is not None]
    return {f"effective.{setter}", *(f"clause.{number}" for number in (setter, *amending))}


def _said(rule: Rule) -> set[str]:
    """Names of all that its clauses say."""
    return {f"{what}.{clause.number}" for clause in rule.rows for what in ("clause", "value", "when", "effective")}


def _ruled(scenario: Scenario, parameters: tuple[str, ...], at_issue: set[str]) -> dict[str, Any]:
    """Of a case: the rule that decides, its clauses, and those that set a limit other than the ones at issue."""
    rule = rule_of(scenario, parameters)
    setting = frozenset([f"clause.{clause.number}" for clause in rule.rows if clause.value is not None])
    return {"rule": rule, "clauses": rule.clauses, "other_limits": setting - at_issue}
