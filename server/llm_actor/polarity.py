"""Finds what a text turns into its opposite: words that only one of two notes denies, and opposites that change sides.

    turned("§4.2 does not apply here.", "§4.2 applies here.")     # {"applies": "your note denies it ('not apply')..."}
    turned("The start keeps to the limit.", "The start breaks the limit.")    # {"breaks": "your note has 'keeps'"}

A "not" reaches a few words ahead within its clause. Only what both notes say in the same word, or in a
word and its opposite, can be compared: this finds the small change that leaves every figure where it was, no turn of
meaning in new words. Nothing here knows a record or a label.
"""

from __future__ import annotations

import re

from .stance import without_closers

_DENIAL = frozenset("no not never cannot nobody".split())
_REACH = 3
"""Words that a denial reaches."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?(?:-[a-z]+)*|[.,;:?!]")
_BREAKS = frozenset(". , ; : ? ! so but and because which as with".split())
_PASSED_OVER = frozenset(
    "a an the this these those it its they them their he him his she her hers i me my mine we us our you your one "
    "ones who whom is are was were be been being am do does did done doing have has had having will would shall "
    "should can could may might must to of in on at by for from into onto over under off out up down about than "
    "then there here any all some every each either both own such same so very more most much only just also too "
    "yet still even now ever when where while if or nor what how why let get got put say says said see seen take "
    "takes taken make makes made that through enrolment enrollment amendment exception exceptions".split()
)
_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))

_OPPOSITES = tuple(  # a text that has more of one and less of the other, or the other for the one, has changed sides
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b"))
    for one, other in (
        (r"before|precede[sd]?|prior to", r"after|follow(?:s|ed|ing)"),
        (
            r"meets?|met|satisf\w+|kept|keeps?|respect(?:s|ed)",
            r"fail\w*|miss(?:es|ed)|break\w*|broke\w*",
        ),
        (
            r"lifts?|lifted|cancel\w*|revok\w+|withdraws|strip\w*|suspends|off the table|set aside",
            r"keeps?|leaves? \S+ (?:alone|standing|in place)|preserv\w+|confirm\w*|restor\w*|uphold\w*",
        ),
        (r"allow\w*|permit\w*|authori[sz]\w+", r"forbid\w*|prohibit\w*|den(?:y|ies|ied)|bars?|barred"),
    )
)


def turned(script: str, told: str) -> dict[str, str]:
    """The words of what is told that say the opposite of what the script says, as far as can be read, and how."""
    before, after = (without_closers(text) for text in (script, told))
    known, found = _denied(before), _denied(after)
    words: dict[str, str] = {}
    for stem, sides in found.items():
        for denied in sides.keys() - known.get(stem, sides).keys():
            ours, theirs, said = ("text", "note", sides) if denied else ("note", "text", known[stem])
            words[sides[denied][0]] = f"your {ours} denies it ({said[True][1]!r}), and your {theirs} does not"
    for pair in _OPPOSITES:
        for one, other in (pair, pair[::-1]):
            had, has, instead = other.findall(before), other.findall(after), one.findall(before)
            fewer = len(one.findall(after)) < len(instead)
            if len(has) > len(had) and (fewer or (not had and instead)):
                words[has[-1]] = f"your note has {instead[-1]!r}"
    return dict(sorted(words.items()))


def _denied(text: str) -> dict[str, dict[bool, tuple[str, str]]]:
    """For the stem of each word that means something, and the sides that it is said on: the word, with its denial."""
    found: dict[str, dict[bool, tuple[str, str]]] = {}
    left, denial = 0, 0
    for match in _WORD.finditer(text):
        word = match[0]
        if word in _BREAKS:
            left = 0
        elif word in _DENIAL or word.endswith("n't"):
            left, denial = _REACH + 1, match.start()
        elif word not in _PASSED_OVER and "'" not in word:
            found.setdefault(_stem(word), {}).setdefault(left > 0, (word, text[denial : match.end()]))
        left = max(left - 1, 0)
    return found


def _stem(word: str) -> str:
    for ending, other in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + other
            break
    return word.rstrip("e")
