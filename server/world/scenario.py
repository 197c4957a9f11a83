"""Builds an episode from (tier, seed, rhetoric): protocol, cohort, proposals, and the truth about each.

    scenario = build_scenario(TIERS["hard"], seed=42, voices="train")
    scenario.proposals[0].note.reasoning, scenario.proposals[0].is_wrong

The order of drawing is the promise that labels do not leak: first flaws and labels, independently of one another and
from proposal to proposal, then patients by a question that does not know the label, then the deciding facts.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from . import equity
from .actor_agent import Brief, Figure, Note, tell
from .cohort_facts import Courses, courses, gap_texts, mortality_figures
from .explanation import explain
from .misreadings import FLAWS, Flaw, flaws_of, misread
from .patient_generator import draw_patients
from .planting import cited_amendment, plant, suits
from .protocol import CITATION, DEVIATION, Clause, Judgement, Protocol
from .protocol_generator import draw_trial
from .protocol_text import protocol_text
from .record import Columns, PatientRecord, columns
from .seeding import Stream
from .tasks import Tier
from .trial import Provision, Trial
from .trial_frame import draw_frame

T = TypeVar("T")
WRONG_SHARE = 0.3
LISTED_SHARE = 0.7
"""How often an amendment that nobody leans on is in the protocol: as often as one that somebody does."""
AMENDMENT_WEIGHT = 0.15
"""How likely an amendment is to be leaned on, next to 1 for anything else. A glance at the protocol tells that one is
not listed, and so that something may be wrong: it must be rare enough for that to say little of any proposal."""
RETICENT_SHARE = 0.75
"""How often an over-strict Actor does not say on which rule its verdict turns."""
PATIENTS_AT_ONCE = 8
"""Drawn in one part."""
_MOST: Mapping[str, int] = {
    "age_amendment": 1,
    "window_amendment": 1,
    "pooled_mortality": 1,
    "fabricated_statistic": 2,
}
"""How often an episode has a flaw at most: of the first three all would share a label, and many quoted figures of one
cohort could be played off against each other."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A note of the Actor's with the truth about it."""

    note: Note
    brief: Brief
    is_wrong: bool
    error_type: str | None
    """What is wrong; None when nothing is."""
    judgement: Judgement | None
    """The protocol's own, on the final record; None for a proposal that concerns the cohort."""
    explanation: str


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

    @cached_property
    def background(self) -> Columns:
        """What an attribution is made against: the patients that no proposal is about.

        Those of the proposals are left out, since planting has made them pass some readings and not others: with them,
        how many patients each reading calls compliant would tell which proposals are wrong.
        """
        subjects = {proposal.note.patient_id for proposal in self.proposals}
        return columns([record for record in self.patients if record.patient_id not in subjects])

    @cached_property
    def memo(self) -> dict[tuple[str | None, ...], Any]:
        """What has been worked out of it, by what and of whom: sessions that play the same episode ask the same.

        Only for values that nobody changes. What depends on a label is looked up here only once its decision is paid,
        lest another session of the episode learn from the time that an answer takes.
        """
        return {}

    @cached_property
    def courses(self) -> Courses:
        """The cohort as what its statistics are made of."""
        return courses(self.patients)


@dataclass(slots=True)
class _Slot:
    """A proposal in the making."""

    flaw: Flaw
    wrong: bool
    leans_on: str | None = None
    """For a citation: "age" or "window" (that amendment) or "provision"."""
    figure: Figure | None = None
    """For a statistic: what is quoted."""
    record: PatientRecord | None = None
    judgement: Judgement | None = None
    brief: Brief | None = None


def build_scenario(tier: Tier, seed: int, voices: str, error_types: Sequence[str] | None = None) -> Scenario:
    """Build an episode.

    Args:
        tier: Its difficulty.
        seed: Any whole number from 0.
        voices: The Actor's rhetoric: "train" or "test".
        error_types: Kinds of error to draw flaws from; None for all of the tier's.
    """
    return all_parts(scenario_in_parts(tier, seed, voices, error_types))


def all_parts(parts: Generator[None, None, T]) -> T:
    """Go through all parts of something at once; returns what comes of it."""
    while True:
        try:
            next(parts)
        except StopIteration as done:
            result: T = done.value
            return result


def scenario_in_parts(
    tier: Tier, seed: int, voices: str, error_types: Sequence[str] | None = None
) -> Generator[None, None, Scenario]:
    """`build_scenario` in parts of some tenths of a millisecond: it yields between them."""
    kinds = tuple(error_types or tier.error_types)
    path: tuple[str | int, ...] = (tier.name, seed, *(kinds if error_types else ()))
    stream = Stream("slots", *path)
    slots = _draw_slots(stream, tier, kinds)
    frame = draw_frame(Stream("frame", *path))
    trial = draw_trial(
        Stream("protocol", *path),
        tier.name,
        frame.first_enrolment,
        frame.enrolment_days,
        _listed(stream, slots),
    )
    patients = []
    for patient in draw_patients(("cohort", *path), tier.patients, frame):
        patients.append(patient)
        if len(patients) % PATIENTS_AT_ONCE == 0:
            yield
    patients = _arrange_equity(stream, trial, slots, patients, kinds)
    _find_figures(stream, trial, slots, patients, kinds)
    yield
    yield from _cast(stream, trial, slots, patients, kinds)
    voice_stream = Stream("voice", voices, *path)
    notes = []
    for number, slot in enumerate(slots, start=1):
        notes.append(_proposal(voice_stream, trial, slot, f"PROP-{number:03d}", voices, len(patients)))
        yield
    return Scenario(tier, seed, voices, trial, tuple(patients), tuple(notes))


def _draw_slots(stream: Stream, tier: Tier, kinds: Sequence[str]) -> list[_Slot]:
    """Draw how many proposals, which flaws, and whether each will be wrong, none of it with a look at the rest.

    Labels do not depend on one another either: what has been found out about some proposals says nothing of the next.
    """
    count = stream.integer(*tier.proposals)
    slots: list[_Slot] = []
    for _ in range(count):
        flaw = _draw_flaw(stream, tier.name, kinds, [slot.flaw.name for slot in slots])
        slots.append(_Slot(flaw, wrong=False))
    for slot in slots:
        slot.wrong = stream.chance(WRONG_SHARE)
    if all(slot.wrong for slot in slots):
        stream.choice(slots).wrong = False  # flagging all must not be the audit
    amendments = stream.shuffled(("age", "window"))
    for slot in slots:
        if slot.flaw.error_type == CITATION:
            slot.leans_on = amendments.pop() if amendments and stream.chance(AMENDMENT_WEIGHT) else "provision"
    return slots


def _draw_flaw(stream: Stream, tier: str, kinds: Sequence[str], taken: Sequence[str]) -> Flaw:
    """Draw a kind of error, each as likely, then one of the flaws that lead to it.

    Where the kinds asked for have only flaws of which an episode has few, the rest come from all kinds of the tier.
    """
    by_type = flaws_of(tier)
    gone = {name for name, most in _MOST.items() if taken.count(name) >= most}
    free = {kind: [flaw for flaw in flaws if flaw.name not in gone] for kind, flaws in by_type.items()}
    kinds = [kind for kind in kinds if free[kind]] or [kind for kind in by_type if free[kind]]
    flaws = free[stream.choice(kinds)]
    return stream.weighted({flaw: AMENDMENT_WEIGHT if flaw.name.endswith("_amendment") else 1.0 for flaw in flaws})


def _listed(stream: Stream, slots: Sequence[_Slot]) -> dict[str, bool]:
    """Whether the protocol has each amendment that an Actor could lean on: as the label of who leans on it says."""
    listed = {subject: stream.chance(LISTED_SHARE) for subject in ("age", "window")}
    for slot in slots:
        subject = {"age_amendment": "age", "window_amendment": "window"}.get(slot.flaw.name, slot.leans_on)
        if subject in listed:
            listed[subject] = not slot.wrong
    return listed


def _arrange_equity(
    stream: Stream, trial: Trial, slots: list[_Slot], patients: list[PatientRecord], kinds: Sequence[str]
) -> list[PatientRecord]:
    """Deal the groups of one equity feature out where a proposal is about it."""
    for slot in slots:
        if slot.flaw.name != "pooled_mortality":
            continue
        feature = stream.choice(trial.equity_features)
        arranged = equity.arrange(stream, patients, feature, trial.equity_gap, clear=not slot.wrong)
        if arranged is None:
            slot.flaw = _another(stream, trial, kinds, slot.flaw)
            continue
        patients = arranged
        contrast = equity.contrast_group([getattr(patient, feature) for patient in patients])
        crude, adjusted = gap_texts(patients, feature)
        figure = Figure(crude, f"{contrast} patients against the others", feature, adjusted)
        slot.brief = Brief(slot.flaw, trial.protocol, figure=figure)
    return patients


def _another(stream: Stream, trial: Trial, kinds: Sequence[str], flaw: Flaw) -> Flaw:
    """A flaw in place of one that this trial has no patient for. It must not need anything drawn before."""
    others = [other for other in _spare(trial.tier, tuple(kinds)) if other is not flaw]
    return stream.choice(others or [FLAWS["labs_over_age"]])


@lru_cache(maxsize=64)
def _spare(tier: str, kinds: tuple[str, ...]) -> tuple[Flaw, ...]:
    by_type = flaws_of(tier)
    return tuple(f for kind in kinds for f in by_type[kind] if f.name not in _MOST and f.error_type != CITATION)


def _cast(
    stream: Stream, trial: Trial, slots: list[_Slot], patients: list[PatientRecord], kinds: Sequence[str]
) -> Generator[None, None, None]:
    """Give every slot a patient of its own, and plant the deciding facts in `patients`, a slot a part.

    Only patients who are compliant whether or not the citable amendments are listed are cast: which are listed depends
    on labels. A flaw that no patient is left for gives way to another, at last to one that any patient will do for.
    """
    unamended = tuple(clause for clause in trial.protocol.clauses if clause not in trial.citable.values())
    sound = replace(trial.protocol, clauses=unamended).compliant(columns(patients))
    free = stream.shuffled(np.flatnonzero(sound).tolist())
    readings: dict[tuple[str, Clause | None], Protocol] = {}
    for slot in slots:
        if slot.brief is not None:
            continue
        others = iter((_another(stream, trial, kinds, slot.flaw), FLAWS["labs_over_age"]))
        while not _cast_one(stream, trial, slot, patients, free, readings):
            slot.flaw, slot.leans_on = next(others), None
        yield


def _cast_one(
    stream: Stream,
    trial: Trial,
    slot: _Slot,
    patients: list[PatientRecord],
    free: list[int],
    readings: dict[tuple[str, Clause | None], Protocol],
) -> bool:
    """The same for one slot. Slots that misread alike share one reading, and what is worked out of it."""
    cited = _cited(stream, trial, slot)
    read = (slot.flaw.name, cited if isinstance(cited, Clause) else None)
    if read not in readings:
        readings[read] = misread(trial, slot.flaw, read[1])
    reading = readings[read]
    for position in free:
        if not suits(trial, slot.flaw, patients[position]):
            continue
        planted = plant(stream, trial, slot.flaw, reading, patients[position], slot.wrong)
        if planted is not None:
            free.remove(position)
            slot.record, slot.judgement = planted
            patients[position] = slot.record
            reticent = slot.flaw.stance == DEVIATION and stream.chance(RETICENT_SHARE)
            slot.brief = Brief(slot.flaw, reading, cited, slot.figure, reticent)
            return True
    return False


def _cited(stream: Stream, trial: Trial, slot: _Slot) -> Clause | Provision | None:
    """What the Actor leans on: listed when it is to be right, not listed when it is to be wrong."""
    if slot.flaw.name in ("age_amendment", "window_amendment"):
        return cited_amendment(trial, slot.flaw)
    if slot.leans_on in ("age", "window"):
        return cited_amendment(trial, FLAWS[f"{slot.leans_on}_amendment"])
    if slot.leans_on == "provision":
        return stream.choice(trial.invented_provisions if slot.wrong else trial.provisions)
    return None


def _find_figures(
    stream: Stream, trial: Trial, slots: Sequence[_Slot], patients: Sequence[PatientRecord], kinds: Sequence[str]
) -> None:
    """Give every quoted statistic its figure: the group's own, or that of another group.

    No group and no figure is used twice, so that no note can be held against another instead of against the cohort.
    Casting moves dates but nobody between the living and the dead, nor between groups: the figures stay true.
    """
    quoting = [slot for slot in slots if slot.flaw.name == "fabricated_statistic"]
    pairs = mortality_figures(patients) if quoting else []
    for slot in quoting:
        if not pairs:
            slot.flaw = _another(stream, trial, kinds, slot.flaw)
            continue
        feature, own, other = stream.choice(pairs)
        slot.figure = Figure((other if slot.wrong else own).text, own.subject, feature, own.text)
        gone = {own.subject, own.text, other.subject, other.text}
        pairs = [pair for pair in pairs if gone.isdisjoint({m for one in pair[1:] for m in (one.subject, one.text)})]


def _proposal(stream: Stream, trial: Trial, slot: _Slot, proposal_id: str, voices: str, cohort: int) -> Proposal:
    assert slot.brief is not None
    note = tell(stream, trial, slot.brief, slot.record, proposal_id, voices, cohort)
    return Proposal(
        note=note,
        brief=slot.brief,
        is_wrong=slot.wrong,
        error_type=slot.flaw.error_type if slot.wrong else None,
        judgement=slot.judgement,
        explanation=explain(trial, slot.brief, slot.wrong, slot.record, slot.judgement),
    )
