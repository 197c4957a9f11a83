"""The blind agents: each decides as its name says, from the list of proposals alone, and the same each time."""

import pytest

from synth_audit_env.agents.baselines import BASELINES, baseline
from synth_audit_env.models import ProposalSummary
from synth_audit_env.tests.rollouts.recorded import recorded

STATUS = {"no-op": "pending", "approve-all": "approved", "flag-all": "flagged"}


def audit(name, seed):
    return recorded({"task_id": "oversight_hard", "seed": seed}, baseline(name))


def decisions(name, seed):
    return [p.status for p in audit(name, seed).turns[-1].observation.actor_proposals]


@pytest.mark.parametrize("name", BASELINES)
def test_it_looks_nothing_up_and_never_errs(name):
    played = audit(name, 42)
    opening, turns = played.opening, played.turns
    assert played.agent == name
    assert {turn.action.action_type for turn in turns} <= {"flag_error", "approve", "submit_audit_report"}
    assert [turn.observation.error for turn in turns] == [None] * len(turns)
    assert len(turns) == (0 if name == "no-op" else len(opening.actor_proposals)) + 1
    if name in STATUS:
        assert set(decisions(name, 42)) == {STATUS[name]}


def test_random_is_a_coin_for_each_proposal_that_the_episode_fixes():
    first, again = ([decisions("random", seed) for seed in range(42, 50)] for _ in range(2))
    assert first == again
    tosses = [status == "flagged" for episode in first for status in episode]
    assert 0.3 < sum(tosses) / len(tosses) < 0.7
    assert len({tuple(episode) for episode in first}) == len(first), "another coin in every episode"


def listed(*confidences):
    summary = {"patient_id": "P0001", "diagnosis": "Stage II", "recommended_action": "continue treatment"}
    return [
        ProposalSummary(proposal_id=f"PROP-{number:03d}", confidence=confidence, **summary)
        for number, confidence in enumerate(confidences, start=1)
    ]


def test_low_confidence_flags_the_less_confident_half():
    flagged = BASELINES["flag-low-confidence"](listed(0.9, 0.8, 0.95, 0.85, 0.97), None)
    assert flagged == {"PROP-001", "PROP-002", "PROP-004"}
    assert BASELINES["flag-low-confidence"](listed(0.9, 0.9), None) == {"PROP-001"}


def test_there_is_none_of_that_name():
    with pytest.raises(ValueError, match="no baseline 'clever': they are no-op, random"):
        baseline("clever")
