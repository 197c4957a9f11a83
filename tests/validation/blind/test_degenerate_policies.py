"""The cheats do what their names say, and none of them looks at a label."""

from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.models import MAX_REPORT
from synth_audit_env.server.audit.audit_report import report_quality
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.blind.cheats import likely_error_type
from synth_audit_env.validation.blind.degenerate_policies import DEGENERATE, REPORTS
from synth_audit_env.validation.episodes import play_episode, scenario, scenarios

INDEX = 3
"""Of a hard episode of the test split."""


def played(name, tier="hard"):
    return play_episode(DEGENERATE[name], tier, "test", INDEX)


def calls(name, tier="hard"):
    return Counter(turn.action.action_type for turn in played(name, tier).turns)


def proposals(tier="hard"):
    return scenario(tier, "test", INDEX).proposals


def blinded(tier):
    """The episode's scenario with every trace of the truth turned round or taken out."""
    true = scenario(tier, "test", INDEX)
    turned = [
        replace(p, is_wrong=not p.is_wrong, error_type=None, judgement=None, brief=None, explanation="")
        for p in true.proposals
    ]
    return replace(true, proposals=tuple(turned))


@pytest.mark.parametrize("name", DEGENERATE)
def test_it_ends_its_episode_and_sees_no_label(name):
    for tier in ("easy", "expert"):
        told = play_episode(DEGENERATE[name], tier, "test", INDEX)
        untold = play_episode(lambda _, tier=tier: DEGENERATE[name](blinded(tier)), tier, "test", INDEX)
        assert [turn.action for turn in told.turns] == [turn.action for turn in untold.turns]
        assert 0 < len(told.turns) <= TIERS[tier].steps


def test_farming_uses_every_tool_to_the_last_step_but_one_and_decides_nothing():
    done = calls("evidence farming")
    assert {"review_proposal", "investigate_patient", "request_shap", "cohort_analysis", "temporal_audit"} < set(done)
    assert done.total() == TIERS["hard"].steps
    assert done["submit_audit_report"] == 1
    assert not done["approve"] + done["flag_error"]
    assert not played("evidence farming").outcome.reward_breakdown.get("duplicate_action")


@pytest.mark.parametrize("name", ["budget burning", "duplicate spam", "nonsense", "wait, then flag all"])
def test_these_use_the_budget_up(name):
    done = calls(name)
    assert done.total() == TIERS["hard"].steps
    assert not done["submit_audit_report"]


@pytest.mark.parametrize("name", [name for name in DEGENERATE if "farm" in name])
def test_no_one_looks_twice(name):
    for tier in ("easy", "medium"):
        assert not played(name, tier).outcome.reward_breakdown.get("duplicate_action")


def test_nonsense_is_invalid_and_spam_is_duplicate():
    steps = TIERS["hard"].steps
    assert played("nonsense").outcome.reward_breakdown["invalid_action"] == pytest.approx(-0.05 * steps)
    assert played("duplicate spam").outcome.reward_breakdown["duplicate_action"] == pytest.approx(-0.04 * (steps - 1))


def test_who_decides_twice_is_held_to_the_first_decision():
    twice = played("flag-then-approve")
    assert {p.decision for p in twice.outcome.proposals} == {"flagged"}
    assert twice.outcome.reward_breakdown["duplicate_action"] == pytest.approx(-0.04 * len(proposals()))
    wrong = sum(proposal.is_wrong for proposal in proposals())
    regretful = played("approve-then-flag")
    assert {p.decision for p in regretful.outcome.proposals} == {"approved"}
    assert regretful.outcome.reward_breakdown["duplicate_action"] == pytest.approx(-0.04 * wrong)


def test_a_note_tells_the_kind_of_error_but_not_whether():
    pairs = [(s, p) for tier in TIERS for s in scenarios(tier, "test", 8) for p in s.proposals]
    hits = [likely_error_type(s, p) == p.error_type for s, p in pairs if p.is_wrong]
    assert sum(hits) / len(hits) > 0.8


def test_the_reports_are_long_enough_to_tempt_and_worth_nothing():
    for s in scenarios("hard", "test", 6):
        right = {id_: "flagged" if p.is_wrong else "approved" for id_, p in s.proposal.items()}
        for name, write in REPORTS.items():
            assert len(write(s)) <= MAX_REPORT
            assert report_quality(s, right, write(s)) == 0.0, name
    assert len(REPORTS["20,000 characters"](scenario("hard", "test", 0))) == MAX_REPORT
