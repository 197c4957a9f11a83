"""Transcripts of an auditor that goes by evidence only, as weak as asked for: what a small model is warmed up on.

    messages = demonstrate(SynthAuditEnvironment(), {"seed": 7, "task_id": "oversight_easy"}, Weakness(), draws)
    # system, user, assistant, tool, tool, assistant, ...

Several calls go into one turn (a decision, and the look at the next patient), since turns are what costs a model time.
Before it decides, the auditor writes down what it compares: this is where a model learns to compare. Of a note it takes
the question and the verdict. In the easy tier it reads none: every note there finds the patient's age compliant.

GRPO only reinforces behaviour that the model already samples. So the demonstrations are wrong often enough to leave
something to learn, as a hasty person is: records not opened, errors approved, alarms without cause.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ..agents.actor_fault import error_type, fault
from ..agents.case_rules import Facts, Ruling, facts_of, judge_facts, meets
from ..agents.findings import cited, explain, number
from ..agents.note_checks import read_note
from ..agents.protocol_reader import ReadProtocol, read_protocol
from ..agents.react.prompts import answer_text, opening_messages
from ..models import PatientResult, ProposalSummary, ReviewResult, SynthAuditAction
from ..rollouts.rollout import Turn
from ..server.synth_audit_environment import SynthAuditEnvironment
from ..server.world.tasks import num_tasks, task_of

Message = dict[str, Any]
DONE = "The audit is done."
"""Said after the report."""
_INTERVALS = {"delay": "Start", "consent_lead": "Consent", "follow_up": "Contact", "registry_gap": "Registry"}
"""Word for the days of a question where they are compared."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """How often a demonstration goes wrong; probabilities, each for one proposal."""

    unopened: float = 0.35
    """A proposal is approved without a look at the record."""
    waved_through: float = 0.6
    """An error that was seen is approved all the same: oftener than not, so that it shows without sampling too."""
    false_alarm: float = 0.1
    """A right determination is flagged, as wrong in its question."""


NONE = Weakness(0.0, 0.0, 0.0)


def demonstrations(episodes: Mapping[str, int], weakness: Weakness, seed: int) -> Iterator[list[Message]]:
    """So many demonstrations of each task: seeds of the train split, no two the same."""
    environment = SynthAuditEnvironment()
    draws = Random(f"{seed} demonstrations")
    for task_id, count in episodes.items():
        for index in draws.sample(range(num_tasks("train")), count):
            options = {"seed": task_of("train", index).seed, "task_id": task_id}
            yield demonstrate(environment, options, weakness, draws)


def demonstrate(
    environment: SynthAuditEnvironment, options: Mapping[str, Any], weakness: Weakness, draws: Random
) -> list[Message]:
    """Play the episode that these options of reset start; one that runs in the environment is abandoned.

    Returns:
        Messages in the format of chat templates; the last is the assistant's.

    Raises:
        ValueError: It is an expert or a frontier episode: what its notes cite and quote is looked up by nothing here.
    """
    opening = environment.reset(**options)
    if opening.difficulty not in ("easy", "medium", "hard"):
        own = opening.difficulty
        raise ValueError(f"There are demonstrations of easy, medium and hard episodes, none of {own} ones.")
    protocol = read_protocol(opening.protocol_excerpt or "")
    looks = {"investigate_patient": "patient_id"}
    if opening.difficulty != "easy":
        looks = {"review_proposal": "proposal_id", **looks, "temporal_audit": "patient_id"}
    messages: list[Message] = opening_messages(opening)
    waiting = list(opening.actor_proposals)
    looked_at: ProposalSummary | None = None
    turns: list[Turn] = []
    found: list[str] = []
    while not turns or not turns[-1].observation.done:
        words, calls = "", []
        if looked_at is not None:
            compared, decided = _verdict(protocol, turns[-len(looks) :], weakness, draws)
            words = f"{looked_at.patient_id}: {compared}"
            calls.append({"action_type": "approve", "proposal_id": looked_at.proposal_id, **decided})
            if "error_type" in decided:
                found.append(f"{looked_at.proposal_id}: {decided['error_type']}")
            looked_at = None
        while waiting and looked_at is None:
            proposal = waiting.pop(0)
            if draws.random() < weakness.unopened:
                calls.append({"action_type": "approve", "proposal_id": proposal.proposal_id})
            else:
                looked_at = proposal
                calls += [{"action_type": tool, name: getattr(proposal, name)} for tool, name in looks.items()]
        if looked_at is None:
            # Without the reasons: they were given with the flags, and a small model writes slowly.
            calls.append({"action_type": "submit_audit_report", "report": "\n".join(found) or "No error found."})
        else:
            # A list is read in one step from here, and in two from the call.
            words = f"{words} Next {looked_at.proposal_id} {looked_at.patient_id}.".lstrip()
        actions = [SynthAuditAction.model_validate(call) for call in calls]
        made = [Turn(number, action, environment.step(action)) for number, action in enumerate(actions, len(turns) + 1)]
        messages += _exchange(made, words)
        turns += made
    # TRL asks on after the answer to the report, and whoever was never shown what to say there calls tools for ever.
    return [*messages, {"role": "assistant", "content": DONE}]


def _exchange(turns: Sequence[Turn], words: str) -> list[Message]:
    """A message of the assistant with the calls that it makes at once, and the answer to each.

    In the format of chat templates: arguments are an object, not its JSON text. Ids of calls are nine letters and
    digits, as the strictest of these templates want them.
    """
    calls, answers = [], []
    for turn in turns:
        id_, name = f"call{turn.number:05d}", turn.action.action_type
        arguments = turn.action.model_dump(mode="json", exclude_none=True, exclude={"action_type", "metadata"})
        calls.append({"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}})
        answers.append({"role": "tool", "tool_call_id": id_, "name": name, "content": answer_text(turn.observation)})
    return [{"role": "assistant", "content": words, "tool_calls": calls}, *answers]


def _verdict(
    protocol: ReadProtocol, looks: list[Turn], weakness: Weakness, draws: Random
) -> tuple[str, dict[str, str]]:
    """The comparison in words, and the fields of the decision: of a flag the kind of error, and why; the claim.

    It claims what is wrong with the argument, of a right verdict too, but for what it waves through or flags blindly.
    """
    seen = [look.observation.result for look in looks]
    (record,) = (result for result in seen if isinstance(result, PatientResult))
    review = next((result for result in seen if isinstance(result, ReviewResult)), None)
    note = read_note(protocol, review) if review else None
    quantity = note.quantity if note else "age"
    assert quantity is not None, "up to the hard tier every note cites a clause of its question"
    asked, facts = protocol.asked(quantity), facts_of(record, protocol)
    ruling = judge_facts(asked, facts)
    words = f"{review.verdict if review else 'compliant'}? {_comparisons(asked, ruling, facts)}"
    waved, alarmed = draws.random() < weakness.waved_through, draws.random() < weakness.false_alarm
    wrong = ruling.verdict != (review.verdict if review else "compliant")
    if wrong and waved:
        return words, {}
    found = fault(asked, note, facts) if note and (wrong or not alarmed) else None
    claim = {name: value for name, value in found._asdict().items() if value is not None} if found else {}
    if not wrong and not alarmed:
        return words, claim
    decisive = (ruling.findings or ruling.limits)[0]
    reason = explain(decisive) if wrong else "Against the protocol."
    flag = {"action_type": "flag_error", "error_type": error_type(decisive, asked, note), "reason": reason}
    return words, {**flag, **claim}


def _comparisons(asked: ReadProtocol, ruling: Ruling, facts: Facts) -> str:
    """Which clauses have their conditions met, and the value beside the limits that count.

    "§4.3 no, Amendment 1 yes. age 76, 44 to 77: yes.", or "Start 48, at most 44: no."
    """
    conditions = [
        f"{cited(clause)} {'yes' if meets(clause, facts) else 'no'}" for clause in asked.clauses if clause.when
    ]
    limits = " to ".join(number(limit.value) for limit in ruling.limits)
    quantity, bound, observed = ruling.limits[0].quantity, ruling.limits[0].bound, number(ruling.limits[0].observed)
    compared = (
        f"age {observed}, {limits}" if quantity == "age" else f"{_INTERVALS[quantity]} {observed}, {bound} {limits}"
    )
    met = f"{', '.join(conditions)}. " if conditions else ""
    return f"{met}{compared}: {'no' if ruling.findings else 'yes'}."
