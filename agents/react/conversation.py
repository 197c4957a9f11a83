"""One episode as a conversation with a model. The caller completes the chats and carries out the actions.

    talk = Conversation(opening, "native")
    while not over:
        while (action := talk.next_action()) is None:
            talk.receive(model.complete(talk.messages(), talk.tools))
        talk.observe(env.step(action).observation)

The chat only grows, as it does where a model is trained. A model that calls no tool is shown how calls of this episode
are written, and asked again. This does no I/O, so a model in this process can complete the conversations of many
episodes in one batch.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ...chat.completion import Completion, Message, Tools, Usage
from ...models import COHORT, SynthAuditAction, SynthAuditObservation, action_of
from ...tool_records import EVIDENCE_TOOLS, TOOLS
from .call_format import CallFormat, Reading
from .prompts import answer_text, opening_messages, undecided

MAX_UNREADABLE = 3
"""Answers in a row without a readable call after which the audit is ended for the model."""
ToolFormat = Literal["native", "json"]
"""Tool calls, or JSON in the text."""


@dataclass(slots=True)
class Tally:
    """Counts of an episode's answers."""

    turns: int = 0
    """Answers of the model."""
    unreadable_turns: int = 0
    """Answers without a readable call."""
    repeated_lookups: int = 0
    """Look-ups that were answered before."""


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """An answer of a model as a transcript keeps it. Of the chat it has what was new, since that is sent whole."""

    steps_before: int
    """Steps of the episode before it. The calls that can be read are the next ones."""
    sent: tuple[Message, ...]
    """Messages that are new in the chat, less the model's own: the opening, later the results of its calls."""
    completion: Completion
    """As the model wrote it, its calls as its endpoint passed them on."""
    reading: Reading
    """The calls that were found, and what the model was told of those that cannot be read."""


class Conversation:
    """One episode."""

    def __init__(self, opening: SynthAuditObservation, tool_format: ToolFormat) -> None:
        """Begin one with the reset observation."""
        self.usage = Usage()
        """Tokens, cost and time of the completions so far."""
        self.tally = Tally()
        """Counts of them."""
        self.written: list[ModelTurn] = []
        """The answers, as a transcript keeps them."""
        self.gave_up: str | None = None
        """Why the audit was ended for the model, in a sentence; None while that has not happened."""
        self._seen = opening
        self._form = CallFormat(native=tool_format == "native")
        self._chat: list[Message] = []
        self._answered = 0
        """Messages that the model has answered."""
        self._add(*opening_messages(opening, self._form.how_to_call))
        self._turn: tuple[Completion, Reading] | None = None
        """The turn whose calls are under way."""
        self._queue: deque[SynthAuditAction] = deque()
        self._answers: list[str] = []
        self._unreadable = 0
        """Answers in a row."""
        self._looked_up: list[SynthAuditAction] = []

    @property
    def tools(self) -> Tools:
        """The tools that the model's endpoint is given."""
        return self._form.tools

    def messages(self) -> list[Message]:
        """The chat to complete when there is no next action."""
        return list(self._chat)

    def receive(self, completion: Completion) -> None:
        """Take the model's answer in."""
        self.usage += completion.usage
        reading = self._form.read(completion)
        new = tuple(message for message in self._chat[self._answered :] if message["role"] != "assistant")
        self._answered = len(self._chat)
        self.written.append(ModelTurn(self._seen.steps_taken, new, completion, reading))
        actions = [call.action for call in reading.asked if call.action is not None]
        self._queue.extend(actions)
        self.tally.turns += 1
        self.tally.unreadable_turns += not actions
        self._unreadable = 0 if actions else self._unreadable + 1
        self._turn, self._answers = (completion, reading), []
        if self._unreadable == MAX_UNREADABLE:
            # The report says so and no more: findings in it would be paid as the model's.
            self.gave_up = (
                f"The model called no tool in {MAX_UNREADABLE} answers in a row, of {self.tally.turns} in all (the "
                f"last one ended with {completion.finish_reason}), so its audit was ended for it."
            )
            self._queue.append(SynthAuditAction(action_type="submit_audit_report", report=self.gave_up))
        elif not self._queue:
            self._close_turn()

    def next_action(self) -> SynthAuditAction | None:
        """The next action; None when the model has to be asked."""
        return self._queue[0] if self._queue else None

    def observe(self, observation: SynthAuditObservation) -> None:
        """Take in what the next action brought."""
        action, self._seen = self._queue.popleft(), observation
        if action.action_type in EVIDENCE_TOOLS and observation.error is None:
            self.tally.repeated_lookups += action in self._looked_up
            self._looked_up.append(action)
        self._answers.append(answer_text(observation))
        if not self._queue:
            self._close_turn()

    def _close_turn(self) -> None:
        """Put the turn and the answers to its calls into the chat."""
        assert self._turn is not None, "a turn is under way"
        completion, reading = self._turn
        results = iter(self._answers)
        answers = [call.problem if call.action is None else next(results) for call in reading.asked]
        if not any(call.name in TOOLS and not call.problem for call in reading.asked):
            example = self._form.example(self._next_look_ups())
            if answers:
                answers[-1] += f"\n{example}"
            else:
                reading = replace(reading, remark=f"{reading.remark}\n{example}")
        self._add(*self._form.messages(completion, reading, answers))

    def _add(self, *messages: Message) -> None:
        # In what UTF-8 can hold: a model may write half of a surrogate pair, as an escape in JSON.
        self._chat += json.loads(json.dumps(messages, ensure_ascii=False).encode("utf-8", "replace"))

    def _next_look_ups(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Calls that would be sensible now: the look-ups for an undecided proposal that were not made yet."""
        for proposal in undecided(self._seen):
            look_ups: list[tuple[str, Mapping[str, Any]]] = [("review_proposal", {"proposal_id": proposal.proposal_id})]
            if proposal.patient_id != COHORT:
                look_ups.append(("investigate_patient", {"patient_id": proposal.patient_id}))
            if new := [call for call in look_ups if action_of(*call) not in self._looked_up]:
                return new
        return [("submit_audit_report", {"report": "<your findings>"})]
