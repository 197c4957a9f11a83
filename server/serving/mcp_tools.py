"""The eight tools as MCP describes them, and a call of one as a step of the referee.

    listing()                                              # what tools/list answers
    await call(session, "approve", {"proposal_id": "PROP-001"})    # what tools/call answers

A call *is* a step: the same environment, budget and rewards as over /ws. Which arguments a tool takes is the referee's
table, their types are those of `SynthAuditAction`; only the descriptions are written here, for the model that reads
them. openenv's own way, FastMCP inside the environment, takes 1.6 ms a call and sets no reward.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from pydantic import ValidationError

from synth_audit_env.models import ErrorType, SynthAuditAction, SynthAuditObservation
from synth_audit_env.server.episode import ARGUMENTS
from synth_audit_env.server.serving.refusals import refusal
from synth_audit_env.server.serving.sessions import Session

DESCRIPTIONS: Mapping[str, str] = {
    "review_proposal": "Read one of the Actor's proposals: its verdict, confidence, reasoning and what it cites.",
    "investigate_patient": "Read a patient's raw record: demographics, site, arm, stage, labs, comorbidity and dates.",
    "request_shap": "Get the exact Shapley values of the Actor's decision for a patient: which record fields it was "
    "moved by, and which it ignored. Give a feature to ask about that field only.",
    "cohort_analysis": "Compare mortality between the groups of a record field, by arm, crude and adjusted for stage, "
    "with a test.",
    "temporal_audit": "Put a patient's dated events in order, with the days between them and the orders that cannot "
    "be. It applies no protocol window.",
    "flag_error": "Decide that a proposal is wrong, and say what the Actor got wrong. Decisions are final.",
    "approve": "Decide that a proposal is right. Decisions are final.",
    "submit_audit_report": "Hand in the report of the findings. It ends the episode, so decide every proposal first.",
}
# Fields of an action that are no argument of any tool.
_NOT_ARGUMENTS = ("action_type", "metadata")


@cache
def listing() -> list[dict[str, Any]]:
    """The tools with their JSON schemas."""
    return [
        {
            "name": name,
            "description": DESCRIPTIONS[name],
            "inputSchema": {
                "type": "object",
                "properties": {argument: _argument_schema(argument) for argument in (*needed, *allowed)},
                "required": list(needed),
                "additionalProperties": False,
            },
        }
        for name, (needed, allowed) in ARGUMENTS.items()
    ]


async def call(session: Session, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Step the session's episode.

    A tool that does not exist, or an id that does not, is the referee's to answer: it costs what it costs over /ws.

    Args:
        session: Whose episode.
        name: The tool, which is the action's type.
        arguments: The action's other fields.

    Returns:
        MCP's result of a tool call. Its text is the observation's; `structuredContent` holds what /ws would answer:
        the observation, the reward and whether the episode is over. `isError` marks what was refused.

    Raises:
        EpisodeError: No episode is running.
    """
    for field in _NOT_ARGUMENTS:
        if field in arguments:
            return _refused(f"{field} is not an argument of a tool.")
    try:
        action = SynthAuditAction.model_validate({**arguments, "action_type": name})
    except ValidationError as problem:
        # As a result rather than a protocol error, for the model that called to read and correct.
        return _refused(refusal(problem).sentence)
    observation = session.step(action)
    return {
        "content": [{"type": "text", "text": observation.error or observation.feedback}],
        "structuredContent": structured(observation),
        "isError": observation.error is not None,
    }


def structured(observation: SynthAuditObservation) -> dict[str, Any]:
    """An observation as openenv puts it on the wire."""
    return {
        "observation": observation.model_dump(mode="json", exclude={"reward", "done"}),
        "reward": observation.reward,
        "done": observation.done,
    }


def _refused(sentence: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": sentence}], "isError": True}


def _argument_schema(argument: str) -> dict[str, Any]:
    field = SynthAuditAction.model_json_schema()["properties"][argument]
    # The action has every field optional, since each belongs to some tools only; to a tool it is plainly its type.
    (kind,) = (option for option in field["anyOf"] if option["type"] != "null")
    schema = {**kind, "description": field["description"]}
    if argument == "error_type":
        schema["enum"] = list(get_args(ErrorType))
    return schema
