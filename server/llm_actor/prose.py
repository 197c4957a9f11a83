"""An episode's notes in a model's words, as data: which proposals have them, which keep the script, of which world.

    prose = EpisodeProse(digest=digest_of(scenario), model="qwen3:8b", notes=(WordedNote(...), ...), ...)
    told = reworded(scenario, prose)
    told.scenario.proposals[0].note.reasoning, told.rewritten

Nothing here asks a model, reads a disk or judges a text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from pydantic import BaseModel, ConfigDict

from ..world.scenario import Scenario
from ..world.tasks import Tier
from .slots import cut_out

PROMPT_VERSION = "8"
"""Version of what a model is asked and of the slots: raise it when either changes, so that older prose is not taken."""


class WordedNote(BaseModel):
    """What came of one note."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    proposal_id: str
    text: str | None
    """The note's reasoning with slots (`slots.py`); None where every try was refused, so that the script stays."""
    refused: tuple[str, ...] = ()
    """What was wrong with the last try, where the scripted prose stays."""


class EpisodeProse(BaseModel):
    """What came of the notes of one episode."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    digest: str
    """Of the scenario, as `digest_of` gives it."""
    model: str
    version: str
    """PROMPT_VERSION."""
    notes: tuple[WordedNote, ...]
    """In the order of the proposals."""


@dataclass(frozen=True, slots=True)
class Rewording:
    """A scenario told in a model's words."""

    scenario: Scenario
    model: str
    rewritten: tuple[str, ...]
    """Ids of the proposals that are in the model's words; the others have the scripted prose."""


Tell = Callable[[Tier, int, str, tuple[str, ...] | None], Rewording]
"""Builds an episode from (tier, seed, voices, error types) and has it told by a model. It may take minutes, and raises
EpisodeError where it cannot be had."""


def digest_of(scenario: Scenario) -> str:
    """The SHA-256 of all that an auditor could see of a scenario: protocol, cohort and scripted notes."""
    patients = [patient._asdict() for patient in scenario.patients]
    seen = [scenario.protocol_text, patients, [asdict(proposal.note) for proposal in scenario.proposals]]
    return hashlib.sha256(json.dumps(seen, default=str, sort_keys=True).encode()).hexdigest()


def reworded(scenario: Scenario, prose: EpisodeProse) -> Rewording:
    """The scenario with its notes in the model's words, which are in its order; all else is as it was."""
    proposals = []
    for proposal, worded in zip(scenario.proposals, prose.notes, strict=True):
        note = proposal.note
        reasoning = note.reasoning if worded.text is None else cut_out(note).filled(worded.text)
        proposals.append(replace(proposal, note=replace(note, reasoning=reasoning)))
    rewritten = tuple(worded.proposal_id for worded in prose.notes if worded.text is not None)
    return Rewording(replace(scenario, proposals=tuple(proposals)), prose.model, rewritten)
