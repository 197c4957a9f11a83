"""Episodes audited together by a model in this process: one generation for all that wait for an answer.

    audit_together(run, auditor, model, "http://127.0.0.1:8000", at_once=8)

Each seat is a session of its own, which takes the next episode when its last is over. An episode is printed and logged
when it ends, so episodes come in the order of their ends, and no line stands among those of another.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError, Message
from ..agents.react.conversation import Conversation
from ..chat.completion import Completion
from ..client import SyncSynthAuditEnv
from ..models import EpisodeOutcome
from .audit_run import ENV_NAME, AuditRun
from .rollout import Turn
from .started import Started, session, start
from .transcript import end_line, start_line, step_line


class BatchModel(Protocol):
    """Completes several chats at once."""

    def complete_all(
        self,
        chats: Sequence[Sequence[Mapping[str, Any]]],
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int = ...,
    ) -> list[Completion]:
        """Continue each chat by one message of the assistant."""


def audit_together(run: AuditRun, auditor: ReactAuditor, model: BatchModel, base_url: str, at_once: int) -> None:
    """Audit every episode of a run that was not audited before. The auditor says how the model is talked to."""
    todo = [options for options in run.request.options() if run.earlier.find(options) is None]
    queue = iter(todo)
    with ExitStack() as stack:
        # One at least, to see what the server's notes are.
        envs = [session(base_url) for _ in range(max(1, min(at_once, len(todo))))]
        seats = [_Seat(run, auditor, env) for env in envs]
        for env in envs:
            stack.enter_context(env)
        run.take_up(envs[0])
        while asking := [(seat, chat) for seat in seats if (chat := seat.next_chat(queue)) is not None]:
            completions = complete_together(model, [(seat.talk, chat) for seat, chat in asking])
            for (seat, _), completion in zip(asking, completions, strict=True):
                seat.receive(completion)


def complete_together(model: BatchModel, asking: Sequence[tuple[Conversation, list[Message]]]) -> list[Completion]:
    """Complete a chat of each conversation of an auditor: apart, those that are offered no tools any more."""
    done: dict[int, Completion] = {}
    for one in {bool(talk.tools): talk for talk, _ in asking}.values():
        asked_at = time.monotonic()
        chats = {place: chat for place, (talk, chat) in enumerate(asking) if talk.tools == one.tools}
        completions = model.complete_all(list(chats.values()), one.tools, one.budget.max_tokens)
        seconds = time.monotonic() - asked_at
        done |= zip(chats, (completion.after(seconds) for completion in completions), strict=True)
    return [done[place] for place in range(len(asking))]


@dataclass
class _Seat:
    """One episode after the other."""

    run: AuditRun
    auditor: ReactAuditor
    env: SyncSynthAuditEnv
    talk: Conversation = field(init=False)
    started: Started = field(init=False)
    turns: list[Turn] = field(init=False)
    over: bool = field(default=True, init=False)
    """Whether there is no episode under way."""

    def next_chat(self, queue: Iterator[Mapping[str, Any]]) -> list[Message] | None:
        """What the model is to complete, of the next episode where the last is over; None when there is none left."""
        while True:
            if self.over:
                options = next(queue, None)
                if options is None:
                    return None
                self._begin(options)
            try:
                return self.talk.messages()
            except ContextError as problem:
                self.over = True
                self._tell(None)
                self.run.miss(self.started.options, problem)

    def receive(self, completion: Completion) -> None:
        """Do what an answer asks for, up to the next question or the end."""
        self.talk.receive(completion)
        while not self.over and (action := self.talk.next_action()) is not None:
            observation = self.env.step(action).observation
            self.turns.append(Turn(len(self.turns) + 1, action, observation))
            self.talk.observe(observation)
            self.over = observation.done
        if self.over:
            self._keep()

    def _begin(self, options: Mapping[str, Any]) -> None:
        self.started = start(self.env, options)
        self.talk, self.turns, self.over = self.auditor.talk(self.started.opening), [], False

    def _keep(self) -> None:
        record = self.run.record(self.started, self.turns, self.talk)
        self._tell(record.outcome, record.gave_up)
        if record.gave_up is not None:
            print(record.gave_up, file=sys.stderr)
        self.run.keep(record)

    def _tell(self, outcome: EpisodeOutcome | None, gave_up: str | None = None) -> None:
        """Print the episode; without an outcome it broke off."""
        self.run.say(start_line(self.started.task, ENV_NAME, self.auditor.name))
        for turn in self.turns:
            self.run.say(step_line(turn))
        print(f"{end_line(outcome, self.turns, gave_up)}\n", end="", flush=True)
