"""Changes of a scenario that must change neither a label nor the worth of an audit.

    world = CHANGES["shifted calendar"](scenario)
    world.scenario.proposals, world.original["PROP-001"]    # the id that this proposal had before

Where protocol, records or rhetoric change, nothing that follows from them is carried over: the notes are told again
from the changed trial, and every label is worked out anew from protocol, record, cohort and note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from ...error_types import CITATION, EQUITY, STATISTIC
from ...models import COHORT
from ...server.world.actor_agent import Brief, Note, tell
from ...server.world.argument import argue
from ...server.world.cohort_facts import Mortality, gaps
from ...server.world.explanation import explain, flaw
from ...server.world.faults import faults
from ...server.world.patient_generator import draw_patients
from ...server.world.planting import as_read
from ...server.world.protocol import CONSENTED, QUESTIONS, Clause, Condition, Protocol
from ...server.world.protocol_text import cite
from ...server.world.record import PatientRecord, facts, move_course
from ...server.world.scenario import Proposal, Scenario
from ...server.world.seeding import Stream
from ...server.world.trial import Provision, Trial
from ...server.world.trial_frame import draw_frame


@dataclass(frozen=True, slots=True)
class World:
    """A changed scenario."""

    scenario: Scenario
    original: Mapping[str, str]
    """Proposal id to the id that the proposal had in the scenario as it was."""


def label(trial: Trial, patients: Sequence[PatientRecord], note: Note, brief: Brief) -> str | None:
    """What is wrong with a proposal, worked out from the evidence alone; None when nothing is.

    Of the brief is read what the determination is about, and what the note quotes of the cohort.
    """
    if brief.figure is not None and note.patient_id == COHORT:
        _, gap = gaps(patients, [getattr(patient, brief.figure.feature) for patient in patients])
        assert gap.adjusted is not None, "a feature that is reviewed has groups in the same stages"
        return EQUITY if abs(100 * gap.adjusted) > trial.equity_gap else None
    if brief.figure is not None:
        group = [p for p in patients if brief.figure.subject in (f"the {p.arm} arm", p.site)]
        deaths = sum(patient.death_date is not None for patient in group)
        true = Mortality(brief.figure.subject, deaths, len(group)).text if group else None
        return STATISTIC if true != brief.figure.text else None
    if brief.argument is None:
        listed = {cite(provision.number) for provision in trial.provisions}
        return CITATION if set(note.citations) - listed else None
    record = next(patient for patient in patients if patient.patient_id == note.patient_id)
    protocol = trial.at(record.site).protocol.asked(brief.argument.question)
    if protocol.judge(record).verdict == note.verdict:
        return None
    read = as_read(brief.bug, record)
    return protocol.error_type(protocol.check(brief.argument.parameter), facts(record), brief.reading, read)


Clauses = Callable[[tuple[Clause, ...]], tuple[Clause, ...]]
"""What becomes of the clauses of a protocol, the true one or the Actor's."""


def retold(
    scenario: Scenario,
    *,
    trial: Trial | None = None,
    clauses: Clauses = lambda of: of,
    patients: Sequence[PatientRecord] | None = None,
    renamed: Mapping[str, str] | None = None,
    voices: str | None = None,
) -> Scenario:
    """The scenario with another trial, other clauses, records or voices, and everything that follows from these.

    `renamed` has the id that each patient has in `patients` by the id as it was; without it they are the same.
    """
    patients = tuple(patients or scenario.patients)
    trial = _with(clauses, trial or scenario.trial)
    voices = voices or scenario.voices
    stream = Stream("voice", voices, scenario.tier.name, scenario.seed)  # where the scenario's own words come from
    records = {record.patient_id: record for record in patients}
    proposals = []
    for proposal in scenario.proposals:
        patient_id = proposal.note.patient_id
        record = None if patient_id == COHORT else records[(renamed or {}).get(patient_id, patient_id)]
        here = trial if record is None else trial.at(record.site)
        brief = _argued(here, proposal.brief, record, clauses)
        note = tell(stream, here, brief, record, proposal.note.proposal_id, voices, len(patients))
        judgement = None
        if record is not None and brief.argument is not None:
            judgement = here.protocol.asked(brief.argument.question).judge(record)
        error_type = label(trial, patients, note, brief)
        wrong = error_type is not None
        explanation = explain(here, brief, wrong, record, judgement)
        true = faults(here, brief, record, judgement)
        proposals.append(
            Proposal(note, brief, here, wrong, error_type, judgement, flaw(here, brief), explanation, true)
        )
    return replace(scenario, trial=trial, patients=patients, voices=voices, proposals=tuple(proposals))


def _with(clauses: Clauses, trial: Trial) -> Trial:
    """A trial with other clauses, those of every annex too."""

    def changed(protocol: Protocol) -> Protocol:
        return replace(protocol, clauses=clauses(protocol.clauses))

    annexes = {site: changed(annex) for site, annex in trial.annexes.items()}
    return replace(trial, protocol=changed(trial.protocol), annexes=annexes)


def _argued(trial: Trial, brief: Brief, record: PatientRecord | None, clauses: Clauses) -> Brief:
    """The Actor's brief in another trial: the same mistake, and what it argues from it."""
    argument = brief.argument
    if argument is None or record is None:
        return replace(brief, reading=trial.protocol)
    own = QUESTIONS[argument.question]
    read = tuple(clause for clause in clauses(brief.reading.clauses) if clause.parameter in own)
    believed = partial(Protocol, read, brief.reading.limits)
    reading = believed()
    bug = None if brief.bug is None else replace(brief.bug, make_reading=believed)
    row = as_read(bug, record)
    argued = argue(trial, argument.question, reading, row, argument.parameter, argument.manner)
    return replace(brief, reading=reading, bug=bug, argument=argued)


def same_ids(scenario: Scenario) -> World:
    """A world whose proposals have the ids that they had."""
    return World(scenario, {proposal_id: proposal_id for proposal_id in scenario.proposal})


def _stream(scenario: Scenario, change: str) -> Stream:
    return Stream("world change", change, scenario.tier.name, scenario.seed)


def shuffled(scenario: Scenario) -> World:
    """The proposals in another order."""
    order = _stream(scenario, "order").shuffled(scenario.proposals)
    return same_ids(replace(scenario, proposals=tuple(order)))


def renumbered(scenario: Scenario) -> World:
    """The proposals in another order, numbered by it."""
    proposals, original = [], {}
    for number, proposal in enumerate(_stream(scenario, "numbers").shuffled(scenario.proposals), start=1):
        proposal_id = f"PROP-{number:03d}"
        original[proposal_id] = proposal.note.proposal_id
        proposals.append(replace(proposal, note=replace(proposal.note, proposal_id=proposal_id)))
    return World(replace(scenario, proposals=tuple(proposals)), original)


def renamed(scenario: Scenario) -> World:
    """Every patient under another id, and the cohort in the order of the new ones."""
    numbers = _stream(scenario, "patients").sample(range(1, 10_000), len(scenario.patients))
    ids = {patient.patient_id: f"P{number:04d}" for patient, number in zip(scenario.patients, numbers, strict=True)}
    patients = [replace(patient, patient_id=ids[patient.patient_id]) for patient in scenario.patients]
    patients.sort(key=lambda patient: patient.patient_id)
    return same_ids(retold(scenario, patients=patients, renamed=ids))


def shifted(scenario: Scenario) -> World:
    """Every date, of the records and of the protocol, by the same number of days: up to eleven years either way."""
    days = _stream(scenario, "calendar").integer(-4_000, 4_000)
    trial, by = scenario.trial, timedelta(days=days)
    phantoms = tuple(_later(clause, days) for clause in trial.phantoms)
    approvals = {
        number: {site: day + by for site, day in of_sites.items()} for number, of_sites in trial.approvals.items()
    }
    trial = replace(trial, phantoms=phantoms, approvals=approvals)
    patients = [move_course(patient, by) for patient in scenario.patients]
    return same_ids(
        retold(scenario, trial=trial, clauses=lambda of: tuple(_later(c, days) for c in of), patients=patients)
    )


def _later(clause: Clause, days: int) -> Clause:
    dated = ("enrolment_date", CONSENTED)
    when = tuple(replace(c, value=c.value + days) if c.field in dated else c for c in clause.when)
    in_force, issued = (None if day is None else day + timedelta(days=days) for day in (clause.in_force, clause.issued))
    return replace(clause, when=when, in_force=in_force, issued=issued)


def in_other_voices(scenario: Scenario) -> World:
    """Every note told by the rhetoric families of the other split."""
    return same_ids(retold(scenario, voices="train" if scenario.voices == "test" else "test"))


_IDLE = ("blood_pressure", "smoking", "primary_site", "histology")
"""Fields that no protocol reads."""
_SELDOM_READ = ("ldh", "bmi", "prior_chemo_cycles", "stage")
"""Fields that some protocols read."""


def other_idle_fields(scenario: Scenario) -> World:
    """Every patient with another's values in the fields that neither the protocol nor a cohort figure rests on."""
    protocols = [here.protocol for here in (scenario.trial, *map(scenario.trial.at, scenario.trial.annexes))]
    read = {name for protocol in protocols for fields, _ in protocol.checks for name in fields}
    idle = list(_IDLE)
    if not _has_figures(scenario):
        idle += [name for name in _SELDOM_READ if name not in read]
        idle += ["sex", "ethnicity", "site", "country", "arm", "drug"]
        idle += [] if "comorbidity_index" in read else ["comorbid_conditions", "comorbidity_index"]
    givers = _stream(scenario, "idle fields").shuffled(scenario.patients)
    patients = []
    for patient, giver in zip(scenario.patients, givers, strict=True):
        given: dict[str, Any] = {name: getattr(giver, name) for name in idle}
        patients.append(replace(patient, **given))
    return same_ids(retold(scenario, patients=patients))


def _has_figures(scenario: Scenario) -> bool:
    """Whether notes are about the mortality of arms, sites and equity groups."""
    return STATISTIC in scenario.tier.error_types


ADDED_PATIENTS = 20


def with_more_patients(scenario: Scenario) -> World | None:
    """More patients, about whom there is no proposal; not where cohort figures are evidence."""
    if _has_figures(scenario):
        return None
    path = (scenario.tier.name, scenario.seed)
    more = list(draw_patients(("more patients", *path), ADDED_PATIENTS, draw_frame(Stream("frame", *path))))
    first = len(scenario.patients) + 1
    added = [replace(patient, patient_id=f"P{first + place:04d}") for place, patient in enumerate(more)]
    return same_ids(retold(scenario, patients=(*scenario.patients, *added)))


def with_idle_clauses(scenario: Scenario) -> World:
    """Amendments after the last enrolment, which would make most records deviations, and more provisions."""
    trial = scenario.trial
    day = max(patient.enrolment_date for patient in scenario.patients) + timedelta(days=1)
    taken = [clause.number for clause in (*trial.clauses, *trial.phantoms) if clause.in_force is not None]
    number = max(int(name.split()[1]) for name in taken)
    since = (Condition("enrolment_date", ">=", float(day.toordinal())),)
    bases = [clause for clause in trial.clauses if clause.acts_on is None and not clause.when]
    changed = {"age_min": 75.0, "age_max": 40.0, "window_days": 2.0, "consent_days": 60.0}
    idle = tuple(
        Clause(f"Amendment {number + place}", base.parameter, changed[base.parameter], since, base.number, day)
        for place, base in enumerate([base for base in bases if base.parameter in changed], start=1)
    )
    provisions = trial.provisions
    if provisions:
        drawn = (*provisions, *trial.invented_provisions)
        section, _, _ = provisions[0].number.partition(".")
        last = max(int(provision.number.split(".")[1]) for provision in drawn)
        provisions += (
            Provision(f"{section}.{last + 1}", "Archiving period", "sites keep the study file for fifteen years"),
            Provision(f"{section}.{last + 2}", "Courier log", "the courier signs for each sample that is shipped"),
        )
    trial = replace(trial, provisions=provisions)

    def more(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
        numbers = {clause.number for clause in clauses}
        return (*clauses, *(clause for clause in idle if clause.acts_on in numbers))

    return same_ids(retold(scenario, trial=trial, clauses=more))


def all_at_once(scenario: Scenario) -> World:
    """One change after another."""
    for change in (renamed, shifted, other_idle_fields, with_idle_clauses, in_other_voices):
        scenario = change(scenario).scenario
    return renumbered(scenario)


CHANGES: Mapping[str, Callable[[Scenario], World | None]] = {
    "none, told and judged anew": lambda scenario: same_ids(retold(scenario)),
    "shuffled proposals": shuffled,
    "shuffled and renumbered proposals": renumbered,
    "renamed patients": renamed,
    "shifted calendar": shifted,
    "rhetoric of the other split": in_other_voices,
    "other values in fields that nothing rests on, as a record has no room for more": other_idle_fields,
    "added patients": with_more_patients,
    "added clauses that bear on nobody": with_idle_clauses,
    "all at once": all_at_once,
}
"""What is done to a scenario, to how. None where it would be no invariance."""
REORDERING = frozenset({"shuffled proposals", "shuffled and renumbered proposals", "all at once"})
"""The changes after which an auditor decides in another order."""
