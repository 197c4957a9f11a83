"""Which episodes a run is of."""

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.audit_run import CLEAN, REFERENCE_SEEDS, Request
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

TASKS = ("oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert")


def errors(task: str, seed: int) -> int:
    env = SynthAuditEnvironment()
    env.reset(task_id=task, seed=seed)
    env.step(SynthAuditAction(action_type="submit_audit_report", report=""))
    return sum(proposal.is_wrong for proposal in env.state.outcome.proposals)


def test_the_clean_reference_episodes_are_known() -> None:
    clean = {(task, seed) for task in TASKS for seed in REFERENCE_SEEDS if not errors(task, seed)}
    assert clean == CLEAN


def test_a_first_run_meets_an_error_in_each_tier() -> None:
    for options in Request(TASKS).options():
        assert errors(options["task_id"], options["seed"]) > 0


@pytest.mark.parametrize("split", [None, "reference"])
def test_every_reference_seed_is_played_once(split: str | None) -> None:
    for task in TASKS:
        seeds = [options["seed"] for options in Request((task,), episodes=5, split=split).options()]
        assert sorted(seeds) == list(REFERENCE_SEEDS)
        assert split is None or seeds == list(REFERENCE_SEEDS)
