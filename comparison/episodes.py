"""An episode as the figures need it, out of the record of what was done in it.

    episode_of(record).decisions[0].p_wrong

What the reward pays for a reason and a report depends on the rest of the audit, so whether they are right is asked of
the same code that the reward asks, and not read off the reward.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ..chat.completion import Usage
from ..models import ProposalOutcome, SynthAuditAction
from ..rollouts.episode_log import EpisodeRecord
from ..server.audit.audit_report import report_quality
from ..server.audit.rationale import reason_holds
from ..server.audit.reward_model import confusion
from ..server.world.scenario import Scenario, build_scenario
from ..server.world.tasks import TIERS, rhetoric_of, split_of
from ..tool_records import EVIDENCE_TOOLS
from .refused import REPORT
from .results import LOOKS, Decision, Episode

KEPT = 1024
"""Scenarios that a process keeps, about 0.2 MB each: every agent plays them, and the default run has 800."""


class OtherWorldError(ValueError):
    """An episode was not of the world that this package makes of its seed. The message is one sentence."""


@lru_cache(maxsize=KEPT)
def scenario(tier: str, seed: int) -> Scenario:
    """What a seed is in a tier, with the truth about every proposal: for figures and the oracle, for no other agent."""
    split, _ = split_of(seed)
    return build_scenario(TIERS[tier], seed, rhetoric_of(split))


def episode_of(record: EpisodeRecord) -> Episode:
    """What an agent did, by proposal and in sum.

    Raises:
        ValueError: The episode is not over.
        OtherWorldError: Whoever served it makes another protocol or other proposals of its seed than this package does.
    """
    outcome, tier = record.outcome, record.opening.difficulty
    world = scenario(tier, record.seed)
    told = [(one.proposal_id, one.error_type) for one in outcome.proposals]
    truth = [(one.note.proposal_id, one.error_type) for one in world.proposals]
    if told != truth or record.opening.protocol_excerpt != world.protocol_text:
        raise OtherWorldError(
            f"The {tier} episode of seed {record.seed} is not the one that this package makes of the seed: it was "
            "played with another version."
        )
    taken = [turn.action for turn in record.turns if turn.observation.error is None]
    looks, decided = 0, {}
    for action in taken:
        looks += action.action_type in EVIDENCE_TOOLS
        if action.action_type in ("flag_error", "approve"):
            decided[action.proposal_id] = action, looks
    report = next((action.report for action in taken if action.action_type == "submit_audit_report"), None)
    status = {proposal.proposal_id: proposal.decision for proposal in outcome.proposals}
    return Episode(
        agent=record.agent,
        tier=tier,
        seed=record.seed,
        score=outcome.score,
        skill=outcome.skill,
        return_=outcome.return_,
        steps=len(record.turns),
        tool_calls=looks,
        usage=record.usage or Usage(),
        gave_up=record.gave_up is not None,
        report_holds=report_quality(world, status, report or "") > 0,
        decisions=tuple(_decision(one, decided.get(one.proposal_id, (None, 0)), world) for one in outcome.proposals),
        unasked=_unasked(record),
        settings=record.settings,
        tally=record.tally,
        transcript=record.transcript,
        cut_off={most: _score_within(most, decided, status, world) for most in LOOKS},
    )


def _unasked(record: EpisodeRecord) -> str | None:
    """As `Episode.unasked` says."""
    if record.gave_up is None or [turn.action.report for turn in record.turns] != [REPORT]:
        return None
    return record.gave_up.removeprefix(REPORT).strip()


def _score_within(
    looks: int, decided: Mapping[str | None, tuple[object, int]], status: Mapping[str, str], world: Scenario
) -> float:
    """The score of what was decided within so many looks, which is what cutting an audit off there leaves of it."""
    kept = {id_: status[id_] for id_, (_, at) in decided.items() if id_ is not None and at <= looks}
    return confusion(world.proposals, kept).score


def _decision(truth: ProposalOutcome, made: tuple[SynthAuditAction | None, int], world: Scenario) -> Decision:
    """What an action made of a proposal, after so many looks."""
    action, looks = made
    flagged_as = action.error_type if action is not None else None
    right_flag = truth.is_wrong and flagged_as == truth.error_type
    holds = None
    if action is not None and right_flag:
        holds = reason_holds(world, world.proposal[truth.proposal_id], flagged_as, action.reason or "")
    return Decision(
        proposal_id=truth.proposal_id,
        is_wrong=truth.is_wrong,
        error_type=truth.error_type,
        decision=truth.decision,
        flagged_as=flagged_as,
        p_wrong=_p_wrong(truth, action),
        reason_holds=holds,
        fault_named=truth.fault_named,
        evidence_stated=truth.evidence_stated,
        looks=looks,
    )


def _p_wrong(truth: ProposalOutcome, action: SynthAuditAction | None) -> float:
    """As `Decision.p_wrong` says."""
    if action is None:
        return 0.0
    sure = 1.0 if action.confidence is None else action.confidence
    # Rounded, so that a flag and an approval that say the same are a tie: 1 - 0.7 is not 0.3 to the last digit.
    return round(sure if truth.decision == "flagged" else 1.0 - sure, 9)
