"""The reward table; what is worth nothing; F1.5 and skill.

What refusals, repetitions and steps cost is in `test_episode.py`. That each action of any audit brings what is due to
it, and no evidence of another patient or after the decision, is in `properties/test_referee.py`.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.error_types import AGE, DATES, OVERRIDE, WINDOW
from synth_audit_env.models import COHORT, SynthAuditAction
from synth_audit_env.server.audit import reward_model as rewards
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.audit.reward_model import Confusion
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


# Approvals


@pytest.mark.parametrize("tier", TIERS)
def test_silence_is_never_worth_more_than_approving_everything(scenarios, tier):
    for scenario in scenarios(tier, 20):
        silent, trusting = audit(scenario), audit(scenario, approvals=scenario.proposals)
        for figure in ("return_", "score", "skill"):
            assert getattr(silent, figure) <= getattr(trusting, figure)


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
    confusion = Confusion(3, 1, 2, 2, 2)
    assert (confusion.recall, confusion.precision, confusion.false_positive_rate) == (0.6, 0.75, 0.2)
    assert Confusion(3, 0, 0, 0).false_positive_rate is None
    assert Confusion(0, 2, 0, 6).recall is None


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
