"""One episode as a conversation with a model, apart from who completes it and who takes its actions.

    talk = Conversation(opening, NativeCalls(), Budget())
    while not over:
        while (action := talk.next_action()) is None:
            talk.receive(model.complete(talk.messages(), talk.tools, talk.budget.max_tokens))
        talk.observe(env.step(action).observation)

It does no I/O, so a model in this process can complete the conversations of many episodes in one batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth_audit_env.agents.react.context import Budget, Context, Entry, Message
from synth_audit_env.agents.react.prompts import answer_text, opening_messages
from synth_audit_env.agents.react.turns import CallFormat, ModelTurn, Reading
from synth_audit_env.chat.completion import Completion, Usage
from synth_audit_env.models import ACTION_TYPES, SynthAuditAction, SynthAuditObservation

MAX_UNREADABLE = 3
"""Answers in a row without a readable call after which the audit is ended for the model."""
LOOK_UPS = ACTION_TYPES[:5]
"""The tools that show evidence. The others decide, and end the audit."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How an episode's answers could be read."""

    turns: int = 0
    """Answers of the model."""
    native_calls: int = 0
    """Readable calls that its endpoint passed on as tool calls."""
    text_calls: int = 0
    """Readable calls that were found in its text."""
    unreadable_turns: int = 0
    """Answers without a readable call."""
    repeated_lookups: int = 0
    """Look-ups that were answered before."""


class Conversation:
    """One episode."""

    def __init__(self, opening: SynthAuditObservation, form: CallFormat, budget: Budget) -> None:
        """Begin one with the reset observation. How the model calls tools is a form made for this episode."""
        self.budget = budget
        self.usage = Usage()
        """What the completions so far took."""
        self.tally = Tally()
        """How they could be read."""
        self.written: list[ModelTurn] = []
        """The answers, as a transcript keeps them."""
        self.gave_up: str | None = None
        """Why the audit was ended for the model, in a sentence; None while that has not happened."""
        self._form = form
        self._context = Context(budget, form.tools)
        self._context.add(*map(Entry, opening_messages(opening, form.how_to_call)))
        self._turn: tuple[Completion, Reading] | None = None
        """The turn whose calls are under way."""
        self._queue: deque[SynthAuditAction] = deque()
        self._answers: list[str] = []
        self._unreadable = 0
        """Answers in a row."""
        self._looked_up: set[str] = set()
        self._steps = 0

    @property
    def tools(self) -> Sequence[Mapping[str, Any]]:
        """What the model's endpoint is given as tools."""
        return self._form.tools

    def messages(self) -> list[Message]:
        """What to complete when there is no next action.

        Raises:
            ContextError: Not even what the model is told first fits the budget.
        """
        return self._context.fitting()

    def receive(self, completion: Completion) -> None:
        """Take the model's answer in."""
        self.usage += completion.usage
        self._context.calibrate(completion.usage.prompt_tokens)
        reading = self._form.read(completion)
        self._turn, self._answers = (completion, reading), []
        self.written.append(ModelTurn(self._steps, *self._context.news(), completion, reading))
        actions = [asked.action for asked in reading.asked if asked.action is not None]
        self._queue.extend(actions)
        was = self.tally
        self.tally = replace(
            was,
            turns=was.turns + 1,
            native_calls=was.native_calls + (0 if reading.in_text else len(actions)),
            text_calls=was.text_calls + (len(actions) if reading.in_text else 0),
            unreadable_turns=was.unreadable_turns + (not reading.readable),
        )
        self._unreadable = 0 if reading.readable else self._unreadable + 1
        if self._unreadable == MAX_UNREADABLE:
            self._give_up(completion)
        elif not self._queue:
            self._close_turn()

    def next_action(self) -> SynthAuditAction | None:
        """What to do next; None when the model has to be asked."""
        return self._queue[0] if self._queue else None

    def observe(self, observation: SynthAuditObservation) -> None:
        """Take in what the next action brought."""
        self._count_look_up(self._queue.popleft(), observation)
        self._answers.append(answer_text(observation))
        self._steps = observation.steps_taken
        if not self._queue:
            self._close_turn()

    def _count_look_up(self, action: SynthAuditAction, observation: SynthAuditObservation) -> None:
        if action.action_type in LOOK_UPS and observation.error is None:
            same = action.model_dump_json()
            if same in self._looked_up:
                self.tally = replace(self.tally, repeated_lookups=self.tally.repeated_lookups + 1)
            self._looked_up.add(same)

    def _close_turn(self) -> None:
        """Put the turn and the answers to its calls into the chat."""
        assert self._turn is not None, "a turn is under way"
        completion, reading = self._turn
        brought = iter(self._answers)
        answers = [asked.problem if asked.action is None else next(brought) for asked in reading.asked]
        self._context.add(*self._form.entries(completion, reading, answers))

    def _give_up(self, completion: Completion) -> None:
        """End the audit by a report that says so and no more: findings in it would be paid as the model's."""
        self.gave_up = (
            f"The model called no tool in {MAX_UNREADABLE} answers in a row (the last one ended with "
            f"{completion.finish_reason}), so its audit was ended for it."
        )
        self._queue.append(SynthAuditAction(action_type="submit_audit_report", report=self.gave_up))
