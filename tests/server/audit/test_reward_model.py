"""The reward table; what vests when; F1.5 and skill.

What refusals, repetitions and steps cost is in `test_episode.py`. That each action of any audit brings what is due to
it, and no evidence of another patient or after the decision, is in `properties/test_referee.py`.
"""

from copy import deepcopy
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
from synth_audit_env.server.world.tasks import TIERS

STEP = -0.003


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


def flag(episode, proposal, error_type=None, **claim):
    given = {"error_type": error_type or proposal.error_type or AGE, "reason": "Because.", **claim}
    return act(episode, "flag_error", proposal_id=proposal.note.proposal_id, **given)


def explain(episode, proposal, feature):
    """Shapley values of a note that was read."""
    if proposal.note.proposal_id not in episode.reviewed:
        act(episode, "review_proposal", proposal_id=proposal.note.proposal_id)
    asked = {"feature": feature} if feature else {}
    return act(episode, "request_shap", patient_id=proposal.note.patient_id, **asked)


def approve(episode, proposal):
    return act(episode, "approve", proposal_id=proposal.note.proposal_id)


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


def audit(scenario, *, flags=(), approvals=(), investigated=(), report=""):
    """The outcome of these flags and then these approvals, after these patients were looked at."""
    episode = Episode(scenario)
    for patient_id in investigated:
        act(episode, "investigate_patient", patient_id=patient_id)
    for proposal in flags:
        flag(episode, proposal)
    for proposal in approvals:
        approve(episode, proposal)
    act(episode, "submit_audit_report", report=report)
    return episode.outcome


def sides(scenario):
    """The wrong and the right proposals."""
    return [p for p in scenario.proposals if p.is_wrong], [p for p in scenario.proposals if not p.is_wrong]


def subjects(scenario):
    return [p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT]


def true_report(scenario):
    return "\n".join(f"{p.note.proposal_id}: {p.error_type}" for p in scenario.proposals if p.is_wrong)


@pytest.fixture
def mixed(scenarios):
    """A scenario with at least two wrong and two right proposals: (scenario, wrong ones, right ones)."""
    return next((s, *sides(s)) for s in scenarios("hard", 20) if min(map(len, sides(s))) > 1)


@pytest.fixture
def clean(scenarios):
    """A scenario in which nothing is wrong."""
    return next(s for s in scenarios("easy", 60) if not sides(s)[0])


# Approvals


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
    outcome = audit(scenario, flags=[*wrong, right[0]], approvals=right[1:])
    assert 0 < outcome.skill < 1
    assert outcome.reward_breakdown["correct_approval"] == pytest.approx(0.15 * outcome.skill, abs=0.0005)


def test_correct_approvals_lapse_where_flagging_all_would_have_done_as_well(mixed):
    scenario, wrong, right = mixed
    outcome = audit(scenario, approvals=[*right, *wrong])
    assert outcome.skill <= 0
    assert "correct_approval" not in outcome.reward_breakdown
    assert outcome.return_ == pytest.approx(-0.20 * len(wrong) + STEP * (len(scenario.proposals) + 1))


def test_correct_approvals_where_nothing_was_wrong_vest_with_the_share_approved(clean):
    first, *others = clean.proposals
    paid = audit(clean, flags=[first], approvals=others).reward_breakdown["correct_approval"]
    assert paid == pytest.approx(0.15 * len(others) / len(clean.proposals), abs=0.0006)


def test_a_clean_episode_in_which_nothing_was_decided_is_worth_nothing(clean):
    report = f"No error: {', '.join(clean.proposal)}."
    outcome = audit(clean, investigated=subjects(clean), report=report)
    assert (outcome.score, outcome.skill, outcome.f_beta, outcome.false_positive_rate) == (0.0, 0.0, 0.0, 0.0)
    assert set(outcome.reward_breakdown) == {"step"}


@pytest.mark.parametrize("tier", TIERS)
def test_silence_is_never_worth_more_than_approving_everything(scenarios, tier):
    for scenario in scenarios(tier, 20):
        silent, trusting = audit(scenario), audit(scenario, approvals=scenario.proposals)
        for figure in ("return_", "score", "skill"):
            assert getattr(silent, figure) <= getattr(trusting, figure)


# Evidence


def test_evidence_is_paid_while_right_flags_outnumber_false_alarms(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    for one in wrong[:2]:
        act(episode, "temporal_audit", patient_id=one.note.patient_id)
    assert flag(episode, right[0]) == pytest.approx(-0.25 + STEP)
    assert flag(episode, wrong[0]) == pytest.approx(0.30 + STEP)  # 1 right, 1 false
    lost = deepcopy(episode)
    assert flag(episode, wrong[1]) == pytest.approx(0.30 + 2 * 0.10 + STEP)  # 2 right, 1 false: what waited is due
    act(lost, "submit_audit_report", report="")
    assert "temporal_evidence" not in lost.outcome.reward_breakdown


def test_shap_on_the_dates_that_a_limit_is_about(find):
    scenario, wrong = find("medium", DATES)
    fields = DERIVED[LIMITS[wrong.brief.argument.parameter].quantity]
    for field, bonus in (*((field, 0.12) for field in fields), ("age", 0.0)):
        episode = Episode(scenario)
        explain(episode, wrong, field)
        assert flag(episode, wrong) == pytest.approx(0.30 + bonus + STEP)


# Claims


def claimed(proposal, should_be=True, fault=None):
    """The first true claim, with its number, with another one, or of another fault."""
    true = proposal.faults[0]
    number = {"should_be": true.numbers[0] if should_be else "999"} if true.numbers else {}
    return {"fault": fault or true.fault, "where": true.places[0], **number}


def test_a_claim_on_a_flag_is_paid_with_the_flag(find):
    scenario, wrong = find("easy", AGE)
    assert wrong.faults[0].numbers
    for claim, paid in (
        (claimed(wrong), 0.05),
        (claimed(wrong, should_be=False), 0.03),
        (claimed(wrong, fault="figure_misstated"), -0.05),
    ):
        assert flag(Episode(scenario), wrong, **claim) == pytest.approx(0.30 + paid + STEP)


def test_right_claims_of_flags_vest_and_false_ones_do_not_wait(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    assert flag(episode, right[0], **claimed(wrong[0], fault="figure_misstated")) == pytest.approx(-0.25 - 0.05 + STEP)
    assert flag(episode, wrong[0], **claimed(wrong[0])) == pytest.approx(0.30 + STEP)  # 1 right, 1 false
    assert flag(episode, wrong[1], **claimed(wrong[1])) == pytest.approx(0.30 + 2 * 0.05 + STEP)


def test_claims_of_approvals_are_settled_at_the_end_in_proportion_to_skill(mixed):
    scenario, wrong, right = mixed
    lucky = [p for p in right if p.faults]
    sound = [p for p in right if not p.faults]
    assert lucky
    assert sound
    for mistakes in (0, 1):
        episode = Episode(scenario)
        for p in wrong[mistakes:]:
            flag(episode, p)
        for p in (*right, *wrong[:mistakes]):
            claim = claimed(p) if p in lucky else claimed(lucky[0]) if p == sound[0] else {}
            cost = -0.2 if p.is_wrong else 0.0
            assert act(episode, "approve", proposal_id=p.note.proposal_id, **claim) == pytest.approx(cost + STEP)
        act(episode, "submit_audit_report", report="")
        paid, skill = episode.outcome.reward_breakdown, episode.outcome.skill
        assert paid["fault_claim"] == pytest.approx(0.05 * len(lucky) * skill, abs=0.0006)
        assert paid["false_claim"] == -0.05


def test_claims_of_decisions_that_are_worth_nothing_earn_nothing(mixed):
    scenario, wrong, right = mixed
    episode = Episode(scenario)
    for p in scenario.proposals:
        act(episode, "approve", proposal_id=p.note.proposal_id, **(claimed(p) if p.faults else claimed(wrong[0])))
    act(episode, "submit_audit_report", report="")
    assert "fault_claim" not in episode.outcome.reward_breakdown
    assert episode.outcome.reward_breakdown["false_claim"] == pytest.approx(-0.05 * sum(not p.faults for p in right))


# Bonuses of the episode


def finish(scenario, *, undecided=0, **more):
    """The breakdown by event where all but the first so many are decided rightly."""
    decided = scenario.proposals[undecided:]
    flags, approvals = ([p for p in decided if p.is_wrong is wrong] for wrong in (True, False))
    return audit(scenario, flags=flags, approvals=approvals, **more).reward_breakdown


@pytest.mark.parametrize("quality", [0.0, 0.08, 0.093, 0.1])
def test_report_quality(monkeypatch, find, quality):
    monkeypatch.setattr(episode_module, "report_quality", lambda scenario, decisions, report: quality)
    scenario, _ = find("easy", AGE)
    assert finish(scenario).get("report", 0.0) == quality
    assert "report" not in finish(scenario, undecided=1)


def test_a_report_that_names_every_error_and_all_proposals_decided(find):
    scenario, _ = find("medium", AGE)
    assert finish(scenario, report=true_report(scenario))["report"] == 0.10
    assert "report" not in finish(scenario, report="All is well.")
    assert finish(scenario)["all_decided"] == 0.10
    assert "all_decided" not in finish(scenario, undecided=1)


def test_half_of_the_patients_investigated(scenarios):
    """Of those that proposals are about."""
    for scenario in scenarios("medium", 4):
        own = subjects(scenario)
        half = -(-len(own) // 2)
        others = [p.patient_id for p in scenario.patients if p.patient_id not in own]
        for looked, paid in ((own, 0.06), (own[:half], 0.06), (own[: half - 1], None), (others[:20], None)):
            assert finish(scenario, investigated=looked).get("half_investigated") == paid


def test_the_bonuses_of_an_episode_need_more_skill_than_a_blind_policy(scenarios):
    """Flagging everything has a skill of exactly 0; to decide all of it wrongly has less."""
    for scenario in scenarios("medium", 10):
        wrong, right = sides(scenario)
        told = {"investigated": subjects(scenario), "report": true_report(scenario)}
        blind = audit(scenario, flags=scenario.proposals, **told)
        assert blind.skill == 0.0
        for outcome in (blind, audit(scenario, flags=right, approvals=wrong, **told)):
            assert not {"all_decided", "half_investigated", "report"} & set(outcome.reward_breakdown)


def test_the_published_amounts():
    assert dict(rewards.REWARDS) == {
        "correct_flag": 300,
        "correct_approval": 150,
        "shap_evidence": 120,
        "temporal_evidence": 100,
        "fault_claim": 50,
        "fault_place": 30,
        "all_decided": 100,
        "half_investigated": 60,
        "false_positive": -250,
        "wrong_approval": -200,
        "wrong_undecided": -200,
        "false_claim": -50,
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


@pytest.mark.parametrize("tier", TIERS)
def test_evidence_pays_only_with_a_right_flag_on_a_wrong_proposal(scenarios, tier):
    for scenario in scenarios(tier, 20):
        for p in scenario.proposals:
            evidence = everything(scenario, p)
            for error_type in ERROR_TYPES:
                earned = decision_rewards(p, "flagged", error_type, evidence)
                if not p.is_wrong:
                    assert earned == {"false_positive": -250}
                elif error_type != p.error_type:
                    assert earned == {}
                else:
                    assert earned.pop("correct_flag") == 300
                    assert earned.pop("temporal_evidence") == 100
                    assert earned == ({"shap_evidence": 120} if key_features(p) else {})
            expected = {"wrong_approval": -200} if p.is_wrong else {"correct_approval": 150}
            assert decision_rewards(p, "approved", None, evidence) == expected


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
def test_skill_is_0_for_flag_all_1_for_perfect_and_rises_with_the_score_from_minus_1(count):
    tp, fp, fn, tn, undecided = count
    wrong, right = tp + fn, fp + tn + undecided
    confusion, blind = Confusion(*count), Confusion(wrong, right, 0, 0)
    assert -1.0 <= confusion.skill <= 1.0
    assert blind.skill == 0.0
    if right:
        assert Confusion(wrong, 0, 0, right).skill == Confusion(wrong, 0, 0, right).score == 1.0
    if wrong and right:
        risen = (confusion.f_beta - blind.f_beta) / (1 - blind.f_beta)
        assert confusion.skill == pytest.approx(max(-1.0, risen))


@given(counts)
def test_what_is_undecided_is_never_right(count):
    tp, fp, fn, tn, undecided = count
    approved = Confusion(tp, fp, fn, tn + undecided)
    for figure in ("score", "skill", "f_beta"):
        assert getattr(Confusion(*count), figure) <= getattr(approved, figure)
    assert Confusion(*count).false_positive_rate == approved.false_positive_rate


@pytest.mark.parametrize(
    ("counts", "score"),
    [
        ((0, 0, 0, 6), 1.0),
        ((0, 0, 0, 0, 6), 0.0),
        ((0, 0, 0, 3, 3), 0.5),
        ((0, 2, 0, 3, 3), 0.375),
        ((0, 8, 0, 0), 0.0),
    ],
)
def test_an_episode_without_errors_scores_the_share_approved(counts, score):
    confusion = Confusion(*counts)
    assert confusion.score == score
    assert counts[1] or confusion.skill == confusion.f_beta == score


def test_rates():
    confusion = Confusion(3, 1, 2, 4)
    assert (confusion.recall, confusion.precision, confusion.false_positive_rate) == (0.6, 0.75, 0.2)
    assert Confusion(3, 1, 2, 2, 2).false_positive_rate == 0.2
    assert Confusion(3, 0, 0, 0).false_positive_rate is None
    assert Confusion(0, 2, 0, 6).recall is None
    assert Confusion(0, 2, 0, 6).skill == 0.75
    assert Confusion(0, 0, 0, 6).precision is None


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
