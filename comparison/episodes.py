"""An episode as figures need it: by metric what is counted and among how much, out of the record of what was done.

    episode_of(record).shares["false_positive_rate"]        # (2.0, 9.0): two of nine right proposals were flagged

Figures are made of sums of these over episodes (`metrics.py`). The record is a line of episodes.jsonl
(`rollouts/episode_log.py`): a run has half a gigabyte of those.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from ..chat.completion import Usage
from ..error_types import ERROR_TYPES
from ..fault_types import FAULTS
from ..models import ProposalOutcome
from ..rollouts.episode_log import EpisodeRecord
from ..server.world.scenario import Scenario, build_scenario
from ..server.world.tasks import ALL_TIERS, rhetoric_of, split_of
from ..tool_records import EVIDENCE_TOOLS
from . import RequestError

KEPT = 1024
"""Scenarios that a process keeps, about 0.2 MB each, of the last level of the frontier 3.6 MB: every agent plays them,
and the default run has 800."""
TALLIED = ("turns", "unreadable_turns", "repeated_lookups")
"""Metrics out of a model's `Tally`."""
MEANS = ("score", "skill", "return", "steps", "tool_calls", "tokens", "cost", "gave_up")
"""Metrics of which each episode has one number, not a number where it is not known, as a cost may be."""

Share = tuple[float, float]
Test = Callable[[ProposalOutcome], bool]


@dataclass(frozen=True, slots=True)
class PlayedEpisode:
    """The result of an agent on an episode."""

    agent: str
    tier: str
    """easy, medium, hard, expert or a level of the frontier, such as frontier-5."""
    seed: int
    shares: Mapping[str, Share]
    """By metric. A mean has 1 as its second number."""
    p_wrong: tuple[tuple[float, bool], ...]
    """For each proposal the agent's probability, 0 to 1, that it is wrong, and True if it is. The probability is the
    confidence of a flag, 1 less that of an approval; 1 or 0 without a confidence, and 0 for a pending proposal."""
    settings: Mapping[str, Any] | None = None
    """The settings that the agent's model was asked with; None for an agent without one. There is no key in it."""


@lru_cache(maxsize=KEPT)
def scenario(tier: str, seed: int) -> Scenario:
    """The scenario of a seed in a tier, with the truth about every proposal: for figures and the oracle only."""
    split, _ = split_of(seed)
    return build_scenario(ALL_TIERS[tier], seed, rhetoric_of(split))


def _flagged(proposal: ProposalOutcome) -> bool:
    return proposal.decision == "flagged"


def _is_of(kind: str, proposal: ProposalOutcome) -> bool:
    """True if a proposal has that error type, or that fault."""
    return kind == proposal.error_type or any(claim.fault == kind for claim in proposal.faults)


def _fault_found(proposal: ProposalOutcome) -> bool:
    """True if a fault that the argument has is claimed, with its number if it has one."""
    return bool(proposal.claim_right) and proposal.number_right is not False


OF_PROPOSALS: Mapping[str, tuple[Test, Test]] = {
    "recall": (_flagged, lambda proposal: proposal.is_wrong),
    "false_positive_rate": (_flagged, lambda proposal: not proposal.is_wrong),
    "type_right": (lambda proposal: bool(proposal.type_right), _flagged),
    "claims_right": (lambda proposal: bool(proposal.claim_right), lambda proposal: proposal.claim_right is not None),
    "numbers_right": (lambda proposal: bool(proposal.number_right), lambda proposal: proposal.number_right is not None),
    "faults_found_wrong": (_fault_found, lambda proposal: proposal.is_wrong and bool(proposal.faults)),
    "faults_found_lucky": (_fault_found, lambda proposal: not proposal.is_wrong and bool(proposal.faults)),
    # With any error type.
    **{f"recall {kind}": (_flagged, partial(_is_of, kind)) for kind in ERROR_TYPES},
    # Whichever of its faults is claimed.
    **{f"found {fault}": (_fault_found, partial(_is_of, fault)) for fault in FAULTS},
}
"""Metric to which proposals are counted, and among which."""


def episode_of(record: EpisodeRecord) -> PlayedEpisode:
    """The result of an agent.

    Raises:
        ValueError: The episode is not over.
        RequestError: Its server made another protocol or other proposals of its seed than this package does.
    """
    outcome, tier = record.outcome, record.opening.difficulty
    world = scenario(tier, record.seed)
    served = [(proposal.proposal_id, proposal.error_type) for proposal in outcome.proposals]
    truth = [(proposal.note.proposal_id, proposal.error_type) for proposal in world.proposals]
    if served != truth or record.opening.protocol_excerpt != world.protocol_text:
        raise RequestError(
            f"The {tier} episode of seed {record.seed} is not the one that this package makes of the seed: it was "
            "played with another version."
        )
    answered = [turn.action for turn in record.turns if turn.observation.error is None]
    confidences = {
        action.proposal_id: action.confidence for action in answered if action.action_type in ("flag_error", "approve")
    }
    shares = {
        **_of_audit(record, sum(action.action_type in EVIDENCE_TOOLS for action in answered)),
        **{name: share(outcome.proposals, *tests) for name, tests in OF_PROPOSALS.items()},
    }
    p_wrong = tuple(
        (_p_wrong(proposal, confidences.get(proposal.proposal_id)), proposal.is_wrong) for proposal in outcome.proposals
    )
    return PlayedEpisode(record.agent, tier, record.seed, shares, p_wrong, record.settings)


def _of_audit(record: EpisodeRecord, looks: int) -> dict[str, Share]:
    """Metrics of an audit as a whole. They are means over episodes."""
    outcome, used, tally = record.outcome, record.usage or Usage(), record.tally or {}
    tokens = used.prompt_tokens + used.completion_tokens
    numbers: dict[str, float | None] = {
        "score": outcome.score,
        "skill": outcome.skill,
        "return": outcome.return_,
        "steps": len(record.turns),
        "tool_calls": looks,
        # An endpoint that does not count tokens does not know their cost either.
        "tokens": tokens or (None if used.cost is None else 0),
        "cost": used.cost,
        "gave_up": record.gave_up is not None,
        "seconds": used.seconds,
        **{name: tally.get(name) for name in TALLIED},
    }
    shares = {name: (math.nan if number is None else float(number), 1.0) for name, number in numbers.items()}
    # Of the episodes that have one.
    return {**shares, "fault_f1": (outcome.fault_f1 or 0.0, float(outcome.fault_f1 is not None))}


def share(proposals: list[ProposalOutcome], counted: Test, among: Test) -> Share:
    """The number of proposals that are counted, and of those among which."""
    chosen = [proposal for proposal in proposals if among(proposal)]
    return float(sum(map(counted, chosen))), float(len(chosen))


def _p_wrong(proposal: ProposalOutcome, confidence: float | None) -> float:
    if proposal.decision == "pending":
        return 0.0
    sure = 1.0 if confidence is None else confidence
    # Rounded, so that a flag and an approval that say the same are a tie: 1 - 0.7 is not 0.3 to the last digit.
    return round(sure if _flagged(proposal) else 1.0 - sure, 9)
