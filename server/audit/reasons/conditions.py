"""Finds what a text says that a field of the record is to a number, without the field's value, and is not.

    list(unmet(truth.facts, said))      # ["comorbidity index is not above 5.5"]

A sentence that begins with a condition of the protocol, or with what the Actor took for true, says nothing of the
record. Whether two numbers compare as a text has it is for `comparisons.py`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping

from . import words
from .facts import Facts
from .names import SUBJECTS
from .utterance import Utterance

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    **dict.fromkeys(("above", "over", "more than", "greater than", "higher than", "exceeds", "exceed"), operator.gt),
    **dict.fromkeys(("at least", "no less than", "reaches", "reach"), operator.ge),
    **dict.fromkeys(("below", "under", "less than", "lower than", "fewer than"), operator.lt),
    **dict.fromkeys(("falls below", "fall below"), operator.lt),
    **dict.fromkeys(("at most", "no more than"), operator.le),
}
_FIELDS = {phrase: field for field, phrases in SUBJECTS.items() if field != "stage" for phrase in phrases.split("/")}
_SAID = re.compile(
    rf"(?<![\w-])(?P<field>{'|'.join(sorted(_FIELDS, key=len, reverse=True))})(?: (?:is|was|does|did))?"
    rf"(?P<denied> not)? (?P<compared>{'|'.join(_COMPARED)})(?: the (?:threshold|cut-off|cutoff)(?: of)?)?"
    r" (?P<number>\d+(?:\.\d+)?)(?![\w%])"
)
_OF_ANOTHER = re.compile(
    rf"{words.OPEN.pattern}|{words.ACTOR_NAMED.pattern}|{words.MISTAKEN.pattern}|{words.MISQUOTING.pattern}"
    r"|\b(?:unless|should|would|needs?|asks?|wants?|conditions?|conditional|tests?|provided|for|who(?:m|se)?|with|claim\w*)\b"
)
"""Before it: what follows is a condition, or somebody's belief."""
_ASSERTED = re.compile(
    r"(?:^|\b(?:since|because|as))(?:,? (?:the|this|here|his|her|its|their|patient's|p\d+'s|same))* ?$"
)
"""Before what is said to be so. Elsewhere "LDH is above 210" may be the words of a clause, and "is not" is nobody's."""
_DENIED = re.compile(
    r"\b(?:is|was|holds?|been) (?:false|untrue|not)\b|\bnot (?:met|so|true|fulfilled|the case|hold)\b|\bfails?\b"
)
"""Behind it: it is said not to be so."""


def unmet(facts: Facts, said: Utterance) -> Iterator[str]:
    """What is said of a field that no value of it in the record bears out, in words."""
    for sentence in said.sentences if _SAID.search(said.plain) else ():
        for found in _SAID.finditer(sentence.text):
            field, number = _FIELDS[found["field"]], float(found["number"])
            values = {one.value for one in facts.all if one.role in ("observed", "reported") and one.field == field}
            is_so = any(_COMPARED[found["compared"]](value, number) != bool(found["denied"]) for value in values)
            if values and not is_so and _is_asserted(found, field, facts):
                yield found[0]


def _is_asserted(found: re.Match[str], field: str, facts: Facts) -> bool:
    before, behind = found.string[: found.start()], found.string[found.end() :]
    if _OF_ANOTHER.search(before) or _DENIED.search(behind):
        return False
    if found["denied"]:
        return True
    # "Creatinine is at most 1.6" is how a protocol says what the limit is.
    limits = {one.value for one in facts.all if one.role in ("limit", "text") and one.field == field}
    return _ASSERTED.search(before) is not None and float(found["number"]) not in limits
