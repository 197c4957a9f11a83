"""Episodes audited together by a model in this process: one generation for all that wait for an answer.

    audit_together(run, auditor, model, "http://127.0.0.1:8000", at_once=8)

Each seat is a session of its own, which takes the next episode when its last is over. An episode is printed and logged
when it ends, so episodes come in the order of their ends, and no line stands among those of another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.conversation import Conversation
from synth_audit_env.chat.completion import Completion
from synth_audit_env.client import SyncSynthAuditEnv, SynthAuditEnv
from synth_audit_env.rollouts.audit_run import ENV_NAME, AuditRun
from synth_audit_env.rollouts.rollout import Turn
from synth_audit_env.rollouts.started import Started, start
from synth_audit_env.rollouts.transcript import end_line, start_line, step_line


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
    """Audit every episode of a run that was not audited before.

    Args:
        run: What is asked for, and where it goes.
        auditor: How the model is talked to.
        model: Whom to ask.
        base_url: Of the environment.
        at_once: Seats.
    """
    todo = [options for options in run.request.options() if run.earlier.find(options) is None]
    queue = iter(todo)
    with ExitStack() as stack:
        envs = [SynthAuditEnv(base_url=base_url).sync() for _ in range(min(at_once, len(todo)))]
        seats = [_Seat(run, auditor, env) for env in envs]
        for env in envs:
            stack.enter_context(env)
        waiting = [seat for seat in seats if seat.next_episode(queue)]
        while waiting:
            first = waiting[0].talk
            chats = [seat.talk.messages() for seat in waiting]
            completions = model.complete_all(chats, first.tools, first.budget.max_tokens)
            for seat, completion in zip(waiting, completions, strict=True):
                seat.receive(completion)
            waiting = [seat for seat in waiting if not seat.over or seat.next_episode(queue)]


@dataclass
class _Seat:
    """One episode after the other."""

    run: AuditRun
    auditor: ReactAuditor
    env: SyncSynthAuditEnv
    talk: Conversation = field(init=False)
    started: Started = field(init=False)
    turns: list[Turn] = field(init=False)

    @property
    def over(self) -> bool:
        """Whether its episode is."""
        return bool(self.turns) and self.turns[-1].observation.done

    def next_episode(self, queue: Iterator[Mapping[str, Any]]) -> bool:
        """Begin the next one. Returns whether there is one."""
        options = next(queue, None)
        if options is None:
            return False
        self.started = start(self.env, options)
        self.talk, self.turns = self.auditor.talk(self.started.opening), []
        return True

    def receive(self, completion: Completion) -> None:
        """Do what an answer asks for, up to the next question or the end."""
        self.talk.receive(completion)
        while not self.over and (action := self.talk.next_action()) is not None:
            observation = self.env.step(action).observation
            self.turns.append(Turn(len(self.turns) + 1, action, observation))
            self.talk.observe(observation)
        if self.over:
            self._keep()

    def _keep(self) -> None:
        record = self.started.record(self.auditor.name, self.turns, self.talk.usage)
        self.run.say(start_line(record.task, ENV_NAME, record.agent))
        for turn in record.turns:
            self.run.say(step_line(turn))
        print(end_line(record.outcome, record.turns), flush=True)
        if self.talk.gave_up is not None:
            print(self.talk.gave_up, file=sys.stderr)
        self.run.keep(record)
