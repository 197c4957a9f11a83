"""Models that word notes by rules: one that does it well, and one for each way to do it badly.

    writer = RuleWriter(paraphrase)
    writer.complete(opening(note)).text
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

_SYNONYMS = {
    "I'm": "I am",
    "I'd": "I would",
    "don't": "do not",
    "doesn't": "does not",
    "isn't": "is not",
    "enrollment": "enrolment",
    "because": "as",
}
_OTHER = {
    "continue treatment": "withhold treatment",
    "withhold treatment": "continue treatment",
    "accept the entry": "query the entry",
    "query the entry": "accept the entry",
    "continue enrolment": "stop enrolment and refer it to the board",
}


@dataclass(frozen=True)
class Task:
    """What the messages ask for."""

    note: str
    recommendation: str
    tries: int
    """How many were refused before."""
    stays: str = ""


def task_of(messages: Sequence[Mapping[str, Any]]) -> Task:
    asked = messages[1]["content"]
    parts = re.fullmatch(r"The note:\n(.*)\n\nRecommendation: (.*)\.\nMust stay: (.*)\.", asked, re.DOTALL)
    assert parts is not None
    note, recommendation, stays = parts.groups()
    return Task(note, recommendation, (len(messages) - 2) // 2, stays)


Rule = Callable[[Task], str]


def paraphrase(task: Task) -> str:
    """Some words for others, and a last sentence in plain words."""
    body = task.note
    for word, other in _SYNONYMS.items():
        body = re.sub(rf"\b{re.escape(word)}\b", other, body, count=1)
    return f"{body} In short, {task.recommendation}."


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


def drop_a_claim(task: Task) -> str:
    text = paraphrase(task)
    claim = re.search(r"§\d+\.\d+|Amendment \d+|P\d{4}", text)
    return text if claim is None else text.replace(claim[0], "that")


def add_the_deciding_number(task: Task) -> str:
    return paraphrase(task).replace(" In short", " It took 413 days from enrolment to treatment. In short")


def flip_the_verdict(task: Task) -> str:
    return paraphrase(task).replace(f"In short, {task.recommendation}", f"In short, {_OTHER[task.recommendation]}")


def hedge(task: Task) -> str:
    return paraphrase(task).replace(" In short", " I might be wrong. In short")


def speak_of_itself(task: Task) -> str:
    return f"As an AI, I see it so. {paraphrase(task)}"


def garbage(task: Task) -> str:
    return "lorem ipsum " * 20


BAD_WRITERS: dict[Rule, str] = {
    drop_a_claim: "missing",
    add_the_deciding_number: "413 days",
    flip_the_verdict: "your own recommendation",
    hedge: "might be wrong",
    speak_of_itself: "an AI",
    garbage: "missing",
}
"""What is in the reason for which the text of each is refused."""


def echo(task: Task) -> str:
    return task.note


def hand_back_the_items(task: Task) -> str:
    """As a small model did that was tried."""
    return f"Re: {task.stays}. Must stay: {task.stays}. {task.recommendation.capitalize()}."


@dataclass
class RuleWriter:
    """A `Writer` that goes by a rule."""

    rule: Rule
    name: str = "rules"
    finish_reason: str = "stop"
    asked: list[list[Mapping[str, Any]]] = field(default_factory=list)
    """The messages of every completion, in no order that means anything."""
    checks: int = 0
    _lock: Lock = field(default_factory=Lock)

    def check(self) -> None:
        self.checks += 1

    def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
    ) -> Completion:
        with self._lock:
            self.asked.append(list(messages))
        return Completion(self.rule(task_of(messages)), (), Usage(100, 10, 0.001), self.finish_reason)
