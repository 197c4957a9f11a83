"""The blind agents: each decides as its name says, from the list of proposals alone, and the same each time."""

import pytest

from synth_audit_env.agents.baselines import BASELINES, baseline
from synth_audit_env.models import ProposalSummary
from synth_audit_env.tests.rollouts.recorded import recorded

SEEDS = range(42, 50)


def audit(auditor, seed):
    return recorded({"task_id": "oversight_hard", "seed": seed}, auditor)


def decisions(auditor, seed):
    return {p.proposal_id: p.status for p in audit(auditor, seed).turns[-1].observation.actor_proposals}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("no-op", {"pending"}),
        ("approve-all", {"approved"}),
        ("flag-all", {"flagged"}),
        ("random", {"approved", "flagged"}),
        ("flag-low-confidence", {"approved", "flagged"}),
    ],
)
def test_it_looks_nothing_up_and_never_errs(name, statuses):
    played = audit(baseline(name), 42)
    assert {turn.action.action_type for turn in played.turns} <= {"flag_error", "approve", "submit_audit_report"}
    assert {turn.observation.error for turn in played.turns} == {None}
    assert set(decisions(baseline(name), 42).values()) == statuses
    assert baseline(name).name == played.agent == name


def test_random_is_a_coin_for_each_proposal_that_the_episode_fixes():
    first = [decisions(baseline("random"), seed) for seed in SEEDS]
    assert first == [decisions(baseline("random"), seed) for seed in SEEDS]
    tosses = [status == "flagged" for episode in first for status in episode.values()]
    assert 0.3 < sum(tosses) / len(tosses) < 0.7
    heads = [tuple(status == "flagged" for status in episode.values()) for episode in first]
    assert len(set(heads)) == len(first)  # another coin in every episode
    assert len({tosses[:8] for tosses in heads}) >= len(first) - 1  # of eight tosses two pairs agree once in 170


def listed(*confidences):
    return [
        ProposalSummary(
            proposal_id=f"PROP-{number:03d}",
            patient_id=f"P{number:04d}",
            diagnosis="Stage II",
            recommended_action="treatment window: no deviation, continue treatment",
            confidence=confidence,
        )
        for number, confidence in enumerate(confidences, start=1)
    ]


def test_low_confidence_flags_the_less_confident_half():
    flagged = BASELINES["flag-low-confidence"](listed(0.9, 0.8, 0.95, 0.85, 0.97), None)
    assert flagged == {"PROP-001", "PROP-002", "PROP-004"}
    assert BASELINES["flag-low-confidence"](listed(0.9, 0.9), None) == {"PROP-001"}


def test_there_is_none_of_that_name():
    with pytest.raises(ValueError, match="no baseline 'clever': they are no-op, random"):
        baseline("clever")


def test_it_starts_with_the_reset_observation_and_ends_with_the_report():
    played = audit(auditor := baseline("no-op"), 42)
    for one in (auditor, baseline("no-op")):
        with pytest.raises(RuntimeError, match="reset observation"):
            one.act(played.turns[-1].observation)
    assert auditor.act(played.opening).action_type == "submit_audit_report"
