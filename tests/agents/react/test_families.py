"""A whole audit over HTTP in each of the six families in which models write their calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.conversation import Tally
from synth_audit_env.chat.endpoint import Endpoint
from synth_audit_env.tests.agents.react.scripted import arguments, right_actions
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.rollouts.recorded import recorded

EPISODE = {"task_id": "oversight_easy", "seed": 42}
RIGHT = right_actions("easy", 42)
"""The heuristic's audit of the episode, whose score is 1."""


def _python(name: str, given: dict[str, Any]) -> str:
    return f"[{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})]"


FAMILIES = {
    "native": lambda name, given: Say(calls=[(name, given)]),
    "Hermes": lambda name, given: Say(
        f"I look.\n<tool_call>\n{json.dumps({'name': name, 'arguments': given})}\n</tool_call>"
    ),
    "fenced JSON": lambda name, given: Say(
        f"I look.\n```json\n{json.dumps({'name': name, 'arguments': given}, indent=2)}\n```"
    ),
    "Mistral": lambda name, given: Say(f"[TOOL_CALLS]{name}[ARGS]{json.dumps(given)}"),
    "Llama": lambda name, given: Say(f"<|python_tag|>{json.dumps({'name': name, 'parameters': given})}"),
    "Python list": lambda name, given: Say(_python(name, given)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_audit_that_is_right_has_the_full_score_in_every_family(family):
    script = [FAMILIES[family](action.action_type, arguments(action)) for action in RIGHT]
    with chat_server(script) as server:
        auditor = ReactAuditor(Endpoint(server.url, MODEL, None), "native", 4_096)
        record = recorded(EPISODE, auditor)
    assert [turn.action for turn in record.turns] == RIGHT
    assert record.outcome.score == 1.0
    talk = auditor.conversation
    assert talk.tally == Tally(turns=len(RIGHT))
    assert {turn.reading.in_text for turn in talk.written} == {family != "native"}
    # A call in the text is answered as text, and native calls by their ids.
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    answer = "tool" if family == "native" else "user"
    assert roles == ["system", "user", *["assistant", answer] * (len(RIGHT) - 1)]
