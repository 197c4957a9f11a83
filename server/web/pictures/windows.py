"""What a protocol's text says of the days from enrolment to treatment start, sentence by sentence.

    for window in allowed_windows(observation.protocol_excerpt):
        print(window.number, window.earliest, window.latest, window.sentence)

It reads and does not judge: every sentence that sets, changes or suspends a window is there with its own words, and
which of them apply to a patient is for the person to find out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from synth_audit_env.agents.protocol_reader import Clause, ReadProtocol, read_protocol

_DELAY = "delay"
_OF_DAYS = re.compile(r"\bdays?\b|\bwindow\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Window:
    """One sentence about the days from enrolment to treatment start."""

    number: str
    """As cited: "5.2", or "Amendment 3"; empty for a sentence that could not be read."""
    sentence: str
    """The protocol's own words."""
    earliest: float | None = None
    """Days after enrolment; None where the sentence sets no such limit."""
    latest: float | None = None
    """Days after enrolment; None where the sentence sets no such limit."""

    @property
    def limits(self) -> bool:
        """Whether it sets a window, and not only takes one out of force."""
        return self.earliest is not None or self.latest is not None


def allowed_windows(protocol_text: str) -> tuple[Window, ...]:
    """The sentences about the days to treatment start, in the order of the text.

    A text that is no protocol (a log from elsewhere may hold one) gives one window without limits that says so.
    """
    try:
        read = read_protocol(protocol_text)
    except ValueError as problem:
        return (Window("", f"The windows of this protocol cannot be read: {problem}"),)
    about = [(clause, _root(clause, read)) for clause in read.clauses]
    found = [_window(clause, root.bound, read) for clause, root in about if root.quantity == _DELAY]
    unread = [Window("", f"Not understood: {line}") for line in read.unread if _OF_DAYS.search(line)]
    return (*found, *unread)


def _root(clause: Clause, read: ReadProtocol) -> Clause:
    """The limit at the end of the chain of clauses that act on one another."""
    while clause.acts_on is not None:
        clause = read.clause(clause.acts_on)
    return clause


def _window(clause: Clause, bound: str | None, read: ReadProtocol) -> Window:
    if bound == "at least":
        return Window(clause.number, read.citable[clause.number], earliest=clause.value)
    return Window(clause.number, read.citable[clause.number], latest=clause.value)
