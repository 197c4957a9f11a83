"""Which episodes are to be played, and how one is played: the same over a connection or in-process.

    for job in jobs(["flag-all", "heuristic"], seeds("test", ("easy", "hard"), 200)):
        record = play_job(job, lambda options: env.reset(**options).observation, lambda a: env.step(a).observation)
        log.write(record.line())

Jobs are played in any order and kept in the order of `jobs`. Nothing of an episode depends on what was played before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError
from ..agents.react.settings import ReactSettings
from ..chat.endpoint import ChatRefusedError
from ..episode_line import PACKAGE_VERSION, task_name
from ..rollouts import model_transcript
from ..rollouts.episode_log import EpisodeRecord, Reset
from ..rollouts.rollout import Step, Turn, play
from ..server.world.tasks import REFERENCE_SEEDS, options_of, split_of, task_of
from .agents import maker
from .episodes import END, REFUSED, Episode

DEFAULT_SETTINGS = ReactSettings()
"""How a ReAct agent asks its model where nothing else is said."""
TRANSCRIPTS = "transcripts"
"""The folder beside the log with what models wrote."""
Seeds = Mapping[str, Sequence[int]]
"""By tier."""
Played = tuple[EpisodeRecord, Episode]
"""What came of a job."""


@dataclass(frozen=True, slots=True)
class Job:
    """An episode that an agent is to play."""

    agent: str
    tier: str
    seed: int
    react: ReactSettings = DEFAULT_SETTINGS
    """How a ReAct agent asks its model. There is no key in it."""

    @property
    def options(self) -> dict[str, Any]:
        """Reset's options. They name everything that could differ between two servers."""
        return {**options_of(self.tier), "seed": self.seed, "actor": "scripted", "settlement": "terminal"}


def seeds(split: str, tiers: Sequence[str], episodes: int) -> Seeds:
    """The seeds of each tier: all of `reference`, or the first ones of another split."""
    if split == "reference":
        return dict.fromkeys(tiers, REFERENCE_SEEDS)
    return dict.fromkeys(tiers, tuple(task_of(split, index).seed for index in range(episodes)))


def jobs(agents: Sequence[str], of_tiers: Seeds, react: ReactSettings = DEFAULT_SETTINGS) -> list[Job]:
    """All jobs, by agent, tier and seed."""
    return [Job(agent, tier, seed, react) for agent in agents for tier in of_tiers for seed in of_tiers[tier]]


def play_job(job: Job, reset: Reset, step: Step) -> EpisodeRecord:
    """Let a job's agent audit its episode to the end. The record of a model's audit names its transcript."""
    auditor = maker(job.agent, job.react)(job.tier, job.seed)
    opening, turns, refused = reset(job.options), list[Turn](), None
    try:
        for turn in play(auditor, opening, step):
            turns.append(turn)
        if isinstance(auditor, ReactAuditor):
            auditor.conversation.observe(turns[-1].observation)
    except (ContextError, ChatRefusedError) as problem:
        refused = f"{REFUSED} {problem}"
        turns.append(Turn(len(turns) + 1, END, step(END)))
    record = EpisodeRecord(
        task=task_name(job.options),
        seed=job.seed,
        split=split_of(job.seed)[0],
        version=PACKAGE_VERSION,
        agent=job.agent,
        options=job.options,
        opening=opening,
        turns=tuple(turns),
    )
    if not isinstance(auditor, ReactAuditor):
        return record
    of_model = {**model_transcript.told_of(auditor.conversation), "settings": auditor.settings}
    of_model["gave_up"] = refused or of_model["gave_up"]
    return replace(record, transcript=f"{TRANSCRIPTS}/{model_transcript.file_name(record)}", **of_model)
