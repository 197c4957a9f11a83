"""The text of a protocol says what the protocol judges: a second judge reads it and agrees, case by case."""

import pytest

from synth_audit_env.server.world.protocol import COMPLIANT, QUESTIONS
from synth_audit_env.server.world.protocol_text import protocol_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.server.world import second_judge


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("cases", [125, pytest.param(2500, marks=pytest.mark.slow)])
def test_a_second_judge_agrees_on_every_determination(tier, cases):
    verdicts, seed = [], 20_000
    while len(verdicts) < cases:
        scenario, seed = build_scenario(TIERS[tier], seed, "train"), seed + 1
        rules = second_judge.read(scenario.protocol_text)
        for proposal in scenario.proposals:
            if proposal.brief.argument is None:
                continue
            question, record = proposal.brief.argument.question, scenario.patient[proposal.note.patient_id]
            judged = scenario.trial.protocol.asked(question).judge(record).verdict == COMPLIANT
            assert second_judge.complies(rules, question, record) == judged, (seed - 1, proposal.note)
            verdicts.append(judged)
    assert 0.2 < sum(verdicts) / len(verdicts) < 0.9


@pytest.mark.parametrize("tier", ["medium", "hard", "expert"])
def test_a_second_judge_agrees_on_every_patient_and_question(tier):
    for seed in range(4):
        scenario = build_scenario(TIERS[tier], seed, "train")
        rules = second_judge.read(scenario.protocol_text)
        for record in scenario.patients:
            for question in QUESTIONS:
                judged = scenario.trial.protocol.asked(question).judge(record).verdict == COMPLIANT
                assert second_judge.complies(rules, question, record) == judged, (seed, question, record)


def test_a_second_judge_agrees_on_a_cascade_of_amendments(trial, patient):
    rules = second_judge.read(protocol_text(trial))
    late = patient(
        stage="IV", comorbidity_index=5, delay=36, enrolment_date=trial.protocol.clause("Amendment 4").in_force
    )
    assert second_judge.limit(rules, "window", late) == trial.protocol.judge(late).parameters["window_days"] == 36
