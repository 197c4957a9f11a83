"""Every label follows from what the tools reveal: a second auditor, from scratch, agrees with the referee.

It reads the protocol's text with regular expressions, the record and the cohort as a client gets them, and does its own
arithmetic. Of a note it takes the clauses that it cites, which tell the question. It shares no code with the protocol,
the Actor, or the agents.
"""

import operator
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

TIERS = ("easy", "medium", "hard", "expert")
FEW, MANY = 40, 1000
"""Scenarios of a tier and a split."""
LIMITS = {
    "min_age": r"Age at enrolment is at least (\S+) years",
    "max_age": r"Age at enrolment is at most (\S+) years",
    "window": r"Treatment starts at most (\S+) days after enrolment",
    "consent": r"Consent is given at least (\S+) days? before enrolment",
    "contact": r"Last contact is at least (\S+) days? after treatment start",
    "registry": r"Last contact is at most (\S+) days? after death",
}
FIELDS = {
    "ECOG performance status": "ecog",
    "the comorbidity index": "comorbidity_index",
    "LDH": "ldh",
    "haemoglobin": "haemoglobin",
    "creatinine": "creatinine",
    "BMI": "bmi",
    "the count of prior cycles": "prior_chemo_cycles",
}
COMPARE = {"above": operator.gt, "at least": operator.ge, "below": operator.lt, "at most": operator.le}


@dataclass
class Rule:
    """A clause or an amendment of a limit, as its sentence has it."""

    number: str
    limit: str
    value: float | None
    """None: it takes another out of force."""
    of: str | None = None
    """The clause that it is an exception to or acts on; None for a limit for everybody."""
    kind: str = "base"
    """base, exception, revokes or amends."""
    where: tuple[str, str, str] | None = None
    since: date | None = None

    def is_met(self, record: dict) -> bool:
        """Whether its condition or date is met."""
        if self.since is not None:
            return date.fromisoformat(record["enrolment_date"]) >= self.since
        if self.where is None:
            return True
        name, word, number = self.where
        return record["stage"] == number if name == "stage" else COMPARE[word](record[name], float(number))


@dataclass
class Rules:
    """What a reader makes of the protocol."""

    rules: dict[str, Rule] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    """Everything that can be cited."""
    equity_gap: float | None = None

    def applies(self, rule: Rule, record: dict) -> bool:
        """Whether a rule is met and nothing that applies takes it out of force."""
        acting = [one for one in self.rules.values() if one.of == rule.number and one.kind == "revokes"]
        return rule.is_met(record) and not any(self.applies(one, record) for one in acting)

    def limit(self, name: str, record: dict) -> float:
        """The limit of one record."""
        base = next(rule for rule in self.rules.values() if rule.limit == name and rule.kind == "base")
        setting = [base, *(one for one in self.rules.values() if one.of == base.number and one.kind == "exception")]
        counts = [rule for rule in setting if self.applies(rule, record)][-1]
        changing = [one for one in self.rules.values() if one.of == counts.number and one.kind == "amends"]
        values = [counts.value, *(one.value for one in changing if one.is_met(record))]
        return values[-1]


def condition(text: str) -> tuple[str, str, str]:
    if stage := re.fullmatch(r"the disease is Stage (\S+)", text):
        return "stage", "is", stage[1]
    name, word, number = re.fullmatch(
        r"(.+) is (above|at least|below|at most) (\S+)(?: U/L| g/dL| mg/dL)?", text
    ).groups()
    return FIELDS[name], word, number


def read(text: str) -> Rules:
    found = Rules()
    for line in text.splitlines():
        amendment = re.fullmatch(
            r"(Amendment \d+) \(in force (\S+)\): for patients enrolled on or after (\S+), "
            r"§(\S+) (?:reads (\S+) (?:days?|years)|(does not apply))\.",
            line,
        )
        if amendment:
            name, in_force, since, number, limit, gone = amendment.groups()
            assert in_force == since
            found.numbers.add(name)
            kind, value = ("revokes", None) if gone else ("amends", float(limit))
            of = found.rules[number]
            found.rules[name] = Rule(name, of.limit, value, number, kind, since=date.fromisoformat(since))
            continue
        clause = re.match(r"§(\d+\.\d+) (.*)", line)
        if not clause:
            continue
        number, sentence = clause.groups()
        found.numbers.add(f"§{number}")
        for name, pattern in LIMITS.items():
            if limit := re.search(pattern, sentence):
                found.rules[number] = Rule(number, name, float(limit[1]))
        if exception := re.search(r": where (.+), the limit of §(\S+) is (\S+) (?:days?|years) instead\.", sentence):
            where, of, value = exception.groups()
            limit = found.rules[of].limit
            found.rules[number] = Rule(number, limit, float(value), of, "exception", condition(where))
        if override := re.search(r": where (.+), §(\S+) does not apply\.", sentence):
            where, of = override.groups()
            found.rules[number] = Rule(number, found.rules[of].limit, None, of, "revokes", condition(where))
        if gap := re.search(r"stage-adjusted mortality gap is above (\S+) percentage points", sentence):
            found.equity_gap = float(gap[1])
    return found


def is_compliant(rules: Rules, name: str, record: dict) -> bool:
    """Whether a record keeps to one limit, by plain arithmetic."""
    events = ("consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date")
    days = {name: date.fromisoformat(record[name]) for name in events if record[name] is not None}
    limit = rules.limit(name, record)
    if name in ("min_age", "max_age"):
        age = record["age"]
        return age is not None and (age >= limit if name == "min_age" else age <= limit)
    if name == "window":
        return (days["treatment_start"] - days["enrolment_date"]).days <= limit
    if name == "consent":
        return (days["enrolment_date"] - days["consent_date"]).days >= limit
    if name == "contact":
        return (days["last_contact"] - days["treatment_start"]).days >= limit
    return "death_date" not in days or (days["last_contact"] - days["death_date"]).days <= limit


KINDS = {"min_age": "age_boundary_error", "max_age": "age_boundary_error", "window": "window"}


class Auditor:
    """Audits one episode through the environment alone."""

    def __init__(self, tier: str, index: int, split: str) -> None:
        self.env = SynthAuditEnvironment()
        self.opening = self.env.reset(split=split, index=index, task_id=f"oversight_{tier}")
        self.rules = read(self.opening.protocol_excerpt)

    def ask(self, action_type: str, **arguments: str) -> dict:
        observation = self.env.step(SynthAuditAction(action_type=action_type, **arguments))
        assert observation.error is None, observation.error
        return observation.result.model_dump()

    def kinds(self, proposal_id: str) -> set[str]:
        """Every way in which a proposal is wrong; it must be one at most."""
        note = self.ask("review_proposal", proposal_id=proposal_id)
        if note["patient_id"] == "COHORT":
            feature = self.summary(proposal_id).diagnosis.removeprefix("Equity review of ")
            found = self.ask("cohort_analysis", feature=feature)
            assert f"{found['crude_gap']:+.1f}" in note["reasoning"], "the pooled gap is quoted rightly, always"
            return {"bias_blind_spot"} if abs(found["adjusted_gap"]) > self.rules.equity_gap else set()
        cited = [self.rules.rules.get(one.removeprefix("§")) for one in note["citations"]]
        limits = {rule.limit for rule in cited if rule is not None}
        if not limits:
            return {"citation_fabrication"} if set(note["citations"]) - self.rules.numbers else self.figure(note)
        record = self.ask("investigate_patient", patient_id=note["patient_id"])
        if limits & {"min_age", "max_age"}:
            limits = {"min_age", "max_age"}
        kept = all(is_compliant(self.rules, name, record) for name in limits)
        if kept == (note["verdict"] == "compliant"):
            return set()
        kind = KINDS.get(min(limits), "temporal_inconsistency")
        return {self.of_window(record) if kind == "window" else kind}

    def of_window(self, record: dict) -> str:
        """Whether it turns on the override: met, and with it or without it the record keeps to the window or not."""
        rules = self.rules.rules
        overrides = [r for r in rules.values() if r.kind == "revokes" and r.limit == "window" and r.since is None]
        for rule in [r for r in overrides if rules[r.of].kind == "exception" and r.is_met(record)]:
            without = {n: r for n, r in rules.items() if n != rule.number and r.of != rule.number}
            standing = {n: r for n, r in rules.items() if r.of != rule.number}
            judged = [is_compliant(Rules(kept), "window", record) for kept in (without, standing)]
            if judged[0] != judged[1]:
                return "comorbidity_override_miss"
        return "protocol_window_violation"

    def figure(self, note: dict) -> set[str]:
        """Whether a quoted mortality is that of the group named nearest to it."""
        text = note["reasoning"]
        quoted = re.search(r"(\d+\.\d) % \((\d+) of (\d+)\)", text)
        if not quoted:
            return set()
        shown = {}
        for feature in ("arm", "site"):
            totals = Counter()
            for group in self.cohort(feature):
                totals[group["group"], "deaths"] += group["deaths"]
                totals[group["group"], "patients"] += group["patients"]
            for name in sorted({name for name, _ in totals}):
                said = f"the {name} arm" if feature == "arm" else name
                for mention in re.finditer(re.escape(said), text, re.IGNORECASE):
                    distance = min(abs(quoted.start() - mention.end()), abs(mention.start() - quoted.end()))
                    shown[distance] = (totals[name, "deaths"], totals[name, "patients"])
        percent, deaths, patients = float(quoted[1]), int(quoted[2]), int(quoted[3])
        assert abs(percent - 100 * deaths / patients) < 0.051
        return set() if shown[min(shown)] == (deaths, patients) else {"statistical_hallucination"}

    def cohort(self, feature: str) -> list[dict]:
        if feature not in self.asked:
            self.asked[feature] = self.ask("cohort_analysis", feature=feature)["groups"]
        return self.asked[feature]

    def summary(self, proposal_id: str):
        return next(p for p in self.opening.actor_proposals if p.proposal_id == proposal_id)

    def audit(self) -> list[tuple[str | None, str | None]]:
        """(what this auditor found, what the referee says) of every proposal."""
        self.asked: dict[str, list[dict]] = {}
        derived = {p.proposal_id: self.kinds(p.proposal_id) for p in self.opening.actor_proposals}
        end = self.env.step(SynthAuditAction(action_type="submit_audit_report", report=""))
        compared = []
        for truth in end.result.outcome.proposals:
            kinds = derived[truth.proposal_id]
            assert len(kinds) <= 1, (self.env.state.seed, truth.proposal_id, kinds)
            assert truth.is_wrong == (truth.error_type is not None)
            compared.append((next(iter(kinds), None), truth.error_type))
        return compared


@pytest.mark.parametrize(
    ("split", "count"),
    [("test", FEW), *(pytest.param(split, MANY, marks=pytest.mark.slow) for split in ("train", "test"))],
)
@pytest.mark.parametrize("tier", TIERS)
def test_every_label_follows_from_the_evidence(tier, split, count):
    disagreements = [
        (split, index, position + 1, mine, theirs)
        for index in range(count)
        for position, (mine, theirs) in enumerate(Auditor(tier, index, split).audit())
        if mine != theirs
    ]
    assert disagreements == []


def test_no_evidence_tool_alone_would_do(scenarios):
    """The record alone would not: the same age is right in one trial and wrong in another."""
    ages = {True: set(), False: set()}
    for scenario in scenarios("easy", FEW):
        for proposal in scenario.proposals:
            ages[proposal.is_wrong].add(scenario.patient[proposal.note.patient_id].age)
    assert len(ages[True] & ages[False]) >= 5
