"""The text of a protocol says what the protocol judges: a second judge reads it and agrees, case by case."""

import pytest

from synth_audit_env.server.world.protocol import COMPLIANT, QUESTIONS, SITE_CAP
from synth_audit_env.server.world.protocol_text import protocol_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, TIERS
from synth_audit_env.tests.server.world import second_judge

OF_ALL_TIERS = [question for question in QUESTIONS if question not in ("dose", SITE_CAP)]
LEVELS = ("frontier-1", "frontier-3", "frontier-10")


@pytest.mark.parametrize("tier", [*TIERS, *LEVELS])
@pytest.mark.parametrize("cases", [125, pytest.param(2500, marks=pytest.mark.slow)])
def test_a_second_judge_agrees_on_every_determination(tier, cases):
    verdicts, seed = [], 20_000
    while len(verdicts) < cases:
        scenario, seed = build_scenario(ALL_TIERS[tier], seed, "train"), seed + 1
        for proposal in scenario.proposals:
            if proposal.brief.argument is None:
                continue
            question, record = proposal.brief.argument.question, scenario.patient[proposal.note.patient_id]
            rules = second_judge.read(scenario.protocol_text, record.site)
            judged = proposal.trial.protocol.asked(question).judge(record).verdict == COMPLIANT
            assert second_judge.complies(rules, question, second_judge.as_seen(scenario, record)) == judged, (
                seed - 1,
                proposal.note,
            )
            assert judged == ((proposal.note.verdict == COMPLIANT) != proposal.is_wrong)
            verdicts.append(judged)
    assert 0.2 < sum(verdicts) / len(verdicts) < 0.9


@pytest.mark.parametrize(
    ("tier", "seeds", "every"), [*((tier, 4, 1) for tier in ("medium", "hard", "expert")), *((t, 1, 4) for t in LEVELS)]
)
def test_a_second_judge_agrees_on_every_patient_and_question(tier, seeds, every):
    for seed in range(seeds):
        scenario = build_scenario(ALL_TIERS[tier], seed, "train")
        for record in scenario.patients[::every]:
            rules = second_judge.read(scenario.protocol_text, record.site)
            for question in QUESTIONS if tier in LEVELS else OF_ALL_TIERS:
                judged = scenario.trial.at(record.site).protocol.asked(question).judge(record).verdict == COMPLIANT
                assert second_judge.complies(rules, question, second_judge.as_seen(scenario, record)) == judged, (
                    seed,
                    question,
                    record,
                )


def test_a_judge_that_reads_no_annex_is_found_out():
    """Many a patient of an annexed site is judged otherwise by the sections for everybody."""
    differing = []
    for scenario in (build_scenario(ALL_TIERS["frontier-6"], seed, "train") for seed in range(4)):
        rules = second_judge.read(scenario.protocol_text, None)
        for record in scenario.patients:
            judged = scenario.trial.at(record.site).protocol.asked("age").judge(record).verdict == COMPLIANT
            if second_judge.complies(rules, "age", second_judge.as_seen(scenario, record)) != judged:
                assert record.site in scenario.trial.own_sites
                differing.append(record.site in scenario.trial.annexes)
    assert sum(differing) >= 40


def test_a_second_judge_agrees_on_a_cascade_of_amendments(trial, patient):
    rules = second_judge.read(protocol_text(trial), patient().site)
    late = patient(
        stage="IV", comorbidity_index=5, delay=36, enrolment_date=trial.protocol.clause("Amendment 4").in_force
    )
    assert second_judge.limit(rules, "window", late) == trial.protocol.judge(late).parameters["window_days"] == 36
