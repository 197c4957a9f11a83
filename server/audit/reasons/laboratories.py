"""Reads what a text says of two laboratories: whose value a number is, whose the Actor took, and whose counts.

    reported_by(claim, claims)              # "central": "the central laboratory has 9.6"
    [(one.act, one.laboratory, one.subject) for one in said_of_laboratories(said)]
    # [("taken", "site", "ldh"), ("counts", "central", "ldh")]

Nothing here knows which of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...world.trial import CENTRAL, SITE
from . import words
from .claims import Claim, Claims
from .utterance import Utterance

_CALLED = {"central": CENTRAL, "site": SITE, "site's": SITE, "local": SITE}
_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("haemoglobin", "hemoglobin", "hb", "hgb"), "haemoglobin"),
    "creatinine": "creatinine",
    **dict.fromkeys(("ldh", "lactate", "dehydrogenase"), "ldh"),
}
_TOPICS = frozenset({"", words.HAEMOGLOBIN, words.CREATININE, words.LDH})
_LABORATORIES = frozenset("laboratory laboratories laboratory's lab labs lab's".split())
_REPORTS = frozenset("report report's reports value value's values result results reading figure".split())
_TOWARDS = words.TOWARDS | words.SAYING | _LABORATORIES | _REPORTS | _FIELDS.keys() | {"measured", "own", "one"}
"""What may stand between a laboratory and its number."""
_OF = frozenset("is was being from of by in the a at per own one its gave gives ( , - g / dl mg u l".split())
"""What may stand between a number and the laboratory behind it."""
_REACH = 8

_WHICH = (
    r"(?<!annex of the )(?<!patients of the )(?<!at the )(?<!this )(?<!for the )\b(central|site(?:'s)?|local)\b"
    r"(?=(?: own)? (?:lab|ones?\b|value|report|result|reading|figure|measure|number|ha?emoglobin|creatinine|ldh)"
    r"| (?:counts?|prevails?|governs?|should|must|has|takes?|is|was|wins?|decides?|yields?|laborator)"
    r"| ?[,.;:)?!]| ?$)"
)
"""A laboratory, and not the site in another sense."""
_LABORATORY = re.compile(
    r"\b(?:laborator(?:y|ies)|labs?)\b|\b(?:central|site(?:'s)?|local) (?:value|report|result|reading|figure)"
)
_ANY = r"(?:,? (?!central\b|site\b|site's|local\b|where|while\b|but\b|though\b|although\b|when\b)[^ ,;:]+)"
"""A word of the same statement that names no laboratory, perhaps behind a comma."""
_TAKEN = re.compile(
    r"\b(?:took|takes?|taking|taken|us(?:ed|es|ing)|relie[sd]|rely|relying|went|goes|going|reads?|quot\w+|cit\w+"
    r"|work(?:s|ed)|lean(?:s|ed|t)?|based|rest(?:s|ed)|chose|picked|adopt\w*|accept\w*|trust\w*|follow(?:s|ed)"
    r"|prefer\w*|carried|copied|appl(?:ied|ies)|drew|drawn|comes?|came|judged|argu\w+|assess\w*|suppli\w*)\b"
    rf"(?:,? (?!not |and |instead |rather |counts?|prevails?|where|while |but |though |although |when |central |site)"
    rf"[^ ,;:]+){{0,9}}?"
    rf" {_WHICH}"
    rf"|\b(?:your|(?:actor|note|reviewer)(?:'s| has| gives| reports))\b{_ANY}{{0,9}}?,? (?:from|of|by|on|in|being|is)"
    rf"(?: the| value of the)? {_WHICH}"
    rf"|\b(?:you|actor|note|reviewer) ha(?:ve|d|s) (?:the )?{_WHICH}"
    rf"|{_WHICH}(?: laborator\w+| labs?)?(?:'s)? used\b"
    rf"|{_WHICH}{_ANY}{{0,4}} (?<!should )(?:was|were|has been|being) (?:\w+ly )?(?:taken|used|treated|applied|chosen"
    r"|quoted|accepted|relied)\b"
    rf"|\b(?:violat\w+|wrong|incorrect|contrary|mistaken)\b{_ANY}{{0,6}} from (?:the )?{_WHICH}"
)
"""The Actor went by a laboratory."""
_MISUSED = re.compile(rf"{_WHICH}{_ANY}{{0,4}} should(?: not|n't) (?:have been|be) (?:taken|used|applied)\b")
_COUNTS = re.compile(
    rf"{_WHICH}{_ANY}{{0,7}}? (?:counts?|prevails?|governs?|decides?|takes? precedence|has precedence|wins?|rules?"
    r"|controls?|applies|matters|(?:should|has to|must|is to) (?:have )?(?:be(?:en)? )?(?:used|taken|read|count|prevail"
    r"|govern|followed)\w*|(?:is )?(?:the one )?(?:that )?(?:decisive|authoritative|binding|what counts|required|valid"
    r"|governing|controlling))\b"
    rf"|\b(?:counts?|prevails?|governs?|matters)(?: for \w+)? (?:is|are) (?:that of )?(?:the )?{_WHICH}"
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
_BEHIND = re.compile(r"[:;,]")
_DENIED = re.compile(r"\b(?:not|never|no|nor|cannot|yields?)\b|\btreated as\b")
_UNDONE = re.compile(
    r"(?:'s)?(?: [^ ,;:]+){0,6}? (?:(?:does|do|did|is|are|was) not|irrelevant|(?:be |is )?set aside|beside the point)\b"
    r"|(?: [^ ,;:]+){0,3}? or (?:of |that of |from )?(?:the )?(?:central|site|local)\b"
)
"""Behind a laboratory: it is said not to count, or to be one of two."""
_SUBJECT = re.compile(rf"\b(?:{'|'.join(_FIELDS)})\b|§ ?(\d+\.\d+)")


class OfLaboratory(NamedTuple):
    """What a text says of a laboratory."""

    act: str
    """"taken" or "counts"."""
    laboratory: str
    subject: str
    """The field that it is said of, or the number of the sentence on its source; "" where that cannot be told."""


def reported_by(claim: Claim, claims: Claims) -> str:
    """The laboratory that a number is said to be of; empty where none is named right beside it."""
    if claim.topic not in _TOPICS:
        return ""
    before, after = claims.before(claim, _REACH), claims.after(claim, _REACH - 2)
    if before[-2:] in words.BOUNDING or before[-2:] == ("asks", "for"):
        return ""
    for texts, between in ((before[::-1], _TOWARDS), (after, _OF)):
        for text in texts:
            if text in _CALLED and not _LABORATORIES.isdisjoint(texts):
                return _CALLED[text]
            if text not in between:
                break
    return ""


def said_of_laboratories(said: Utterance) -> Iterator[OfLaboratory]:
    """Whose value a text says that the Actor took, and whose it says that counts."""
    last, is_on_laboratories = "", False
    for text in [sentence.text for sentence in said.sentences]:
        subjects = list(_SUBJECT.finditer(text))
        # "The central laboratory's counts; the determination rests on the site one."
        is_on_laboratories = is_on_laboratories or _LABORATORY.search(text) is not None or " central" in text
        for act, match in _acts(text) if is_on_laboratories else ():
            at = match.start(match.lastindex or 0)
            nearest = min(subjects, key=lambda one: abs(one.start() - at), default=None)
            subject = last if nearest is None else nearest[1] or _FIELDS[nearest[0]]
            yield OfLaboratory(act, _CALLED[match[match.lastindex or 0]], subject)
        last = next((_FIELDS[one[0]] for one in reversed(subjects) if not one[1]), last)


def _acts(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """The matches of a sentence that are not denied. A laboratory that ends one of them is its last group."""
    should = list(_SHOULD.finditer(text))
    taken = [
        one
        for one in _TAKEN.finditer(text)
        if not _DENIED.search(_BEHIND.split(text[max(0, one.start() - 24) : one.start()])[-1] + one.group())
        and not any(other.start() <= one.end() and one.start() < other.end() for other in should)
    ]
    taken += _MISUSED.finditer(text)
    counts = [one for one in (*_COUNTS.finditer(text), *should) if not _DENIED.search(one.group())]
    if taken and not counts:
        counts = [one for one in _OPPOSED.finditer(text) if one.start() > taken[0].start()]
    elif should and not taken:  # "The site laboratory's should have been used, not that of the central one."
        taken = [one for one in _OPPOSED.finditer(text) if one.start() > should[0].start()]
    for act, matches in (("taken", taken), ("counts", counts)):
        yield from ((act, one) for one in matches if not _UNDONE.match(text, one.end(one.lastindex or 0)))
