"""Plays one episode: an auditor on one side, whatever takes its actions on the other.

    for turn in play(auditor, opening, env.step):
        print(turn.number, turn.action.action_type, turn.observation.reward)

It works in-process and over a connection alike, since all it asks for is a function from action to observation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..models import SynthAuditAction, SynthAuditObservation

Step = Callable[[SynthAuditAction], SynthAuditObservation]


class Auditor(Protocol):
    """A policy: observation in, action out. The reset observation, which carries a protocol, starts it afresh."""

    @property
    def name(self) -> str:
        """Its name in logs and tables."""

    def act(self, observation: SynthAuditObservation) -> SynthAuditAction:
        """The next action of the episode that the last reset observation opened."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of an episode."""

    number: int
    """From 1."""
    action: SynthAuditAction
    observation: SynthAuditObservation
    """The result of the action."""

    @property
    def reward(self) -> float:
        """The reward of the step."""
        return float(self.observation.reward or 0.0)


def play(auditor: Auditor, opening: SynthAuditObservation, step: Step) -> Iterator[Turn]:
    """Play from the reset observation to the end, a turn at a time."""
    observation, number = opening, 0
    while not observation.done:
        action = auditor.act(observation)
        observation, number = step(action), number + 1
        yield Turn(number, action, observation)
