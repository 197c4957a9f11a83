"""Transcripts of an auditor that goes by evidence only, as weak as asked for: what a small model is warmed up on.

    messages = demonstrate(SynthAuditEnvironment(), {"seed": 7, "task_id": "oversight_easy"}, Weakness(), draws)
    # system, user, assistant, tool, tool, assistant, ...

Several calls go into one turn: a decision with the look at the next patient, since a turn is what costs a model time.
Before it decides, the auditor writes down what it compares, which is where a model learns to compare. It reads no note.

GRPO sharpens what a model already does now and then, and teaches nothing that it never does. So the demonstrations are
wrong often enough to leave something to learn, in the ways of a hasty person: a record that is not opened, a deviation
that is waved through, an alarm without cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from ..agents.case_rules import Ruling, facts_of, judge
from ..agents.findings import explain
from ..agents.protocol_reader import ReadProtocol, read_protocol
from ..agents.react.prompts import answer_text, opening_messages
from ..models import (
    ErrorType,
    PatientResult,
    ProposalSummary,
    SynthAuditAction,
    SynthAuditObservation,
)
from ..server.synth_audit_environment import SynthAuditEnvironment

Message = dict[str, Any]
DONE = "The audit is done."
"""Said after the report."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """How often a demonstration goes wrong; probabilities, each for one proposal."""

    unopened: float = 0.35
    """A proposal is approved without a look at the record."""
    waved_through: float = 0.6
    """A deviation that was seen is approved all the same: oftener than not, so that it shows without sampling too."""
    false_alarm: float = 0.1
    """A compliant patient is flagged, as one of the kinds of error that the protocol has a rule for."""


NONE = Weakness(0.0, 0.0, 0.0)


def demonstrate(
    environment: SynthAuditEnvironment, options: Mapping[str, Any], weakness: Weakness, draws: Random
) -> list[Message]:
    """Play the episode that these options of reset start; one that runs in the environment is abandoned.

    Returns:
        Messages in the format of chat templates; the last is the assistant's.

    Raises:
        ValueError: It is an expert episode: what its notes cite and quote is looked up by nothing here.
    """
    opening = environment.reset(**options)
    if opening.difficulty == "expert":
        raise ValueError("There are demonstrations of easy, medium and hard episodes, none of expert ones.")
    protocol = read_protocol(opening.protocol_excerpt or "")
    messages: list[Message] = opening_messages(opening)
    waiting = list(opening.actor_proposals)
    looked_at: ProposalSummary | None = None
    seen: list[SynthAuditObservation] = []
    findings: dict[str, ErrorType] = {}
    while not seen or not seen[-1].done:
        words, actions = "", []
        if looked_at is not None:
            record = seen[-1 if not _dated(protocol) else -2].result
            assert isinstance(record, PatientResult), "the record was looked at last"
            compared, error_type, reason = _verdict(protocol, record, weakness, draws)
            words = f"{looked_at.patient_id}: {compared}"
            actions.append(_decision(looked_at.proposal_id, error_type, reason))
            if error_type is not None:
                findings[looked_at.proposal_id] = error_type
            looked_at = None
        while waiting and looked_at is None:
            proposal = waiting.pop(0)
            if draws.random() < weakness.unopened:
                actions.append(_decision(proposal.proposal_id, None, ""))
            else:
                looked_at = proposal
                actions += _looks(protocol, proposal)
        if looked_at is None:
            # Without the reasons: they were given with the flags, and a small model writes slowly.
            report = "\n".join(f"{proposal_id}: {kind}" for proposal_id, kind in findings.items()) or "No error found."
            actions.append(SynthAuditAction(action_type="submit_audit_report", report=report))
        else:
            words = f"{words} {next_up(looked_at.proposal_id, looked_at.patient_id)}".lstrip()
        seen = [environment.step(action) for action in actions]
        messages += _turn(words, actions, seen)
    # TRL asks on after the answer to the report, and whoever was never shown what to say there calls tools for ever.
    return [*messages, {"role": "assistant", "content": DONE}]


def next_up(proposal_id: str, patient_id: str) -> str:
    """Who is looked at next: a list is read in one step from here, and in two from the call."""
    return f"Next {proposal_id} {patient_id}."


def _dated(protocol: ReadProtocol) -> bool:
    """Whether some rule is about dates, so that a timeline is worth its tokens."""
    return protocol.order is not None or any(clause.quantity == "delay" for clause in protocol.clauses)


def _looks(protocol: ReadProtocol, proposal: ProposalSummary) -> list[SynthAuditAction]:
    tools = ("investigate_patient", "temporal_audit") if _dated(protocol) else ("investigate_patient",)
    return [SynthAuditAction.model_validate({"action_type": tool, "patient_id": proposal.patient_id}) for tool in tools]


def _verdict(
    protocol: ReadProtocol, record: PatientResult, weakness: Weakness, draws: Random
) -> tuple[str, ErrorType | None, str]:
    """What the auditor writes down, the kind of error that it then says it found, if any, and why."""
    ruling = judge(protocol, record)
    named = [finding for finding in ruling.findings if finding.error_type is not None]
    words = _comparisons(protocol, ruling, record)
    waved, alarmed = draws.random() < weakness.waved_through, draws.random() < weakness.false_alarm
    if named and not waved:
        return words, named[0].error_type, explain(named[0], record, protocol)
    if not named and alarmed:
        return words, draws.choice(_kinds(protocol)), "Against the protocol."
    return words, None, ""


def _kinds(protocol: ReadProtocol) -> list[ErrorType]:
    kinds: list[ErrorType] = ["age_boundary_error"]
    if protocol.order is not None:
        kinds.append("temporal_inconsistency")
    if any(clause.quantity == "delay" for clause in protocol.clauses):
        kinds.append("protocol_window_violation")
    return kinds


def _comparisons(protocol: ReadProtocol, ruling: Ruling, record: PatientResult) -> str:
    """Each value beside the limits that hold for this record: "age 44, 45 to 79: no. Start 13, at most 21: yes."."""
    facts, parts = facts_of(record), []
    low, high = ruling.limit("age", "at least"), ruling.limit("age", "at most")
    if low is not None and high is not None:
        age = "blank" if facts["age"] is None else f"{facts['age']:g}"
        parts.append(f"age {age}, {low.value:g} to {high.value:g}: {_fits(ruling, 'age')}.")
    window = ruling.limit("delay", "at most")
    if window is not None:
        parts.append(f"Start {facts['delay']:g}, at most {window.value:g}: {_fits(ruling, 'delay')}.")
    if protocol.order is not None:
        broken = any(finding.dates is not None for finding in ruling.findings)
        parts.append(f"Dates: {'no' if broken else 'yes'}.")
    return " ".join(parts)


def _fits(ruling: Ruling, quantity: str) -> str:
    broken = any(finding.limit is not None and finding.limit.quantity == quantity for finding in ruling.findings)
    return "no" if broken else "yes"


def _decision(proposal_id: str, error_type: ErrorType | None, reason: str) -> SynthAuditAction:
    if error_type is None:
        return SynthAuditAction(action_type="approve", proposal_id=proposal_id)
    return SynthAuditAction(action_type="flag_error", proposal_id=proposal_id, error_type=error_type, reason=reason)


def _turn(words: str, actions: list[SynthAuditAction], seen: list[SynthAuditObservation]) -> list[Message]:
    calls = [
        {
            "type": "function",
            "function": {
                "name": action.action_type,
                "arguments": action.model_dump(mode="json", exclude_none=True, exclude={"action_type", "metadata"}),
            },
        }
        for action in actions
    ]
    answers = [
        {"role": "tool", "name": action.action_type, "content": answer_text(observation)}
        for action, observation in zip(actions, seen, strict=True)
    ]
    return [{"role": "assistant", "content": words, "tool_calls": calls}, *answers]
