"""The tools of the audit: one record each. Wire schema, native and MCP tools, prompts and the trainer's methods follow.

    TOOLS["approve"].needed                    # ("proposal_id",)
    TOOLS["approve"].arguments[1].text         # "Probability, 0 to 1, that this decision is right."

What an evidence tool finds is a function of the same name in `server/audit/tools.py`. Every call costs a step, and what
else a step can cost or earn is in `server/audit/reward_model.py`. `docs/how-to/add-a-tool.md` adds a tool. Nothing here
knows how an episode works.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Literal, get_args

from .error_types import ERROR_TYPES
from .fault_types import FAULT_KINDS, FAULTS

Reveals = Literal["evidence", "decision", "end"]
COHORT_FEATURES = tuple("arm sex ethnicity age_group site country stage histology ecog smoking".split())
"""What cohort_analysis groups by."""


@dataclass(frozen=True, slots=True)
class ToolArgument:
    """What a tool is given. The action has a field of the same name (`models.SynthAuditAction`)."""

    name: str
    text: str
    """What a model reads of it."""
    needed: bool = True
    kind: Any = str
    """Its type, as a hint for the trainer: str, float or a Literal."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its type and text. Null is not among the types, since models that are shown null tend to send the word."""
        listed = get_args(self.kind)
        kinds = {"enum": list(listed)} if listed else {}
        return {**kinds, "type": "number" if self.kind is float else "string", "description": self.text}


@dataclass(frozen=True)
class Tool:
    """One action of the agent."""

    name: str
    text: str
    """What a model reads of it: one sentence, or two."""
    arguments: tuple[ToolArgument, ...]
    answer: str
    """What it answers, in a sentence."""
    reveals: Reveals
    """Evidence, which can be looked up again; a decision, which is final; or the end of the episode."""

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Names of the arguments that a call must have. Every step asks for them."""
        return tuple(argument.name for argument in self.arguments if argument.needed)

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """Names of those that it may have."""
        return tuple(argument.name for argument in self.arguments if not argument.needed)

    @property
    def docstring(self) -> str:
        """The tool as a Python function tells it, in Google's style: this is what TRL reads."""
        listed = "\n".join(f"    {argument.name}: {argument.text}" for argument in self.arguments)
        return f"{self.text}\n\nArgs:\n{listed}\n\nReturns:\n    {self.answer}"


_PROPOSAL = ToolArgument("proposal_id", "Id of the proposal, of the form PROP-nnn.")
_PATIENT = ToolArgument("patient_id", "Id of the patient, of the form Pnnnn.")
_CONFIDENCE = ToolArgument("confidence", "Probability, 0 to 1, that this decision is right.", needed=False, kind=float)
_FAULT = ToolArgument(
    "fault",
    "What the Actor did wrong in its argument: "
    + "; ".join(f"{name}: {kind.words}" for name, kind in FAULT_KINDS.items())
    + ".",
    needed=False,
    kind=Literal[FAULTS],
)
_WHERE = ToolArgument(
    "where",
    "Place of the fault: the clause (4.3, Amendment 2); for record_misread the field or quantity (comorbidity_index, "
    "treatment delay); for figure_misstated the cohort feature.",
    needed=False,
)
_SHOULD_BE = ToolArgument(
    "should_be",
    "The number or ISO date that the Actor should have gone by: what the record has for the clause's condition, the "
    "true limit or threshold that was misquoted, the record's value, the cohort's figure.",
    needed=False,
)
_CLAIM = (_FAULT, _WHERE, _SHOULD_BE)
"""The claim about what the Actor did. On a flag it comes behind the reason: who fills in a form first reasons worse."""
_CLAIM_AGAIN = tuple(
    replace(argument, text=f"As for flag_error: {text}")
    for argument, text in zip(
        _CLAIM, ("a right verdict can have a fault in its argument.", "its place.", "the number or date."), strict=True
    )
)
"""The same for another tool. A model has read what it means."""

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "review_proposal",
            "Read one of the Actor's proposals: its verdict, confidence, reasoning and what it cites.",
            (_PROPOSAL,),
            "The note.",
            "evidence",
        ),
        Tool(
            "investigate_patient",
            "Read a patient's raw record: demographics, site, arm, stage, labs, comorbidity and dates.",
            (_PATIENT,),
            "The record.",
            "evidence",
        ),
        Tool(
            "request_shap",
            "Get the exact Shapley values of the Actor's decision for a patient whose proposal was reviewed: which "
            "fields moved it, which it ignored.",
            (
                _PATIENT,
                ToolArgument("feature", "One record field to ask about; leave it out for all of them.", needed=False),
            ),
            "The values, largest first; a positive one speaks for compliance.",
            "evidence",
        ),
        Tool(
            "cohort_analysis",
            "Compare mortality between the groups of a record field, by arm, crude and adjusted for stage.",
            (
                ToolArgument(
                    "feature", f"What to group by: {', '.join(COHORT_FEATURES[:-1])} or {COHORT_FEATURES[-1]}."
                ),
            ),
            "A table of the groups, and the gap with its test.",
            "evidence",
        ),
        Tool(
            "temporal_audit",
            "Put a patient's dated events in order, with the days between them and the orders that cannot be.",
            (_PATIENT,),
            "The timeline. No window of the protocol is applied to it.",
            "evidence",
        ),
        Tool(
            "flag_error",
            "Decide that a proposal is wrong, and say what the Actor got wrong. The decision is final.",
            (
                _PROPOSAL,
                ToolArgument("error_type", "The kind of error, of those in the briefing.", kind=Literal[ERROR_TYPES]),
                ToolArgument(
                    "reason", "What the Actor did wrong, with the section, and the value and limit that show it."
                ),
                *_CLAIM,
                _CONFIDENCE,
            ),
            "That the decision is recorded.",
            "decision",
        ),
        Tool(
            "approve",
            "Decide that a proposal is right, even if its argument has a fault. The decision is final.",
            (_PROPOSAL, *_CLAIM_AGAIN, _CONFIDENCE),
            "That the decision is recorded.",
            "decision",
        ),
        Tool(
            "submit_audit_report",
            "Hand in the report of the findings. It ends the episode, so decide every proposal first.",
            (ToolArgument("report", "A line for each error: proposal id, error type, why."),),
            "How the audit went.",
            "end",
        ),
    )
}
"""By name, in the order of every list of them."""
TOOL_NAMES = tuple(TOOLS)
EVIDENCE_TOOLS = tuple(tool.name for tool in TOOLS.values() if tool.reveals == "evidence")
FINAL_TOOLS = tuple(tool.name for tool in TOOLS.values() if tool.reveals != "evidence")
"""What they do cannot be undone."""
ARGUMENT_NAMES = tuple(dict.fromkeys(argument.name for tool in TOOLS.values() for argument in tool.arguments))
"""Of all tools. An action has other fields too, which are no argument of a tool."""


def wire_text(argument: str) -> str:
    """What the wire schema says of an argument: which tools take it, and as what."""
    tools: dict[str, list[str]] = {}
    for tool in TOOLS.values():
        for taken in tool.arguments:
            if taken.name == argument:
                tools.setdefault(taken.text, []).append(tool.name)
    return " ".join(f"For {', '.join(names)}: {text}" for text, names in tools.items())


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
                    "properties": {argument.name: argument.schema for argument in tool.arguments},
                    "required": list(tool.needed),
                    "type": "object",
                },
            },
        }
        for tool in TOOLS.values()
    )
