"""The reward table, a test a row; what vests when; F1.5 and skill."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.models import COHORT, SynthAuditAction
from synth_audit_env.server.audit import episode as episode_module
from synth_audit_env.server.audit import reward_model as rewards
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.audit.reward_model import Confusion, Evidence, decision_rewards, key_features
from synth_audit_env.server.world.protocol import AGE, CITATION, DATES, DERIVED, ERROR_TYPES, LIMITS, OVERRIDE, WINDOW

STEP, INVALID, DUPLICATE = -0.003, -0.05, -0.04
NO_REASON = "Because."


@pytest.fixture
def find(scenarios):
    """A scenario and a proposal of it: `find("hard", AGE)` is wrong in that way, `find("hard", None)` right."""

    def first(tier, error_type):
        return next(
            (s, p)
            for s in scenarios(tier, 60)
            for p in s.proposals
            if p.error_type == error_type and p.note.patient_id != COHORT
        )

    return first


def act(episode, action_type, **arguments):
    return episode.act(SynthAuditAction(action_type=action_type, **arguments)).reward


def flag(episode, proposal, error_type=None, reason=NO_REASON):
    error_type = error_type or proposal.error_type or AGE
    return act(episode, "flag_error", proposal_id=proposal.note.proposal_id, error_type=error_type, reason=reason)


def explain(episode, proposal, feature):
    """Shapley values of a note that was read."""
    if proposal.note.proposal_id not in episode.reviewed:
        act(episode, "review_proposal", proposal_id=proposal.note.proposal_id)
    asked = {"feature": feature} if feature else {}
    return act(episode, "request_shap", patient_id=proposal.note.patient_id, **asked)


def approve(episode, proposal):
    return act(episode, "approve", proposal_id=proposal.note.proposal_id)


@pytest.fixture
def mixed(scenarios):
    """A scenario with at least two wrong and two right proposals: (scenario, wrong ones, right ones)."""
    for scenario in scenarios("hard", 20):
        wrong = [p for p in scenario.proposals if p.is_wrong]
        right = [p for p in scenario.proposals if not p.is_wrong]
        if len(wrong) > 1 and len(right) > 1:
            return scenario, wrong, right
    raise AssertionError


# Rows of the table


@pytest.mark.parametrize(
    ("tier", "error_type", "looks", "decision", "earned"),
    [
        ("easy", AGE, [], flag, 0.30),
        ("easy", AGE, [], approve, -0.20),
        ("easy", None, [], flag, -0.25),
        ("easy", None, [], approve, 0.0),  # it is paid at the end
        ("medium", DATES, ["temporal_audit"], flag, 0.30 + 0.10),
        ("easy", AGE, ["age"], flag, 0.30 + 0.12),
        ("medium", WINDOW, ["treatment_start"], flag, 0.30 + 0.12),
        ("medium", WINDOW, ["stage"], flag, 0.30 + 0.12),
        ("hard", OVERRIDE, ["comorbidity_index"], flag, 0.30 + 0.12),
        # Only the key feature counts, and only asked by name; everything counts once.
        *[("medium", AGE, [feature], flag, 0.30) for feature in (None, "ecog", "ldh", "treatment_start")],
        ("medium", WINDOW, ["stage", None, "treatment_start", "stage", *["temporal_audit"] * 3], flag, 0.30 + 0.22),
    ],
)
def test_a_decision_earns_its_row_and_the_evidence_before_it(find, tier, error_type, looks, decision, earned):
    """A look-up is a temporal audit, or Shapley values for one field or for all (None)."""
    scenario, proposal = find(tier, error_type)
    episode, patient = Episode(scenario), {"patient_id": proposal.note.patient_id}
    for look in looks:
        if look == "temporal_audit":
            act(episode, look, **patient)
        else:
            explain(episode, proposal, look)
    assert decision(episode, proposal) == pytest.approx(earned + STEP)


@pytest.mark.parametrize("all_of_them", [True, False])
def test_right_approvals_are_paid_at_the_end_and_one_earns_as_much_as_all(mixed, all_of_them):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    assert [flag(episode, one) for one in wrong] == [pytest.approx(0.30 + STEP)] * len(wrong)
    for one in right if all_of_them else right[:1]:
        assert approve(episode, one) == pytest.approx(STEP)
    act(episode, "submit_audit_report", report="")
    assert episode.outcome.skill == 1.0
    assert episode.outcome.reward_breakdown["correct_approval"] == pytest.approx(0.15)


def test_correct_approvals_vest_in_proportion_to_skill(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    for one in wrong:
        flag(episode, one)
    flag(episode, right[0], error_type=AGE)
    for one in right[1:]:
        approve(episode, one)
    act(episode, "submit_audit_report", report="")
    assert 0 < episode.outcome.skill < 1
    paid = episode.outcome.reward_breakdown["correct_approval"]
    assert paid == pytest.approx(0.15 * episode.outcome.skill, abs=0.0005)


def test_correct_approvals_lapse_where_flagging_all_would_have_done_as_well(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    for proposal in (*right, *wrong):
        approve(episode, proposal)
    act(episode, "submit_audit_report", report="")
    assert episode.outcome.skill <= 0
    assert "correct_approval" not in episode.outcome.reward_breakdown
    assert episode.outcome.return_ == pytest.approx(-0.20 * len(wrong) + STEP * (len(scenario.proposals) + 1))


def clean_episode(scenarios):
    return next(s for s in scenarios("easy", 60) if not any(p.is_wrong for p in s.proposals))


def test_correct_approvals_where_nothing_was_wrong_vest_with_the_share_approved(scenarios):
    scenario = clean_episode(scenarios)
    episode = Episode(scenario)
    first, *others = scenario.proposals
    flag(episode, first, error_type=AGE)
    assert [approve(episode, one) for one in others] == [pytest.approx(STEP)] * len(others)
    act(episode, "submit_audit_report", report="")
    share = len(others) / len(scenario.proposals)
    assert episode.outcome.reward_breakdown["correct_approval"] == pytest.approx(0.15 * share, abs=0.0006)


def test_a_clean_episode_in_which_nothing_was_decided_is_worth_nothing(scenarios):
    scenario = clean_episode(scenarios)
    episode = Episode(scenario)
    for proposal in scenario.proposals:
        act(episode, "investigate_patient", patient_id=proposal.note.patient_id)
    act(episode, "submit_audit_report", report=f"No error: {', '.join(scenario.proposal)}.")
    assert (episode.outcome.score, episode.outcome.skill, episode.outcome.f_beta) == (0.0, 0.0, 0.0)
    assert episode.outcome.false_positive_rate == 0.0
    assert set(episode.ledger) == {"step"}


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
@pytest.mark.parametrize("ending", ["report", "budget"])
def test_an_error_that_is_left_undecided_costs_what_approving_it_costs(mixed, settlement, ending):
    scenario, wrong, right = mixed
    episode = Episode(scenario, settlement)
    approve(episode, right[0])
    while not episode.over:
        if ending == "report":
            act(episode, "submit_audit_report", report="")
        else:
            act(episode, "cohort_analysis", feature="arm")
    paid, left = episode.outcome.reward_breakdown, len(scenario.proposals) - 1
    assert paid["wrong_undecided"] == pytest.approx(-0.20 * len(wrong))
    assert paid["step"] == pytest.approx(STEP * (episode.steps + left))
    assert "wrong_approval" not in paid
    assert episode.outcome.return_ == pytest.approx(sum(paid.values()))


@pytest.mark.parametrize("tier", ["easy", "medium", "hard", "expert"])
def test_silence_is_never_worth_more_than_approving_everything(scenarios, tier):
    for scenario in scenarios(tier, 20):
        silent, trusting = Episode(scenario), Episode(scenario)
        for proposal in scenario.proposals:
            approve(trusting, proposal)
        for episode in (silent, trusting):
            act(episode, "submit_audit_report", report="")
        assert silent.outcome.return_ <= trusting.outcome.return_
        assert silent.outcome.score <= trusting.outcome.score
        assert silent.outcome.skill <= trusting.outcome.skill


def test_evidence_is_paid_while_right_flags_outnumber_false_alarms(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    for one in wrong[:2]:
        act(episode, "temporal_audit", patient_id=one.note.patient_id)
    assert flag(episode, right[0], error_type=AGE) == pytest.approx(-0.25 + STEP)
    assert flag(episode, wrong[0]) == pytest.approx(0.30 + STEP)  # 1 right, 1 false
    assert flag(episode, wrong[1]) == pytest.approx(0.30 + 2 * 0.10 + STEP)  # 2 right, 1 false: what waited is due


def test_evidence_that_false_alarms_hold_up_is_lost(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    act(episode, "temporal_audit", patient_id=wrong[0].note.patient_id)
    for one in right[:1]:
        flag(episode, one, error_type=AGE)
    flag(episode, wrong[0])
    act(episode, "submit_audit_report", report="")
    assert "temporal_evidence" not in episode.outcome.reward_breakdown


def test_shap_on_the_dates_that_a_limit_is_about(find):
    scenario, wrong = find("medium", DATES)
    fields = DERIVED[LIMITS[wrong.brief.argument.parameter].quantity]
    for field, bonus in (*((field, 0.12) for field in fields), ("age", 0.0)):
        episode = Episode(scenario)
        explain(episode, wrong, field)
        assert flag(episode, wrong) == pytest.approx(0.30 + bonus + STEP)


def test_a_reason_that_explains(find):
    scenario, wrong = find("easy", AGE)
    (finding,) = wrong.judgement.findings
    word = "above" if finding.observed > finding.limit else "below"
    reason = f"The age of {finding.observed:g} is {word} the limit of {finding.limit:g} years."
    reason += f" The Actor {wrong.flaw}."
    assert flag(Episode(scenario), wrong, reason=reason) == pytest.approx(0.30 + 0.05 + STEP)
    assert flag(Episode(scenario), wrong, reason="The age is not within the limits.") == pytest.approx(0.30 + STEP)


def finish(scenario, *, report="", investigate=0.0, undecided=0, mistakes=0):
    """Decide all but some proposals rightly, but for some mistakes; give the breakdown by event."""
    episode = Episode(scenario)
    subjects = [p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT]
    for patient_id in subjects[: round(investigate * len(subjects))]:
        act(episode, "investigate_patient", patient_id=patient_id)
    for position, p in enumerate(scenario.proposals[undecided:]):
        if p.is_wrong != (position < mistakes):
            flag(episode, p)
        else:
            approve(episode, p)
    act(episode, "submit_audit_report", report=report)
    return episode.outcome.reward_breakdown


@pytest.mark.parametrize("quality", [0.0, 0.08, 0.093, 0.1])
def test_report_quality(monkeypatch, find, quality):
    monkeypatch.setattr(episode_module, "report_quality", lambda scenario, decisions, report: quality)
    scenario, _ = find("easy", AGE)
    assert finish(scenario).get("report", 0.0) == quality
    assert "report" not in finish(scenario, undecided=1)


def test_a_report_that_names_every_error(find):
    scenario, _ = find("easy", AGE)
    report = "\n".join(f"{p.note.proposal_id}: {p.error_type}" for p in scenario.proposals if p.is_wrong)
    assert finish(scenario, report=report)["report"] == 0.10
    assert "report" not in finish(scenario, report="All is well.")


def test_all_proposals_decided(find):
    scenario, _ = find("medium", AGE)
    assert finish(scenario)["all_decided"] == 0.10
    assert "all_decided" not in finish(scenario, undecided=1)


def test_half_of_the_patients_investigated(scenarios):
    for scenario in scenarios("medium", 4):
        count = len(scenario.proposals)
        assert finish(scenario, investigate=1.0)["half_investigated"] == 0.06
        assert finish(scenario, investigate=-(-count // 2) / count)["half_investigated"] == 0.06
        assert "half_investigated" not in finish(scenario, investigate=(-(-count // 2) - 1) / count)


def test_patients_of_no_proposal_do_not_count_as_investigated(scenarios):
    scenario = scenarios("easy", 1)[0]
    subjects = {p.note.patient_id for p in scenario.proposals}
    episode = Episode(scenario)
    for patient in [p.patient_id for p in scenario.patients if p.patient_id not in subjects][:20]:
        act(episode, "investigate_patient", patient_id=patient)
    for p in scenario.proposals:
        flag(episode, p) if p.is_wrong else approve(episode, p)
    act(episode, "submit_audit_report", report="")
    assert "half_investigated" not in episode.outcome.reward_breakdown


def test_the_bonuses_of_an_episode_need_more_skill_than_a_blind_policy(find):
    scenario, _ = find("easy", AGE)
    earned = finish(scenario, investigate=1.0, mistakes=len(scenario.proposals))
    assert not {"all_decided", "half_investigated", "report"} & set(earned)


def test_flagging_everything_earns_no_bonus_of_the_episode(scenarios):
    """Its skill is exactly 0."""
    for scenario in scenarios("medium", 10):
        episode = Episode(scenario)
        for p in scenario.proposals:
            act(episode, "investigate_patient", patient_id=p.note.patient_id)
            flag(episode, p)
        named = "\n".join(f"{p.note.proposal_id}: {p.error_type}" for p in scenario.proposals if p.is_wrong)
        act(episode, "submit_audit_report", report=named)
        assert episode.outcome.skill == 0.0
        assert not {"all_decided", "half_investigated", "report"} & set(episode.outcome.reward_breakdown)


def test_an_invalid_action(find):
    scenario, _ = find("easy", AGE)
    assert act(Episode(scenario), "approve", proposal_id="PROP-999") == pytest.approx(INVALID + STEP)


def test_a_duplicate_action(find):
    scenario, right = find("easy", None)
    episode = Episode(scenario)
    act(episode, "review_proposal", proposal_id="PROP-001")
    assert act(episode, "review_proposal", proposal_id="PROP-001") == pytest.approx(DUPLICATE + STEP)
    approve(episode, right)
    assert approve(episode, right) == pytest.approx(DUPLICATE + STEP)
    assert flag(episode, right) == pytest.approx(DUPLICATE + STEP)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("review_proposal", {"proposal_id": "PROP-001"}),
        ("investigate_patient", {"patient_id": "P0001"}),
        ("temporal_audit", {"patient_id": "P0001"}),
        ("cohort_analysis", {"feature": "arm"}),
    ],
)
def test_every_step_costs(scenarios, tool, arguments):
    assert act(Episode(scenarios("easy", 1)[0]), tool, **arguments) == STEP


def test_the_published_amounts():
    assert dict(rewards.REWARDS) == {
        "correct_flag": 300,
        "correct_approval": 150,
        "shap_evidence": 120,
        "temporal_evidence": 100,
        "reason": 50,
        "all_decided": 100,
        "half_investigated": 60,
        "false_positive": -250,
        "wrong_approval": -200,
        "wrong_undecided": -200,
        "invalid_action": -50,
        "duplicate_action": -40,
        "step": -3,
    }


# Vesting


def everything(scenario, proposal):
    """All the evidence on a patient that there is."""
    evidence = Evidence()
    patient = proposal.note.patient_id
    evidence.investigated.add(patient)
    evidence.timelines.add(patient)
    record = scenario.patient.get(patient)
    fields = record.__dataclass_fields__ if record else ("age",)
    evidence.attributed |= {(patient, name) for name in fields}
    return evidence


@pytest.mark.parametrize("tier", ["easy", "medium", "hard", "expert"])
def test_evidence_pays_only_with_a_right_flag_on_a_wrong_proposal(scenarios, tier):
    for scenario in scenarios(tier, 20):
        for p in scenario.proposals:
            evidence = everything(scenario, p)
            for error_type in ERROR_TYPES:
                earned = decision_rewards(p, "flagged", error_type, evidence, reason_holds=True)
                if not p.is_wrong:
                    assert earned == {"false_positive": -250}
                elif error_type != p.error_type:
                    assert earned == {}
                else:
                    assert earned.pop("correct_flag") == 300
                    assert earned.pop("temporal_evidence") == 100
                    assert earned.pop("reason") == 50
                    assert earned == ({"shap_evidence": 120} if key_features(p) else {})
            expected = {"wrong_approval": -200} if p.is_wrong else {"correct_approval": 150}
            assert decision_rewards(p, "approved", None, evidence, reason_holds=True) == expected


def test_evidence_after_the_decision_pays_nothing(find):
    scenario, wrong = find("medium", DATES)
    patient = wrong.note.patient_id
    episode = Episode(scenario)
    assert flag(episode, wrong) == pytest.approx(0.30 + STEP)
    assert act(episode, "temporal_audit", patient_id=patient) == STEP
    assert explain(episode, wrong, "treatment_start") == STEP
    assert act(episode, "investigate_patient", patient_id=patient) == STEP
    assert flag(episode, wrong) == pytest.approx(DUPLICATE + STEP)
    assert set(episode.ledger) == {"correct_flag", "duplicate_action", "step"}


def test_evidence_on_another_patient_pays_nothing(find):
    scenario, wrong = find("medium", WINDOW)
    episode = Episode(scenario)
    for p in scenario.proposals:
        if p is not wrong:
            explain(episode, p, "treatment_start")
            act(episode, "temporal_audit", patient_id=p.note.patient_id)
    assert flag(episode, wrong) == pytest.approx(0.30 + STEP)


def test_what_rests_on_no_record_has_no_key_feature(find):
    assert key_features(find("expert", CITATION)[1]) == frozenset()
    assert key_features(find("expert", None)[1]) == frozenset()


# Score and skill


counts = st.tuples(*(st.integers(0, 8) for _ in range(5))).filter(lambda c: sum(c) > 0)
"""Of the right ones that are undecided too."""


@given(counts)
def test_f_beta_is_van_rijsbergens(count):
    tp, fp, fn, _, _ = count
    confusion = Confusion(*count)
    assert 0.0 <= confusion.f_beta <= 1.0
    if not tp + fp + fn:
        assert confusion.f_beta == confusion.score
    elif not tp:
        assert confusion.f_beta == 0.0
    else:
        precision, recall = Fraction(tp, tp + fp), Fraction(tp, tp + fn)
        expected = (1 + Fraction(9, 4)) * precision * recall / (Fraction(9, 4) * precision + recall)
        assert confusion.f_beta == pytest.approx(float(expected))


@given(counts)
def test_skill_is_0_for_flag_all_1_for_perfect_and_never_below_minus_1(count):
    tp, fp, fn, tn, undecided = count
    wrong, right = tp + fn, fp + tn + undecided
    assert -1.0 <= Confusion(*count).skill <= 1.0
    assert Confusion(wrong, right, 0, 0).skill == 0.0
    if right:
        assert Confusion(wrong, 0, 0, right).skill == 1.0
        assert Confusion(wrong, 0, 0, right).score == 1.0


@given(counts.filter(lambda c: c[0] + c[2] > 0 and c[1] + c[3] + c[4] > 0))
def test_skill_rises_with_the_score(count):
    tp, fp, fn, tn, undecided = count
    blind = Confusion(tp + fn, fp + tn + undecided, 0, 0).f_beta
    confusion = Confusion(*count)
    assert confusion.skill == pytest.approx(max(-1.0, (confusion.f_beta - blind) / (1 - blind)))


@given(counts)
def test_what_is_undecided_is_never_right(count):
    tp, fp, fn, tn, undecided = count
    approved = Confusion(tp, fp, fn, tn + undecided)
    for figure in ("score", "skill", "f_beta"):
        assert getattr(Confusion(*count), figure) <= getattr(approved, figure)
    assert Confusion(*count).false_positive_rate == approved.false_positive_rate


def test_an_episode_without_errors_scores_the_share_approved():
    assert Confusion(0, 0, 0, 6).score == 1.0
    assert Confusion(0, 0, 0, 0, 6).score == Confusion(0, 0, 0, 0, 6).skill == Confusion(0, 0, 0, 0, 6).f_beta == 0.0
    assert Confusion(0, 0, 0, 3, 3).score == Confusion(0, 0, 0, 3, 3).f_beta == 0.5
    assert Confusion(0, 2, 0, 3, 3).score == 0.375
    assert Confusion(0, 2, 0, 6).score == 0.75
    assert Confusion(0, 8, 0, 0).score == 0.0
    assert Confusion(0, 2, 0, 6).skill == 0.75
    assert Confusion(0, 2, 0, 6).recall is None
    assert Confusion(0, 0, 0, 6).precision is None


def test_rates():
    confusion = Confusion(3, 1, 2, 4)
    assert confusion.recall == 0.6
    assert confusion.precision == 0.75
    assert confusion.false_positive_rate == 0.2
    assert Confusion(3, 1, 2, 2, 2).false_positive_rate == 0.2
    assert Confusion(3, 0, 0, 0).false_positive_rate is None
    assert confusion.f_beta == pytest.approx(3.25 * 3 / (3.25 * 3 + 2.25 * 2 + 1))


def test_flag_all_earns_what_the_design_says_at_30_percent():
    assert Confusion(3, 7, 0, 0).f_beta == pytest.approx(0.58, abs=0.005)


def test_decisions_are_counted_against_the_truth(scenarios):
    scenario = scenarios("hard", 1)[0]
    nothing = rewards.confusion(scenario.proposals, {})
    approved = rewards.confusion(scenario.proposals, {p.note.proposal_id: "approved" for p in scenario.proposals})
    wrong = sum(p.is_wrong for p in scenario.proposals)
    assert nothing == Confusion(0, 0, wrong, 0, len(scenario.proposals) - wrong)
    assert approved == Confusion(0, 0, wrong, len(scenario.proposals) - wrong)
    flags = rewards.confusion(scenario.proposals, {p.note.proposal_id: "flagged" for p in scenario.proposals})
    assert flags.false_negatives == flags.true_negatives == 0
    assert flags.skill == 0.0
