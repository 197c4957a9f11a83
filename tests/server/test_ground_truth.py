"""Every label follows from what the tools reveal: a second auditor, from scratch, agrees with the referee.

It reads the protocol's text as the second judge of records does, the record and the cohort as a client gets them, and
does its own arithmetic. Of a note it takes the clauses that it cites, which tell the question. It shares no code with
the protocol, the Actor, or the agents.
"""

import re
from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.server.world import second_judge

TIERS = ("easy", "medium", "hard", "expert")
FEW, MANY = 40, 1000
"""Scenarios of a tier and a split."""
DATES = ("consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date")


class Auditor:
    """Audits one episode through the environment alone."""

    def __init__(self, tier: str, index: int, split: str) -> None:
        self.env = SynthAuditEnvironment()
        self.opening = self.env.reset(split=split, index=index, task_id=f"oversight_{tier}")
        text = self.opening.protocol_excerpt
        self.rules = second_judge.read(text, None)
        self.citable = set(re.findall(r"^(§\d+\.\d+|Amendment \d+) ", text, re.MULTILINE))
        self.equity_gap = re.search(r"stage-adjusted mortality gap is above (\S+) percentage points", text)

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
            return {"bias_blind_spot"} if abs(found["adjusted_gap"]) > float(self.equity_gap[1]) else set()
        limited = {self.measure(rule) for rule in self.rules if rule[0] in note["citations"]}
        if not limited:
            return {"citation_fabrication"} if set(note["citations"]) - self.citable else self.figure(note)
        (question,) = (name for name, measures in second_judge.QUESTIONS.items() if limited & set(measures))
        told = self.ask("investigate_patient", patient_id=note["patient_id"])
        days = {name: date.fromisoformat(told[name]) for name in DATES if told[name] is not None}
        record = SimpleNamespace(**told | days)
        if second_judge.complies(self.rules, question, record) == (note["verdict"] == "compliant"):
            return set()
        if question == "window":
            return {self.of_window(note, record)}
        return {"age_boundary_error" if question == "age" else "temporal_inconsistency"}

    def measure(self, rule: tuple) -> str:
        """What a rule limits, by itself or through the rule that it changes."""
        return rule[3] if rule[2] == "limit" else self.measure(self.numbered(rule[3]))

    def numbered(self, number: str) -> tuple:
        return next(rule for rule in self.rules if rule[0] == number)

    def of_window(self, note: dict, record: SimpleNamespace) -> str:
        """Where note and record part: one of them has the exception out of force by its override, and the other not."""
        (exception,) = (rule for rule in self.rules if rule[2] == "instead" and self.measure(rule) == "window")
        lifting = [rule for rule in self.rules if rule[2:4] == ("lifts", exception[0])]
        overridden = exception[1](record) and any(second_judge.stands(self.rules, rule, record) for rule in lifting)
        passed = exception[0] in note["citations"] and not re.search(r"disease is not Stage", note["reasoning"])
        counted = next((self.numbered(one) for one in [self.counting(note["reasoning"])] if one in self.citable), None)
        if counted is None:  # an amendment that is not in the protocol
            return "protocol_window_violation"
        by_exception = exception[0] in (counted[0], counted[3])
        return (
            "protocol_window_violation" if overridden == (passed and not by_exception) else "comorbidity_override_miss"
        )

    def counting(self, reasoning: str) -> str:
        """The clause whose limit a note holds the delay against: it stands beside the delay, or beside the limit."""
        sentences = re.split(r"(?<=[.!?]) (?=[A-Z§])", re.sub(r"(?<=\d) \([A-Z][^)]*\)", "", reasoning))
        said = [one for one in sentences if "treatment delay" in one.lower()]
        said += [one for one in sentences if re.search(r"at most|less than", one)]
        return re.search(r"§\d+\.\d+|Amendment \d+", " ".join(said))[0]

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
