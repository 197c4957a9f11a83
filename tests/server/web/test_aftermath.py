"""What is told after an audit is what the outcome says, and its figures are those of the evaluation."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.metrics import METRICS
from synth_audit_env.models import EpisodeOutcome, ProposalOutcome, SynthAuditAction
from synth_audit_env.server.audit.reward_model import Confusion
from synth_audit_env.server.web import aftermath as told
from synth_audit_env.server.web.aftermath import aftermath, decisions_of, waterfall
from synth_audit_env.tests.server.web.desks import desk_at, played

TIERS = ("oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert")
AGE, WINDOW = "age_boundary_error", "protocol_window_violation"


def hesitant(action):
    """A confidence of its own for every proposal, and a wrong kind of error for one."""
    if action.action_type not in ("flag_error", "approve"):
        return action
    number = int(action.proposal_id[-3:])
    kind = WINDOW if number == 2 and action.action_type == "flag_error" else action.error_type
    return action.model_copy(update={"confidence": None if number == 1 else number / 20, "error_type": kind})


def after_of(desk):
    return aftermath(desk.outcome, desk.decided)


@pytest.mark.parametrize("task_id", TIERS)
def test_the_waterfall_comes_to_the_return_to_the_last_digit(task_id):
    for seed, name in product(range(900_000, 900_008), ("random", "approve-all", "flag-all")):
        after = after_of(played(task_id, seed, baseline(name)))
        assert after.waterfall[-1].running == after.return_
        before = 0.0
        for payment in after.waterfall:
            assert payment.running == pytest.approx(before + payment.amount, abs=1e-9)
            before = payment.running


@given(st.dictionaries(st.text(max_size=5), st.integers(-100_000, 100_000), min_size=1, max_size=12))
def test_any_thousandths_come_to_their_sum(amounts):
    payments = waterfall({event: amount / 1000 for event, amount in amounts.items()})
    assert payments[-1].running == sum(amounts.values()) / 1000
    assert {payment.event: payment.amount for payment in payments} == {e: a / 1000 for e, a in amounts.items()}
    losses = [payment.amount < 0 for payment in payments]
    assert losses == sorted(losses)


def test_an_episode_without_a_reward_has_no_waterfall():
    assert waterfall({}) == ()


@pytest.mark.parametrize("task_id", TIERS)
def test_the_brier_score_is_that_of_the_evaluation(task_id):
    for seed, change in product(range(900_000, 900_003), (hesitant, lambda action: action)):
        desk = played(task_id, seed, change=change)
        episode = episode_of(desk.record())
        metric = METRICS["brier"]
        assert after_of(desk).brier == pytest.approx(float(metric.of(metric.sums([episode]).sum(axis=0))), abs=1e-12)


def test_the_brier_score_of_an_undecided_audit_counts_it_as_passed():
    desk = desk_at("oversight_easy", 900_000)
    desk.act({"action_type": "submit_audit_report", "report": "Nothing."})
    after = after_of(desk)
    assert after.brier == pytest.approx(sum(row.is_wrong for row in after.rows) / len(after.rows))
    assert after.confidences == 0


@pytest.mark.parametrize("name", ["random", "approve-all", "flag-all", "no-op"])
def test_the_counts_are_those_that_the_score_is_made_of(name):
    for seed in range(900_000, 900_006):
        after = after_of(played("oversight_hard", seed, baseline(name)))
        counts = after.counts
        assert set(counts) == set(product((True, False), ("flagged", "approved", "pending")))
        assert sum(counts.values()) == len(after.rows)
        missed = counts[True, "approved"] + counts[True, "pending"]
        left = counts[False, "approved"] + counts[False, "pending"]
        confusion = Confusion(counts[True, "flagged"], counts[False, "flagged"], missed, left)
        assert (confusion.score, confusion.skill) == (after.score, after.skill)
        assert (confusion.recall, confusion.precision) == (after.recall, after.precision)
        assert (confusion.f_beta, confusion.false_positive_rate) == (after.f_beta, after.false_positive_rate)


VERDICTS = [
    (True, "flagged", AGE, told.CAUGHT, False),
    (True, "flagged", WINDOW, told.WRONG_KIND, True),
    (True, "approved", None, told.MISSED, True),
    (True, "pending", None, told.LEFT_WRONG, True),
    (False, "flagged", AGE, told.FALSE_ALARM, True),
    (False, "approved", None, told.PASSED, False),
    (False, "pending", None, told.LEFT_RIGHT, False),
]


@pytest.mark.parametrize(("wrong", "decision", "flagged_as", "verdict", "mistake"), VERDICTS)
def test_every_decision_has_its_verdict(wrong, decision, flagged_as, verdict, mistake):
    truth = ProposalOutcome(
        proposal_id="PROP-001",
        is_wrong=wrong,
        error_type=AGE if wrong else None,
        decision=decision,
        flaw="a_flaw_to_come",
        explanation="…",
    )
    assert told.judged(truth, flagged_as) == verdict
    assert (verdict in told.MISTAKES) == mistake


def test_rows_have_the_persons_reason_beside_the_truth():
    desk = played("oversight_hard", 900_002, change=hesitant)
    after = after_of(desk)
    for row, truth in zip(after.rows, desk.outcome.proposals, strict=True):
        action = desk.decided[row.proposal_id]
        assert (row.flagged_as, row.reason, row.confidence) == (action.error_type, action.reason, action.confidence)
        assert (row.is_wrong, row.error_type, row.decision) == (truth.is_wrong, truth.error_type, truth.decision)
        assert row.flaw.startswith("The Actor ")
        assert "The Actor" not in row.explanation
        assert truth.explanation == f"{row.explanation} {row.flaw}", "each is told once"
    assert after.confidences == len(after.rows) - 1


@pytest.mark.parametrize(("wrong", "decision", "flagged_as", "verdict", "mistake"), VERDICTS)
def test_what_was_left_open_and_right_is_marked_as_neither(wrong, decision, flagged_as, verdict, mistake):
    truth = ProposalOutcome(
        proposal_id="PROP-001", is_wrong=wrong, error_type=AGE, decision=decision, flaw="none", explanation="…"
    )
    action = SynthAuditAction(action_type="flag_error", error_type=flagged_as)
    (row,) = aftermath(outcome_of(truth), {"PROP-001": action}).rows
    assert row.verdict == verdict
    assert row.mark == (told.OPEN if verdict == told.LEFT_RIGHT else told.MISTAKE if mistake else told.SOUND)


def outcome_of(truth):
    figures = dict.fromkeys(("score", "f_beta", "skill", "return_"), 0.0)
    unknown = dict.fromkeys(("recall", "precision", "false_positive_rate"))
    return EpisodeOutcome(**figures, **unknown, reward_breakdown={}, proposals=[truth])


def test_a_flaw_that_is_not_known_here_is_told_by_its_name():
    truth = ProposalOutcome(
        proposal_id="X", is_wrong=False, error_type=None, decision="pending", flaw="moon_phase", explanation=""
    )
    assert aftermath(outcome_of(truth), {}).rows[0].flaw == "moon phase"


def test_what_a_log_of_an_older_version_says_of_the_actor_is_told_apart():
    truth = ProposalOutcome(
        proposal_id="X",
        is_wrong=False,
        error_type=None,
        decision="pending",
        flaw="override_ignored",
        explanation="The record is compliant. The Actor never read the override, which made no difference here.",
    )
    (row,) = aftermath(outcome_of(truth), {}).rows
    assert row.explanation == "The record is compliant."
    assert row.flaw == "The Actor never read the override, which made no difference here."


def test_decisions_that_were_refused_do_not_count():
    desk = desk_at()
    flag = {"action_type": "flag_error", "proposal_id": "PROP-001", "error_type": "no_such", "reason": "Because."}
    desk.act(flag)
    desk.act({"action_type": "approve", "proposal_id": "PROP-001"})
    desk.act({**flag, "error_type": AGE})
    decided = decisions_of(entry.turn for entry in desk.trail)
    assert decided == desk.decided
    assert decided["PROP-001"].action_type == "approve"
