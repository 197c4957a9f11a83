"""The records of the tools: what must be written elsewhere for a tool agrees with its record."""

import inspect
import re
from pathlib import Path

import pytest

from synth_audit_env.client import Claim, _Calls
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation
from synth_audit_env.server.audit import tools
from synth_audit_env.tool_records import ARGUMENT_NAMES, EVIDENCE_TOOLS, TOOLS

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+`\??(?:, )?)+) \|", re.MULTILINE)
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
    taken, needed = takes(getattr(_Calls, name))
    if "claim" in taken:
        taken = [*(argument for argument in taken if argument != "claim"), *Claim.__annotations__]
        needed = [argument for argument in needed if argument != "claim"]
    assert (sorted(taken), needed) == (sorted(one.name for one in TOOLS[name].arguments), list(TOOLS[name].needed))


def test_an_action_has_every_argument():
    assert set(SynthAuditAction.model_fields) - {"action_type", "metadata"} == set(ARGUMENT_NAMES)


def test_the_tables_of_readme_and_docs_name_its_arguments():
    """A row of a tool begins with its name and its arguments, with a question mark behind those it may have."""
    rows = [
        row
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
        for row in ROW.findall(page.read_text(encoding="utf-8"))
        if row[0] in TOOLS
    ]
    assert {name for name, _ in rows} == set(TOOLS)
    for name, told in rows:
        tool = TOOLS[name]
        assert told == ", ".join([*(f"`{one}`" for one in tool.needed), *(f"`{one}`?" for one in tool.optional)])
