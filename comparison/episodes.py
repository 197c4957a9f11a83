"""An episode as the figures need it: what the agent decided, and the truth, out of the record of what was done.

    episode_of(record).decisions[0].p_wrong

The observations and actions are a line of episodes.jsonl (`rollouts/episode_log.py`): a run has half a gigabyte of
those.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..chat.completion import Usage
from ..models import ProposalOutcome, Status, SynthAuditAction
from ..rollouts.episode_log import EpisodeRecord
from ..server.audit.reward_model import confusion
from ..server.world.scenario import Scenario, build_scenario
from ..server.world.tasks import ALL_TIERS, rhetoric_of, split_of
from ..tool_records import EVIDENCE_TOOLS

KEPT = 1024
"""Scenarios that a process keeps, about 0.2 MB each, of the last level of the frontier 3.6 MB: every agent plays them,
and the default run has 800."""
LOOKS = (4, 8, 16, 32)
"""Audit budgets: after so many looks, answered calls of the evidence tools, an audit is cut off."""
REFUSED = "The model could not be asked on, so its audit was ended for it."
END = SynthAuditAction(action_type="submit_audit_report", report=REFUSED)
"""The action that ends a model's audit when one of its chats is refused: the run goes on. The report does not have the
endpoint's words, since a report is read for findings."""


@dataclass(frozen=True, slots=True)
class DecidedProposal:
    """The decision of an agent on a proposal, and the truth."""

    proposal_id: str
    is_wrong: bool
    error_type: str | None
    """None for a right proposal."""
    decision: Status
    """pending: the episode ended before it was decided."""
    flagged_as: str | None
    """The error type that the flag named; None without a flag."""
    p_wrong: float
    """The agent's probability, 0 to 1, that the proposal is wrong: its confidence in a flag, 1 - that in an approval;
    1 or 0 for a decision without a confidence, 0 for a pending proposal."""
    faults: frozenset[str] = frozenset()
    """Faults of the Actor's argument, whether or not its verdict is wrong: names of FAULTS. Empty: it is sound."""
    claim_right: bool | None = None
    """True if the claimed fault and place are true; None if nothing is claimed."""
    number_right: bool | None = None
    """True if the number of a right claim is true; None otherwise, and if the fault has none."""
    looks: int = 0
    """Looks before it was decided; 0 for a pending proposal."""

    @property
    def is_hit(self) -> bool:
        """True if it claims a fault that the argument has, with its number if it has one."""
        return bool(self.claim_right) and self.number_right is not False


@dataclass(frozen=True, slots=True)
class PlayedEpisode:
    """The result of an agent on an episode."""

    agent: str
    tier: str
    """easy, medium, hard, expert or a level of the frontier, such as frontier-5."""
    seed: int
    score: float
    """F1.5, or where nothing was wrong the share that was approved; 0 to 1."""
    skill: float
    """At least -1; 0 is flagging everything, 1 is perfect."""
    fault_f1: float | None
    """F1 of the claims about what the Actor did; None where nothing was to find and nothing was claimed."""
    return_: float
    steps: int
    tool_calls: int
    """Looks: calls of the five evidence tools that were answered."""
    usage: Usage
    """Tokens and US dollars; zeros for an agent that asks no model."""
    gave_up: bool
    """True if the audit was ended for the agent's model, which had no usable answer."""
    decisions: tuple[DecidedProposal, ...]
    """One for each proposal, in the order of the list."""
    settings: Mapping[str, Any] | None = None
    """Of the agent's model; None for an agent without one. There is no key in it."""
    tally: Mapping[str, int] | None = None
    """Of its answers, as in `Tally` (`agents/react/conversation.py`); None for an agent without one."""
    cut_off: Mapping[int, float] = field(default_factory=dict)
    """The score, had it been cut off after so many LOOKS: what was decided later is undecided."""


class OtherWorldError(ValueError):
    """An episode was not of the world that this package makes of its seed. The message is one sentence."""


@lru_cache(maxsize=KEPT)
def scenario(tier: str, seed: int) -> Scenario:
    """The scenario of a seed in a tier, with the truth about every proposal: for figures and the oracle only."""
    split, _ = split_of(seed)
    return build_scenario(ALL_TIERS[tier], seed, rhetoric_of(split))


def episode_of(record: EpisodeRecord) -> PlayedEpisode:
    """The result of an agent, by proposal and in total.

    Raises:
        ValueError: The episode is not over.
        OtherWorldError: Its server made another protocol or other proposals of its seed than this package does.
    """
    outcome, tier = record.outcome, record.opening.difficulty
    world = scenario(tier, record.seed)
    served = [(proposal.proposal_id, proposal.error_type) for proposal in outcome.proposals]
    truth = [(proposal.note.proposal_id, proposal.error_type) for proposal in world.proposals]
    if served != truth or record.opening.protocol_excerpt != world.protocol_text:
        raise OtherWorldError(
            f"The {tier} episode of seed {record.seed} is not the one that this package makes of the seed: it was "
            "played with another version."
        )
    taken = [turn.action for turn in record.turns if turn.observation.error is None]
    looks, decided = 0, dict[str, tuple[SynthAuditAction, int]]()
    for action in taken:
        looks += action.action_type in EVIDENCE_TOOLS
        if action.action_type in ("flag_error", "approve") and action.proposal_id is not None:
            decided[action.proposal_id] = action, looks
    status = {proposal.proposal_id: proposal.decision for proposal in outcome.proposals}
    within = {most: {id_: status[id_] for id_, (_, at) in decided.items() if at <= most} for most in LOOKS}
    return PlayedEpisode(
        agent=record.agent,
        tier=tier,
        seed=record.seed,
        score=outcome.score,
        skill=outcome.skill,
        fault_f1=outcome.fault_f1,
        return_=outcome.return_,
        steps=len(record.turns),
        tool_calls=looks,
        usage=record.usage or Usage(),
        gave_up=record.gave_up is not None,
        decisions=tuple(
            _decision(proposal, decided.get(proposal.proposal_id, (None, 0))) for proposal in outcome.proposals
        ),
        settings=record.settings,
        tally=record.tally,
        cut_off={most: confusion(world.proposals, statuses).score for most, statuses in within.items()},
    )


def _decision(truth: ProposalOutcome, made: tuple[SynthAuditAction | None, int]) -> DecidedProposal:
    """The decision on a proposal, out of the action that made it and the number of looks before it."""
    action, looks = made
    flagged_as, p_wrong = None, 0.0
    if action is not None:
        flagged_as, sure = action.error_type, 1.0 if action.confidence is None else action.confidence
        # Rounded, so that a flag and an approval that say the same are a tie: 1 - 0.7 is not 0.3 to the last digit.
        p_wrong = round(sure if truth.decision == "flagged" else 1.0 - sure, 9)
    return DecidedProposal(
        proposal_id=truth.proposal_id,
        is_wrong=truth.is_wrong,
        error_type=truth.error_type,
        decision=truth.decision,
        flagged_as=flagged_as,
        p_wrong=p_wrong,
        faults=frozenset(claim.fault for claim in truth.faults),
        claim_right=truth.claim_right,
        number_right=truth.number_right,
        looks=looks,
    )
