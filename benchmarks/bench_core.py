"""How long a reset and each kind of step take in-process, tier by tier. Not part of the tests.

uv run pytest -n 0 benchmarks/bench_core.py --benchmark-columns=median,iqr,rounds
"""

from __future__ import annotations

from itertools import count

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import ACTION_TYPES
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.attribution import shapley_values_and_passing
from synth_audit_env.server.record import facts
from synth_audit_env.server.scenario import build_scenario
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS

SEED, HARD = 10_001, "oversight_hard"


@pytest.fixture(scope="module")
def audit():
    """The heuristic auditor's first use of each tool: its flag is right, so that the reason is read."""
    env = SynthAuditEnvironment()
    turns = play(HeuristicAuditor(), env.reset(seed=SEED, task_id=HARD), env.step)
    return {turn.action.action_type: turn.action for turn in reversed(list(turns))}


@pytest.mark.parametrize("tier", TIERS)
def test_reset(benchmark, tier):
    env, seeds = SynthAuditEnvironment(), count(10_000)
    benchmark(lambda: env.reset(seed=next(seeds), task_id=TIERS[tier].task_id))


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_step(benchmark, audit, action_type):
    """A first call each time, in an episode of its own: sessions of the same one would share what is worked out."""

    def fresh():
        env = SynthAuditEnvironment(build=build_scenario)
        env.reset(seed=SEED, task_id=HARD)
        return (env,), {}

    benchmark.pedantic(lambda env: env.step(audit[action_type]), setup=fresh, rounds=200)


@pytest.mark.parametrize("tier", TIERS)
def test_shapley(benchmark, tier):
    scenario = build_scenario(TIERS[tier], SEED, "train")
    proposal = next(p for p in scenario.proposals if p.judgement is not None)
    row = facts(scenario.patient[proposal.note.patient_id])
    checks, background = proposal.brief.reading.checks, scenario.background
    benchmark(lambda: shapley_values_and_passing(checks, row, background))
