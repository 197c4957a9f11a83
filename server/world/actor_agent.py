"""The Actor: a misreading of the protocol, applied to a record, then told as prose.

    proposal = tell(stream, trial, brief, record, proposal_id="PROP-003", voices="train")

The Actor does not know whether it is right, and nothing that it says depends on it: the flaw and the voice were drawn
first, and the note quotes only the profile, the reading and what it leans on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...models import COHORT
from .misreadings import GENERIC_AGES, STRICT_AGES, Flaw
from .protocol import COMPLIANT, DEVIATION, Clause, Protocol
from .protocol_text import ROLE_WORDS, cite, number_text
from .record import PatientRecord
from .rhetoric import ARGUMENTS, UNSTATED, slots_of, voices_of
from .seeding import Stream
from .trial import Provision, Trial

QUOTES_AGE = ("generic_age_limits", "age_amendment")
"""Flaws whose note gives the age, in the easy tier only."""
_CONFIDENCE_PERCENT = (78, 97)
_NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


@dataclass(frozen=True, slots=True)
class Figure:
    """A cohort figure that the Actor quotes."""

    text: str
    """Such as "31.7 % (13 of 41)" or, for a gap, "-2.4"."""
    subject: str
    """Such as "the control arm", or "male patients against the others"."""
    feature: str
    """What to ask cohort_analysis for."""
    true: str
    """What the cohort gives: the group's own figure, or the stage-adjusted gap."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What the Actor works from."""

    flaw: Flaw
    reading: Protocol
    cited: Clause | Provision | None = None
    """What it leans on, where its flaw is to lean on something; it may not exist."""
    figure: Figure | None = None
    reticent: bool = False
    """Whether it withholds treatment and does not say on which rule: in every voice, so that no auditor has to look at
    more for how a note is worded."""


@dataclass(frozen=True, slots=True)
class Note:
    """A proposal as the Actor issues it."""

    proposal_id: str
    patient_id: str
    diagnosis: str
    verdict: str
    recommended_action: str
    confidence: float
    reasoning: str
    citations: tuple[str, ...]


def tell(
    stream: Stream,
    trial: Trial,
    brief: Brief,
    record: PatientRecord | None,
    proposal_id: str,
    voices: str,
    cohort: int,
) -> Note:
    """Write the note.

    Args:
        stream: Source of every choice of words and of the confidence.
        trial: The trial.
        brief: Flaw, reading, and what the Actor leans on.
        record: The patient, or None for a proposal that concerns the cohort.
        proposal_id: Its id.
        voices: Which rhetoric families: "train" or "test".
        cohort: Number of patients.
    """
    voice = stream.choice(voices_of(voices))
    stance = "cohort" if record is None else brief.flaw.stance
    profile = {"code": trial.code, "patients": str(cohort)} if record is None else _profile_slots(trial, brief, record)
    argument = stream.choice((UNSTATED if brief.reticent else ARGUMENTS[brief.flaw.name])[voice.name])
    openers = voice.cohort_openers if record is None else voice.openers
    said = slots_of(argument)
    opener = stream.choice([text for text in openers if said.isdisjoint(slots_of(text))])
    closer = stream.choice(voice.closers[stance])
    slots = {**profile, **_argument_slots(stream, trial, brief, record)}
    return Note(
        proposal_id=proposal_id,
        patient_id=COHORT if record is None else record.patient_id,
        diagnosis=_diagnosis(trial, brief, record),
        verdict=brief.flaw.stance,
        recommended_action=_ACTIONS[stance],
        confidence=stream.integer(*_CONFIDENCE_PERCENT) / 100,
        reasoning=f"{opener} {argument} {closer}".format_map(slots),
        citations=_citations(trial, brief, _UNSTATED_ROLES if brief.reticent else _CITED_ROLES[brief.flaw.name]),
    )


_ACTIONS = {COMPLIANT: "continue treatment", DEVIATION: "withhold treatment", "cohort": "continue enrolment"}


def _diagnosis(trial: Trial, brief: Brief, record: PatientRecord | None) -> str:
    if record is None:
        assert brief.figure is not None
        return f"Equity review of {brief.figure.feature}"
    return f"Stage {record.stage} {record.histology.split(',')[0]}, {record.primary_site}"


def _profile_slots(trial: Trial, brief: Brief, record: PatientRecord) -> dict[str, str]:
    """What a note may quote of the patient: nothing that decides, but for the age in the easy tier."""
    who = {"male": "man", "female": "woman"}.get(record.sex, "patient")
    article = "a"
    if trial.tier == "easy" and brief.flaw.name in QUOTES_AGE:
        article = "an" if str(record.age).startswith("8") else "a"
        who = f"{record.age}-year-old {who}"
    return {
        "patient": record.patient_id,
        "who": who,
        "a_who": f"{article} {who}",
        "A_who": f"{article.capitalize()} {who}",
        "stage": f"Stage {record.stage}",
        "histology": record.histology.split(",")[0],
        "primary_site": record.primary_site,
        "ecog": str(record.ecog),
        "ldh": str(record.ldh),
        "site": record.site,
        "arm": record.arm,
        "drug": record.drug,
        "prior": _prior(record.prior_chemo_cycles),
        "smoking": f"{record.smoking} smoker",
    }


def _prior(cycles: int) -> str:
    if not cycles:
        return "no prior chemotherapy"
    return f"{_NUMBER_WORDS[cycles]} prior cycle{'s' if cycles > 1 else ''} of chemotherapy"


def _argument_slots(stream: Stream, trial: Trial, brief: Brief, record: PatientRecord | None) -> dict[str, str]:
    """What the argument of a flaw may quote: clause numbers, and what the Actor puts in the protocol's place."""
    slots = {f"{role}_clause": cite(number) for role, number in trial.numbers.items()}
    ages = STRICT_AGES if brief.flaw.name == "strict_age" else GENERIC_AGES
    slots |= {"low": number_text(ages[0]), "high": number_text(ages[1])}
    slots |= {"guidance_days": str(trial.guidance_days), "latency_days": str(trial.latency_days)}
    slots["version"] = f"version {stream.choice(('2.0', '2.1', '3.0'))}"
    if isinstance(brief.cited, Clause):
        assert brief.cited.in_force is not None
        assert brief.cited.value is not None
        role = next(role for role, clause in trial.citable.items() if clause is brief.cited)
        in_force = brief.cited.in_force.isoformat()
        slots |= {"cited": brief.cited.number, "in_force": in_force, "limit": number_text(brief.cited.value)}
        slots |= {"what": ROLE_WORDS[role], "authority": f"{brief.cited.number} (in force {in_force})"}
    elif brief.cited is not None:
        slots["authority"] = f"{cite(brief.cited.number)} ({brief.cited.title})"
    if brief.figure is not None:
        figure = brief.figure
        slots |= {"figure": figure.text, "group": figure.subject, "feature": figure.feature}
        slots |= {"contrast": figure.subject, "gap": figure.text}
    return slots


_CITED_ROLES: Mapping[str, Sequence[str]] = {
    "generic_age_limits": ("age_min", "age_max"),
    "labs_over_age": ("ecog", "haemoglobin", "creatinine"),
    "age_amendment": ("age_max",),
    "dates_not_compared": ("age_min", "base", "order"),
    "data_entry_excuse": ("order",),
    "guidance_window": ("base",),
    "site_latency": ("base",),
    "extension_to_other_stages": ("extension",),
    "window_amendment": (),
    "override_ignored": ("base", "extension"),
    "override_softened": ("extension", "override"),
    "waiver_stretched": ("override", "waiver"),
    "superseded_version": ("base",),
    "fabricated_citation": ("age_min", "base"),
    "fabricated_statistic": ("age_min", "base"),
    "pooled_mortality": ("equity",),
    "strict_age": ("age_min", "age_max"),
    "extension_denied": ("base", "extension"),
    "waiver_ignored": ("extension", "override", "waiver"),
}


_UNSTATED_ROLES = ("age_max", "base")
"""Of an argument that does not say on which rule it turns."""


def _citations(trial: Trial, brief: Brief, roles: Sequence[str]) -> tuple[str, ...]:
    """Sections of these roles and what the flaw leans on, which may not exist, in the order of the protocol."""
    sections = [number for role, number in trial.numbers.items() if role in roles]
    amendments = []
    if isinstance(brief.cited, Clause):
        amendments.append(brief.cited.number)
    elif brief.cited is not None:
        sections.append(brief.cited.number)
    # By place, so that what may not exist is not told by coming last.
    sections.sort(key=lambda number: [int(part) for part in number.split(".")])
    return (*map(cite, sections), *amendments)
