"""What a text repeats of the Actor's note: long runs, which state nothing of their own, and short pieces in quotes.

quotations(text, claims, note).runs      # tokens of the text that repeat the note
quotations(text, claims, note).pieces    # whether it quotes the Actor's words in quotation marks
"""

from __future__ import annotations

import re
from typing import NamedTuple

from synth_audit_env.server.reasons.claim_tokens import plain_text, tokens
from synth_audit_env.server.reasons.claims import Claims

QUOTATION = 10
"""Words and signs in a row that a text shares with the note to count as repeating it."""
_QUOTED = re.compile(r'"([^"]{4,200})"|“([^”]{4,200})”|«([^»]{4,200})»')


class Quotations(NamedTuple):
    """What a text repeats of a note."""

    runs: frozenset[int]
    """The tokens in long runs."""
    pieces: bool
    """Whether something in quotation marks is in the note."""


def quotations(text: str, claims: Claims, note: str) -> Quotations:
    """Compare a text with a note."""
    plain = plain_text(note)
    quoted = [piece.strip(" .,;…") for match in _QUOTED.finditer(text) for piece in match.groups() if piece]
    pieces = any(plain_text(piece).strip(" .,") in plain for piece in quoted)
    found = [token.text for token in claims.tokens]
    if not _could_repeat(found, plain):
        return Quotations(frozenset(), pieces)
    said = [token.text for token in tokens(note)]
    runs = {tuple(said[at : at + QUOTATION]) for at in range(len(said) - QUOTATION + 1)}
    starts = (at for at in range(len(found) - QUOTATION + 1) if tuple(found[at : at + QUOTATION]) in runs)
    return Quotations(frozenset(at for start in starts for at in range(start, start + QUOTATION)), pieces)


def _could_repeat(found: list[str], plain: str) -> bool:
    """Whether so many tokens in a row are all somewhere in the note. They seldom are, and the note need not be cut."""
    in_a_row = 0
    for text in found:
        in_a_row = in_a_row + 1 if text in plain else 0
        if in_a_row == QUOTATION:
            return True
    return False
