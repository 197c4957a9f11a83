"""An episode as frames, to be looked at step by step: what the agent saw, did and was paid. And two side by side.

    replay = replay_of(record)
    replay.frames[3].did, replay.frames[3].running, replay.mistakes()
    [(pair.left, pair.right) for pair in side_by_side(replay, other)]

`episode_files.py` opens the logs that hold episodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import zip_longest

from ...models import SynthAuditAction
from ...rollouts.episode_log import EpisodeRecord
from .aftermath import MISTAKES, Aftermath, aftermath, decisions_of, judged


class ReplayError(ValueError):
    """What cannot be opened or compared, with the reason in one sentence."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of an episode."""

    number: int
    """From 1."""
    saw: str
    """The text that the agent had before it: what the step before brought, or the opening."""
    action: SynthAuditAction
    brought: str
    """The text that the step brought."""
    error: str | None
    """Why the action was refused; None where it was not."""
    paid: float
    running: float
    """The return so far, this step's pay included."""
    steps_left: int
    verdict: str | None
    """On the step's decision, as `aftermath.judged` gives it; None for a step that decides nothing."""

    @property
    def did(self) -> str:
        """The action on one line: "flag_error PROP-001 age_boundary_error (confidence 0.9)"."""
        one = self.action
        given = (one.action_type, one.proposal_id, one.patient_id, one.feature, one.error_type)
        sure = "" if one.confidence is None else f" (confidence {one.confidence:g})"
        return " ".join(" ".join(part.split()) for part in given if part is not None) + sure

    @property
    def is_mistake(self) -> bool:
        """Whether it decided a proposal wrongly."""
        return self.verdict in MISTAKES

    @property
    def went_wrong(self) -> bool:
        """Whether it is a mistake, or was refused."""
        return self.is_mistake or self.error is not None


@dataclass(frozen=True)
class Replay:
    """An episode, ready to be looked at."""

    record: EpisodeRecord
    frames: tuple[Frame, ...]

    def mistakes(self) -> tuple[int, ...]:
        """Places in `frames` of wrong decisions. An error that was never decided has no step, and is in `after`."""
        return tuple(place for place, frame in enumerate(self.frames) if frame.is_mistake)

    @property
    def title(self) -> str:
        """Agent, task and seed."""
        return f"{self.record.agent} on {self.record.task}, {self.record.split} seed {self.record.seed}"

    @property
    def paid_at_end(self) -> bool:
        """Whether nothing is paid before the last step, for all that was done (`settlement="terminal"`)."""
        return self.record.options.get("settlement") == "terminal"

    @cached_property
    def after(self) -> Aftermath:
        """The truth and the figures."""
        return aftermath(self.record.outcome, decisions_of(self.record.turns))


def replay_of(record: EpisodeRecord) -> Replay:
    """The frames of an episode. Raises ValueError where it is not over."""
    truths = {truth.proposal_id: truth for truth in record.outcome.proposals}
    standing = {id(action) for action in decisions_of(record.turns).values()}
    frames, saw, running = [], record.opening.feedback, 0
    for turn in record.turns:
        seen, action = turn.observation, turn.action
        truth = truths.get(action.proposal_id or "") if id(action) in standing else None
        running += round(1000 * turn.reward)  # rewards are whole thousandths, and as such add up to the return
        frames.append(
            Frame(
                number=turn.number,
                saw=saw,
                action=action,
                brought=seen.feedback,
                error=seen.error,
                paid=turn.reward,
                running=running / 1000,
                steps_left=seen.steps_remaining,
                verdict=None if truth is None else judged(truth, action.error_type),
            )
        )
        saw = seen.feedback
    return Replay(record, tuple(frames))


@dataclass(frozen=True, slots=True)
class Pair:
    """What two agents did at about the same point of an episode; None where one did nothing that goes with it."""

    left: Frame | None
    right: Frame | None

    @property
    def same(self) -> bool:
        """Whether both did the same, reason, report and confidence aside."""
        return self.left is not None and self.right is not None and _what(self.left) == _what(self.right)


def side_by_side(left: Replay, right: Replay) -> tuple[Pair, ...]:
    """Two episodes of the same seed in rows: steps about the same thing share one, and both keep their own order.

    Raises:
        ReplayError: They are not of the same episode.
    """
    if left.record.opening.protocol_excerpt != right.record.opening.protocol_excerpt or _listed(left) != _listed(right):
        raise ReplayError(f"These are different episodes: {left.title}, and {right.title}.")
    return tuple(_pairs(left.frames, right.frames))


def _pairs(left: tuple[Frame, ...], right: tuple[Frame, ...]) -> Iterator[Pair]:
    matcher = SequenceMatcher(None, [*map(_about, left)], [*map(_about, right)], autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            yield from map(Pair, left[i:i_end], right[j:j_end])
        else:
            for one, other in zip_longest(left[i:i_end], right[j:j_end]):
                yield from [Pair(one, None)] if one else []
                yield from [Pair(None, other)] if other else []


def _listed(replay: Replay) -> list[tuple[str, str, str]]:
    return [(one.proposal_id, one.patient_id, one.diagnosis) for one in replay.record.opening.actor_proposals]


def _about(frame: Frame) -> tuple[str | None, ...]:
    """What makes two steps go together: a decision goes with the other decision on the same proposal."""
    one = frame.action
    if one.action_type in ("flag_error", "approve"):
        return ("decision", one.proposal_id)
    return (one.action_type, one.proposal_id, one.patient_id, one.feature)


def _what(frame: Frame) -> tuple[str | None, ...]:
    return (frame.action.action_type, *_about(frame), frame.action.error_type)
