"""Claim "invariances": a change that does not matter moves neither the decisions nor the worth of the same audit.

    world = CHANGES["shifted calendar"](scenario)
    audit(world, EVIDENCE_ONLY)      # as it was in the scenario

Labels are carried over, and two auditors judge every changed world anew from its texts and records: the evidence-only
one, which is right about everything, so that a label which no longer holds costs it score, and one that follows one hop
only, so that scores other than 1 are compared too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from ..agents.limits import Limits
from ..models import SynthAuditAction, SynthAuditObservation
from ..server.world.protocol import CONSENTED, Clause, Protocol
from ..server.world.record import move_course
from ..server.world.scenario import Scenario, build_scenario
from ..server.world.seeding import Stream
from ..server.world.tasks import TIERS
from .auditors import EVIDENCE_ONLY, Bounded
from .certificate import Measurement, counted
from .episodes import Policy, Scale, first, name_of, play_scenario, scenarios

SPLITS = ("validation", "test")
AUDITORS: Mapping[str, Policy] = {
    "the evidence-only auditor": EVIDENCE_ONLY,
    "one that follows one hop": Bounded(Limits(hops=1)),
}
REASON = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM} nothing that anybody can read"
_PATIENT, _DATE = re.compile(r"\bP\d{4}\b"), re.compile(r"\b\d{4}-\d\d-\d\d\b")


def _stream(scenario: Scenario, change: str) -> Stream:
    return Stream("world change", change, scenario.tier.name, scenario.seed)


def _with_notes(scenario: Scenario, rewrite: Callable[[str], str], **changes: object) -> Scenario:
    """The scenario with other parts, and with notes whose patient and prose are rewritten."""
    proposals = []
    for proposal in scenario.proposals:
        note = proposal.note
        rewritten = replace(note, patient_id=rewrite(note.patient_id), reasoning=rewrite(note.reasoning))
        proposals.append(replace(proposal, note=rewritten))
    return replace(scenario, proposals=tuple(proposals), **changes)  # type: ignore[arg-type]  # checked at run time


def renumbered(scenario: Scenario) -> Scenario:
    """The proposals in another order, numbered by it."""
    proposals = [
        replace(proposal, note=replace(proposal.note, proposal_id=f"PROP-{number:03d}"))
        for number, proposal in enumerate(_stream(scenario, "numbers").shuffled(scenario.proposals), start=1)
    ]
    return replace(scenario, proposals=tuple(proposals))


def renamed(scenario: Scenario) -> Scenario:
    """Every patient under another id, and the cohort in the order of the new ones."""
    numbers = _stream(scenario, "patients").sample(range(1, 10_000), len(scenario.patients))
    ids = {patient.patient_id: f"P{number:04d}" for patient, number in zip(scenario.patients, numbers, strict=True)}
    patients = [patient._replace(patient_id=ids[patient.patient_id]) for patient in scenario.patients]
    patients.sort(key=lambda patient: patient.patient_id)
    return _with_notes(scenario, lambda text: _PATIENT.sub(lambda found: ids[found[0]], text), patients=tuple(patients))


def shifted(scenario: Scenario) -> Scenario:
    """Every date of protocol, records and notes, by the same number of days: up to eleven years either way."""
    days = _stream(scenario, "calendar").integer(-4_000, 4_000)
    by = timedelta(days=days)

    def later(clause: Clause) -> Clause:
        dated = ("enrolment_date", CONSENTED)
        when = tuple(
            replace(condition, value=condition.value + days) if condition.field in dated else condition
            for condition in clause.when
        )
        in_force, issued = (None if day is None else day + by for day in (clause.in_force, clause.issued))
        return replace(clause, when=when, in_force=in_force, issued=issued)

    def moved(protocol: Protocol) -> Protocol:
        return replace(protocol, clauses=tuple(map(later, protocol.clauses)))

    trial = scenario.trial
    trial = replace(
        trial,
        protocol=moved(trial.protocol),
        annexes={site: moved(annex) for site, annex in trial.annexes.items()},
        phantoms=tuple(map(later, trial.phantoms)),
        approvals={number: {site: day + by for site, day in of.items()} for number, of in trial.approvals.items()},
    )

    def rewrite(text: str) -> str:
        return _DATE.sub(lambda found: str(date.fromisoformat(found[0]) + by), text)

    patients = tuple(move_course(patient, by) for patient in scenario.patients)
    return _with_notes(scenario, rewrite, trial=trial, patients=patients)


def in_other_voices(scenario: Scenario) -> Scenario:
    """Every note told by the rhetoric of the other split."""
    voices = "train" if scenario.voices == "test" else "test"
    return build_scenario(scenario.tier, scenario.seed, voices)


def all_at_once(scenario: Scenario) -> Scenario:
    """One change after another."""
    return renumbered(shifted(renamed(in_other_voices(scenario))))


CHANGES: Mapping[str, Callable[[Scenario], Scenario]] = {
    "renumbered proposals": renumbered,
    "renamed patients": renamed,
    "shifted calendar": shifted,
    "rhetoric of the other split": in_other_voices,
    "all at once": all_at_once,
}
"""By name: a change that must move nothing."""


class WithOtherReasons:
    """An auditor whose flags say something else: no reason is read."""

    name = "with other reasons"

    def __init__(self, scenario: Scenario) -> None:
        self._auditor = EVIDENCE_ONLY(scenario)

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The action of that auditor with another reason."""
        action = self._auditor.act(observation)
        return action.model_copy(update={"reason": REASON}) if action.reason else action


def audit(world: Scenario, policy: Policy) -> object:
    """Score, skill, and how many proposals of each label and error type were decided how, of a policy in a world."""
    outcome = play_scenario(world, policy, seed=world.seed)
    decided = Counter((proposal.decision, proposal.is_wrong, proposal.error_type) for proposal in outcome.proposals)
    return outcome.score, outcome.skill, decided


def measure(scale: Scale) -> Iterator[Measurement]:
    """Count the audits that are moved by a change that does not matter."""
    count = max(1, scale.played // 6)
    chosen = [world for tier in TIERS for split in SPLITS for world in scenarios(tier, split, count)]
    seeds = ", ".join(first(split, count) for split in SPLITS)
    before = {policy: [audit(scenario, policy) for scenario in chosen] for policy in AUDITORS.values()}

    def moved(apply: Callable[[Scenario], Scenario], pairs: Mapping[Policy, Policy]) -> list[str]:
        return [
            name_of(scenario)
            for place, scenario in enumerate(chosen)
            for world in [apply(scenario)]
            for policy, other in pairs.items()
            if audit(world, other) != before[policy][place]
        ]

    for change, apply in CHANGES.items():
        note = f"Score, skill and decisions of {' and '.join(AUDITORS)}."
        yield counted(f"audits moved by: {change}", moved(apply, {own: own for own in before}), seeds, note)
    yield counted("audits moved by: other reasons", moved(lambda same: same, {EVIDENCE_ONLY: WithOtherReasons}), seeds)
