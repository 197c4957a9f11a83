"""Reads which way a note argues: for going on or for stopping, and that a limit is kept or is passed.

    stances("I would not hold the drug on this file.", cohort=False)    # {"compliant"}
    stances("With regret, treatment must be withheld.", cohort=False)   # {"deviation"}
    sides("The first dose came after the base window.")                 # {"deviation"}

The last sentences of the scripted voices are known by heart. In any other, words of going on and of stopping, of being
within and of being past, are looked for; each is turned round where it is denied, and passed over in a question and
behind an "if". It reads plain prose and may miss an artful turn: what it cannot read is to be written again. Nothing
here knows a record or a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..world.protocol import COMPLIANT, DEVIATION
from ..world.voice import parts_of, voices_of

_DRUG = r"(?:the |any |all |further |next |study )*(?:drug|treatment|therapy|dos\w+|kit|cycle|regimen)s?"
_NAMED = (
    r"(?:(?:the|its|that|this|any|both|either|protocol|protocol's|base|permitted|allowed|stated|extended|longer|shorter|"
    r"upper|lower|age|treatment|short|long|original|of) )*(?:limit|window|maximum|minimum|threshold|range|bound|"
    r"interval|slot|cut-?off|ceiling|floor|allowance)"
)
_RULE = r"(?:(?:the|a|this|that|our|its) )?(?:rules?|protocol|requirements?|§[\d.]+)"
_LIMIT = rf"(?:{_NAMED}|(?:(?:the )?[\w-]+ days of )?§[\d.]+)"
_STOPPING = re.compile(
    rf"\b(?:withh[eo]ld\w*|suspen\w+|(?<!me )paus(?:e|ed|es|ing)|halt\w*|discontinu\w+|interrupt\w*|ceas\w+|a hold|"
    rf"on hold|stop(?:s|ped|ping)?(?! at\b)|h(?:old|olding|eld) (?:off|here|until|back|{_DRUG})|"
    rf"(?:{_DRUG}|exposure) (?:\w+ )?(?:should|must|ought to) be held|quer(?:y|ies|ied|ying) (?:the|this) entry|"
    rf"entry (?:\w+ ){{1,2}}queried)\b"
)
_GOING_ON = re.compile(
    r"\b(?:continu(?:e|es|ed|ing|ation)(?! to (?!treat|dose))|proceed\w*|carr(?:y|ies|ied|ying) on|go(?:es)? ahead|"
    r"good to go|as planned|sign(?:ing)? (?:this|it|off)|accept(?:s|ed|ing)? (?:the|this) entry|"
    r"entry (?:\w+ ){1,2}accepted)\b"
)
_REFERRING = re.compile(r"\b(?:referral|refer(?:red|ring)?|escalat\w+)\b")
_PAST = re.compile(
    rf"\b(?:(?:exceed|surpass)\w* {_LIMIT}|(?<!back )(?:beyond|past|outside|over|above) {_LIMIT}|"
    rf"(?:under|below|after|before) {_NAMED}|miss(?:es|ed) {_NAMED}|out of (?:window|range)|overr[au]n|"
    r"too (?:late|early|old|young)|late start|(?:is|was|came|comes|ran) late|"
    r"(?:older|younger|later|earlier|longer) than|(?:outside|beyond|past) (?:of )?(?:what|the (?:permitted|allowed))|"
    r"too (?:far|long)|"
    rf"breach\w*|deviat\w+|violat\w+|non-?complian\w+|(?:break(?:s|ing)?|broke|broken) (?:with )?{_RULE})\b"
)
_WITHIN = re.compile(
    rf"\b(?:(?:within|inside) {_LIMIT}|(?:in|on) time|timely|(?:meets?|met|satisf(?:y|ies|ied)|keeps? to|kept to) "
    rf"{_LIMIT}|eligible|compl(?:y|ies|ied) with|compliant|compliance|"
    rf"{_RULE} (?:(?:is|was|are|were|has|have|been|not|thus|fully) )+"
    r"(?:kept|met|satisfied|observed|respected|honou?red)|"
    r"(?:in|within) range|should (?:not|never) have been (?:let in|enroll?ed|admitted|included|treated|dosed|given))\b"
)
_DENIAL = re.compile(
    r"\b(?:no|not|never|nothing|nobody|none|neither|nor|without|cannot|hardly|rather than|instead of|avoid\w*|"
    r"unnecessar\w+|needless\w*|unwarranted|against(?=(?: \w+)?$))\b|n't\b"
)
_HARM = re.compile(r"\b(?:harm\w*|loss|los(?:e|es|ing)|risk\w*|danger\w*|hazard\w*)\b")
_NOT_SAID = re.compile(r"\b(?:if|unless|whether|were|suppose)\b")
_SENTENCE = re.compile(r"(?:[^.?!;:]|\.(?=\d))+[.?!;:]*")
_BREAK = re.compile(r",|\b(?:so|but|and|because)\b")
"""What a "not" does not reach across."""
_WORDS_BEFORE = 7
_WORDS_AFTER = 4

_CLAUSE = r"(?:§\d+\.\d+|amendment \d+)(?: \([^)]*\))?"


def _any_of(*parts: tuple[str, str]) -> re.Pattern[str]:
    """Any sentence of these (table, part) of any voice, behind a stop."""
    found = [
        said
        for voice in (*voices_of("train"), *voices_of("test"))
        for table, part in parts
        for said in getattr(voice, table)[part]
    ]
    worded = ["".join(f"(?:{'|'.join(map(re.escape, part))})" for part in parts_of(said)) for said in found]
    return re.compile(rf"(?<=\. )(?:{'|'.join(worded)})".casefold().replace(r"\{clause\}", _CLAUSE))


_CLOSERS = {
    COMPLIANT: _any_of(("parts", "compliant"), ("parts", "met"), ("cohort", "closers")),
    DEVIATION: _any_of(("parts", "deviation"), ("parts", "missed")),
}
"""The sentences of the scripted voices that say what is to be done, or that the requirement is met, by verdict."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, in small letters, cut at colons and semicolons too; no reference or figure is cut."""
    plain = " ".join(text.casefold().replace("’", "'").split())
    return [sentence.strip() for sentence in _SENTENCE.findall(plain)]


def without_closers(text: str) -> str:
    """A text in small letters without the last sentences of the scripted voices."""
    return _CLOSERS[COMPLIANT].sub("", _CLOSERS[DEVIATION].sub("", _plain(text)))


def stances(text: str, *, cohort: bool) -> set[str]:
    """The verdicts that a note argues for, by what it says should be done: one, both, or neither.

    Where the note concerns the whole cohort, a referral is what would stop it.
    """
    plain = _plain(text)
    known = {verdict for verdict, closers in _CLOSERS.items() if closers.search(plain)}
    stopping = (_STOPPING, _REFERRING) if cohort else (_STOPPING,)
    return {*known, *_argued(without_closers(text), stopping, (_GOING_ON,))}


def _plain(text: str) -> str:
    """A text in small letters, with a stop before its first sentence."""
    return " ".join((".", *sentences(text)))


def sides(text: str) -> set[str]:
    """The verdicts that a text argues for, by what it says of limits: kept ("compliant") or passed ("deviation")."""
    return set(_argued(text, (_PAST,), (_WITHIN,)))


def _argued(text: str, against: Sequence[re.Pattern[str]], for_it: Sequence[re.Pattern[str]]) -> Iterator[str]:
    for sentence in sentences(text):
        if sentence.endswith("?") or _NOT_SAID.search(sentence):
            continue
        for patterns, meant, denied in ((against, DEVIATION, COMPLIANT), (for_it, COMPLIANT, DEVIATION)):
            for match in (match for pattern in patterns for match in pattern.finditer(sentence)):
                yield denied if _is_denied(sentence, match) else meant


def _is_denied(sentence: str, match: re.Match[str]) -> bool:
    """Whether a "not" stands near what was found, or in it, or stopping is told as a harm.

    Behind what lies past a limit it denies something else: "over that bound the enrolment raises no concern".
    """
    before = " ".join(_BREAK.split(sentence[: match.start()])[-1].split()[-_WORDS_BEFORE:])
    after = " ".join(_BREAK.split(sentence[match.end() :])[0].split()[:_WORDS_AFTER])
    harmful = match.re is _STOPPING and _HARM.search(sentence)
    denied_behind = match.re is not _PAST and _DENIAL.search(after)
    return bool(_DENIAL.search(before) or _DENIAL.search(match[0]) or denied_behind or harmful)
