"""Plays the oracle against a served environment: the script that openenv.yaml declares as the proof of the maximum.

    ENV_BASE_URL=http://127.0.0.1:8000 python -m synth_audit_env.validation.oracle_script oversight_hard test 7

It is privileged: it builds the scenario from the seed that the state names, labels included, with this package's own
code. What it then does goes over the wire like anybody's actions. Exit status 0 when the score is 1.
"""

from __future__ import annotations

import os
import sys

from ..client import SyncSynthAuditEnv, SynthAuditEnv
from ..comparison.oracle import Oracle
from ..models import EpisodeOutcome
from ..rollouts.rollout import play
from ..server.world.scenario import build_scenario
from ..server.world.tasks import ALL_TIERS, rhetoric_of


def solve(env: SyncSynthAuditEnv, task_id: str, split: str, index: int) -> EpisodeOutcome:
    """Audit an episode of a served environment to the last point; its task is a tier, and not the adaptive one."""
    opening = env.reset(task_id=task_id, split=split, index=index).observation
    seed = env.state().seed
    assert seed is not None, "a running episode has a seed"
    scenario = build_scenario(ALL_TIERS[opening.difficulty], seed, rhetoric_of(split))
    for _ in play(Oracle(scenario), opening, lambda action: env.step(action).observation):
        pass
    outcome = env.state().outcome
    assert outcome is not None, "an episode that is over has an outcome"
    return outcome


def main(arguments: list[str]) -> int:
    """Solve one episode of the server at ENV_BASE_URL; its first training episode where none is named."""
    task_id, split, index = arguments or ["oversight_easy", "train", "0"]
    env = SynthAuditEnv(base_url=os.environ.get("ENV_BASE_URL", "http://127.0.0.1:8000")).sync()
    with env:
        outcome = solve(env, task_id, split, int(index))
    print(f"score {outcome.score:.3f}, return {outcome.return_:.3f}")
    return 0 if outcome.score == 1.0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
