"""Reasons in words."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.case_rules import facts_of, judge_facts
from synth_audit_env.agents.findings import explain
from synth_audit_env.agents.protocol_reader import WORDS, read_protocol
from synth_audit_env.tests.agents.written import CASCADE, record

AMENDED = "Amendment 1 (in force 2022-01-01): for patients enrolled on or after 2022-01-01, §5.1 reads 26 days."


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
    read = read_protocol(f"{CASCADE}\n{AMENDED}")
    facts = facts_of(record(**changes), read)
    limit = judge_facts(read, facts).limit("delay", "at most")
    assert limit is not None
    assert explain(limit) == f"The {WORDS['delay']} is {said}"
