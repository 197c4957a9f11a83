"""The LLM Actor: builds an episode and tells it in a model's words, from the cache or by asking.

    actor = LlmActor("qwen3:8b", ProseCache(folder), Endpoint(url, "qwen3:8b", key))
    told = actor.tell(TIERS["hard"], 42, "train", None)
    environment = SynthAuditEnvironment(tell=actor.tell, actor="llm")

With a full cache no model is needed. An episode is worded once: sessions that ask for the same one at the same time
wait for the first, and all get its words. Everything here may be called from any thread.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from threading import BoundedSemaphore, Lock

from ...chat.completion import ChatModel
from ...chat.errors import EndpointError
from ..world.errors import EpisodeError
from ..world.scenario import Scenario, build_scenario
from ..world.tasks import Tier
from .prose import PROMPT_VERSION, EpisodeProse, Rewording, digest_of, reworded
from .prose_cache import ProseCache
from .rewriting import word_notes
from .slots import cut_out, faults

SHARED_EPISODES = 64
"""Episodes that are kept in memory once told: the rollouts of a group play the same one."""
_LOG = logging.getLogger(__name__)


class LlmActor:
    """Tells episodes in the words of one model."""

    def __init__(self, model: str, cache: ProseCache, writer: ChatModel | None, *, at_once: int = 64) -> None:
        """Set it up; nothing is asked yet.

        Args:
            model: The name under which prose is kept.
            cache: Where.
            writer: The model itself; None to go by the cache alone.
            at_once: How many callers may have the model asked, or wait for its words, at the same time.
        """
        self.model = model
        self._cache = cache
        self._writer = writer
        self.tell = lru_cache(SHARED_EPISODES)(self._tell)
        self._at_once = at_once
        self._turns = BoundedSemaphore(at_once)
        self._locks: dict[str, Lock] = {}
        """By digest, of the episodes that this process has had worded."""

    def _tell(self, tier: Tier, seed: int, voices: str, error_types: tuple[str, ...] | None) -> Rewording:
        """Build an episode and tell it; the arguments are those of `build_scenario`.

        Raises:
            EpisodeError: It is not in the cache and there is no model to ask, the model's endpoint fails or has enough
                to do, or the cache is broken. What the endpoint says goes to the log alone: it may name its address.
        """
        scenario = build_scenario(tier, seed, voices, error_types)
        try:
            prose = self.word(scenario)
        except EndpointError as problem:
            _LOG.warning("The Actor's model cannot word the %s episode of seed %s. %s", tier.name, seed, problem)
            raise EpisodeError(
                "The Actor's model cannot word this episode: its endpoint failed, and the server's log says how."
            ) from problem
        return reworded(scenario, prose)

    def word(self, scenario: Scenario) -> EpisodeProse:
        """The prose of a scenario.

        Raises:
            EndpointError: The model's endpoint fails.
            EpisodeError: There is no model to ask, it has enough to do, or the cache is broken.
        """
        digest = digest_of(scenario)
        if kept := self._kept(scenario, digest):
            return kept
        if self._writer is None:
            raise EpisodeError(
                f"The prose cache does not hold this episode in the words of {self.model!r}, and there is no "
                "endpoint to ask: give the server --actor-url."
            )
        # Refused, not queued: whoever leaves while a model hangs leaves a thread behind, and these must not pile up.
        if not self._turns.acquire(blocking=False):
            raise EpisodeError(f"The Actor's model has enough to do ({self._at_once} at a time): try again later.")
        try:
            with self._locks.setdefault(digest, Lock()):
                if kept := self._kept(scenario, digest):  # by now
                    return kept
                notes = word_notes(self._writer, scenario)
                prose = EpisodeProse(digest=digest, model=self.model, version=PROMPT_VERSION, notes=notes)
                return self._cache.keep(prose)
        finally:
            self._turns.release()

    def _kept(self, scenario: Scenario, digest: str) -> EpisodeProse | None:
        """What the cache holds of a scenario, held to the checker again: a cache may come from anywhere."""
        prose = self._cache.find(self.model, digest)
        if prose is None:
            return None
        ids = [proposal.note.proposal_id for proposal in scenario.proposals]
        if [worded.proposal_id for worded in prose.notes] != ids:
            raise self._cache.broken(self.model, digest, "its proposals are not those of the episode")
        for proposal, worded in zip(scenario.proposals, prose.notes, strict=True):
            found = () if worded.text is None else faults(cut_out(proposal.note), worded.text)
            if found:
                raise self._cache.broken(
                    self.model, digest, f"the note of {worded.proposal_id} is not a faithful one ({found[0]})"
                )
        return prose
