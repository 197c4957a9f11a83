"""The five evidence tools: pure functions of a scenario, each giving compact text and the same as data.

    text, result = temporal_audit(scenario, "P0023")

They show the record, the Actor's words and the cohort. None of them applies the protocol, and none knows which
proposals are wrong. An unknown id or field raises `EpisodeError` with what exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import combinations, pairwise
from operator import attrgetter
from typing import Any

from pydantic import BaseModel

from ...models import COHORT, CohortResult, PatientResult, ReviewResult, ShapResult, TimelineResult
from ...tool_records import COHORT_FEATURES as COHORT_FEATURES
from ..world.actor_agent import FOUND, Note
from ..world.cohort_statistics import contrast_group, median_of_sorted, stratified_difference
from ..world.errors import EpisodeError
from ..world.planting import as_read
from ..world.protocol import COMPLIANT, DEVIATION
from ..world.protocol_text import days_text
from ..world.record import DATE_FIELDS, FACT_FIELDS, PatientRecord, columns, facts
from ..world.scenario import Proposal, Scenario
from ..world.trial import CENTRAL, SITE, Trial
from .attribution import shapley_values_and_passing
from .tool_data import ToolData


def find_proposal(scenario: Scenario, proposal_id: str) -> Proposal:
    """The proposal of that id. Raises EpisodeError naming the ids that exist."""
    found = scenario.proposal.get(proposal_id)
    if found is None:
        last = scenario.proposals[-1].note.proposal_id
        raise EpisodeError(f"There is no proposal {proposal_id!r}: they are PROP-001 to {last}.")
    return found


def find_patient(scenario: Scenario, patient_id: str) -> PatientRecord:
    """The record of that id. Raises EpisodeError naming the ids that exist."""
    found = scenario.patient.get(patient_id)
    if found is None:
        if patient_id == COHORT:
            raise EpisodeError("COHORT is not a patient: use cohort_analysis for a proposal on the whole cohort.")
        raise EpisodeError(f"There is no patient {patient_id!r}: they are P0001 to P{len(scenario.patients):04d}.")
    return found


def review_proposal(scenario: Scenario, proposal_id: str) -> tuple[str, ToolData[ReviewResult]]:
    """The Actor's determination and its defence."""
    note = find_proposal(scenario, proposal_id).note
    cites = ", ".join(note.citations) or "nothing"
    text = (
        f"{note.proposal_id} on {note.patient_id}: {note.recommended_action}, confidence "
        f"{note.confidence:.2f}. Cites {cites}.\n{note.reasoning}"
    )
    return text, ToolData(ReviewResult, _fields(ReviewResult, note))


def investigate_patient(scenario: Scenario, patient_id: str) -> tuple[str, ToolData[PatientResult]]:
    """The raw record."""
    r = find_patient(scenario, patient_id)
    reported = reports(scenario.trial.at(r.site), r)
    r = r._replace(**reported[SITE])
    fields = _fields(PatientResult, r)
    conditions = ", ".join(r.comorbid_conditions) or "none"
    ends = [] if r.death_date is None else [f"died {r.death_date}"]
    if r.death_date is None or r.outcome != "deceased":
        ends.append(r.outcome)
    text = (
        f"{r.patient_id}: age {'blank' if r.age is None else r.age}, {r.sex}, {r.ethnicity}; {r.site}, {r.country}; "
        f"{r.arm} arm, {r.drug}. Stage {r.stage} {r.histology}, {r.primary_site}. ECOG {r.ecog}. Comorbid: "
        f"{conditions}; index {r.comorbidity_index}. LDH {r.ldh}, Hb {r.haemoglobin}, creatinine {r.creatinine}, BMI "
        f"{r.bmi}, BP {r.blood_pressure}; {r.smoking} smoker; number of prior cycles {r.prior_chemo_cycles}. "
        f"Consent {fields['consent_date']}, enrolled {fields['enrolment_date']}, treated {fields['treatment_start']}, "
        f"last contact {fields['last_contact']}, {', '.join(ends)}."
    )
    if central := reported[CENTRAL]:
        fields["central_laboratory"] = central
        shown = ", ".join(f"{_SHORT[name]} {value}" for name, value in central.items())
        text += f" Central laboratory: {shown}."
    if r.starting_dose is not None:
        fields["starting_dose"] = r.starting_dose
        text += f" Starting dose {r.starting_dose} mg/m2."
    return text, ToolData(PatientResult, fields)


def reports(here: Trial, record: PatientRecord) -> dict[str, dict[str, Any]]:
    """Laboratory to the values that it reported for a patient, by field; of the fields that both have measured."""
    reported: dict[str, dict[str, Any]] = {SITE: {}, CENTRAL: {}}
    for name, more in record.discrepancies.items():
        counts = getattr(record, name)
        source = here.source_of(name)
        assert source is not None, f"the protocol has no sentence on the laboratory for {name}"
        reported[source.laboratory][name] = counts
        reported[source.other][name] = type(counts)(round(counts + more, 2))
    return reported


def _fields(kind: type[BaseModel], source: Note | PatientRecord) -> dict[str, Any]:
    """The fields of a result whose names are those of what it shows; dates in ISO 8601."""
    tool, names, read = _read_from(kind)
    fields = {"tool": tool}
    for name, value in zip(names, read(source), strict=True):
        shown = _SHOWN.get(type(value))
        fields[name] = value if shown is None else shown(value)
    return fields


EVENTS: Mapping[str, str] = {
    "consent_date": "consent",
    "enrolment_date": "enrolment",
    "treatment_start": "treatment start",
    "last_contact": "last contact",
    "death_date": "death",
}
"""The dates of a record, in words."""
_SHORT: Mapping[str, str] = {"haemoglobin": "Hb", "creatinine": "creatinine", "ldh": "LDH"}
_SHOWN: Mapping[type, Callable[[Any], Any]] = {tuple: list, date: date.isoformat}


@cache
def _read_from(kind: type[BaseModel]) -> tuple[str, tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The tool of a result, the names of the fields that it always has, and what reads these from what it shows."""
    tool, *names = [name for name, field in kind.model_fields.items() if field.exclude_if is None]
    return kind.model_fields[tool].default, tuple(names), attrgetter(*names)


def request_shap(scenario: Scenario, patient_id: str, feature: str | None) -> tuple[str, ToolData[ShapResult]]:
    """Exact Shapley values of the Actor's decision for a patient that a proposal is about, against another patient.

    Who that is, is `Scenario.reference`.
    """
    record = find_patient(scenario, patient_id)
    about = [p for p in scenario.proposals if p.note.patient_id == patient_id]
    if not about:
        ids = ", ".join(p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT)
        raise EpisodeError(f"The Actor decided nothing about {patient_id}: its proposals concern {ids}.")
    features = FACT_FIELDS if record.starting_dose is None else (*FACT_FIELDS, "starting_dose")
    if feature is not None and feature not in features:
        raise EpisodeError(f"There is no feature {feature!r} to attribute to: they are {', '.join(features)}.")
    found = scenario.memo.get(("request_shap", patient_id))
    if found is None:
        found = scenario.memo["request_shap", patient_id] = _attribution(scenario, about[0], record, features)
    data, shown = found
    asked = "" if feature is None else f" {feature}: {data['values'][feature]:+.3f}."
    text = (
        f"{patient_id}: the Actor finds {FOUND[data['decision']]}; of {data['reference']} it would find "
        f"{FOUND[COMPLIANT if data['base_value'] else DEVIATION]}.{asked} Shapley values against a deviation, beside "
        f"{data['reference']}: {shown}; every other field 0."
    )
    return text, ToolData(ShapResult, {**data, "feature": feature})


def _attribution(
    scenario: Scenario, proposal: Proposal, record: PatientRecord, fields: Sequence[str]
) -> tuple[dict[str, Any], str]:
    """The attribution of the Actor's decision for a patient, whatever is asked for, with its values as text."""
    row = as_read(proposal.brief.bug, facts(record))
    reference = scenario.reference(record.patient_id)
    shares, passing = shapley_values_and_passing(proposal.brief.reading.checks, row, columns([reference]))
    values = dict.fromkeys(sorted(fields), 0.0) | {name: round(share, 4) for name, share in shares.items() if share}
    moved = sorted([name for name, value in values.items() if value], key=lambda name: (-abs(values[name]), name))
    data = {
        "tool": "request_shap",
        "patient_id": record.patient_id,
        "decision": proposal.note.verdict,
        "reference": reference.patient_id,
        "base_value": float(passing),
        "values": {name: values[name] for name in moved} | values,  # the largest first
    }
    return data, ", ".join([f"{name} {values[name]:+.3f}" for name in moved]) or "none"


def _groups_of(patients: Sequence[PatientRecord], feature: str) -> list[str]:
    if feature == "age_group":
        return ["blank" if p.age is None else "65 and over" if p.age >= 65 else "under 65" for p in patients]
    return list(map(str, map(attrgetter(feature), patients)))


def cohort_analysis(scenario: Scenario, feature: str) -> tuple[str, ToolData[CohortResult]]:
    """Mortality by arm and group, and the gap between the largest group and the others, crude and by stage."""
    if feature not in COHORT_FEATURES:
        raise EpisodeError(f"There is no feature {feature!r} to group by: they are {', '.join(COHORT_FEATURES)}.")
    patients, groups = scenario.patients, _groups_of(scenario.patients, feature)
    contrast = contrast_group(groups)
    died = [patient.death_date is not None for patient in patients]
    gap = stratified_difference([group == contrast for group in groups], died, [patient.stage for patient in patients])
    crude, adjusted, chi_square, p_value = _points(gap.crude), None, None, None
    if feature != "stage":
        adjusted = _points(gap.adjusted)
        chi_square = None if gap.chi_square is None else round(gap.chi_square, 3)
        p_value = None if gap.p_value is None else round(gap.p_value, 4)
    cells: dict[tuple[str, str], list[tuple[int, bool]]] = {}
    for patient, group in zip(patients, groups, strict=True):
        days = ((patient.death_date or patient.last_contact) - patient.treatment_start).days
        cells.setdefault((patient.arm, group), []).append((days, patient.death_date is None))
    table = [_cohort_group(arm, group, leaving) for (arm, group), leaving in sorted(cells.items())]
    shown = "; ".join([_deaths(table, group) for group in sorted(set(groups))])
    text = (
        f"Deaths by {feature}: {shown}. {contrast} against the others: crude gap {_signed(crude)}, stage-adjusted "
        f"{_signed(adjusted)} percentage points"
        f"{'' if p_value is None else f' (CMH chi-square {chi_square}, p {p_value})'}."
    )
    data = {
        "tool": "cohort_analysis",
        "feature": feature,
        "groups": table,
        "contrast": contrast,
        "crude_gap": crude,
        "adjusted_gap": adjusted,
        "chi_square": chi_square,
        "p_value": p_value,
    }
    return text, ToolData(CohortResult, data)


def _cohort_group(arm: str, group: str, leaving: list[tuple[int, bool]]) -> dict[str, Any]:
    """One arm by one group, from the days on which its patients left and whether alive."""
    deaths = sum([not alive for _, alive in leaving])
    return {
        "arm": arm,
        "group": group,
        "patients": len(leaving),
        "deaths": deaths,
        "mortality": _percent(deaths, len(leaving)),
        "median_survival_days": median_of_sorted(sorted([departure for departure in leaving if departure[0] >= 0])),
    }


def _deaths(table: Sequence[Mapping[str, Any]], group: str) -> str:
    """How many of a group died, all arms together."""
    rows = [row for row in table if row["group"] == group]
    deaths, patients = sum([row["deaths"] for row in rows]), sum([row["patients"] for row in rows])
    return f"{group} {deaths}/{patients} ({_percent(deaths, patients):.1f} %)"


def _percent(deaths: int, patients: int) -> float:
    return round(100.0 * deaths / patients, 1)


def _points(share: float | None) -> float | None:
    return None if share is None else round(100.0 * share, 1)


def _signed(points: float | None) -> str:
    return "not defined" if points is None else f"{points:+.1f}"


def temporal_audit(scenario: Scenario, patient_id: str) -> tuple[str, ToolData[TimelineResult]]:
    """The dates of a record in order, the days between them, and orders that cannot be. It knows no window."""
    record = find_patient(scenario, patient_id)
    known = [name for name in DATE_FIELDS if getattr(record, name) is not None]
    days: dict[str, date] = {name: getattr(record, name) for name in known}
    order = sorted(known, key=days.__getitem__)  # stable: of events on one day the earlier in the protocol goes first
    dates = {name: days[name].isoformat() for name in order}
    steps = [(EVENTS[a], EVENTS[b], (days[b] - days[a]).days) for a, b in pairwise(known)]
    impossible = [
        f"{EVENTS[later]} {days_text((days[earlier] - days[later]).days)} before {EVENTS[earlier]}"
        for earlier, later in combinations(known, 2)
        if days[later] < days[earlier]
    ]
    # The record has the dates already, and each takes ten tokens: the text has the days from each event to the next.
    later = "".join(f", {gap:+d} d {event}" for _, event, gap in steps)
    verdict = f"Impossible: {'; '.join(impossible)}." if impossible else "In order."
    text = f"{patient_id}: {EVENTS[known[0]]}{later}. {verdict}"
    data: dict[str, Any] = {
        "tool": "temporal_audit",
        "patient_id": patient_id,
        "events": [{"event": EVENTS[name], "date": day} for name, day in dates.items()],
        "intervals": [{"start": a, "end": b, "days": gap} for a, b, gap in steps],
        "impossible": impossible,
    }
    if record.earlier_at_site is not None:
        data["earlier_at_site"] = record.earlier_at_site
        text += f" Enrolment count, of earlier enrolments at the site: {record.earlier_at_site}."
    return text, ToolData(TimelineResult, data)
