"""The auditor's own judgement against the protocol's, on whole cohorts: two programs that share no code."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.case_rules import judge
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.server.audit import tools
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS


@pytest.mark.parametrize("tier", TIERS)
def test_judges_every_patient_as_the_protocol_does(tier: str) -> None:
    for seed in range(15):
        scenario = build_scenario(TIERS[tier], seed, "test")
        protocol = read_protocol(scenario.protocol_text)
        for patient in scenario.patients:
            record = tools.investigate_patient(scenario, patient.patient_id)[1].model
            ruling, truth = judge(protocol, record), scenario.trial.protocol.judge(patient)
            assert ruling.verdict == truth.verdict, (seed, patient)
            kinds = {finding.error_type or "other_eligibility" for finding in ruling.findings}
            assert kinds == {finding.error_type for finding in truth.findings}, (seed, patient)
            for limit in ruling.limits:
                name = {"delay": "window_days"}.get(limit.quantity)
                name = name or f"{limit.quantity}_{'max' if limit.bound == 'at most' else 'min'}"
                assert limit.value == truth.parameters[name], (seed, patient)
