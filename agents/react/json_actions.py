"""Tool calls as text, for models or endpoints without native ones: one JSON array of actions a turn.

form = JsonActions()
form.how_to_call                # goes into the system's message
form.read(completion).asked
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...chat.completion import Completion
from ...chat.written_calls import written_calls
from ..audit_tools import tool_schemas
from .context import Entry
from .turns import Calls, Reading, read_call, text_entries, why_no_call

# Weak models copy ids that look real.
_RULES = """Call the tools by answering with one JSON array of actions and nothing else, of this form:
[{"action_type": "review_proposal", "proposal_id": "<proposal id>"}, \
{"action_type": "investigate_patient", "patient_id": "<patient id>"}]
They are carried out in order, and the next message brings their results. The actions (? marks what may be left out):"""
NO_CALL = "There is no JSON array of actions in your answer."


def _line(function: Mapping[str, Any]) -> str:
    """A tool with its arguments, from its schema."""
    parameters = function["parameters"]
    told = []
    for name, schema in parameters["properties"].items():
        kinds = f" One of {', '.join(schema['enum'])}." if "enum" in schema else ""
        optional = "" if name in parameters["required"] else "?"
        told.append(f"  {name}{optional}: {schema['description']}{kinds}")
    return "\n".join([f"{function['name']}: {function['description']}", *told])


class JsonActions:
    """A `CallFormat`."""

    tools: Sequence[Mapping[str, Any]] = ()
    how_to_call = "\n".join([_RULES, *(_line(schema["function"]) for schema in tool_schemas())])
    """The rules, and a few lines for each tool."""

    def write(self, calls: Calls) -> str:
        """An array of actions; nothing where there is none."""
        return json.dumps([{"action_type": name, **arguments} for name, arguments in calls]) if calls else ""

    def example(self, calls: Calls) -> str:
        """An array with the calls."""
        return f"Answer with a JSON array of actions and nothing else, such as {self.write(calls)}"

    def read(self, completion: Completion) -> Reading:
        """Find the actions in an answer."""
        calls, problem = written_calls(completion.text, tool_schemas())
        remark = problem if calls else why_no_call(completion, problem or NO_CALL)
        return Reading(tuple(map(read_call, calls)), remark, in_text=True)

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as two messages."""
        return text_entries(completion, reading, answers, self.write, {})
