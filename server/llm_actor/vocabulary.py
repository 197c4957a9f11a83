"""The closed word lists of the checker: what a note says of a patient in words, and what it may not bring up.

    [name for name, pattern in KEPT.items() if pattern.search("A woman, never smoker, in the control arm")]
    # ["control", "woman", "never smoker"]

No pattern minds capitals. Nothing here knows a record: whether a word may stand is a matter of whether
the script has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain

from ..world.comorbidity import DISEASES
from ..world.patient_generator import HISTOLOGY_DECKS, PRIMARY_SITE_DECK
from ..world.trial_frame import COMPARATORS, DRUGS, SITES


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?![\w-])", re.IGNORECASE)


def _literal(names: Iterable[str]) -> dict[str, re.Pattern[str]]:
    return {name: _any(re.escape(name)) for name in dict.fromkeys(names)}


_HISTOLOGIES = [name.split(",")[0] for deck in HISTOLOGY_DECKS.values() for name in deck]
_SMALL = r"(?:one|two|three|four|five|six|seven|eight|nine|several|some|many|few|couple of|another|last|next|every)"
_TEENS = r"(?:ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)"

KEPT: Mapping[str, re.Pattern[str]] = {
    **_literal(site for site, _ in SITES),
    **_literal((*DRUGS, *COMPARATORS)),
    **_literal(_HISTOLOGIES),
    **_literal(PRIMARY_SITE_DECK),
    "experimental": _any("experimental"),
    "control": _any(r"(?<!to )control"),
    "woman": _any(r"wom[ae]n|female|she|hers?"),
    "man": _any(r"m[ae]n|male|he|him|his"),
    "never smoker": _any(r"never[- ]smok(?:er|ed)|(?:has|had) never smoked|non-?smoker"),
    "former smoker": _any(r"(?:former|ex|past)[- ]smoker|formerly smoked|used to smoke"),
    "current smoker": _any(r"(?:current|active)[- ]smoker|currently smok(?:es|ing)|still smok(?:es|ing)"),
    **_literal(("White", "Black", "Hispanic", "Asian")),
    "ethnicity": _any(r"ethnicity|ethnic|race|racial"),
    "sex": _any(r"sex|sexes|gender"),
}
"""What says who the patient is, and whom a figure is about: it stays, and nothing joins it."""

NOT_BROUGHT_UP: Mapping[str, re.Pattern[str]] = {
    "the age": _any(
        r"ages?|aged|years old|year-old|old|older|oldest|elder\w*|seniors?|young\w*|\w+genarians?|birth(?:day|date)?",
        r"(?:twen|thir|for|fif|six|seven|eigh|nine)ties",
    ),
    "the comorbidity": _any(
        r"(?:multi|co)morbid\w*|charlson|index|scores?|severit\w+|frail\w*|heart|liver|diabet\w*|metasta\w+|cirrho\w+",
        r"(?:second|another|other|further|new) (?:tumou?r|cancer|primary)",
        *(re.escape(disease.name) for disease in chain.from_iterable(DISEASES)),
    ),
    "haemoglobin": _any(r"ha?emoglobin|an?aemi[ac]|hb|hgb"),
    "creatinine": _any(r"creatinine|renal|kidneys?"),
    "ECOG": _any(r"ecog|performance status"),
    "LDH": _any(r"ldh|lactate dehydrogenase"),
    "BMI": _any(r"bmi|body mass|(?:body|over|under)-?\s?weight"),
    "the starting dose": _any(r"starting dos(?:es?|ages?)|mg/m2"),
    "prior cycles": _any(r"chemotherapy|cycles"),
    "death": _any(r"deaths?|died|dies|dead|deceased|mortality|fatal\w*|surviv\w+|passed away|lost|expired|posthum\w+"),
    "how others did": _any(r"outcomes?|fared?|fares"),
    "consent": _any(r"consent\w*"),
    "timing": _any(
        r"lead time|lag|windows?|delay\w*|timing|timely|(?:on|in) time|late|lateness|overdue|wait(?:s|ed|ing)?"
    ),
    "an order of events": _any(
        r"(?:before|after|ahead of|prior to|until|predates?|preced\w+) (?:(?:the|any|her|his|this|first|last) )*"
        r"(?:enrol\w*|treatment|therapy|dos\w+|start\w*|contact|patient|participant|amendment|\d)",
        r"(?:enrol\w*|treatment|therapy|start\w*|contact) (?:[\w']+ ){0,2}(?:before|after|earlier|later|first|last)",
    ),
    "a length of time": _any(r"(?:\w+-)?(?:week|fortnight|month|quarter|decade)s?", r"(?:next|same) day"),
    "a number in words": _any(
        rf"{_TEENS}(?:-\w+)?|{_SMALL}[- ](?:\w+ )?(?:days?|years?|cycles?|points?|patients)|dozens?|hundreds?|half",
        r"(?:one|two)[- ]thirds?|\w+ (?:in|out of) (?:three|four|five|six|seven|eight|nine|ten)|majority|minority",
    ),
    "a time of the year": _any(
        r"january|february|april|june|july|august|september|october|november|december",
        r"(?:of|in|since|until|early|late) (?:march|may|spring|summer|autumn|fall|winter)",
    ),
    "a gap in the record": _any(
        r"blanks?|missing|unrecorded|incomplete\w*|gaps?|populated|filled in|lack(?:s|ed|ing)?"
    ),
    "amendments": _any(r"amend\w*"),
    "exceptions": _any(r"exceptions?|overrid\w+|overrides?|waive\w*|allowances?"),
    "another authority": _any(
        r"appendi\w+|annex\w*|addend\w+|memo\w*|brochures?|manual|clarif\w+|committees?|fda|ema|ich|sop|gcp|exempt\w*",
        r"guidance|guidelines?|regulators?|regulatory|agency|dispensations?|permissions?|grant(?:s|ed)",
    ),
    "a letter": _any(r"letters?"),
    "the medical monitor": _any(r"medical monitor"),
    "the sponsor": _any(r"sponsor\w*"),
    "what somebody has said": _any(r"confirm(?:s|ed)|told (?:so|me|us)|assur(?:es?|ed)|vouch\w*"),
    "a country": _any("|".join(dict.fromkeys(country for _, country in SITES))),
}
"""What a record or a protocol decides by, and what a note on something else has no business to mention."""

NOT_SAID: Mapping[str, re.Pattern[str]] = {
    "a doubt": _any(
        r"(?:may|might|could) (?:well )?(?:be|have been) (?:wrong|mistaken|in error|off)",
        r"(?:not|\w+n't|less than) (?:\w+ )?(?:sure|certain|confident)",
        r"unsure|uncertain|unclear|possibly|perhaps|maybe|arguably|presumably|supposedly|allegedly|apparently",
        r"(?:cannot|can't|could not|couldn't|unable to) (?:verify|confirm|check)",
        r"(?:not|\w+n't) (?:\w+ )?(?:looked (?:it|this|that|them) up|looked up|checked|verified|read (?:it|this|that))",
        r"to be (?:verified|confirmed|checked)|double-check\w*|verify|caveat\w*|guess\w*",
    ),
    "talk of the writer or the task": _any(
        r"an ai|language model|as an assistant|chatbot|(?:the|this|your) prompt|instruct\w+|script\w*",
        r"reword\w*|rephras\w+|paraphras\w+|(?:rewritten|original) (?:note|text)|\Asure|\Ahere(?: is|'s)",
        r"fiction\w*|synthetic|simulat\w+|hypothetical\w*|disclaimer|(?:character|word) count",
    ),
    "a word of the audit": _any(
        r"wrong\w*|incorrect\w*|errors?|erroneous\w*|mistak\w*|mistook|mis(?:read|quot)\w*|hallucinat\w*|fabricat\w*",
        r"invent(?:s|ed)?|made[- ]up|bogus|spurious|fake|non-?existent|does not exist|outdated",
        r"audit\w*|flag\w*|approv(?:e|es|ed)|proposals?|actor|label\w*",
    ),
    "a word to the reader": _any(
        r"correct|true|false|trust\w*|suspicious\w*|ignore|readers?|tools?|watch|beware|note that this",
        r"look (?:closely|close|closer|further|again|twice|no further)",
        r"(?:this|it|that) (?:one )?is (?:right|off|fine|sound)",
    ),
}
"""What no note says, unless the script has it."""


def matching(patterns: Mapping[str, re.Pattern[str]], text: str) -> dict[str, str]:
    """The names whose pattern is found in a text, each with the words that it was found in."""
    found = {name: pattern.search(text.replace("’", "'")) for name, pattern in patterns.items()}
    return {name: match[0] for name, match in found.items() if match is not None}
