"""Episodes that are really played, in this process: `play_here(Job("heuristic", "hard", 1_000_003)).outcome.score`."""

from __future__ import annotations

from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison.jobs import Job, play_job
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


def play_here(job: Job) -> EpisodeRecord:
    environment = SynthAuditEnvironment()
    return play_job(job, lambda options: environment.reset(**options), environment.step, ReactSettings())
