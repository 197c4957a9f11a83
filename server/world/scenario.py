"""Builds an episode from (tier, seed, voices): protocol, cohort, proposals, and the truth about each.

    scenario = build_scenario(TIERS["hard"], seed=42, voices="train")
    scenario.proposals[0].note.reasoning, scenario.proposals[0].is_wrong

Labels are drawn first, independently of one another and of all else. What a note shows is found without a look at its
label (`cases.py`, `cohort_cases.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...error_types import AGE, CITATION, COHORT_RULE, DATES, EQUITY, OVERRIDE, STATISTIC, WINDOW
from . import cohort_cases
from .actor_agent import Brief, Note, tell
from .cases import MOST_DRAWS, OF_ITS_ANNEX, QUESTIONS_OF, SHARES, Cases, Kind
from .explanation import explain, flaw
from .faults import Fault, faults
from .grammar import SETTINGS, Setting, draw_trial
from .patient_generator import draw_patients, untied, with_discrepancies, with_doses
from .protocol import Judgement
from .protocol_text import protocol_text
from .record import Columns, PatientRecord, columns, counted
from .seeding import Stream
from .tasks import Tier
from .trial import Trial
from .trial_frame import draw_frame

WRONG_SHARE = SHARES["wrong"]
"""Share of the proposals that are wrong."""
FEWEST_DRAWS = 10
"""Draws of what a note shows before a case is looked for at another site."""
_MOST: Mapping[str, int] = {EQUITY: 1, STATISTIC: 2}
"""How many of these an episode has at most: many figures of one cohort could be played off against each other."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A note of the Actor's with the truth about it."""

    note: Note
    brief: Brief
    trial: Trial
    """The trial as its protocol holds for the patient."""
    is_wrong: bool
    error_type: str | None
    """Error type of a wrong proposal; None for a right one."""
    judgement: Judgement | None
    """The protocol's own, on the question and the final record; None for a proposal that is about no record."""
    flaw: str
    """The Actor's mistake in words, whether or not it mattered."""
    explanation: str
    faults: tuple[Fault, ...]
    """Every true claim about what the Actor did; none where it read all as it is."""


@dataclass(frozen=True)
class Scenario:
    """Everything an episode is about. It never changes while the episode runs."""

    tier: Tier
    seed: int
    voices: str
    trial: Trial
    patients: tuple[PatientRecord, ...]
    proposals: tuple[Proposal, ...]

    @cached_property
    def protocol_text(self) -> str:
        """The protocol as the auditor reads it."""
        return protocol_text(self.trial)

    @cached_property
    def patient(self) -> Mapping[str, PatientRecord]:
        """The cohort by patient id."""
        return {record.patient_id: record for record in self.patients}

    @cached_property
    def proposal(self) -> Mapping[str, Proposal]:
        """The proposals by proposal id."""
        return {proposal.note.proposal_id: proposal for proposal in self.proposals}

    @cached_property
    def columns(self) -> Columns:
        """The cohort as numbers, an array per field."""
        return columns(self.patients)

    def reference(self, patient_id: str) -> PatientRecord:
        """The patient whom the decision on another one is explained against; no proposal is about this one.

        It is one, since the values against many would tell which clauses an Actor uses without a look at the protocol.
        Those of the proposals are left out, since planting has made them pass some readings and not others. And each
        decision has its own, since all Actors without a mistake would say the same of the same one.
        """
        subjects = {proposal.note.patient_id for proposal in self.proposals}
        others = [record for record in self.patients if record.patient_id not in subjects]
        stream = Stream("background", self.tier.name, self.seed, patient_id)
        return stream.choice(others)

    @cached_property
    def memo(self) -> dict[tuple[str | None, ...], Any]:
        """Results that were worked out of it, by tool and arguments: sessions that play the same episode ask the same.

        Only for values that nobody changes. What depends on a label is looked up here only once its decision is paid,
        lest another session of the episode learn from the time that an answer takes.
        """
        return {}


@dataclass(slots=True)
class _Slot:
    """A proposal in the making."""

    error_type: str
    """Rule that it is about, which is its error type where it is wrong."""
    kind: Kind
    brief: Brief | None = None
    place: int | None = None
    """Place of the patient in the cohort; None for a proposal on the cohort."""
    judgement: Judgement | None = None

    @property
    def is_wrong(self) -> bool:
        """The label."""
        return self.kind == "wrong"


def build_scenario(
    tier: Tier, seed: int, voices: str, error_types: Sequence[str] | None = None, setting: Setting | None = None
) -> Scenario:
    """Build an episode.

    Args:
        tier: Its difficulty.
        seed: Any whole number from 0.
        voices: The Actor's voices: "train" or "test".
        error_types: Kinds of error that its proposals can have; None for all of the tier's.
        setting: What its protocol is made of; None for the tier's own.
    """
    kinds = tuple(error_types or tier.error_types)
    path: tuple[str | int, ...] = (tier.name, seed, *(kinds if error_types else ()))
    stream = Stream("slots", *path)
    slots = _draw_slots(stream, tier, kinds)
    setting = setting or SETTINGS[tier.name]
    frame = draw_frame(Stream("frame", *path), setting.sites)
    trial = draw_trial(Stream("protocol", *path), tier.name, frame, setting)
    patients = list(draw_patients(("cohort", *path), tier.patients, frame))
    if setting.ranks:
        patients = counted(untied(patients))
    if "dose_max" in setting.depths:
        patients = list(with_doses(Stream("doses", *path), frame.planned_dose, patients))
    if fields := sorted({source.field for source in trial.sources}):
        patients = list(with_discrepancies(Stream("laboratories", *path), fields, patients))
    patients = _give_cohort_cases(stream, trial, slots, patients)
    groups = _case_groups(Stream("cases", *path), trial, setting, patients)
    # Overrides first: they are about patients in Stage IV, of whom few fail a rule that is not asked about.
    for slot in sorted(slots, key=lambda slot: (slot.error_type != COHORT_RULE, slot.error_type != OVERRIDE)):
        if slot.brief is None:
            _give_case(stream, groups, slot, kinds if error_types else (), setting.on_amended)
    patients = counted(patients) if setting.ranks else patients
    voice_stream = Stream("voice", voices, *path)
    proposals = tuple(
        _proposal(voice_stream, trial, slot, f"PROP-{number:03d}", voices, patients)
        for number, slot in enumerate(slots, start=1)
    )
    return Scenario(tier, seed, voices, trial, tuple(patients), proposals)


def _draw_slots(stream: Stream, tier: Tier, kinds: Sequence[str]) -> list[_Slot]:
    """Draw how many proposals, what each is about and of which kind, none of it with a look at the rest."""
    slots: list[_Slot] = []
    for _ in range(stream.integer(*tier.proposals)):
        taken = [slot.error_type for slot in slots]
        free = [kind for kind in kinds if taken.count(kind) < _MOST.get(kind, len(taken) + 1)]
        # Where only few of the kinds asked for fit into an episode, the others are of any kind of the tier.
        free = free or [kind for kind in tier.error_types if kind not in _MOST]
        slots.append(_Slot(stream.choice(free), stream.weighted(SHARES)))
    if all(slot.is_wrong for slot in slots):
        stream.choice(slots).kind = "sound"  # flagging all must not be the audit
    return slots


def _case_groups(stream: Stream, trial: Trial, setting: Setting, patients: list[PatientRecord]) -> list[Cases]:
    """The cases of each site that has a protocol of its own, or an order, and of all others together."""
    by_site: dict[str, list[int]] = {}
    for place, patient in enumerate(patients):
        is_own = patient.site in trial.own_sites or patient.earlier_at_site is not None
        by_site.setdefault(patient.site if is_own else "", []).append(place)
    return [Cases(stream, trial.at(site), patients, places, setting.on_amended) for site, places in by_site.items()]


def _give_case(stream: Stream, groups: Sequence[Cases], slot: _Slot, asked: Sequence[str], on_amended: float) -> None:
    """Give a proposal its case; where no protocol has one of its error type, one of another, asked for or not."""
    order = stream.shuffled(groups) if len(groups) > 1 else list(groups)
    if groups[0].trial.annexes and stream.chance(OF_ITS_ANNEX):
        order.sort(key=lambda cases: bool(cases.of_annex) and cases.of_annex.isdisjoint(QUESTIONS_OF[slot.error_type]))
    if len(groups) > 1 and stream.chance(on_amended):
        order.sort(key=lambda cases: not cases.amended(slot.error_type))
    wanted = list(dict.fromkeys((slot.error_type, *(kind for kind in asked if kind in QUESTIONS_OF))))
    for error_type in dict.fromkeys((*wanted, AGE, WINDOW, DATES)):
        for cases in order:
            most = max(MOST_DRAWS // len(order), FEWEST_DRAWS)
            case = cases.draw(error_type, slot.kind, most)
            if case is not None:
                slot.error_type, (slot.brief, slot.place, slot.judgement) = error_type, case
                return
    raise RuntimeError("this protocol has no case at all")


def _give_cohort_cases(
    stream: Stream, trial: Trial, slots: Sequence[_Slot], patients: list[PatientRecord]
) -> list[PatientRecord]:
    """Give each proposal on the cohort its figure, and deal the cohort out for it; without one it cites an amendment.

    No two are about one feature, so that no note can be held against another instead of against the cohort.
    """
    features = {rule.error_type: stream.shuffled(rule.features) for rule in trial.cohort_rules}
    for slot in slots:
        if slot.error_type in _MOST:
            rule = trial.rule_on(slot.error_type)
            case = cohort_cases.draw(stream, patients, rule, features[slot.error_type].pop(), slot.kind)
            if case is None:
                slot.error_type = CITATION
                continue
            patients = case.patients
            slot.brief = Brief(slot.error_type, case.verdict, trial.protocol, figure=case.figure)
    return patients


def _proposal(
    stream: Stream, trial: Trial, slot: _Slot, proposal_id: str, voices: str, patients: Sequence[PatientRecord]
) -> Proposal:
    assert slot.brief is not None
    record = None if slot.place is None else patients[slot.place]
    trial = trial if record is None else trial.at(record.site)
    note = tell(stream, trial, slot.brief, record, proposal_id, voices, len(patients))
    mistake = flaw(trial, slot.brief)
    return Proposal(
        note=note,
        brief=slot.brief,
        trial=trial,
        is_wrong=slot.is_wrong,
        error_type=slot.error_type if slot.is_wrong else None,
        judgement=slot.judgement,
        flaw=mistake,
        explanation=explain(trial, slot.brief, mistake, slot.is_wrong, record, slot.judgement),
        faults=faults(trial, slot.brief, record, slot.judgement),
    )
