"""openenv's level 2 on the reward: each payment belongs to an event of a table that can be read, and adds up.

    for check in reward_checks(QUICK): ...

There is no RFC 004 `Rubric` here, and the manifest says so: openenv's two checks of one do not apply. A rubric's
`forward(action, observation)` sees what the agent sees, and this reward depends on hidden labels, on evidence looked at
long before, and on how all the decisions so far have turned out: a tree would be a second account beside the ledger.
What a rubric is asked to show is shown of the ledger itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...models import SynthAuditAction
from ...server.audit import reward_model as rewards
from ...server.audit.audit_report import LEAST, MOST
from ...server.audit.episode import Episode
from ..episodes import Scale, scenario
from .checks import SPLIT, Check, none_of, per_tier, samples, seeds_of

_INSTEAD = "not applicable by openenv (rubric_tree: false); the reward ledger is measured instead"


def reward_checks(scale: Scale) -> Iterator[Check]:
    """Two checks of the same steps: audits on evidence and with labels, refused and repeated actions among them."""
    unlisted = unattributed = steps = 0
    for sample in samples(scale):
        world = scenario(sample.tier, SPLIT, sample.index)
        evidence = [SynthAuditAction.model_validate(action) for action in sample.actions()]
        for actions in (evidence, sample.oracle_actions()):
            episode, before = Episode(world), dict[str, int]()
            for action in actions:
                reward = round(1000 * episode.act(action).reward)
                booked = {event: amount - before.get(event, 0) for event, amount in episode.ledger.items()}
                unattributed += reward != sum(booked.values())
                unlisted += _unlisted(booked, episode)
                before, steps = dict(episode.ledger), steps + 1
            outcome = episode.outcome
            kept = {} if outcome is None else {e: round(1000 * a) for e, a in outcome.reward_breakdown.items()}
            unattributed += kept != episode.ledger
    seeds = seeds_of(per_tier(scale))
    how = (
        f"{_INSTEAD}: in {steps} steps each amount is a multiple of that of reward_model.REWARDS, approvals times "
        f"skill, report {LEAST}-{MOST}"
    )
    yield none_of("runtime.rubric_introspectable", "amounts that the table does not explain", unlisted, how, seeds)
    how = (
        f"{_INSTEAD}: in {steps} steps what was paid is what was booked by event, and the outcome's breakdown is the "
        "whole of it"
    )
    yield none_of("runtime.reward_attribution", "payments without an event", unattributed, how, seeds)


def _unlisted(booked: Mapping[str, int], episode: Episode) -> int:
    """Amounts of one step that are no multiple of what the table pays for their event."""
    least, most = round(1000 * LEAST), round(1000 * MOST)
    wrong = 0
    for event, amount in booked.items():
        if event == rewards.REPORT:
            wrong += not (amount == 0 or least <= amount <= most)
        elif event == rewards.CORRECT_APPROVAL:
            wrong += amount != _approvals_due(episode)
        else:
            wrong += (
                event not in rewards.REWARDS
                or amount % rewards.REWARDS[event] != 0
                or amount / rewards.REWARDS[event] < 0
            )
    return wrong


def _approvals_due(episode: Episode) -> int:
    """What right approvals come to by the decisions: nothing before the end."""
    if episode.outcome is None:
        return 0
    right = sum(one.decision == rewards.APPROVED and not one.is_wrong for one in episode.outcome.proposals)
    earned = min(right * rewards.REWARDS[rewards.CORRECT_APPROVAL], rewards.MOST_OF_APPROVALS)
    return round(earned * max(0.0, episode.outcome.skill))
