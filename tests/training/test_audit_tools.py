"""The tools as a model sees them: schemas from docstrings, and calls that become actions."""

from __future__ import annotations

import inspect
import json

import pytest

from synth_audit_env.models import ACTION_TYPES, SynthAuditAction, action_of
from synth_audit_env.tool_records import TOOLS, tool_schemas
from synth_audit_env.training.audit_tools import AuditTools

GIVEN = {
    "proposal_id": "PROP-001",
    "patient_id": "P0001",
    "feature": "arm",
    "error_type": "age_boundary_error",
    "reason": "Age 77.",
    "fault": "clause_ignored",
    "where": "3.2",
    "should_be": "77",
    "confidence": 0.9,
    "report": "PROP-001: age_boundary_error",
}
FIRST: dict[str, object] = {"proposal_id": "PROP-001"}
ARGUMENTS = {name: {one.name: GIVEN[one.name] for one in tool.arguments} for name, tool in TOOLS.items()}


@pytest.mark.parametrize("name", ACTION_TYPES)
def test_a_method_and_a_call_are_the_same_action(name: str) -> None:
    acted: list[SynthAuditAction] = []

    def act(action: SynthAuditAction) -> str:
        acted.append(action)
        return "Answered."

    assert getattr(AuditTools(act), name)(**ARGUMENTS[name]) == "Answered."
    assert acted == [action_of(name, ARGUMENTS[name])]
    assert acted[0].model_dump(exclude_none=True, exclude={"metadata"}) == {"action_type": name, **ARGUMENTS[name]}
    # Trainers read the hints off its signature.
    parameters = inspect.signature(getattr(AuditTools(act), name)).parameters
    hints = {each.name: each.kind if each.needed else each.kind | None for each in TOOLS[name].arguments}
    assert {each.name: each.annotation for each in parameters.values()} == hints


def test_each_schema_says_what_its_tool_takes() -> None:
    functions = {schema["function"]["name"]: schema["function"] for schema in tool_schemas()}
    assert list(functions) == list(ACTION_TYPES)
    for name, function in functions.items():
        properties = function["parameters"]["properties"]
        assert list(properties) == list(ARGUMENTS[name])
        assert function["description"].endswith(".")
        assert all(one["type"] in ("string", "number") and one["description"] for one in properties.values())
        optional = set(properties) - set(function["parameters"]["required"])
        assert optional <= {"feature", "fault", "where", "should_be", "confidence"}
    assert "bias_blind_spot" in functions["flag_error"]["parameters"]["properties"]["error_type"]["enum"]


@pytest.mark.parametrize(
    ("name", "arguments", "meant"),
    [
        ("functions.review_proposal", {"proposal_id": "prop-001"}, ("review_proposal", {"proposal_id": "PROP-001"})),
        ("Investigate_Patient", {"patient_id": " p0023"}, ("investigate_patient", {"patient_id": "P0023"})),
        ("approve", {"proposal_id": "Prop-001", "confidence": "0.9"}, ("approve", FIRST | {"confidence": 0.9})),
        ("cohort-analysis", {"feature": "Age group"}, ("cohort_analysis", {"feature": "age_group"})),
        (
            "flag_error",
            {**FIRST, "error_type": "Age boundary-error", "reason": " As It Is "},
            ("flag_error", {**FIRST, "error_type": "age_boundary_error", "reason": " As It Is "}),
        ),
    ],
)
def test_another_spelling_is_read_as_what_it_means(
    name: str, arguments: dict[str, object], meant: tuple[str, dict[str, object]]
) -> None:
    """Wherever it comes in: every way of calling a tool makes this action."""
    action = SynthAuditAction.model_validate({"action_type": meant[0], **meant[1]})
    assert action_of(name, arguments) == action
    sent = {"action_type": name, **arguments}
    assert SynthAuditAction.model_validate_json(json.dumps(sent)) == SynthAuditAction.model_validate(sent) == action
