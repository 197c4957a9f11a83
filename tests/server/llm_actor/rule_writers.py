"""Models that word notes by rules: one that does it well, and one for each way to do it badly.

    writer = RuleWriter(paraphrase)
    with chat_server(say) as model: ...                   # the same behind HTTP
    with chat_server(partial(say, rule=hedge)) as model: ...

A rule sees what any model would see: the messages.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from synth_audit_env.chat.completion import Completion, Usage
from synth_audit_env.tests.chat_server import Say
from synth_audit_env.tests.patience import PATIENCE_S


@dataclass(frozen=True)
class Task:
    """What the messages ask for."""

    note: str
    """With its slots cut out."""
    tries: int
    """How many were refused before."""


def task_of(messages: Sequence[Mapping[str, Any]]) -> Task:
    parts = re.match(r"The note:\n(.*)\n\nThe recommendation that follows it: ", messages[1]["content"], re.DOTALL)
    assert parts is not None
    return Task(parts[1], (len(messages) - 2) // 2)


Rule = Callable[[Task], str]


def paraphrase(task: Task) -> str:
    """The note with a word more at its end, which turns nothing round."""
    return f"{task.note} So I have it on file."


def say(request: Mapping[str, Any], rule: Rule = paraphrase) -> Say:
    """What a model behind HTTP answers by a rule: "yes" when it is only asked whether it is there."""
    messages = request["messages"]
    return Say("yes" if len(messages) == 1 else rule(task_of(messages)))


class Held:
    """A rule that answers nobody until it is let go: `asked` tells that it was asked, `go.set()` lets it go."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self.asked, self.go = Event(), Event()

    def __call__(self, task: Task) -> str:
        self.asked.set()
        assert self.go.wait(PATIENCE_S)
        return self._rule(task)


def hedge(task: Task) -> str:
    """A denial where the note has none."""
    return f"{task.note} I would not rely on it."


BAD_WRITERS: dict[Rule, str] = {
    hedge: "leave out 'not'",
    lambda task: task.note: "word for word",
    lambda task: paraphrase(task).replace("[1]", "that"): "in the order of the note",
    lambda task: paraphrase(task).replace("[1]", "[1] [1]"): "in the order of the note",
    lambda task: f"{paraphrase(task)} [99]": "in the order of the note",
    lambda task: f"{paraphrase(task)} It took 413 days.": "a figure or a sign of its own",
    lambda task: f"{paraphrase(task)} Section § four.": "a figure or a sign of its own",
    lambda task: f"{paraphrase(task)} {'And so on. ' * 200}": "characters",
    lambda task: "": "in the order of the note",
}
"""What is in the reason for which the text of each is refused."""


@dataclass
class RuleWriter:
    """A chat model that goes by a rule."""

    rule: Rule
    name: str = "rules"
    finish_reason: str = "stop"
    asked: list[list[Mapping[str, Any]]] = field(default_factory=list)
    """The messages of every completion, in no order that means anything."""
    _lock: Lock = field(default_factory=Lock)

    def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
    ) -> Completion:
        with self._lock:
            self.asked.append(list(messages))
        return Completion(self.rule(task_of(messages)), (), Usage(100, 10, 0.001), self.finish_reason)
