"""Every label follows from what the tools reveal: a second auditor, from scratch, agrees with the referee.

It reads the protocol's text with regular expressions, the record, the timeline and the cohort as a client gets them,
and does its own arithmetic. It shares no code with the protocol, the Actor, or the agents.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

TIERS = ("easy", "medium", "hard", "expert")
FAST, ALL = 60, 2000


@dataclass
class Rules:
    """What a reader makes of the protocol."""

    numbers: set[str] = field(default_factory=set)
    """Everything that can be cited."""
    says: dict[str, float] = field(default_factory=dict)
    """Clause number to its limit."""
    role: dict[str, str] = field(default_factory=dict)
    """What a clause is about, to its number."""
    stage_iv: str | None = None
    index_over: float | None = None
    waived_from: float | None = None
    amendments: list[tuple[date, str, float | None]] = field(default_factory=list)
    """Day in force, number of the clause, its new limit; None: it does not apply."""
    dates_matter: bool = False
    equity_gap: float | None = None


def read(text: str) -> Rules:
    rules = Rules()
    plain = {
        "age_min": r"Minimum age\. Age at enrolment is at least (\S+) years",
        "age_max": r"Maximum age\. Age at enrolment is at most (\S+) years",
        "ecog": r"Performance status limit\. ECOG performance status is at most (\S+)\.",
        "hb": r"Haemoglobin limit\. Haemoglobin is at least (\S+) g/dL",
        "creatinine": r"Creatinine limit\. Creatinine is at most (\S+) mg/dL",
        "base": r"Treatment window\. Treatment starts at most (\S+) days after enrolment",
        "extension": r"Stage IV exception: where the disease is Stage IV, the limit is (\S+) days instead",
    }
    for line in text.splitlines():
        amendment = re.fullmatch(
            r"(Amendment \d+) \(in force (\S+)\): for patients enrolled on or after (\S+), "
            r"§(\S+) (?:reads (\S+) (?:days|years)|(does not apply))\.",
            line,
        )
        if amendment:
            name, in_force, since, number, limit, gone = amendment.groups()
            assert in_force == since
            rules.numbers.add(name)
            rules.amendments.append((date.fromisoformat(since), number, None if gone else float(limit)))
            continue
        clause = re.match(r"§(\d+\.\d+) (.*)", line)
        if not clause:
            assert re.match(r"§\d+ [A-Z][a-z]+$|PROTOCOL ", line), line
            continue
        number, sentence = clause.groups()
        rules.numbers.add(f"§{number}")
        for role, pattern in plain.items():
            if found := re.match(pattern, sentence):
                rules.role[role], rules.says[number] = number, float(found[1])
        if found := re.search(
            r" override: where the comorbidity index is above (\S+), §(\S+) does not apply", sentence
        ):
            rules.role["override"], rules.index_over = number, float(found[1])
            assert found[2] == rules.role["extension"]
        if found := re.search(r" waiver: where haemoglobin is at least (\S+) g/dL, §(\S+) does not apply", sentence):
            rules.waived_from = float(found[1])
            assert found[2] == rules.role["override"]
        if sentence.startswith("Order of dates. Dates run in the order consent, enrolment, treatment start, last con"):
            rules.dates_matter = True
        if found := re.search(r"stage-adjusted mortality gap is above (\S+) percentage points", sentence):
            rules.equity_gap = float(found[1])
    return rules


def deviations(rules: Rules, record: dict) -> set[str]:
    """Every kind of deviation of a record, by plain arithmetic."""
    enrolled = date.fromisoformat(record["enrolment_date"])
    in_force = [(number, limit) for since, number, limit in rules.amendments if enrolled >= since]

    def limit(role: str) -> float:
        number = rules.role[role]
        return next((value for amended, value in in_force if amended == number), rules.says[number])

    found = set()
    if record["age"] is None or not limit("age_min") <= record["age"] <= limit("age_max"):
        found.add("age_boundary_error")
    if record["ecog"] > limit("ecog") or record["haemoglobin"] < limit("hb"):
        found.add("other")
    if record["creatinine"] > limit("creatinine"):
        found.add("other")
    if "base" in rules.role:
        delay = (date.fromisoformat(record["treatment_start"]) - enrolled).days
        longer = record["stage"] == "IV"
        overridden = longer and rules.index_over is not None and record["comorbidity_index"] > rules.index_over
        if overridden and rules.waived_from is not None and record["haemoglobin"] >= rules.waived_from:
            overridden = False
        if overridden and (rules.role["override"], None) in in_force:
            overridden = False
        if delay > limit("extension" if longer and not overridden else "base"):
            decided = overridden and delay <= limit("extension")
            found.add("comorbidity_override_miss" if decided else "protocol_window_violation")
    if rules.dates_matter:
        order = ("consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date")
        days = [record[name] for name in order if record[name] is not None]
        if days != sorted(days):
            found.add("temporal_inconsistency")
    return found


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
        unlisted = {"citation_fabrication"} if set(note["citations"]) - self.rules.numbers else set()
        if note["patient_id"] == "COHORT":
            feature = self.summary(proposal_id).diagnosis.removeprefix("Equity review of ")
            found = self.ask("cohort_analysis", feature=feature)
            assert f"{found['crude_gap']:+.1f}" in note["reasoning"], "the pooled gap is quoted rightly, always"
            return unlisted | ({"bias_blind_spot"} if abs(found["adjusted_gap"]) > self.rules.equity_gap else set())
        record = self.ask("investigate_patient", patient_id=note["patient_id"])
        found = deviations(self.rules, record)
        timeline = self.ask("temporal_audit", patient_id=note["patient_id"])
        assert bool(timeline["impossible"]) == ("temporal_inconsistency" in found) or not self.rules.dates_matter
        assert len(found) <= 1, found
        if note["verdict"] == "deviation":
            return unlisted | (set() if found else {self.withheld(note["patient_id"])})
        # An amendment that extends a limit is part of the argument; what is wrong then is the determination.
        return (found or unlisted) | self.figure(note)

    def withheld(self, patient_id: str) -> str:
        """Which rule an over-strict note applies: that of the field that did most to turn its decision."""
        values = self.ask("request_shap", patient_id=patient_id)["values"]
        if min(values, key=values.get) == "age":
            return "age_boundary_error"
        return "comorbidity_override_miss" if values.get("comorbidity_index") else "protocol_window_violation"

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


def disagreements(tier: str, split: str, indices: range) -> list[tuple]:
    return [
        (split, index, position + 1, mine, theirs)
        for index in indices
        for position, (mine, theirs) in enumerate(Auditor(tier, index, split).audit())
        if mine != theirs
    ]


@pytest.mark.parametrize("tier", TIERS)
def test_every_label_follows_from_the_evidence(tier):
    assert disagreements(tier, "test", range(FAST)) == []


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("tier", TIERS)
def test_every_label_of_two_thousand_scenarios_follows_from_the_evidence(tier, split):
    assert disagreements(tier, split, range(ALL // 2)) == []


def test_no_evidence_tool_alone_would_do(scenarios):
    """The record alone would not: the same age is right in one trial and wrong in another."""
    ages = {True: set(), False: set()}
    for scenario in scenarios("easy", FAST):
        for proposal in scenario.proposals:
            ages[proposal.is_wrong].add(scenario.patient[proposal.note.patient_id].age)
    assert len(ages[True] & ages[False]) >= 5
