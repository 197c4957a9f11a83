"""The tools as a language model sees them, made from their records: Python methods, and schemas for native calls.

    tools = AuditTools(act)                     # act: a function from action to the text that the model is answered
    tools.review_proposal("PROP-001")
    tool_schemas()                              # the same as JSON schemas, for an endpoint that calls tools natively
    action_of("approve", {"proposal_id": "PROP-001"})

A trainer gives the methods to a model, the ReAct agent and the server's MCP the schemas. All say what `tool_records.py`
says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from ..models import SynthAuditAction
from ..tool_records import TOOLS, Argument, Tool

Act = Callable[[SynthAuditAction], str]


class AuditTools:
    """Every public method is a tool, and there is no other public method: trainers list them from the class."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def _call(self, name: str, **arguments: Any) -> str:
        return self._act(action_of(name, arguments))

    if TYPE_CHECKING:

        def __getattr__(self, tool: str) -> Callable[..., str]: ...


def _method(tool: Tool) -> Callable[..., str]:
    """A tool as a method of `AuditTools`. TRL reads its name, its type hints and its docstring.

    It is compiled from text, as dataclasses make theirs, so that Python itself refuses a wrong call in its usual words:
    a trainer shows them to the model.
    """
    taken = "".join(f", {one.name}{'' if one.needed else '=None'}" for one in tool.arguments)
    passed = "".join(f", {one.name}={one.name}" for one in tool.arguments)
    made: dict[str, Any] = {}
    exec(f"def {tool.name}(self{taken}): return self._call({tool.name!r}{passed})", made)
    method: Callable[..., str] = made[tool.name]
    method.__qualname__, method.__module__, method.__doc__ = f"AuditTools.{tool.name}", __name__, tool.docstring
    hints = {one.name: one.kind if one.needed else one.kind | None for one in tool.arguments}
    method.__annotations__ = {**hints, "return": str}
    return method


for _tool in TOOLS.values():
    setattr(AuditTools, _tool.name, _method(_tool))


@cache
def tool_schemas() -> tuple[Mapping[str, Any], ...]:
    """The tools as OpenAI's chat completions take them: `{"type": "function", "function": {...}}` each."""
    return tuple(
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.text,
                "parameters": {
                    "additionalProperties": False,
                    "properties": {one.name: _schema(one) for one in tool.arguments},
                    "required": list(tool.needed),
                    "type": "object",
                },
            },
        }
        for tool in TOOLS.values()
    )


def _schema(argument: Argument) -> Mapping[str, Any]:
    """Its type and text. Null is not among the types, since models that are shown null tend to send the word."""
    listed = get_args(argument.kind)
    kinds = {"enum": list(listed)} if listed else {}
    return {**kinds, "type": "number" if argument.kind is float else "string", "description": argument.text}


def action_of(name: str, arguments: Mapping[str, Any]) -> SynthAuditAction:
    """The action that a model's call means. An argument that is null counts as left out.

    A tool or an id that does not exist makes an action all the same: the referee answers it with what exists.

    Raises:
        ValueError: An argument has no such name or the wrong type; the sentence says which and what would be right.
    """
    # Nobody knows the arguments of a tool that does not exist: the referee says which tools there are.
    known = arguments if name in TOOLS else {}
    given = {argument: value for argument, value in known.items() if value is not None}
    if "action_type" in given or "metadata" in given:
        raise ValueError("action_type and metadata are no arguments of a tool.")
    try:
        return SynthAuditAction.model_validate({**given, "action_type": name})
    except ValidationError as problem:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors())
        raise ValueError(f"The call of {name} cannot be read: {told}.") from problem
