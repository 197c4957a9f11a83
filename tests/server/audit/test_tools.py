"""How the evidence tools word what they found, and that their plain data says what its model says."""

import re

import pytest

from synth_audit_env.models import COHORT
from synth_audit_env.server.audit.tools import (
    COHORT_FEATURES,
    cohort_analysis,
    investigate_patient,
    request_shap,
    review_proposal,
    temporal_audit,
)
from synth_audit_env.server.world.record import FACT_FIELDS
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

SEEDS = 30
"""Of each tier."""
ONE_DAYS = re.compile(r"(?<![\d.])1 days")


def answers(scenario):
    """Text and data of every look that there is."""
    for proposal in scenario.proposals:
        yield review_proposal(scenario, proposal.note.proposal_id)
        if proposal.note.patient_id != COHORT:
            yield from (request_shap(scenario, proposal.note.patient_id, one) for one in (None, *FACT_FIELDS))
    for patient in scenario.patients:
        yield investigate_patient(scenario, patient.patient_id)
        yield temporal_audit(scenario, patient.patient_id)
    yield from (cohort_analysis(scenario, feature) for feature in COHORT_FEATURES)


@pytest.mark.parametrize("tier", TIERS)
def test_one_day_is_no_days(tier):
    told = []
    for seed in range(SEEDS):
        scenario = build_scenario(TIERS[tier], seed, ("train", "test")[seed % 2])
        told += [f"{text}\n{result.json.decode()}" for text, result in answers(scenario)]
        told += [scenario.protocol_text, *(proposal.explanation for proposal in scenario.proposals)]
    assert [text for text in told if ONE_DAYS.search(text)] == []
    assert tier == "easy" or any(re.search(r"\b\d*[02-9]1 days", text) for text in told), "easy tells no days in words"


@pytest.mark.parametrize("tier", TIERS)
def test_json_is_what_the_model_writes_and_each_is_made_once(tier):
    for seed in range(3):
        for _, data in answers(build_scenario(TIERS[tier], seed, "train")):
            assert data.json.decode() == data.model.model_dump_json()
            assert data.json is data.json
            assert data.model is data.model
