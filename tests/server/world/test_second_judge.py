"""The text of a protocol says what the protocol judges: a second judge reads it and agrees, case by case."""

import pytest

from synth_audit_env.server.world.grammar import frontier_setting
from synth_audit_env.server.world.protocol import COMPLIANT, QUESTIONS, SITE_CAP
from synth_audit_env.server.world.protocol_text import protocol_text
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, TIERS
from synth_audit_env.tests.server.world import second_judge

OF_ALL_TIERS = [question for question in QUESTIONS if question not in ("dose", SITE_CAP)]
LEVELS = ("frontier-1", "frontier-3", "frontier-10")


def judged(scenario, record, question):
    """Whether a record keeps to the rules that answer a question, on which the two judges agree."""
    is_so = scenario.trial.at(record.site).protocol.asked(question).judge(record).verdict == COMPLIANT
    rules, seen = second_judge.read(scenario.protocol_text, record.site), second_judge.as_seen(scenario, record)
    assert second_judge.complies(rules, question, seen) == is_so, (scenario.seed, question, record)
    return is_so


@pytest.mark.parametrize("tier", [*TIERS, *LEVELS])
@pytest.mark.parametrize("cases", [125, pytest.param(2500, marks=pytest.mark.slow)])
def test_a_second_judge_agrees_on_every_determination(tier, cases):
    verdicts, seed = [], 20_000
    while len(verdicts) < cases:
        scenario, seed = build_scenario(ALL_TIERS[tier], seed, "train"), seed + 1
        for proposal in scenario.proposals:
            if proposal.brief.argument is not None:
                record = scenario.patient[proposal.note.patient_id]
                verdicts.append(judged(scenario, record, proposal.brief.argument.question))
                assert verdicts[-1] == ((proposal.note.verdict == COMPLIANT) != proposal.is_wrong)
    assert 0.2 < sum(verdicts) / len(verdicts) < 0.9


@pytest.mark.parametrize(
    ("tier", "seeds", "every"), [*((tier, 4, 1) for tier in ("medium", "hard", "expert")), *((t, 1, 4) for t in LEVELS)]
)
def test_a_second_judge_agrees_on_every_patient_and_question(scenarios, tier, seeds, every):
    for scenario in scenarios(tier, seeds):
        for record in scenario.patients[::every]:
            for question in QUESTIONS if tier in LEVELS else OF_ALL_TIERS:
                judged(scenario, record, question)


def test_a_second_judge_agrees_on_those_who_joined_between_two_days():
    """Consent before an amendment and enrolment after it, or enrolment between its issue and its approval."""
    setting, by_consent, by_approval = frontier_setting(2, 25, 0, 0, 0), 0, 0
    for seed in range(4):
        scenario = build_scenario(ALL_TIERS["frontier-1"], seed, "train", setting=setting)
        for record in scenario.patients:
            here, enrolled = scenario.trial.at(record.site).protocol.clauses, record.enrolment_date
            by_consent += sum(c.by_consent and record.consent_date < c.in_force <= enrolled for c in here)
            by_approval += sum(c.issued is not None and c.issued <= enrolled < c.in_force for c in here)
            for question in QUESTIONS:
                judged(scenario, record, question)
    assert by_consent > 20
    assert by_approval > 100


def test_a_judge_that_reads_no_annex_is_found_out(scenarios):
    """Many a patient of an annexed site is judged otherwise by the sections for everybody."""
    differing = []
    for scenario in scenarios("frontier-6", 4):
        rules = second_judge.read(scenario.protocol_text, None)
        for record in scenario.patients:
            seen = second_judge.as_seen(scenario, record)
            if second_judge.complies(rules, "age", seen) != judged(scenario, record, "age"):
                assert record.site in scenario.trial.own_sites
                differing.append(record.site in scenario.trial.annexes)
    assert sum(differing) >= 40


def test_a_second_judge_agrees_on_a_cascade_of_amendments(trial, patient):
    rules = second_judge.read(protocol_text(trial), patient().site)
    late = patient(
        stage="IV", comorbidity_index=5, delay=36, enrolment_date=trial.protocol.clause("Amendment 4").in_force
    )
    assert second_judge.limit(rules, "window", late) == trial.protocol.judge(late).parameters["window_days"] == 36
