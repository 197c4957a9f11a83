"""An episode as the figures need it: what the agent decided, and the truth, out of the record of what was done.

    episode_of(record).decisions[0].p_wrong

The observations and actions are a line of episodes.jsonl (`rollouts/episode_log.py`): a run has half a gigabyte of
those. What the reward pays for a report depends on the rest of the audit, so whether it is right is asked of the same
code that the reward asks, and not read off the reward.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..chat.completion import Usage
from ..models import ProposalOutcome, Status, SynthAuditAction
from ..rollouts.episode_log import EpisodeRecord
from ..server.audit.audit_report import report_quality
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
"""What ends a model's audit when one of its chats is refused: the episode is over, and the run goes on. An endpoint
that is gone, or fails, or takes the key no more, would refuse every chat, and so ends the run. The report does not have
the endpoint's words, since a report is read for findings."""
UNREADABLE = SynthAuditAction(
    action_type="submit_audit_report",
    report="The model's call cannot be read by its own server, so its audit was ended for it.",
)
"""The same where the model did answer: such an audit counts, also where it was the first answer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent decided on a proposal, and the truth."""

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
    faults: frozenset[str] = frozenset()
    """What is wrong with the Actor's argument, whether or not its verdict is: names of FAULTS. Empty: it is sound."""
    claim_right: bool | None = None
    """Whether the fault and the place that the decision claims are true; None where it claims nothing."""
    number_right: bool | None = None
    """Of a right claim, whether its number is true; None otherwise, and where the fault has none."""
    looks: int = 0
    """Looks before it was decided; 0 for a pending proposal."""

    @property
    def is_hit(self) -> bool:
        """Whether it claims a fault that the argument has, with its number where it has one."""
        return bool(self.claim_right) and self.number_right is not False


@dataclass(frozen=True, slots=True)
class Episode:
    """How an agent did on an episode."""

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
    """Whether the audit was ended for the agent's model, which had no usable answer."""
    report_holds: bool
    """Whether the closing report names every wrong proposal that was flagged, with its error type, and nothing else as
    wrong (`server/audit/audit_report.py`)."""
    decisions: tuple[Decision, ...]
    """One for each proposal, in the order of the list."""
    unasked: str | None = None
    """Why the model could not be asked for anything; None where it was, or no model plays. Such an audit is missing: it
    is in no figure."""
    settings: Mapping[str, Any] | None = None
    """How the agent's model was asked; None for an agent without one. There is no key in it."""
    tally: Mapping[str, int] | None = None
    """How its answers could be read (`agents/react/conversation.py`); None for an agent without one."""
    cut_off: Mapping[int, float] = field(default_factory=dict)
    """The score, had it been cut off after so many LOOKS: what was decided later is undecided."""


class OtherWorldError(ValueError):
    """An episode was not of the world that this package makes of its seed. The message is one sentence."""


@lru_cache(maxsize=KEPT)
def scenario(tier: str, seed: int) -> Scenario:
    """The scenario of a seed in a tier, with the truth about every proposal: for figures and the oracle only."""
    split, _ = split_of(seed)
    return build_scenario(ALL_TIERS[tier], seed, rhetoric_of(split))


def episode_of(record: EpisodeRecord) -> Episode:
    """What an agent did, by proposal and in total.

    Raises:
        ValueError: The episode is not over.
        OtherWorldError: Its server made another protocol or other proposals of its seed than this package does.
    """
    outcome, tier = record.outcome, record.opening.difficulty
    world = scenario(tier, record.seed)
    served = [(one.proposal_id, one.error_type) for one in outcome.proposals]
    truth = [(one.note.proposal_id, one.error_type) for one in world.proposals]
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
    report = next((action.report for action in taken if action.action_type == "submit_audit_report"), None)
    status = {proposal.proposal_id: proposal.decision for proposal in outcome.proposals}
    within = {most: {id_: status[id_] for id_, (_, at) in decided.items() if at <= most} for most in LOOKS}
    unasked = record.gave_up if [turn.action.report for turn in record.turns] == [REFUSED] else None
    return Episode(
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
        report_holds=report_quality(world, status, report or "") > 0,
        decisions=tuple(_decision(one, decided.get(one.proposal_id, (None, 0))) for one in outcome.proposals),
        unasked=unasked and unasked.removeprefix(REFUSED).strip(),
        settings=record.settings,
        tally=record.tally,
        cut_off={most: confusion(world.proposals, statuses).score for most, statuses in within.items()},
    )


def _decision(truth: ProposalOutcome, made: tuple[SynthAuditAction | None, int]) -> Decision:
    """The decision on a proposal, out of the action that made it and the number of looks before it."""
    action, looks = made
    flagged_as, p_wrong = None, 0.0
    if action is not None:
        flagged_as, sure = action.error_type, 1.0 if action.confidence is None else action.confidence
        # Rounded, so that a flag and an approval that say the same are a tie: 1 - 0.7 is not 0.3 to the last digit.
        p_wrong = round(sure if truth.decision == "flagged" else 1.0 - sure, 9)
    return Decision(
        proposal_id=truth.proposal_id,
        is_wrong=truth.is_wrong,
        error_type=truth.error_type,
        decision=truth.decision,
        flagged_as=flagged_as,
        p_wrong=p_wrong,
        faults=frozenset(one.fault for one in truth.faults),
        claim_right=truth.claim_right,
        number_right=truth.number_right,
        looks=looks,
    )
