"""A small run of real episodes, for what draws, exports or replays runs: played once, whoever asks.

[record.agent for record in records()]          # by agent and tier, one record for each of two seeds
run().figures["heuristic"]["hard"]["score"]
play_here(Job("heuristic", "hard", 1_000_003)).outcome.score
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.agents.limits import Limits
from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.jobs import Job, play_job
from synth_audit_env.comparison.results import Run
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.rollout import Auditor
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.tests.comparison.made_up import run_of
from synth_audit_env.tests.rollouts.recorded import recorded

AGENTS: dict[str, Auditor] = {
    "approve-all": baseline("approve-all"),
    "flag-all": baseline("flag-all"),
    "heuristic": HeuristicAuditor(),
    # A name as long as models have.
    "react:organisation/Some-Model-7B-Instruct": HeuristicAuditor(Limits(calls=12)),
}


@cache
def records(episodes: int = 2) -> tuple[EpisodeRecord, ...]:
    return tuple(
        record(agent, auditor, tier, task_of("test", index).seed)
        for agent, auditor in AGENTS.items()
        for tier in TIERS
        for index in range(episodes)
    )


def record(agent: str, auditor: Auditor, tier: str, seed: int) -> EpisodeRecord:
    return replace(recorded({"task_id": TIERS[tier].task_id, "seed": seed}, auditor), agent=agent)


def play_here(job: Job) -> EpisodeRecord:
    """Play a job in this process."""
    environment = SynthAuditEnvironment()
    return play_job(job, lambda options: environment.reset(**options), environment.step, ReactSettings())


@cache
def run() -> Run:
    return run_of(map(episode_of, records()))


def crowded(agents: int) -> Run:
    """The same with as many agents as asked for, each with the figures of one of the four."""
    real = run()
    names = {
        f"agent-{number} of a {'very ' * (number % 3)}long name": list(AGENTS)[number % 4] for number in range(agents)
    }
    return replace(
        real,
        baseline=next(iter(names)),
        by_seed={name: real.by_seed[source] for name, source in names.items()},
        figures={name: real.figures[source] for name, source in names.items()},
        differences={},
    )
