"""Reasons in words."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from synth_audit_env.agents.case_rules import judge
from synth_audit_env.agents.findings import explain, explain_compliance
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.models import PatientResult
from synth_audit_env.server.audit import tools
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

SCENARIO = build_scenario(TIERS["medium"], 0, "train")
PROTOCOL = read_protocol(SCENARIO.protocol_text)


def _treated(days: int) -> PatientResult:
    """A patient who keeps to the protocol, treated so many days after enrolment."""
    compliant = next(p for p in SCENARIO.patients if SCENARIO.trial.protocol.judge(p).verdict == "compliant")
    record = tools.investigate_patient(SCENARIO, compliant.patient_id)[1].model
    start = date.fromisoformat(record.enrolment_date) + timedelta(days=days)
    return record.model_copy(update={"treatment_start": start.isoformat()})


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (2, "2 days")])
def test_days_out_of_order(days: int, said: str) -> None:
    record = _treated(-days)
    (finding,) = judge(PROTOCOL, record).findings
    assert explain(finding, record, PROTOCOL) == (
        f"Treatment start {record.treatment_start} is {said} before enrolment {record.enrolment_date} (§6.2)."
    )


@pytest.mark.parametrize(("days", "said"), [(-1, "-1 day"), (0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_days_within_the_window(days: int, said: str) -> None:
    record = _treated(days)
    reason = explain_compliance("protocol_window_violation", judge(PROTOCOL, record), record)
    assert reason.startswith(f"Treatment started {said} after enrolment, within the window of ")


def test_no_reason_says_one_days() -> None:
    told = []
    for seed in range(40):
        scenario = build_scenario(TIERS["medium"], seed, "train")
        protocol = read_protocol(scenario.protocol_text)
        for patient in scenario.patients:
            record = tools.investigate_patient(scenario, patient.patient_id)[1].model
            ruling = judge(protocol, record)
            told += [explain(finding, record, protocol) for finding in ruling.findings]
            told.append(explain_compliance("protocol_window_violation", ruling, record))
    assert any(" is 1 day before " in text for text in told)
    assert [text for text in told if re.search(r"\b1 days", text)] == []
