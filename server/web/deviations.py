r"""What a person has flagged, as a deviation log in the column names of the CDISC SDTM domain DV (SDTMIG 3.4).

    deviation_log(desk)    # "STUDYID,DOMAIN,USUBJID,DVSEQ,…\r\nSYNTH-ONC-1234,DV,SYNTH-ONC-1234-P0003,1,…"

Synthetic data, not for clinical use: study and subjects come from a seed. A row is the person's claim, not the truth.
The columns hold:

- STUDYID: "SYNTH-" and the protocol's code. DOMAIN: DV. USUBJID: STUDYID and the patient.
- DVSEQ: 1, 2, … within a subject. DVSPID: the proposal that was flagged.
- DVTERM: the deviation in the person's own words, the reason of the flag. It may be longer than the 200 characters of a
  SAS transport file.
- DVDECOD: the error type of the flag, in capitals. DVCAT: the part of the protocol that it is about.
- DVSCAT: which way the determination is said to be wrong. Where the Actor had withheld treatment, the claim is that the
  subject does *not* deviate, and the row is about the determination.
- EPOCH: SCREENING for an age, TREATMENT for a start of treatment; empty where DVSTDTC always is.
- DVSTDTC: when the deviation came about, ISO 8601, where the person has read it in the record: for an age the day of
  enrolment, for a start of treatment that day. Empty for dates in an impossible order, since nobody knows which of them
  is wrong, and where it is claimed that there is no deviation. DVENDTC: always empty, as nothing says that it ended.

A flag on the whole cohort is of no subject, and so has no row: `left_out` names it. Texts that a spreadsheet would take
for a formula get an apostrophe before them.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping

from ...models import COHORT, SynthAuditAction
from ..world.protocol import AGE, CITATION, DATES, EQUITY, OVERRIDE, STATISTIC, WINDOW
from .desk import Desk

COLUMNS = (
    "STUDYID",
    "DOMAIN",
    "USUBJID",
    "DVSEQ",
    "DVSPID",
    "DVTERM",
    "DVDECOD",
    "DVCAT",
    "DVSCAT",
    "EPOCH",
    "DVSTDTC",
    "DVENDTC",
)
CATEGORIES: Mapping[str, str] = {
    AGE: "ELIGIBILITY",
    DATES: "DATA INTEGRITY",
    WINDOW: "TREATMENT SCHEDULE",
    OVERRIDE: "TREATMENT SCHEDULE",
    CITATION: "AUTHORITY CITED",
    STATISTIC: "FIGURE QUOTED",
    EQUITY: "EQUITY REVIEW",
}
"""DVCAT by error type."""
MISSED = "DEVIATION NOT RECOGNISED"
IMAGINED = "COMPLIANCE NOT RECOGNISED"
UNFOUNDED = "DETERMINATION NOT SUPPORTED"
"""DVSCAT: the Actor let a deviation pass; saw one that is none; leaned on what does not exist."""
WITHHELD = "withhold treatment"
"""What the Actor recommends where it saw a deviation."""
_DATED: Mapping[str, tuple[str, str]] = {
    AGE: ("SCREENING", "enrolment_date"),
    WINDOW: ("TREATMENT", "treatment_start"),
    OVERRIDE: ("TREATMENT", "treatment_start"),
}
"""EPOCH, and the field of the record that DVSTDTC is read from."""
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""The last four are = + - @ in full width, which some spreadsheets read the same."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def deviation_log(desk: Desk) -> str:
    """The log as CSV: the header, then a row for every flag on a patient, in the order of the list of proposals."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: plain(value) for name, value in row.items()} for row in _rows(desk))
    return text.getvalue()


def left_out(desk: Desk) -> tuple[str, ...]:
    """Ids of flagged proposals that concern the whole cohort, and are in no row."""
    about_all = (one.proposal_id for one in desk.opening.actor_proposals if one.patient_id == COHORT)
    return tuple(proposal_id for proposal_id in about_all if _flag(desk, proposal_id) is not None)


def plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, without control characters."""
    text = _CONTROL.sub(" ", text)
    return f"'{text}" if _FORMULA.match(text) else text


def _flag(desk: Desk, proposal_id: str) -> SynthAuditAction | None:
    action = desk.decided.get(proposal_id)
    return action if action is not None and action.action_type == "flag_error" else None


def _rows(desk: Desk) -> list[dict[str, str]]:
    study = f"SYNTH-{desk.pages.code}"
    so_far: Counter[str] = Counter()
    rows = []
    for proposal in desk.opening.actor_proposals:
        flag = _flag(desk, proposal.proposal_id)
        if flag is None or proposal.patient_id == COHORT:
            continue
        so_far[proposal.patient_id] += 1
        kind = flag.error_type or ""
        direction = _direction(kind, proposal.recommended_action)
        epoch, dated = _DATED.get(kind, ("", ""))
        record = desk.known.patients.get(proposal.patient_id)
        known = record is not None and dated and direction == MISSED
        values = (
            study,
            "DV",
            f"{study}-{proposal.patient_id}",
            str(so_far[proposal.patient_id]),
            proposal.proposal_id,
            flag.reason or "",
            kind.replace("_", " ").upper(),
            CATEGORIES.get(kind, ""),
            direction,
            epoch if direction == MISSED else "",
            getattr(record, dated) if known else "",
            "",
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def _direction(kind: str, recommended: str) -> str:
    if kind in (CITATION, STATISTIC):
        return UNFOUNDED
    return IMAGINED if recommended == WITHHELD else MISSED
