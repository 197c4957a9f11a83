"""The eight tools as a language model sees them: Python functions whose docstrings are what it reads.

    tools = AuditTools(act)                     # act: a function from action to the text that the model is answered
    tools.review_proposal("PROP-001")
    tool_schemas()                              # the same as JSON schemas, for an endpoint that calls tools natively
    action_of("approve", {"proposal_id": "PROP-001"})

A trainer gives the functions to a model, the ReAct agent and the server's MCP their schemas: all are made from one
text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import cleandoc
from typing import Any

from docstring_parser import Docstring, DocstringStyle, parse
from pydantic import TypeAdapter, ValidationError

from ..models import ACTION_TYPES, ErrorType, SynthAuditAction

Act = Callable[[SynthAuditAction], str]


class AuditTools:
    """Every public method is a tool, and there is no other public method: trainers list them from the class."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def review_proposal(self, proposal_id: str) -> str:
        """Read one of the Actor's proposals: its verdict, confidence, reasoning and what it cites.

        Args:
            proposal_id: Id of the proposal, of the form PROP-nnn.

        Returns:
            The note.
        """
        return self._call("review_proposal", proposal_id=proposal_id)

    def investigate_patient(self, patient_id: str) -> str:
        """Read a patient's raw record: demographics, site, arm, stage, labs, comorbidity and dates.

        Args:
            patient_id: Id of the patient, of the form Pnnnn.

        Returns:
            The record.
        """
        return self._call("investigate_patient", patient_id=patient_id)

    def request_shap(self, patient_id: str, feature: str | None = None) -> str:
        """Get the exact Shapley values of the Actor's decision for a patient: which fields moved it, which it ignored.

        Args:
            patient_id: Id of the patient, of the form Pnnnn.
            feature: One record field to ask about; leave it out for all of them.

        Returns:
            The values, largest first; a positive one speaks for compliance.
        """
        return self._call("request_shap", patient_id=patient_id, feature=feature)

    def cohort_analysis(self, feature: str) -> str:
        """Compare mortality between the groups of a record field, by arm, crude and adjusted for stage.

        Args:
            feature: What to group by: arm, sex, ethnicity, age_group, site, country, stage, histology, ecog or smoking.

        Returns:
            A table of the groups, and the gap with its test.
        """
        return self._call("cohort_analysis", feature=feature)

    def temporal_audit(self, patient_id: str) -> str:
        """Put a patient's dated events in order, with the days between them and the orders that cannot be.

        Args:
            patient_id: Id of the patient, of the form Pnnnn.

        Returns:
            The timeline. No window of the protocol is applied to it.
        """
        return self._call("temporal_audit", patient_id=patient_id)

    def flag_error(self, proposal_id: str, error_type: ErrorType, reason: str, confidence: float | None = None) -> str:
        """Decide that a proposal is wrong, and say what the Actor got wrong. The decision is final.

        Args:
            proposal_id: Id of the proposal, of the form PROP-nnn.
            error_type: The kind of error, of those in the briefing.
            reason: What the Actor did wrong, with the section, and the value and limit that show it.
            confidence: Probability, 0 to 1, that this decision is right.

        Returns:
            That the decision is recorded.
        """
        return self._call(
            "flag_error", proposal_id=proposal_id, error_type=error_type, reason=reason, confidence=confidence
        )

    def approve(self, proposal_id: str, confidence: float | None = None) -> str:
        """Decide that a proposal is right. The decision is final.

        Args:
            proposal_id: Id of the proposal, of the form PROP-nnn.
            confidence: Probability, 0 to 1, that this decision is right.

        Returns:
            That the decision is recorded.
        """
        return self._call("approve", proposal_id=proposal_id, confidence=confidence)

    def submit_audit_report(self, report: str) -> str:
        """Hand in the report of the findings. It ends the episode, so decide every proposal first.

        Args:
            report: A line for each error: proposal id, error type, why.

        Returns:
            How the audit went.
        """
        return self._call("submit_audit_report", report=report)

    def _call(self, name: str, **arguments: Any) -> str:
        return self._act(action_of(name, arguments))


@cache
def tool_schemas() -> tuple[Mapping[str, Any], ...]:
    """The tools as OpenAI's chat completions take them: `{"type": "function", "function": {...}}` each."""
    return tuple(_schema(name) for name in ACTION_TYPES)


@cache
def answers() -> Mapping[str, str]:
    """What each tool answers, by name: for a listing that shows it, as a schema for chat completions has no place."""
    return {name: _answer(name) for name in ACTION_TYPES}


def action_of(name: str, arguments: Mapping[str, Any]) -> SynthAuditAction:
    """The action that a model's call means. An argument that is null counts as left out.

    A tool or an id that does not exist makes an action all the same: the referee answers it with what exists.

    Raises:
        ValueError: An argument has no such name or the wrong type; the sentence says which and what would be right.
    """
    # Of a tool that does not exist nobody knows the arguments: the referee says which tools there are.
    known = arguments if name in ACTION_TYPES else {}
    given = {argument: value for argument, value in known.items() if value is not None}
    if "action_type" in given or "metadata" in given:
        raise ValueError("action_type and metadata are no arguments of a tool.")
    try:
        return SynthAuditAction.model_validate({**given, "action_type": name})
    except ValidationError as problem:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors())
        raise ValueError(f"The call of {name} cannot be read: {told}.") from problem


def _docs(name: str) -> Docstring:
    return parse(cleandoc(getattr(AuditTools, name).__doc__), DocstringStyle.GOOGLE)


def _answer(name: str) -> str:
    told = _docs(name).returns
    assert told is not None
    assert told.description is not None
    return told.description


def _schema(name: str) -> Mapping[str, Any]:
    function = getattr(AuditTools, name)
    docs = _docs(name)
    parameters = TypeAdapter(function.__get__(AuditTools(str))).json_schema()
    for told in docs.params:
        own = parameters["properties"][told.arg_name]
        # An optional argument is left out, not null: models that are shown null tend to send the word.
        kinds = [kind for kind in own.pop("anyOf", []) if kind["type"] != "null"]
        own.pop("default", None)
        own.pop("title", None)
        own |= {**(kinds[0] if kinds else {}), "description": told.description}
    return {
        "type": "function",
        "function": {"name": name, "description": docs.short_description, "parameters": parameters},
    }
