"""The tools as Python methods, made from their records: a trainer gives them to a model.

    tools = AuditTools(act)                     # act: a function from action to the text that the model is answered
    tools.review_proposal("PROP-001")

The ReAct agent and the server's MCP give their models the same as JSON schemas (`tool_records.tool_schemas`).
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from ..models import SynthAuditAction, action_of
from ..tool_records import TOOLS, Tool

Act = Callable[[SynthAuditAction], str]


class AuditTools:
    """Every public method is a tool, and there is no other public method: trainers list them from the class."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def _call(self, name: str, **arguments: Any) -> str:
        return self._act(action_of(name, arguments))

    if TYPE_CHECKING:
        # For type checkers, which cannot read the records: every tool answers with a text.
        def __getattr__(self, name: str) -> Callable[..., str]: ...


def _method(tool: Tool) -> Callable[..., str]:
    """A tool as a method of `AuditTools`. TRL reads its name, its signature, its type hints and its docstring."""
    hints = {argument.name: argument.kind if argument.needed else argument.kind | None for argument in tool.arguments}
    by_name_or_place = Parameter.POSITIONAL_OR_KEYWORD
    taken = [
        Parameter(
            argument.name,
            by_name_or_place,
            default=Parameter.empty if argument.needed else None,
            annotation=hints[argument.name],
        )
        for argument in tool.arguments
    ]

    def method(self: AuditTools, *places: Any, **arguments: Any) -> str:
        # A trainer shows the model the words of the exception: they say what the tool takes, and not what Python does.
        named = dict(zip(hints, places, strict=False)) | arguments
        if missing := [name for name in tool.needed if name not in named]:
            raise ValueError(f"{tool.name} needs {', '.join(missing)}.")
        return self._call(tool.name, **named)

    method.__name__, method.__qualname__ = tool.name, f"AuditTools.{tool.name}"
    method.__doc__, method.__annotations__ = tool.docstring, {**hints, "return": str}
    method.__signature__ = Signature([Parameter("self", by_name_or_place), *taken])  # type: ignore[attr-defined]
    return method


for _tool in TOOLS.values():
    setattr(AuditTools, _tool.name, _method(_tool))
