"""The briefing says what is in a tier and nothing of what is not, and its amounts are those that are booked."""

import pytest

from synth_audit_env.error_types import ERROR_KINDS, ERROR_TYPES
from synth_audit_env.server.audit.briefing import briefing
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS, TIERS, task_of


@pytest.mark.parametrize("tier", TIERS.values(), ids=TIERS)
def test_a_tier_by_name_with_its_error_types_and_no_others(tier):
    told = briefing(tier)
    assert f"This is the {tier.name} tier." in told
    lines = [line for line in told.splitlines() if line.startswith("- ")]
    assert lines == [f"- {name}: {ERROR_KINDS[name].rule}" for name in tier.error_types]
    assert [name for name in ERROR_TYPES if name in told] == list(tier.error_types)


def test_what_only_some_tiers_have_is_told_there_alone():
    assert {name for name, tier in TIERS.items() if "in either direction" in briefing(tier)} == TIERS.keys() - {"easy"}
    resting = {
        name for name, tier in ALL_TIERS.items() if "an amendment that is not in the protocol is" in briefing(tier)
    }
    assert resting == {"expert", *(tier.name for tier in LEVELS.values())}


def test_every_episode_of_a_tier_begins_with_the_same():
    env = SynthAuditEnvironment()
    for tier in TIERS.values():
        for index in range(3):
            opening = env.reset(seed=task_of("validation", index).seed, task_id=tier.task_id)
            told, _, proposals = opening.feedback.partition(f"\n{opening.actor_proposals[0].proposal_id} ")
            assert told == briefing(tier)
            assert proposals
    pinned = env.reset(seed=1, task_id="oversight_adaptive", level="hard", error_types=[ERROR_TYPES[0]])
    assert pinned.feedback.startswith(briefing(TIERS["hard"])), "it does not tell what an adaptive episode is made of"
