"""Episodes audited together by a model in this process: one generation for all that wait for an answer.

    audit_together(run, auditor, model, "http://127.0.0.1:8000", at_once=8)

Each of them has a session of its own, which takes the next episode when its last is over. An episode is printed and
logged when it ends, so episodes come in the order of their ends, and no line stands among those of another.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, TypeAlias

from ..agents.react.agent import ReactAuditor
from ..agents.react.context import ContextError, Message
from ..agents.react.conversation import Conversation
from ..chat.completion import Completion
from ..chat.local_model import LocalModel
from ..client import SyncSynthAuditEnv
from .audit_run import AuditRun, Episode
from .environment import session

Asking: TypeAlias = tuple[Conversation, list[Message]]
"""A conversation, and the chat that is to be completed."""


def audit_together(run: AuditRun, auditor: ReactAuditor, model: LocalModel, base_url: str, at_once: int) -> None:
    """Audit every episode of a run that was not audited before. The auditor says how the model is talked to."""
    todo = [options for options in run.request.options() if run.earlier.find(options) is None]
    queue = iter(todo)
    with ExitStack() as stack:
        # One at least, to see what the server's notes are.
        envs = [session(base_url) for _ in range(max(1, min(at_once, len(todo))))]
        for env in envs:
            stack.enter_context(env)
        run.take_up(envs[0])
        asking = {seat: asked for env in envs if (asked := next(seat := _seat(run, auditor, env, queue), None))}
        while asking:
            completions = complete_together(model, list(asking.values()))
            answered = {seat: _answer(seat, one) for seat, one in zip(asking, completions, strict=True)}
            # Another episode may fail to begin, so those that are over are kept before.
            asking = {seat: one for seat, asked in answered.items() if (one := asked or next(seat, None))}


def complete_together(model: LocalModel, asking: Sequence[Asking]) -> list[Completion]:
    """Complete a chat of each conversation of an auditor: apart, those that are offered no tools any more."""
    done: dict[int, Completion] = {}
    for one in {bool(talk.tools): talk for talk, _ in asking}.values():
        asked_at = time.monotonic()
        chats = {place: chat for place, (talk, chat) in enumerate(asking) if talk.tools == one.tools}
        completions = model.complete_all(list(chats.values()), one.tools, one.budget.max_tokens)
        seconds = time.monotonic() - asked_at
        done |= zip(chats, (completion.after(seconds) for completion in completions), strict=True)
    return [done[place] for place in range(len(asking))]


def _seat(
    run: AuditRun, auditor: ReactAuditor, env: SyncSynthAuditEnv, queue: Iterator[Mapping[str, Any]]
) -> Generator[Asking | None, Completion, None]:
    """One episode after the other, as long as there are any; yields what is to be completed, and is sent it.

    After an episode it yields None, and begins the next when it is asked for more.
    """
    for options in queue:
        episode = Episode(run, env, options, live=False)
        talk, over = auditor.talk(episode.opening), False
        try:
            while not over:
                if (action := talk.next_action()) is None:
                    talk.receive((yield talk, talk.messages()))
                else:
                    observation = episode.step(action)
                    talk.observe(observation)
                    over = observation.done
        except ContextError as problem:
            episode.break_off()
            run.miss(episode.options, problem)
        else:
            episode.finish(episode.record(talk))
            yield None


def _answer(seat: Generator[Asking | None, Completion, None], completion: Completion) -> Asking | None:
    """Send a completion. Returns what is asked next; None where the episode is over."""
    try:
        return seat.send(completion)
    except StopIteration:
        return None
