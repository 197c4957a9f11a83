"""The auditor's own judgement against the protocol's: two programs that share no code."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.case_rules import Limit, facts_of, judge, judge_facts
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.server.audit import tools
from synth_audit_env.server.world.protocol import LIMITS, QUESTIONS, Finding
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, TIERS

CASES = 2000


def _of(finding: Finding) -> tuple[object, ...]:
    return finding.quantity, finding.observed, finding.limit


def _of_limit(limit: Limit) -> tuple[object, ...]:
    return limit.quantity, limit.observed, limit.value


def test_answers_drawn_questions_as_the_protocol_does() -> None:
    """Each proposal's patient is asked every question: in most of them some value lies near a limit that counts."""
    judged, seed = 0, 0
    while judged < CASES:
        scenario = build_scenario(TIERS[list(TIERS)[seed % len(TIERS)]], seed, "test")
        read = read_protocol(scenario.protocol_text)
        for proposal in scenario.proposals:
            patient = scenario.patient.get(proposal.note.patient_id)
            if patient is None:
                continue
            record = tools.investigate_patient(scenario, patient.patient_id)[1].model
            for question, parameters in QUESTIONS.items():
                ruling = judge(read.asked(LIMITS[parameters[0]].quantity), record)
                truth = scenario.trial.protocol.asked(question).judge(patient)
                assert ruling.verdict == truth.verdict, (seed, question, patient)
                assert list(map(_of_limit, ruling.findings)) == list(map(_of, truth.findings)), (seed, question)
                judged += 1
        seed += 1


@pytest.mark.parametrize("level", ["frontier-3", "frontier-6"])
def test_judges_records_of_the_frontier_as_what_holds_at_their_site_does(level: str) -> None:
    """Some of whose amendments count by consent or from an approval, and some clauses by the order of enrolment."""
    between = ordered = 0
    for seed in range(3):
        scenario = build_scenario(ALL_TIERS[level], seed, "train")
        read = read_protocol(scenario.protocol_text)
        for patient in scenario.patients:
            record = tools.investigate_patient(scenario, patient.patient_id)[1].model
            protocol = scenario.trial.at(patient.site).protocol
            truth = protocol.judge(patient)
            timeline = tools.temporal_audit(scenario, patient.patient_id)[1].model
            own = read.at(patient.site)
            ruling = judge_facts(own, facts_of(record, own, timeline))
            ordered += ruling != judge(own, record)
            found, expected = set(map(_of_limit, ruling.findings)), set(map(_of, truth.findings))
            assert found == expected, (seed, patient)
            amendments = [clause for clause in protocol.clauses if clause.by_consent]
            between += any(patient.consent_date < one.in_force <= patient.enrolment_date for one in amendments)
    assert between > 0 < ordered
