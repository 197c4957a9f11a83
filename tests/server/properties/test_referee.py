"""What holds of any sequence of actions, however odd."""

import json

import pytest

from synth_audit_env.server.audit import reward_model as rewards
from synth_audit_env.server.audit.episode import OVER
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.server.properties.account import most_that_labels_allow, paid_as_due
from synth_audit_env.tests.server.properties.drawn_audits import DECISIONS, audits, oracle_actions, world
from synth_audit_env.tests.server.properties.draws import draws, share, tried


def played(tier, seed, actions, settlement):
    """The session after it took the actions, and what each brought."""
    environment = SynthAuditEnvironment()
    environment.reset(seed=seed, task_id=TIERS[tier].task_id, settlement=settlement)
    return environment, [environment.step(action) for action in actions]


def keeps_to_the_budget(brought, budget, settlement):
    """What the observations of an episode say of steps and of its end. Returns those from before it was over."""
    length = next((number for number, one in enumerate(brought, start=1) if one.done), len(brought))
    live, after = brought[:length], brought[length:]
    for observation in brought:
        json.dumps(observation.model_dump(mode="json"), allow_nan=False)
    for number, observation in enumerate(live, start=1):
        assert observation.steps_taken == number <= budget
        assert observation.steps_remaining == budget - number
        assert observation.done or settlement == "immediate" or observation.reward == 0.0
    assert all((one.reward, one.done, one.error) == (0.0, True, OVER) for one in after)
    assert len(live) < budget or live[-1].done
    return live


def counts_what_was_done(state, live):
    """The state agrees with the observations."""
    assert state.step_count == len(live)
    assert sum(state.tool_counts.values()) == sum(one.error is None for one in live)
    assert len(state.decisions) == sum(state.tool_counts.get(name, 0) for name in DECISIONS)
    if live:
        listed = {one.proposal_id: one.status for one in live[-1].actor_proposals if one.status != "pending"}
        assert listed == state.decisions
    assert (state.outcome is not None) == any(one.done for one in live)


def in_range(outcome, live, most):
    """What was paid is what is booked, and no more than there is to earn; every score is in its range."""
    assert all(round(1000 * one.reward) / 1000 == one.reward for one in live), "thousandths, to the last digit"
    paid = sum(round(1000 * observation.reward) for observation in live)
    booked = sum(round(1000 * amount) for amount in outcome.reward_breakdown.values())
    assert paid == booked == round(1000 * outcome.return_) <= most
    assert 0 <= outcome.f_beta <= 1
    assert 0 <= outcome.score <= 1
    assert -1 <= outcome.skill <= 1
    rates = (outcome.recall, outcome.precision, outcome.false_positive_rate)
    assert all(rate is None or 0 <= rate <= 1 for rate in rates)


def sound_episode(tier, seed, actions):
    """The referee holds whatever is done, and both settlements come to the same. Returns what came up."""
    scenario, budget, came = world(tier, seed), TIERS[tier].steps, set()
    outcomes, told = [], []
    for settlement in ("immediate", "terminal"):
        environment, brought = played(tier, seed, actions, settlement)
        outcome = environment.state.outcome
        live = keeps_to_the_budget(brought, budget, settlement)
        counts_what_was_done(environment.state, live)
        if outcome is not None:
            in_range(outcome, live, most_that_labels_allow(scenario))
        if settlement == "immediate":
            came = paid_as_due(scenario, actions[: len(live)], live, outcome)
        outcomes.append(outcome)
        told.append([one.feedback for one in brought])
    assert (outcomes[0], told[0]) == (outcomes[1], told[1])
    came |= {"over"} if outcome is not None else set()
    return came | ({"out of steps"} if len(live) == budget else set())


@draws(150, 700)
def test_no_sequence_of_actions_gets_past_the_referee(count):
    came = tried(count, audits(), sound_episode)
    assert share(came, "over") >= 0.8
    for what in (rewards.FALSE_POSITIVE, rewards.ALL_DECIDED, rewards.REPORT):
        assert share(came, what) >= 0.25, what
    waits = ("a bonus waits", "a bonus is paid late", "a bonus is paid after a false alarm")
    for what in (*rewards.REWARDS, *waits, "evidence comes too late", "out of steps"):
        assert share(came, what) >= 0.03, what
    assert share(came, "all is flagged") > 0


@pytest.mark.parametrize("tier", TIERS)
def test_an_oracle_returns_the_most_that_the_labels_allow(tier):
    """So the bound that no drawn audit may pass is one that is reached: nothing is left between the two to farm."""
    for seed in range(12):
        environment, _ = played(tier, seed, oracle_actions(tier, seed), "immediate")
        assert round(1000 * environment.state.outcome.return_) == most_that_labels_allow(world(tier, seed)), seed
