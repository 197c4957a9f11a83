"""A protocol, notes and a record that no scenario has, for the tests of what reads and judges them."""

from __future__ import annotations

from synth_audit_env.models import PatientResult, ReviewResult
from synth_audit_env.server.audit import tools
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

CASCADE = """PROTOCOL ONC-1234. Synthetic data, not for clinical use. What is not listed here does not exist.
§3 Eligibility
§3.1 Minimum age. Age at enrolment is at least 40 years. A blank age is a deviation.
§3.2 Maximum age. Age at enrolment is at most 75 years.
§5 Scheduling
§5.1 Treatment window. Treatment starts at most 24 days after enrolment.
§5.2 Stage IV exception: where the disease is Stage IV, the limit of §5.1 is 42 days instead.
§5.3 Comorbidity override: where the comorbidity index is above 4.5, §5.2 does not apply.
§6 Dates
§6.1 Consent interval. Consent is given at least 2 days before enrolment.
§9 Amendments"""


def review(reasoning: str, *citations: str, verdict: str = "compliant") -> ReviewResult:
    """A note."""
    return ReviewResult(
        proposal_id="PROP-001",
        patient_id="P0001",
        verdict=verdict,
        recommended_action="treatment window: no deviation, continue treatment",
        confidence=0.9,
        reasoning=reasoning,
        citations=list(citations),
    )


def record(**changes: object) -> PatientResult:
    """A Stage IV patient who started 38 days after enrolment, with an index of 6 and haemoglobin 12.5."""
    scenario = build_scenario(TIERS["hard"], 1, "train")
    fields = {
        "age": 60,
        "stage": "IV",
        "ecog": 1,
        "comorbidity_index": 6,
        "haemoglobin": 12.5,
        "consent_date": "2022-01-01",
        "enrolment_date": "2022-01-10",
        "treatment_start": "2022-02-17",
        "last_contact": "2023-01-10",
        "death_date": None,
    }
    return tools.investigate_patient(scenario, "P0001")[1].model.model_copy(update=fields | changes)
