"""The records of the tools: what must be written elsewhere for a tool agrees with its record."""

import inspect

import pytest

from synth_audit_env.client import _Calls
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation
from synth_audit_env.server.audit import tools
from synth_audit_env.tool_records import ARGUMENT_NAMES, EVIDENCE_TOOLS, TOOLS

RESULTS = SynthAuditObservation.model_json_schema()["properties"]["result"]["anyOf"][0]["discriminator"]["mapping"]


def takes(function):
    """Names of the arguments of a function after its first, and those among them that a call must have."""
    _, *parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters], [one.name for one in parameters if one.default is one.empty]


@pytest.mark.parametrize("name", EVIDENCE_TOOLS)
def test_an_evidence_tool_is_a_function_of_its_arguments_and_has_a_result(name):
    assert takes(getattr(tools, name))[0] == [one.name for one in TOOLS[name].arguments]
    assert name in RESULTS


@pytest.mark.parametrize("name", TOOLS)
def test_the_client_has_a_method_for_it(name):
    assert takes(getattr(_Calls, name)) == ([one.name for one in TOOLS[name].arguments], list(TOOLS[name].needed))


def test_an_action_has_every_argument():
    assert set(SynthAuditAction.model_fields) - {"action_type", "metadata"} == set(ARGUMENT_NAMES)


def test_what_is_needed_comes_first():
    for tool in TOOLS.values():
        assert [one.name for one in tool.arguments] == [*tool.needed, *tool.optional]
