"""Reasons in words."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.case_rules import facts_of, judge_facts
from synth_audit_env.agents.findings import explain
from synth_audit_env.agents.protocol_reader import WORDS, read_protocol
from synth_audit_env.server.audit import tools
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

PROTOCOL = """PROTOCOL ONC-1234. Synthetic data, not for clinical use.
§5 Scheduling
§5.1 Treatment window. Treatment starts at most 24 days after enrolment.
§5.2 Stage IV exception: where the disease is Stage IV, the limit of §5.1 is 42 days instead.
§5.3 Comorbidity override: where the comorbidity index is above 4.5, §5.2 does not apply.
§6 Dates
§6.1 Consent interval. Consent is given at least 1 days before enrolment.
§9 Amendments
Amendment 1 (in force 2022-01-01): for patients enrolled on or after 2022-01-01, §5.1 reads 26 days."""
SOURCE = "§5.1, Amendment 1"
COURSE = {"stage": "IV", "comorbidity_index": 6, "enrolment_date": "2022-01-10", "consent_date": "2022-01-09"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"treatment_start": "2022-02-10"},
            "31 days, above the limit of 26 days (§5.1, Amendment 1).",
        ),
        ({"treatment_start": "2022-02-10", "comorbidity_index": 4}, "31 days, not above the limit of 42 days (§5.2)."),
        (
            {"treatment_start": "2022-01-11", "stage": "II", "comorbidity_index": 4, "enrolment_date": "2021-12-01"},
            "41 days, above the limit of 24 days (§5.1).",
        ),
        ({"treatment_start": "2022-01-11", "comorbidity_index": 4}, "1 day, not above the limit of 42 days (§5.2)."),
    ],
)
def test_names_the_value_the_limit_and_its_source(changes: dict[str, object], said: str) -> None:
    scenario = build_scenario(TIERS["hard"], 1, "train")
    record = tools.investigate_patient(scenario, "P0001")[1].model.model_copy(update=COURSE | changes)
    read = read_protocol(PROTOCOL)
    facts = facts_of(record, read)
    limit = judge_facts(read, facts).limit("delay", "at most")
    assert limit is not None
    assert explain(limit) == f"The {WORDS['delay']} is {said}"
