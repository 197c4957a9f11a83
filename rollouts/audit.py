"""Plays an audit from its reset observation to its record, whoever audits and whatever takes the actions.

    record = audit(HeuristicAuditor(), options, opening, step, name="heuristic", seed=7, split="train")

A model whose chat its endpoint refuses, as one that is too long, has its audit ended for it: the record says so, and
the run goes on.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..agents.react.agent import ReactAuditor
from ..chat.errors import ChatRefusedError
from ..models import SynthAuditAction, SynthAuditObservation
from .episode_log import EpisodeRecord
from .model_transcript import with_model
from .rollout import Auditor, Step, Turn, play

REFUSED = "The model could not be asked on, so its audit was ended for it."
END = SynthAuditAction(action_type="submit_audit_report", report=REFUSED)
"""The action that ends such an audit. The report does not have the endpoint's words, since a report is read for
findings."""


def audit(
    auditor: Auditor,
    options: Mapping[str, Any],
    opening: SynthAuditObservation,
    step: Step,
    *,
    name: str,
    seed: int,
    split: str,
    folder: str | None = None,
    watch: Callable[[Turn], None] = lambda turn: None,
) -> EpisodeRecord:
    """Play an episode to its end.

    Args:
        auditor: The auditor.
        options: What reset was called with, and whatever else replays the episode alone.
        opening: The reset observation.
        step: Takes an action.
        name: The agent's name in the record.
        seed: The seed of the episode.
        split: The split of the seed.
        folder: The folder beside the log that transcripts go to, by name; None where none is kept.
        watch: Called after each turn.
    """
    turns: list[Turn] = []
    refused = None
    try:
        for turn in play(auditor, opening, step):
            turns.append(turn)
            watch(turn)
    except ChatRefusedError as problem:
        refused = f"{REFUSED} {problem}"
        turns.append(Turn(len(turns) + 1, END, step(END)))
        watch(turns[-1])
    record = EpisodeRecord.of(name, options, seed, split, opening, turns)
    if not isinstance(auditor, ReactAuditor):
        return record
    if refused is None:
        auditor.conversation.observe(turns[-1].observation)
    return with_model(record, auditor.settings, auditor.conversation, folder, refused)
