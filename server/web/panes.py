"""What an audit in progress looks like, pane by pane, as HTML: the proposal, the patient, the cohort, the trail.

    proposal_pane(desk, "PROP-001"), patient_pane(desk, "P0003"), cohort_pane(desk, "sex"), trail_pane(desk)

Pure functions of a desk, which knows only what the person was shown. Every text of the episode is escaped. The protocol
is in `protocol_pane.py`.
"""

from __future__ import annotations

from html import escape

from ...models import COHORT, PatientResult, ProposalSummary
from ...rollouts.transcript import action_text
from .desk import Desk
from .links import link
from .markup import (
    cite,
    clock,
    facts,
    links_in,
    lookup,
    notice,
    signed,
    table,
    words,
)
from .tool_tables import cohort_table, dates_table, moved_table

_RECORD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Person", ("age", "sex", "ethnicity", "site", "country", "smoking")),
    ("Disease and arm", ("stage", "histology", "primary_site", "arm", "drug", "prior_chemo_cycles")),
    ("Condition", ("ecog", "comorbid_conditions", "comorbidity_index", "bmi", "blood_pressure")),
    ("Laboratory", ("ldh", "haemoglobin", "creatinine")),
    ("Dates", ("consent_date", "enrolment_date", "treatment_start", "last_contact", "death_date", "outcome")),
)
"""The fields of a record, as they are shown."""
_NAMES = {"ecog": "ECOG", "ldh": "LDH (U/L)", "haemoglobin": "haemoglobin (g/dL)", "creatinine": "creatinine (mg/dL)"}


def summary_of(desk: Desk, proposal_id: str | None) -> ProposalSummary | None:
    """A proposal as it stands; None where there is none of that id."""
    return next((one for one in desk.last.actor_proposals if one.proposal_id == proposal_id), None)


def status_pane(desk: Desk) -> str:
    """How far the audit is, and the link that names it."""
    proposals = desk.last.actor_proposals
    address = link(desk.place)
    told = [
        ("Trial", desk.pages.code),
        ("Task", f"{words(desk.task_id.removeprefix('oversight_'))}, {desk.split} seed {desk.seed}"),
        ("Steps left", f"{desk.steps_left} of {desk.opening.steps_remaining}"),
        ("Spent", signed(desk.spent) if desk.spent else "0"),
        ("Decided", f"{sum(one.status != 'pending' for one in proposals)} of {len(proposals)}"),
    ]
    items = "".join(f"<span>{escape(name)} <b>{escape(value)}</b></span>" for name, value in told)
    at_stake = " data-under-way" if desk.at_stake else ""
    # In a tab of its own: in this one, it would leave the audit.
    named = f'<a href="{escape(address)}" target="_blank" rel="noopener">Link to this audit</a>'
    return f'<div class="wb-bar"{at_stake}>{items}{named}</div>'


def proposal_pane(desk: Desk, proposal_id: str | None) -> str:
    """What the Actor determined, and how it defends it once that has been asked for."""
    about = summary_of(desk, proposal_id)
    if about is None:
        return notice("Choose a proposal.")
    patient = "the whole cohort" if about.patient_id == COHORT else about.patient_id
    rows = [
        ("About", patient),
        ("Diagnosis", about.diagnosis),
        ("The Actor recommends", about.recommended_action),
        ("Its confidence", f"{about.confidence:.2f}"),
    ]
    parts = [f"<h3>{escape(about.proposal_id)}</h3>", facts(rows)]
    review = desk.known.reviews.get(about.proposal_id)
    if review is None:
        parts.append('<p class="wb-faint">Its reasoning has not been read yet.</p>')
    else:
        cited = ", ".join(cite(one) for one in review.citations) or "nothing"
        parts.append(f"<p><b>Determination.</b> {escape(review.verdict)}</p>")
        parts.append(f'<blockquote class="wb-prose">{links_in(review.reasoning)}</blockquote>')
        parts.append(f"<p><b>Cites</b> {cited}</p>{lookup()}")
    decision = desk.decided.get(about.proposal_id)
    if decision is not None:
        what = "approved" if decision.action_type == "approve" else f"flagged as {words(decision.error_type or '')}"
        sure = "" if decision.confidence is None else f", confidence {decision.confidence:.2f}"
        parts.append(f'<p class="wb-decided"><b>Decided.</b> You have {escape(what)}{sure}. This is final.</p>')
        if decision.reason:
            parts.append(f'<p class="wb-prose">{escape(decision.reason)}</p>')
    return "".join(parts)


def patient_pane(desk: Desk, patient_id: str) -> str:
    """The record, the dates and what moved the Actor: what has been looked up of one patient."""
    if not patient_id:
        return '<p class="wb-faint">Name a patient to see what you know of them.</p>'
    record = desk.known.patients.get(patient_id)
    dates = desk.known.timelines.get(patient_id)
    moved = desk.known.attributions.get(patient_id)
    parts = [f"<h3>{escape(patient_id)}</h3>"]
    if record is None:
        parts.append('<p class="wb-faint">The record has not been opened.</p>')
    else:
        parts.append(_record(record))
    if dates is not None:
        parts.append(dates_table(dates))
    if moved is not None:
        parts.append(moved_table(moved))
    return "".join(parts)


def _record(record: PatientResult) -> str:
    groups = []
    for title, names in _RECORD:
        rows = [(_NAMES.get(name, words(name)), _shown(getattr(record, name))) for name in names]
        groups.append(f"<h4>{escape(title)}</h4>{facts(rows)}")
    return f'<div class="wb-record">{"".join(f"<div>{group}</div>" for group in groups)}</div>'


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "blank" if value is None else str(value)


def cohort_pane(desk: Desk, feature: str | None) -> str:
    """The cohort by one feature, if it has been asked for."""
    result = desk.known.cohorts.get(feature or "")
    return "" if result is None else cohort_table(result)


def trail_pane(desk: Desk) -> str:
    """Every action with its time."""
    if not desk.trail:
        return '<p class="wb-faint">Nothing has been done yet.</p>'
    rows = [
        (
            str(one.number),
            clock(one.offset_s),
            action_text(one.action),
            one.error or _first(one.feedback),
            signed(one.cost),
        )
        for one in desk.trail
    ]
    return table(("Step", "After", "Action", "What came of it", "Cost"), rows, label="Audit trail")


def _first(text: str, most: int = 140) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= most else f"{line[:most]}…"
