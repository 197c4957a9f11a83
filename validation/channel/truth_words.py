"""What an answer may not hold before the end: words that tell the truth about a proposal.

    words_in(b'{"is_wrong":true}', asked="", trial=scenario)      # ["is_wrong"]

They are the names of hidden fields, flaws and rewards, any sentence of an explanation and what it says that the Actor
did, an error type that stands alone, and, outside the Actor's own prose, whatever calls something correct or not.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields

from ...models import EpisodeOutcome, ProposalOutcome
from ...server.audit.briefing import briefing
from ...server.audit.reward_model import REWARDS
from ...server.world.actor_agent import Brief
from ...server.world.explanation import deed
from ...server.world.misreadings import FLAWS, Flaw
from ...server.world.protocol import ERROR_TYPES, Judgement
from ...server.world.scenario import Proposal, Scenario

_PUBLIC = {"note", "name", "verdict", "parameters", "proposal_id", "proposals", "decision", "error_type"}
_KEYS = (
    {one.name for kind in (Proposal, Brief, Flaw, Judgement) for one in fields(kind)}
    | set(EpisodeOutcome.model_fields)
    | set(ProposalOutcome.model_fields)
) - _PUBLIC
"""Fields of what is hidden, and of what is only told at the end."""
_WORDS = {"is_wrong", '"outcome":{', *FLAWS}
_WORDS |= {f'"{key}":' for key in _KEYS} | set(REWARDS) - {"reason", "report", "step"}
_LISTS = (", ".join(ERROR_TYPES), json.dumps(ERROR_TYPES, separators=(",", ":")))
"""All error types in a row name none: a refusal and the list of tools say which there are. So does the briefing of a
tier, which is the same for all of its episodes."""
_MADE_OF = re.compile(r'"error_types":\[[^]]*\]')
"""The state of an adaptive episode says which kinds of error it may have: of no proposal, whether it has one."""
_JUDGING = re.compile(r"\b(?:in)?correct(?:ly)?\b|\bmistaken\b|\bground.truth\b", re.IGNORECASE)


def words_in(answer: bytes, asked: str, trial: Scenario) -> list[str]:
    """Words of the truth in an answer that the question, as it was asked, did not put there."""
    text = _MADE_OF.sub("", answer.decode(errors="replace"))
    for listed in (*_LISTS, json.dumps(briefing(trial.tier))[1:-1]):
        text = text.replace(listed, "")
    sentences = {one for proposal in trial.proposals for one in _sentences(proposal.explanation)}
    deeds = {deed(trial.trial, proposal.brief, proposal.judgement) for proposal in trial.proposals}
    found = [word for word in (*_WORDS, *ERROR_TYPES, *sentences, *deeds) if word in text and word not in asked]
    for proposal in trial.proposals:
        text = text.replace(json.dumps(proposal.note.reasoning, ensure_ascii=False)[1:-1], "")
    return sorted(found) + _JUDGING.findall(text)


def _sentences(explanation: str) -> list[str]:
    """The sentences as they are written in JSON."""
    return [json.dumps(one, ensure_ascii=False)[1:-1] for one in re.split(r"(?<=\.) (?=[A-Z§])", explanation)]
