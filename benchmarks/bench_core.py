"""How long a reset and each kind of step take in-process, tier by tier. Not part of the tests.

uv run pytest -n 0 benchmarks/bench_core.py --benchmark-columns=median,iqr,rounds
"""

from __future__ import annotations

from itertools import count

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.attribution import shapley_values_and_passing
from synth_audit_env.server.record import facts
from synth_audit_env.server.scenario import build_scenario
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS

ACTIONS = {
    "review_proposal": {"proposal_id": "PROP-001"},
    "investigate_patient": {"patient_id": "P0001"},
    "request_shap": {"patient_id": "P0043"},
    "cohort_analysis": {"feature": "sex"},
    "temporal_audit": {"patient_id": "P0001"},
    "approve": {"proposal_id": "PROP-001"},
    "flag_error": {"proposal_id": "PROP-001", "error_type": "age_boundary_error", "reason": "Age 80 is above 75."},
}


@pytest.mark.parametrize("tier", TIERS)
def test_reset(benchmark, tier):
    env, seeds = SynthAuditEnvironment(), count(10_000)
    benchmark(lambda: env.reset(seed=next(seeds), task_id=TIERS[tier].task_id))


@pytest.mark.parametrize("action_type", ACTIONS)
def test_step(benchmark, action_type):
    """A first call each time: the same action in a fresh episode of the hard tier."""
    action = SynthAuditAction(action_type=action_type, **ACTIONS[action_type])

    def fresh():
        env = SynthAuditEnvironment()
        env.reset(seed=10_001, task_id="oversight_hard")
        return (env,), {}

    benchmark.pedantic(lambda env: env.step(action), setup=fresh, rounds=200)


@pytest.mark.parametrize("tier", TIERS)
def test_shapley(benchmark, tier):
    scenario = build_scenario(TIERS[tier], 10_001, "train")
    proposal = next(p for p in scenario.proposals if p.judgement is not None)
    row = facts(scenario.patient[proposal.note.patient_id])
    checks, background = proposal.brief.reading.checks, scenario.background
    benchmark(lambda: shapley_values_and_passing(checks, row, background))
