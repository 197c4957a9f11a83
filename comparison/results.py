"""The results of an evaluation: agents, the same episodes for each, what they decided, and the figures made of that.

    run.episodes["heuristic"]["hard"][7].score           # the eighth seed of the tier
    run.episodes["heuristic"]["hard"][7].decisions[0].p_wrong
    run.figures["heuristic"]["hard"]["score"].low        # the mean over the seeds, and its 95 % interval
    run.figures["heuristic"][OVERALL]["score"].value     # the mean of the tiers

The observations and actions of an episode are a line of episodes.jsonl (`rollouts/episode_log.py`); here is what the
figures are made of, since a run has half a gigabyte of the former.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..chat.completion import Usage
from ..models import Status
from ..validation.certificate import Interval

OVERALL = "overall"
"""In place of a tier: the mean of the tiers, each counting the same."""
LOOKS = (4, 8, 16, 32)
"""Audit budgets: after so many looks, answered calls of the evidence tools, an audit is cut off."""

Figures = Mapping[str, Mapping[str, Mapping[str, Interval | None]]]
"""Agent to tier or OVERALL to metric (`comparison/metrics.py` has their names); None where nothing was counted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent made of a proposal, and the truth."""

    proposal_id: str
    is_wrong: bool
    error_type: str | None
    """What is wrong; None for a right proposal."""
    decision: Status
    """pending: the episode ended before it was decided."""
    flagged_as: str | None
    """The error type that the flag named; None without a flag."""
    p_wrong: float
    """The agent's probability, 0 to 1, that the proposal is wrong: its confidence in a flag, 1 - that in an approval;
    1 or 0 for a decision without a confidence, 0 for a pending proposal."""
    reason_holds: bool | None
    """Whether the reason of a right flag (a wrong proposal with its own error type) explains why it is wrong; None for
    everything but a right flag."""
    fault_named: bool | None = None
    """Whether that reason names what the Actor did wrong; None as above."""
    evidence_stated: bool | None = None
    """Whether it states the rule or value that decides; None as above."""
    looks: int = 0
    """Looks before it was decided; 0 for a pending proposal."""


@dataclass(frozen=True, slots=True)
class Episode:
    """How an agent did on an episode."""

    agent: str
    tier: str
    """easy, medium, hard or expert."""
    seed: int
    score: float
    """F1.5, or where nothing was wrong the share that was approved; 0 to 1."""
    skill: float
    """At least -1; 0 is flagging everything, 1 is perfect."""
    return_: float
    steps: int
    tool_calls: int
    """Looks: calls of the five evidence tools that were answered."""
    usage: Usage
    """Tokens and US dollars; zeros for an agent that asks no model."""
    gave_up: bool
    """Whether the audit was ended for the agent's model, which had no usable answer."""
    report_holds: bool
    """Whether the closing report names every wrong proposal that was flagged, with its error type, and nothing else as
    wrong (`server/audit/audit_report.py`)."""
    decisions: tuple[Decision, ...]
    """One for each proposal, in the order of the list."""
    unasked: str | None = None
    """Why the audit was ended before the model had answered anything; None where it had, or no model plays."""
    settings: Mapping[str, Any] | None = None
    """How the agent's model was asked; None for an agent without one. There is no key in it."""
    tally: Mapping[str, int] | None = None
    """How its answers could be read (`agents/react/conversation.py`); None for an agent without one."""
    transcript: str | None = None
    """Where the run's folder has what the model wrote."""
    cut_off: Mapping[int, float] = field(default_factory=dict)
    """The score, had it been cut off after so many LOOKS: what was decided later is undecided."""


@dataclass(frozen=True, slots=True)
class Made:
    """How a run came to be: all that may differ between two runs with the same results."""

    command: str
    commit: str
    """Of the checkout; "unknown" outside of one."""
    dirty: bool
    """Whether files of the checkout differed from that commit."""
    date: str
    """ISO 8601, UTC, when the run was started, or resumed."""
    version: str
    """Of this package."""

    @property
    def words(self) -> str:
        """All but the command."""
        state = ", with changes that are not committed" if self.dirty else ""
        return f"{self.date}, synth_audit_env {self.version}, commit {self.commit}{state}"


@dataclass(frozen=True, slots=True)
class Run:
    """An evaluation."""

    split: str
    baseline: str
    """The agent that the differences are to."""
    episodes: Mapping[str, Mapping[str, tuple[Episode, ...]]]
    """Agent to tier to episodes. All agents have the same tiers, and the same seeds in the same order."""
    figures: Figures
    differences: Figures
    """Agent minus baseline, episode by episode; the baseline itself is left out."""
    made: Made

    @property
    def agents(self) -> tuple[str, ...]:
        """In the order of the table."""
        return tuple(self.episodes)

    def played(self, agent: str) -> list[Episode]:
        """Its episodes in all tiers."""
        return [one for of_tier in self.episodes[agent].values() for one in of_tier]

    @property
    def settings(self) -> dict[str, Mapping[str, Any]]:
        """How the models of agents were asked, by agent; those without one are left out."""
        firsts = {agent: self.played(agent)[0] for agent in self.agents}
        return {agent: first.settings for agent, first in firsts.items() if first.settings is not None}

    @property
    def tiers(self) -> tuple[str, ...]:
        """From the easiest on."""
        return tuple(next(iter(self.episodes.values()), {}))

    @property
    def seeds(self) -> dict[str, tuple[int, ...]]:
        """By tier."""
        return {
            tier: tuple(episode.seed for episode in played)
            for tier, played in next(iter(self.episodes.values()), {}).items()
        }


def audits_ended(run: Run) -> dict[str, tuple[int, int]]:
    """For each agent with audits that were ended for its model, how many they are, and of how many.

    It is to be said beside the scores, which alone would not tell that nobody audited.
    """
    played = {agent: run.played(agent) for agent in run.agents}
    ended = {agent: sum(one.gave_up for one in episodes) for agent, episodes in played.items()}
    return {agent: (count, len(played[agent])) for agent, count in ended.items() if count}


def never_asked(run: Run) -> dict[str, str]:
    """For each agent whose every audit was ended before its model had answered anything, why the first one was."""
    reasons = {agent: [one.unasked for one in run.played(agent)] for agent in run.agents}
    return {agent: of_agent[0] for agent, of_agent in reasons.items() if of_agent[0] and None not in of_agent}
