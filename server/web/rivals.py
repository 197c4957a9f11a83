"""How four known auditors do on an episode: approve all, flag all, the heuristic, and one that was told the labels.

    for rival in rivals("oversight_hard", "validation", 900_002):
        rival.name, rival.score, rival.skill, rival.return_

For when the person's own audit is over: before, it would tell how many proposals are wrong. They play in this process,
which takes about as long as a page, once for each episode.

The last of them, the oracle, has no way to the labels but the world that the server builds for every episode. It is not
the one of the certificate, whose reasons the server must not be able to reach, and yet returns as much: the tests see
to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import OutcomeResult, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Auditor, Turn, play
from synth_audit_env.rollouts.told_auditor import ToldAuditor
from synth_audit_env.server.scenario import Proposal, Scenario, build_scenario
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import Tier

KEPT = 512
"""Episodes whose rivals are remembered: a few hundred bytes each."""
BLIND = ("approve-all", "flag-all")


@dataclass(frozen=True, slots=True)
class Rival:
    """How an auditor did."""

    name: str
    knows: str
    """What it goes by, in a few words."""
    score: float
    f_beta: float
    skill: float
    return_: float
    steps: int


@lru_cache(maxsize=KEPT)
def rivals(
    task_id: str, split: str, seed: int, level: str | None = None, error_types: tuple[str, ...] | None = None
) -> tuple[Rival, ...]:
    """How they do.

    Args:
        task_id: Of the episode.
        split: The seed's.
        seed: Of the episode.
        level: Of an adaptive episode, as its state tells (`Desk.made_of`); None for any other.
        error_types: Likewise.

    Returns:
        approve-all, flag-all, heuristic, oracle.

    Raises:
        EpisodeError: There is no such episode.
    """
    built: list[Scenario] = []

    def build(tier: Tier, seed: int, voices: str, kinds: tuple[str, ...] | None) -> Scenario:
        # Once for all four. Not the environment's own cache, whose places belong to episodes that are being played.
        if not built:
            built.append(build_scenario(tier, seed, voices, kinds))
        return built[0]

    def run(auditor: Auditor, knows: str) -> tuple[Rival, list[Turn]]:
        environment = SynthAuditEnvironment(build)
        pinned: dict[str, Any] = {"level": level, "error_types": None if error_types is None else list(error_types)}
        opening = environment.reset(seed=seed, task_id=task_id, split=split, settlement="terminal", **pinned)
        return _played(auditor, knows, opening, environment)

    blind = [run(baseline(name), "nothing: it looks at no evidence")[0] for name in BLIND]
    heuristic, turns = run(HeuristicAuditor(), "the evidence")
    oracle, _ = run(ToldAuditor(built[0], _reasons(turns)), "the truth about every proposal")
    return (*blind, heuristic, oracle)


def _played(
    auditor: Auditor, knows: str, opening: SynthAuditObservation, environment: SynthAuditEnvironment
) -> tuple[Rival, list[Turn]]:
    turns = list(play(auditor, opening, environment.step))
    result = turns[-1].observation.result
    assert isinstance(result, OutcomeResult), "an episode that is over has an outcome"
    outcome = result.outcome
    figures = (outcome.score, outcome.f_beta, outcome.skill, outcome.return_)
    return Rival(auditor.name, knows, *figures, steps=len(turns)), turns


def _reasons(evidence: Iterable[Turn]) -> Callable[[Proposal], str]:
    """The heuristic's reason for a flag where it was the right one, else what the protocol says."""
    flags = {turn.action.proposal_id: turn.action for turn in evidence if turn.action.action_type == "flag_error"}

    def why(proposal: Proposal) -> str:
        flag = flags.get(proposal.note.proposal_id)
        return proposal.explanation if flag is None or flag.error_type != proposal.error_type else flag.reason or ""

    return why
