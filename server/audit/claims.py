"""Holds a claim about what the Actor did against what is true of it: fault, place and number, as fields.

    verdict = claim_verdict(proposal.faults, FaultClaim("clause_ignored", "§5.3", "16"))
    verdict.right, verdict.number_right

No text is read: a place is a name, a number is a number. Spellings that mean the same are the same ("§4.3" and "4.3",
"Amendment 2" and "amendment 2", "comorbidity_index" and "comorbidity index", "16", "16.0" and "16 days").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ...models import FaultClaim
from ..world.faults import Fault
from ..world.protocol_text import number_text

_NUMBER = re.compile(r"([+-]?\d{1,6}(?:\.\d{1,6})?) ?(?:%|[a-z][a-z0-9/ ]*)?", re.ASCII)
_BEFORE = re.compile(r"(?:§ ?|section |clause )")


class ClaimVerdict(NamedTuple):
    """Verdict on a claim."""

    right: bool
    """Fault and place are true of what the Actor did."""
    number_right: bool | None
    """So is the number; None where the fault has none, or where fault and place are not right."""

    @property
    def holds(self) -> bool:
        """True if the claim is a hit of fault F1: all that the fault has is right."""
        return self.right and self.number_right is not False


def claim_verdict(faults: Iterable[Fault], claim: FaultClaim) -> ClaimVerdict:
    """Hold a claim against every true one. What does not exist in protocol or record is true of nothing."""
    where = place(claim.where)
    right = [fault for fault in faults if fault.fault == claim.fault and where in map(place, fault.places)]
    if not right:
        return ClaimVerdict(False, None)
    numbers = {number(true) for fault in right for true in fault.numbers}
    return ClaimVerdict(True, number(claim.should_be) in numbers if numbers else None)


def place(text: str) -> str:
    """A place in its plainest spelling: "§4.3" is 4.3, "comorbidity_index" is comorbidity index."""
    return _BEFORE.sub("", text.strip().lower().replace("_", " "), count=1).rstrip(".")


def number(text: str | None) -> str:
    """A number in its plainest spelling, without its unit; other text, as an ISO date or a stage, in lower case."""
    text = (text or "").strip().lower().removeprefix("stage ")
    found = _NUMBER.fullmatch(text)
    return number_text(round(float(found[1]), 2)) if found else text


class FaultCounts(NamedTuple):
    """Claims against the truth, over all proposals of an episode."""

    hits: int
    """Right claims, with their number where the fault has one, on proposals whose argument has a fault."""
    false: int
    """Other claims: wrong ones, and any on a sound argument."""
    missed: int
    """Faulty arguments without a hit."""

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None where there was nothing to find and nothing was claimed."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else None
