"""Notices an endpoint that silently leaves out the beginning of long chats, by counts of tokens that stop growing.

    ceiling = Ceiling()                                 # of one chat
    ceiling.meets(heard=9_000, written=9_400, tokens=4_050)    # False, until it has grown in vain for long

Ollama does so when a chat is longer than its context, which is 4,096 tokens on small machines, and the protocol is the
first to go. It does not look like an error, only like a model that audits badly. The warning is given only where
nothing else explains the counts: providers that leave out cached tokens count low as well.
"""

from __future__ import annotations

import logging
from collections import deque
from threading import Event

_LOG = logging.getLogger(__name__)

BAND = 0.1
"""How much lower a count at the same ceiling may be, as a part of the highest: a chat is cut between messages."""
CHARACTERS_A_NEW_TOKEN = 1.5
"""The fewest, in text that is all figures and dates."""
CACHE_BLOCK = 1_024
"""Tokens of a cache's block. A provider that leaves out cached tokens may count so many beside the new ones."""
_WARNED = Event()


class Ceiling:
    """The counts of one chat."""

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque()
        """Characters that were heard, and tokens, since the counts have been about the same."""
        self._written = 0

    @property
    def tokens(self) -> int:
        """The highest count."""
        return max(tokens for _, tokens in self._counts)

    def meets(self, heard: int, written: int, tokens: int) -> bool:
        """Take a count in.

        Args:
            heard: Characters of the chat that was sent, without what a chat template may leave out.
            written: All its characters.
            tokens: What the endpoint counted for it.

        Returns:
            Whether the chat has grown far more than the counts allow for.
        """
        new, self._written = written - self._written, written
        if self._counts and tokens <= new / CHARACTERS_A_NEW_TOKEN + CACHE_BLOCK:
            # It may be what was not cached, of which nothing follows for the rest.
            self._counts.clear()
        self._counts.append((heard, tokens))
        while min(count for _, count in self._counts) < (1 - BAND) * self.tokens:
            self._counts.popleft()
        # A character for each token of the count: at five characters a token, and there are no longer ones, that is a
        # fifth more, twice what the band holds.
        return heard - self._counts[0][0] >= self.tokens


def warn(tokens: int, max_context: int) -> None:
    """Log the warning once in a run: every chat of it meets the same ceiling."""
    if _WARNED.is_set():
        return
    _WARNED.set()
    _LOG.warning(
        "The endpoint counts no more than %d tokens however long the chat gets, so it seems to leave out its "
        "beginning, where the protocol is: give the model a longer context (Ollama: OLLAMA_CONTEXT_LENGTH=%d), or this "
        "program a --max-context of no more than that.",
        tokens,
        max_context,
    )
