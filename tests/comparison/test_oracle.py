"""The oracle earns all that there is, and in the fewest steps."""

import pytest

from synth_audit_env.comparison.oracle import Oracle
from synth_audit_env.models import COHORT
from synth_audit_env.server.audit.reward_model import REWARDS, key_features
from synth_audit_env.server.world.tasks import TIERS, options_of
from synth_audit_env.tests.rollouts.recorded import recorded
from synth_audit_env.validation.episodes import scenario


@pytest.mark.parametrize("tier", TIERS)
def test_earns_every_reward_of_the_table_and_pays_for_no_step_too_many(tier: str) -> None:
    for index in range(6):
        world = scenario(tier, "test", index)
        played, proposals = recorded({**options_of(tier), "seed": world.seed}, Oracle(world)), world.proposals
        wrong = [p for p in proposals if p.is_wrong]
        on_patients = [p for p in wrong if p.note.patient_id != COHORT]
        keyed = [p for p in wrong if key_features(p)]
        paid = {event: round(1000 * amount) for event, amount in played.outcome.reward_breakdown.items()}
        earned = {
            "correct_flag": len(wrong),
            "fault_claim": len([p for p in proposals if p.faults]),
            "temporal_evidence": len(on_patients),
            "shap_evidence": len(keyed),
            "correct_approval": min(1, len(proposals) - len(wrong)),
            "all_decided": 1,
            "half_investigated": 1,
        }
        subjects = len([p for p in proposals if p.note.patient_id != COHORT])
        steps = (subjects + 1) // 2 + len(on_patients) + 2 * len(keyed) + len(proposals) + 1
        wanted = {event: count * REWARDS[event] for event, count in earned.items() if count}
        assert paid == {**wanted, "report": 100, "step": steps * REWARDS["step"]}, index
        assert played.outcome.score == 1.0
        assert len(played.turns) == steps
