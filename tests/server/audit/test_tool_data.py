"""The plain data of a tool says what its model says: same fields, same order, same types."""

import pytest

from synth_audit_env.models import COHORT, ShapResult
from synth_audit_env.server.audit import tools
from synth_audit_env.server.audit.tool_data import ToolData
from synth_audit_env.server.world.record import FACT_FIELDS
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS


def everything(scenario):
    """All that the tools can tell of an episode."""
    for proposal in scenario.proposals:
        yield tools.review_proposal(scenario, proposal.note.proposal_id)
        if proposal.note.patient_id != COHORT:
            for feature in (None, *FACT_FIELDS):
                yield tools.request_shap(scenario, proposal.note.patient_id, feature)
    for record in scenario.patients:
        yield tools.investigate_patient(scenario, record.patient_id)
        yield tools.temporal_audit(scenario, record.patient_id)
    for feature in tools.COHORT_FEATURES:
        yield tools.cohort_analysis(scenario, feature)


@pytest.mark.parametrize("tier", TIERS)
def test_json_is_what_the_model_writes(tier):
    for seed in range(3):
        for _, data in everything(build_scenario(TIERS[tier], seed, "train")):
            assert data.json.decode() == data.model.model_dump_json()


def test_each_is_made_once():
    data = ToolData(
        ShapResult,
        {
            "tool": "request_shap",
            "patient_id": "P0001",
            "decision": "compliant",
            "base_value": 0.5,
            "values": {},
            "feature": None,
        },
    )
    assert data.json is data.json
    assert data.model is data.model
