"""A call of a tool over MCP as a step of the referee. What the tools are is listed in server/openenv_tools.py.

    await call(session, "approve", {"proposal_id": "PROP-001"})    # what tools/call answers

A call *is* a step: the same environment, budget and rewards as over /ws. Which arguments a tool takes is in
`tool_records.py`, their limits are those of `SynthAuditAction`, and a model reads of them what every other agent reads.
Only what it cannot act on is said in other words here: there is no reset among the tools. openenv's own way, FastMCP
inside the environment, takes 1.6 ms a call and sets no reward.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from pydantic import ValidationError

from ...models import SynthAuditAction, SynthAuditObservation
from ...tool_records import ARGUMENT_NAMES, TOOLS
from ..audit.episode import OVER
from .limits import LONGEST_NAME, MOST_FINDINGS
from .refusals import clip, refusal
from .sessions import Session

OVER_FOR_TOOLS = "The episode is over: a new session starts another, no tool does."


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
    unknown = [argument for argument in arguments if argument not in ARGUMENT_NAMES]
    if unknown:
        return _refused(_takes(name, unknown))
    try:
        action = SynthAuditAction.model_validate({**arguments, "action_type": name})
    except ValidationError as problem:
        # As a result rather than a protocol error, for the model that called to read and correct.
        return _refused(refusal(problem).sentence)
    observation = _for_tools(session.step(action))
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


def _takes(name: str, unknown: Iterable[str]) -> str:
    """Why a call with arguments that no tool has is refused, in the referee's words for those that another tool has."""
    if name not in TOOLS:
        return f"There is no tool {name[:LONGEST_NAME]!r}: they are {', '.join(TOOLS)}."
    tool = TOOLS[name]
    named = ", ".join(argument[:LONGEST_NAME] for argument in islice(unknown, MOST_FINDINGS))
    return clip(f"{name} takes no {named}: it takes {', '.join((*tool.needed, *tool.optional))}.")


def _for_tools(observation: SynthAuditObservation) -> SynthAuditObservation:
    """The observation without the advice to call reset, which a model would look for among its tools."""
    if observation.error != OVER:
        return observation
    return observation.model_copy(update={"error": OVER_FOR_TOOLS, "feedback": OVER_FOR_TOOLS})
