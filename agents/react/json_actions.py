"""Tool calls as text, for models or endpoints without native ones: one JSON array of actions a turn.

form = JsonActions()
form.how_to_call                # goes into the system's message
form.read(completion).asked
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from synth_audit_env.agents.audit_tools import action_of, tool_schemas
from synth_audit_env.agents.react.context import Entry
from synth_audit_env.agents.react.json_reading import find_actions
from synth_audit_env.agents.react.turns import NOTHING, Asked, Reading, folded, why_no_call
from synth_audit_env.chat.completion import Completion, spoken

_RULES = """Call the tools by answering with one JSON array of actions and nothing else, for example
[{"action_type": "review_proposal", "proposal_id": "PROP-001"}, \
{"action_type": "investigate_patient", "patient_id": "P0023"}]
They are carried out in order, and the next message brings their results. The actions (? marks what may be left out):"""


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

    def read(self, completion: Completion) -> Reading:
        """Find the actions in an answer."""
        items, problem = find_actions(spoken(completion.text))
        asked = tuple(_asked(item) for item in items)
        return Reading(asked, problem if asked else why_no_call(completion, problem), in_text=True)

    def entries(self, completion: Completion, reading: Reading, answers: Sequence[str]) -> list[Entry]:
        """The turn as two messages: what the model wrote, and one that answers all of it."""
        message = {"role": "assistant", "content": spoken(completion.text) or NOTHING}
        calls = [{"action_type": one.name, **json.loads(one.arguments)} for one in reading.asked if one.action]
        short = {**message, "content": json.dumps(calls) if calls else NOTHING}
        answered = list(zip(reading.asked, answers, strict=True))
        long = [f"{_title(one)}:\n{answer}" for one, answer in answered]
        lines = [f"{_title(one)}: {folded(answer)}" for one, answer in answered]
        remark = [reading.remark] if reading.remark else []
        return [
            Entry(message, short),
            Entry(
                {"role": "user", "content": "\n\n".join(long + remark)},
                {"role": "user", "content": "\n".join(lines + remark)},
            ),
        ]


def _asked(item: Any) -> Asked:
    if not isinstance(item, dict):
        return Asked("action", "{}", None, f"An action is a JSON object, not {folded(json.dumps(item))}")
    given = dict(item)
    name = given.pop("action_type", None) or given.pop("name", None)
    for wrapped in ("arguments", "parameters"):
        if isinstance(given.get(wrapped), dict):
            given = given[wrapped]
    if not isinstance(name, str):
        return Asked("action", "{}", None, 'An action names its tool: {"action_type": "review_proposal", ...}')
    try:
        return Asked(name, json.dumps(given), action_of(name, given))
    except ValueError as problem:
        return Asked(name, json.dumps(given), None, str(problem))


def _title(asked: Asked) -> str:
    """What an answer is the answer to: review_proposal(PROP-001)."""
    given = json.loads(asked.arguments)
    subject = given.get("proposal_id") or given.get("patient_id") or given.get("feature") or ""
    return f"{asked.name}({subject})"
