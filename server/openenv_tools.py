"""The eight tools as MCP lists them, and openenv's two actions for them: list the tools, call one.

    listing()                                                                           # of MCP's tools/list
    answered(CallToolAction(tool_name="approve", arguments={"proposal_id": "PROP-001"}), environment.step)

Frameworks that play any openenv environment by its tools send these two: NeMo Gym in its own process, openenv's
`MCPToolClient.step` over /ws. They are answered by openenv's own observations. A call *is* a step of the referee, with
the same budget and rewards. An argument that is null counts as left out, since NeMo Gym sends every argument.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from openenv.core.env_server.mcp_types import (
    CallToolAction,
    CallToolObservation,
    ListToolsAction,
    ListToolsObservation,
    Tool,
    ToolError,
    ToolErrorType,
)

from ..models import MAX_ID, MAX_REASON, SynthAuditAction, SynthAuditObservation, action_of
from ..tool_records import ARGUMENT_NAMES, TOOLS

TYPES = ("list_tools", "call_tool")
"""The two actions, by what their field `type` holds."""


def answered(
    action: object, step: Callable[[SynthAuditAction], SynthAuditObservation]
) -> ListToolsObservation | CallToolObservation:
    """Answer one of the two actions, of which a call takes the step that it means. Its result is the text of that step.

    Raises:
        EpisodeError: No episode is running.
        TypeError: The action is neither.
    """
    if isinstance(action, ListToolsAction):
        return ListToolsObservation(
            tools=[
                Tool(name=tool["name"], description=tool["description"], input_schema=tool["inputSchema"])
                for tool in listing()
            ]
        )
    if not isinstance(action, CallToolAction):
        kinds = "a SynthAuditAction, or openenv's ListToolsAction or CallToolAction"
        raise TypeError(f"step takes {kinds}, not {type(action).__name__}.")
    called = action.tool_name[:MAX_ID]
    try:
        meant = action_of(action.tool_name, action.arguments)
    except ValueError as problem:
        # It may quote names of arguments, which the caller chose.
        error = ToolError(error_type=ToolErrorType.INVALID_ARGS, message=str(problem)[:MAX_REASON])
        return CallToolObservation(tool_name=called, error=error)
    seen = step(meant)
    return CallToolObservation(tool_name=called, result=seen.feedback, reward=seen.reward, done=seen.done)


@cache
def listing() -> list[dict[str, Any]]:
    """The tools as MCP lists them, with their JSON schemas, and with the bounds that the action has for an argument."""
    fields = SynthAuditAction.model_json_schema()["properties"]
    # The action has every field optional, since each belongs to some tools only; to a tool it is plainly its type.
    kinds = {name: next(kind for kind in fields[name]["anyOf"] if kind["type"] != "null") for name in ARGUMENT_NAMES}
    return [
        {
            "name": tool.name,
            "description": f"{tool.text} Answer: {tool.answer}",
            "inputSchema": {
                "type": "object",
                "properties": {one.name: {**kinds[one.name], **one.schema} for one in tool.arguments},
                "required": list(tool.needed),
                "additionalProperties": False,
            },
        }
        for tool in TOOLS.values()
    ]
