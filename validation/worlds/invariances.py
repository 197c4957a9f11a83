"""Claim "invariances": what does not matter moves no label, and neither score nor return of the same audit.

Each change of `world_changes.py` is made to the same episodes. In every changed world the labels are worked out anew,
and two auditors audit it anew: the evidence-only one, and one that turns every third decision of that one round, so
that scores other than 1 are compared too. Reasons are exchanged, and claims are spelled in other ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from statistics import mean
from typing import NamedTuple

from ...agents.heuristic import HeuristicAuditor
from ...models import SynthAuditAction, SynthAuditObservation
from ...rollouts.rollout import Auditor
from ...server.world.scenario import Scenario
from ...server.world.tasks import TIERS
from ..certificate import Measurement, counted
from ..episodes import Scale, first, name_of, play_scenario, scenarios
from .world_changes import CHANGES, REORDERING, World, label, same_ids

SPLITS = ("validation", "test")

Rewrite = Callable[[str], str]
REASONS: Mapping[str, Rewrite] = {
    "upper case": str.upper,
    "line breaks": lambda text: text.replace(" ", "\r\n"),
    "curly quotes": lambda text: f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}",
    "nothing that anybody can read": lambda text: "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * len(text),
}
"""Other reasons: none of them is read."""
PLACES: Mapping[str, Rewrite] = {
    "section sign": lambda place: f"\N{SECTION SIGN}{place}" if place[0].isdigit() else place,
    "words": lambda place: f"section {place}" if place[0].isdigit() else place.replace("_", " "),
    "upper case": str.upper,
}
NUMBERS: Mapping[str, Rewrite] = {
    "decimals": lambda number: f"{number}.0" if number.isdigit() else number,
    "unit": lambda number: f"{number} days" if number.isdigit() else number,
}
"""Other spellings of the same place and the same number."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Count what is moved by a change that does not matter."""
    count = scale.played // 6  # each is changed in ten ways and played twice in each
    chosen = [one for tier in TIERS for split in SPLITS for one in scenarios(tier, split, count)]
    seeds = ", ".join(first(split, count) for split in SPLITS)
    yield from of_worlds(chosen, seeds)
    yield of_written_audits(chosen, seeds)


class Verdict(NamedTuple):
    """What an audit came to, proposal by proposal, under the ids that they had before any change."""

    score: float
    skill: float
    proposals: Mapping[str, tuple[str, bool, str | None]]
    """Proposal id to decision, whether it is wrong, and how."""
    return_: float
    breakdown: Mapping[str, float]

    def decided_like(self, other: Verdict) -> bool:
        """Whether score, skill and the proposals are the same, whatever was paid for them."""
        return self[:3] == other[:3]


class Altered:
    """The evidence-only auditor, each of whose actions is altered before it is taken."""

    name = "altered"

    def __init__(self, alter: Callable[[SynthAuditAction], SynthAuditAction]) -> None:
        self._auditor, self._alter = HeuristicAuditor(), alter

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The action of that auditor, altered."""
        return self._alter(self._auditor.act(observation))


def turned_round(action: SynthAuditAction) -> SynthAuditAction:
    """The opposite decision: a flag becomes an approval and the reverse. What decides nothing stays as it is."""
    if action.action_type == "flag_error":
        return SynthAuditAction(action_type="approve", proposal_id=action.proposal_id)
    if action.action_type != "approve":
        return action
    return SynthAuditAction(
        action_type="flag_error",
        proposal_id=action.proposal_id,
        error_type="age_boundary_error",
        reason="The age is outside the protocol's range.",
    )


def _third_turned_round(world: World) -> Auditor:
    """Every third decision, counted in the order in which the proposals stood before any change."""
    chosen = sorted(world.original.values())[1::3]
    return Altered(lambda one: turned_round(one) if world.original.get(one.proposal_id or "") in chosen else one)


def written(reason: Rewrite, place: Rewrite, number: Rewrite) -> Auditor:
    """Reasons are other ones, and claims are spelled in another way."""

    def rewritten(action: SynthAuditAction) -> SynthAuditAction:
        told = {
            name: rewrite(text)
            for name, rewrite in (("reason", reason), ("where", place), ("should_be", number))
            if (text := getattr(action, name))
        }
        return action.model_copy(update=told)

    return Altered(rewritten)


TURNED = "the audit with every third decision turned round"
AUDITORS: Mapping[str, Callable[[World], Auditor]] = {
    "the evidence-only audit": lambda world: HeuristicAuditor(),
    TURNED: _third_turned_round,
}


def audit(world: World, auditor: Auditor) -> Verdict:
    """Let an auditor play a changed world in the environment."""
    told = play_scenario(world.scenario, auditor, seed=world.scenario.seed).outcome
    proposals = {world.original[p.proposal_id]: (p.decision, p.is_wrong, p.error_type) for p in told.proposals}
    return Verdict(told.score, told.skill, proposals, told.return_, told.reward_breakdown)


def _compared(change: str) -> str:
    if change not in REORDERING:
        return "decisions, score, skill, return and each reward are compared"
    return (
        "decisions, score and skill are compared, and what is paid where no decision is false: evidence waits for "
        "right flags to outnumber false alarms, so that what false alarms cost depends on the order of decisions"
    )


def of_worlds(chosen: Sequence[Scenario], seeds: str) -> Iterator[Measurement]:
    """Labels and audits under each change."""
    as_it_was = list(map(same_ids, chosen))
    before = {name: [audit(world, make(world)) for world in as_it_was] for name, make in AUDITORS.items()}
    for change, apply in CHANGES.items():
        changed = [(place, world) for place, one in enumerate(chosen) if (world := apply(one)) is not None]
        moved = [name_of(chosen[place]) for place, world in changed for _ in moved_labels(chosen[place], world)]
        proposals = sum(len(world.original) for _, world in changed)
        yield counted(f"labels moved by: {change}", moved, seeds, f"Of {proposals} proposals, judged anew.")
        differing, scores = [], []
        for name, make in AUDITORS.items():
            for place, world in changed:
                now = audit(world, make(world))
                scores.append(now.score)
                same = now == before[name][place]
                if change in REORDERING and name == TURNED:
                    same = now.decided_like(before[name][place])
                differing += [] if same else [name_of(chosen[place])]
        note = f"Of {len(scores)} audits made anew, mean score {mean(scores):.2f}; {_compared(change)}."
        yield counted(f"audits moved by: {change}", differing, seeds, note)


def moved_labels(scenario: Scenario, world: World) -> list[str]:
    """The proposals, by the ids that they had, whose label comes out otherwise in another world."""
    trial, patients = world.scenario.trial, world.scenario.patients
    moved = []
    for proposal in world.scenario.proposals:
        before = world.original[proposal.note.proposal_id]
        if label(trial, patients, proposal.note, proposal.brief) != scenario.proposal[before].error_type:
            moved.append(before)
    return moved


def of_written_audits(chosen: Sequence[Scenario], seeds: str) -> Measurement:
    """Repeat the same audit with its words written in other ways, a different way in each episode in turn."""
    ways = list(product(REASONS.values(), PLACES.values(), NUMBERS.values()))
    moved = []
    for place, scenario in enumerate(chosen):
        world = same_ids(scenario)
        if audit(world, written(*ways[place % len(ways)])) != audit(world, HeuristicAuditor()):
            moved.append(name_of(scenario))
    note = f"Of {len(chosen)} audits, in {len(ways)} ways by turns; {_compared('')}."
    return counted("audits moved by: other reasons, and claims spelled otherwise", moved, seeds, note)
