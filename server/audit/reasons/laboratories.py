"""Reads what a text says of two laboratories: whose value a number is, whose the Actor took, and whose counts.

    reported_by(claim, claims)              # "central": "the central laboratory has 9.6"
    [(one.act, one.laboratory) for one in said_of_laboratories(said)]    # [("taken", "site"), ("counts", "central")]

Nothing here knows which of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...world.trial import CENTRAL, SITE
from . import words
from .claims import Claim, Claims
from .utterance import Utterance

_CALLED = {"central": CENTRAL, "site": SITE, "site's": SITE, "local": SITE}
_NOUNS = frozenset(
    "laboratory laboratories laboratory's lab labs lab's report report's value value's values result results reading "
    "figure measurement".split()
)
_OF = frozenset("is was being from of by in the a at per own one its gave gives and ( , -".split())
"""What may stand between a number and the laboratory behind it."""
_FIELDS = frozenset("haemoglobin hemoglobin hb creatinine ldh lactate dehydrogenase".split())
_TOWARDS = words.TOWARDS | words.SAYING | _NOUNS | _FIELDS | frozenset("report reports measured own one".split())
"""What may stand between a laboratory and its number."""
_REACH = 8
_WHICH = r"(central|site(?:'s)?|local)\b"
_LABORATORY = re.compile(
    r"\b(?:laborator(?:y|ies)|labs?)\b|\b(?:central|site(?:'s)?|local) (?:value|report|result|reading|figure)"
)
_ANY = r"(?:,? (?!central\b|site\b|site's|local\b|where|while\b|but\b|though\b)[^ ,;:]+)"
"""A word of the same statement that names no laboratory, perhaps behind a comma."""
_TAKEN = re.compile(
    r"\b(?:took|takes?|taking|taken|us(?:ed|es|ing)|relie[sd]|rely|relying|went|goes|going|reads?|quot\w+|cit\w+"
    r"|work(?:s|ed)|lean(?:s|ed|t)?|based|rest(?:s|ed)|chose|picked|adopt\w*|accept\w*|trust\w*|follow(?:s|ed)"
    r"|prefer\w*|carried|copied|appl(?:ied|ies)|drew|drawn|comes?|came|judged|argu\w+)\b"
    rf"(?: (?!not |instead |rather |counts?|prevails?)[^ ,;:]+){{0,8}}? {_WHICH}"
    rf"|\b(?:your|(?:actor|note|reviewer)(?:'s| has| gives| reports))\b{_ANY}{{0,9}}?,? (?:from|of|by|on|in|being|is)"
    rf"(?: the| value of the)? {_WHICH}"
    rf"|\b{_WHICH}{_ANY}{{0,4}} (?<!should )(?:was|were|has been|being) (?:taken|used"
    r"|treated|applied|chosen|quoted|accepted|relied)\b"
    rf"|\b(?:violat\w+|wrong|incorrect|contrary|mistaken)\b{_ANY}{{0,6}} from (?:the )?{_WHICH}"
)
"""The Actor went by a laboratory."""
_COUNTS = re.compile(
    rf"\b{_WHICH}{_ANY}{{0,7}}? (?:counts?|prevails?|governs?|decides?|takes? precedence|has precedence|wins?"
    r"|rules?|controls?|applies|matters|(?:should|has to|must|is to) (?:have )?(?:be(?:en)? )?(?:used|taken|read|count"
    r"|prevail|govern|followed)\w*|(?:is )?(?:the one )?(?:that )?(?:decisive|authoritative|binding|what counts"
    r"|required|valid|governing|controlling))\b"
    r"|\b(?:counts?|prevails?|governs?|matters)(?: for \w+)? (?:is|are) "
    rf"(?:that of )?(?:the )?{_WHICH}"
)
_SHOULD = re.compile(
    r"\b(?:(?:should|ought to|must|had to|ha(?:s|ve) to|need\w* to|please|is to|are to) (?:have )?(?:be(?:en)? )?\w+"
    r"|(?:precedence|priority|preference)(?: to| for| of)?|asks? for|names?|points? to|gives? (?:the )?say to"
    r"|assigns?|selects?|specif\w+|designat\w+|requires?|calls? for|refers? to|makes?|lets?|ignor\w+|overlook\w+"
    rf"|disregard\w+|pass\w* over|skip\w*)\b{_ANY}{{0,7}}? {_WHICH}"
)
"""The Actor should have gone by a laboratory, or passed it over, or a source names it."""
_OPPOSED = re.compile(
    r"\b(?:instead of|rather than|in place of|not|over)"
    rf"(?: (?:from|that|those|of|by|the|one|value|figure|result|reading|number|on|to)){{0,6}} {_WHICH}"
)
"""Behind whom the Actor went by: whose value counts."""
_DENIED = re.compile(r"\b(?:not|never|no|nor|cannot|yields?)\b|\btreated as\b")


class OfLaboratory(NamedTuple):
    """What a text says of a laboratory."""

    act: str
    """"taken" or "counts"."""
    laboratory: str


def reported_by(claim: Claim, claims: Claims) -> str:
    """The laboratory that a number is said to be of; empty where none is named right beside it."""
    for text in reversed(claims.before(claim, _REACH)):
        if text in _CALLED and _is_of_a_laboratory(claims, claim):
            return _CALLED[text]
        if text not in _TOWARDS:
            break
    after = claims.after(claim, _REACH - 2)
    for text in after:
        if text in _CALLED and not _NOUNS.isdisjoint(after):
            return _CALLED[text]
        if text not in _OF and not text.startswith(("g", "mg", "u", "dl", "l", "/")):
            break
    return ""


def _is_of_a_laboratory(claims: Claims, claim: Claim) -> bool:
    return not _NOUNS.isdisjoint(claims.before(claim, _REACH))


def said_of_laboratories(said: Utterance) -> Iterator[OfLaboratory]:
    """Whose value a text says that the Actor took, and whose it says that counts."""
    for start, end in said.sentences:
        text = said.written(start, end)
        if not _LABORATORY.search(text):
            continue
        should = [one for one in _SHOULD.finditer(text) if not _DENIED.search(one.group())]
        taken = [
            one
            for one in _TAKEN.finditer(text)
            if not _DENIED.search(text[max(0, one.start() - 24) : one.end()])
            and not any(other.start() <= one.end() and one.start() < other.end() for other in should)
        ]
        counts = [one for one in _COUNTS.finditer(text) if not _DENIED.search(one.group())] + should
        if taken and not counts:
            counts = [one for one in _OPPOSED.finditer(text) if one.start() > taken[0].start()]
        for act, matches in (("taken", taken), ("counts", counts)):
            yield from (OfLaboratory(act, _CALLED[one[one.lastindex or 0]]) for one in matches)
