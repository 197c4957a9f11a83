"""Transcripts of an auditor that goes by evidence only, as weak as asked for: what a small model is warmed up on.

    messages = demonstrate(SynthAuditEnvironment(), {"seed": 7, "task_id": "oversight_easy"}, Weakness(), draws)
    # system, user, assistant, tool, tool, assistant, ...

Several calls go into one turn (a decision, and the look at the next patient), since turns are what costs a model time.
Before it decides, the auditor writes down what it compares: this is where a model learns to compare. It reads no note.

GRPO only reinforces behaviour that the model already samples. So the demonstrations are wrong often enough to leave
something to learn, as a hasty person is: records not opened, deviations approved, alarms without cause.
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
    # Where no rule is about dates, a timeline is not worth its tokens.
    dated = protocol.order is not None or _has_window(protocol)
    looks = ("investigate_patient", "temporal_audit") if dated else ("investigate_patient",)
    messages: list[Message] = opening_messages(opening)
    waiting = list(opening.actor_proposals)
    looked_at: ProposalSummary | None = None
    seen: list[SynthAuditObservation] = []
    found: list[str] = []
    while not seen or not seen[-1].done:
        words, calls = "", []
        if looked_at is not None:
            record = seen[-len(looks)].result
            assert isinstance(record, PatientResult), "the record was looked at last"
            compared, flag = _verdict(protocol, record, weakness, draws)
            words = f"{looked_at.patient_id}: {compared}"
            calls.append({"action_type": "approve", "proposal_id": looked_at.proposal_id, **flag})
            if flag:
                found.append(f"{looked_at.proposal_id}: {flag['error_type']}")
            looked_at = None
        while waiting and looked_at is None:
            proposal = waiting.pop(0)
            if draws.random() < weakness.unopened:
                calls.append({"action_type": "approve", "proposal_id": proposal.proposal_id})
            else:
                looked_at = proposal
                calls += [{"action_type": tool, "patient_id": proposal.patient_id} for tool in looks]
        if looked_at is None:
            # Without the reasons: they were given with the flags, and a small model writes slowly.
            calls.append({"action_type": "submit_audit_report", "report": "\n".join(found) or "No error found."})
        else:
            words = f"{words} {next_up(looked_at.proposal_id, looked_at.patient_id)}".lstrip()
        actions = [SynthAuditAction.model_validate(call) for call in calls]
        seen = [environment.step(action) for action in actions]
        messages += _turn(words, actions, seen)
    # TRL asks on after the answer to the report, and whoever was never shown what to say there calls tools for ever.
    return [*messages, {"role": "assistant", "content": DONE}]


def next_up(proposal_id: str, patient_id: str) -> str:
    """Who is looked at next: a list is read in one step from here, and in two from the call."""
    return f"Next {proposal_id} {patient_id}."


def _has_window(protocol: ReadProtocol) -> bool:
    return any(clause.quantity == "delay" for clause in protocol.clauses)


def _verdict(
    protocol: ReadProtocol, record: PatientResult, weakness: Weakness, draws: Random
) -> tuple[str, dict[str, str]]:
    """What the auditor writes down, and what it flags, if anything: the kind of error, and why."""
    ruling = judge(protocol, record)
    words = _comparisons(protocol, ruling, record)
    named = [finding for finding in ruling.findings if finding.error_type is not None]
    waved, alarmed = draws.random() < weakness.waved_through, draws.random() < weakness.false_alarm
    if named and not waved:
        error_type, reason = str(named[0].error_type), explain(named[0], record, protocol)
    elif not named and alarmed:
        kinds = {
            "temporal_inconsistency": protocol.order is not None,
            "protocol_window_violation": _has_window(protocol),
        }
        error_type = draws.choice(["age_boundary_error", *(kind for kind, ruled in kinds.items() if ruled)])
        reason = "Against the protocol."
    else:
        return words, {}
    return words, {"action_type": "flag_error", "error_type": error_type, "reason": reason}


def _comparisons(protocol: ReadProtocol, ruling: Ruling, record: PatientResult) -> str:
    """Each value beside the limits that hold for this record: "age 44, 45 to 79: no. Start 13, at most 21: yes."."""
    facts, parts = facts_of(record), []
    broken = {finding.limit.quantity for finding in ruling.findings if finding.limit is not None}
    low, high = ruling.limit("age", "at least"), ruling.limit("age", "at most")
    if low is not None and high is not None:
        age = "blank" if facts["age"] is None else f"{facts['age']:g}"
        parts.append(f"age {age}, {low.value:g} to {high.value:g}: {'no' if 'age' in broken else 'yes'}.")
    window = ruling.limit("delay", "at most")
    if window is not None:
        parts.append(f"Start {facts['delay']:g}, at most {window.value:g}: {'no' if 'delay' in broken else 'yes'}.")
    if protocol.order is not None:
        wrong = any(finding.dates is not None for finding in ruling.findings)
        parts.append(f"Dates: {'no' if wrong else 'yes'}.")
    return " ".join(parts)


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
