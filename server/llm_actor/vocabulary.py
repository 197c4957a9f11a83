"""The closed word lists of the checker: what a note says of a patient in words, and what it may not bring up.

    [name for name, pattern in KEPT.items() if pattern.search("A 74-year-old woman, never smoker")]
    # ["woman", "never smoker"]

No pattern minds capitals. Nothing here knows a record: whether a word may stand is a matter of whether
the script has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..world.patient_generator import HISTOLOGY_DECKS, PRIMARY_SITE_DECK
from ..world.trial_frame import COMPARATORS, DRUGS, SITES


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?![\w-])", re.IGNORECASE)


def _literal(names: Iterable[str]) -> dict[str, re.Pattern[str]]:
    return {name: _any(re.escape(name)) for name in dict.fromkeys(names)}


_HISTOLOGIES = [name.split(",")[0] for deck in HISTOLOGY_DECKS.values() for name in deck]

KEPT: Mapping[str, re.Pattern[str]] = {
    **_literal(site for site, _ in SITES),
    **_literal((*DRUGS, *COMPARATORS)),
    **_literal(_HISTOLOGIES),
    **_literal(PRIMARY_SITE_DECK),
    "experimental arm": _any(r"experimental (?:arm|group)"),
    "control arm": _any(r"control (?:arm|group)"),
    "woman": _any(r"wom[ae]n|female|she|hers?"),
    "man": _any(r"m[ae]n|male|he|him|his"),
    "never smoker": _any(r"never[- ]smok(?:er|ed)|(?:has|had) never smoked|non-?smoker"),
    "former smoker": _any(r"(?:former|ex|past)[- ]smoker|formerly smoked|used to smoke"),
    "current smoker": _any(r"(?:current|active)[- ]smoker|currently smok(?:es|ing)|still smok(?:es|ing)"),
    "no prior chemotherapy": _any(
        r"(?:no|without(?: any)?) (?:prior|previous|earlier) (?:cycles? of )?chemotherapy|chemotherapy-nai?ve"
    ),
    "White": _any(r"whites?"),
    "Black": _any(r"blacks?"),
    "Hispanic": _any(r"hispanics?"),
    "Asian": _any(r"asians?"),
    "ethnicity": _any(r"ethnicity|ethnic|race|racial"),
    "sex": _any(r"sex|sexes|gender"),
    "guidance": _any(r"guidance|guidelines?|regulators?(?:'s|')?|regulatory|agency"),
}
"""What says who the patient is, whom a figure is about, and whose rule a number is: it stays, and nothing joins it."""

NOT_BROUGHT_UP: Mapping[str, re.Pattern[str]] = {
    "the age": _any(r"ages?|aged|too old|years old|year-old|birth(?:day|date)?"),
    "an age group": _any(
        r"old|older|oldest|elder\w*|seniors?|middle-aged|pensioner\w*|retire\w*|minors?|young\w*|teen\w*|adolescen\w*",
        r"\w+genarians?|(?:twen|thir|for|fif|six|seven|eigh|nine)ties",
    ),
    "another authority": _any(
        r"appendi\w+|annex\w*|addend\w+|memo\w*|brochures?|manual|clarif\w+|committees?|medical monitor",
        r"fda|ema|ich|sop|gcp|analysis plan|exempt\w*|exceptions?|dispensations?|permissions?|grant(?:s|ed)",
        r"(?:eligibility|timing|schedul\w+|dosing|window|first|last|next|other|same) (?:section|rule|clause)s?",
    ),
    "a letter": _any(r"letters?"),
    "the sponsor": _any(r"sponsor\w*"),
    "what somebody has said": _any(r"confirm(?:s|ed)|told (?:so|me|us)|assur(?:es?|ed)|vouch\w*"),
    "the comorbidity": _any(
        r"(?:multi|co)morbid\w*|concomitant|charlson|index|scores?|severit\w+|frail\w*",
        r"infarct\w*|heart|vascular|cerebrovascular|strokes?|dementia|pulmonary|copd|rheumat\w*|ulcers?|liver|hepat\w+",
        r"diabet\w*|(?:hemi|para)pleg\w+|malignanc\w+|hiv|cirrho\w+|metasta\w+",
        r"(?:second|another|other|further|new) (?:tumou?r|cancer|primary)|cancer elsewhere",
    ),
    "haemoglobin": _any(r"ha?emoglobin|an?aemi[ac]|hb|hgb"),
    "creatinine": _any(r"creatinine|renal|kidneys?"),
    "ECOG": _any(r"ecog|performance status"),
    "LDH": _any(r"ldh|lactate dehydrogenase"),
    "BMI": _any(r"bmi|body mass|(?:body|over|under)-?\s?weight"),
    "blood pressure": _any(r"blood pressure|hypertensi\w+|mmhg"),
    "death": _any(
        r"deaths?|died|dies|dead|deceased|mortality|fatal\w*|surviv\w+|alive|passed away|demise|killed",
        r"expired|posthum\w+|end of life|no longer with us",
    ),
    "how follow-up ended": _any(
        r"withdr[ae]wn?|withdrew|lost to follow-up|(?:was|were|been) lost|dropped out|last contact"
    ),
    "consent": _any(r"consent\w*"),
    "timing": _any(
        r"windows?|intervals?|delay\w*|timing|timely|schedul\w+|on time|in time|late(?:r|ness)?|overdue|prompt\w*|"
        r"punctual\w*|wait(?:s|ed|ing)?|slow\w*|soon\w*|(?:next|same) day"
    ),
    "dates": _any(
        r"dates?|dated|chronolog\w+|timelines?|timestamps?|preced(?:es?|ed|ing)|came (?:first|last)|reversals?",
    ),
    "a time of the year": _any(
        r"january|february|april|june|july|august|september|october|november|december",
        r"(?:of|in|since|until|early|late|mid|last|next) (?:march|may|spring|summer|autumn|fall|winter)",
    ),
    "an order of events": _any(
        r"(?:before|after|ahead of|prior to|following|until) (?:(?:the|any|her|his|first|last) )*"
        r"(?:enrol\w*|treatment|therapy|dos\w+|start\w*|beginning|contact|cycle)",
    ),
    "a gap in the record": _any(
        r"blanks?|missing|unrecorded|incomplete\w*|gaps?|populated|filled in|lack(?:s|ed|ing)?"
    ),
    "amendments": _any(r"amend\w*"),
    "waivers": _any(r"waive\w*"),
    "a length of time": _any(
        r"(?:\w+-)?(?:week|fortnight|month|quarter|decade)s?|(?:a few|several|some|many|a couple of) days",
        r"a day or two|(?:a|another|one|last|next|every) years?|years (?:on|later|ago|earlier|went|passed)",
    ),
    "a rough number": _any(
        r"dozens?|hundreds?|thousands?|half|(?:one|two)[- ]thirds?|majority|minority|most of (?:the|them|these|those)",
        r"\w+ (?:in|out of) (?:two|three|four|five|six|seven|eight|nine|ten)",
    ),
    "how others did": _any(r"(?:did|do|does|done|fared?|fares) (?:well|better|badly|worse|poorly)|outcomes?"),
    "a country": _any("|".join(dict.fromkeys(country for _, country in SITES))),
}
"""What a record or a protocol decides by, and what a note on something else has no business to mention."""

NOT_SAID: Mapping[str, re.Pattern[str]] = {
    "a doubt": _any(
        r"(?:may|might|could) (?:well )?(?:be|have been) (?:wrong|mistaken|in error|off)",
        r"(?:not|\w+n't|less than) (?:\w+ )?(?:sure|certain|confident)",
        r"unsure|uncertain|unclear|possibly|perhaps|maybe|arguably|presumably|supposedly|allegedly|apparently",
        r"(?:cannot|can't|could not|unable to|not been able to) (?:verify|confirm|check)",
        r"(?:not|\w+n't) (?:\w+ )?(?:looked (?:it|this|that|them) up|looked up|checked|verified|read (?:it|this|that))",
        r"to be (?:verified|confirmed|checked)|double-check\w*|verify|caveat\w*|guess\w*",
    ),
    "talk of the writer or the task": _any(
        r"an ai|language model|as an assistant|chatbot|(?:the|this|your) prompt|instruct\w+|script\w*",
        r"rewrit\w+|reword\w*|rephras\w+|paraphras\w+|original (?:note|text)|\Asure|\Ahere(?: is|'s)",
        r"fiction\w*|synthetic|simulat\w+|hypothetical\w*|disclaimer|(?:character|word) count",
    ),
    "a word of the audit": _any(
        r"wrong\w*|incorrect\w*|errors?|erroneous\w*|violat\w*|mistak\w*|mistook|misread\w*|hallucinat\w*",
        r"fabricat\w*|invent(?:s|ed)?|made[- ]up|bogus|spurious|fake|non-?existent|does not exist|superseded|outdated",
        r"breach\w*|(?:non-?)?complian(?:t|ce)|deviat\w*|audit\w*|flag\w*|approv(?:e|es|ed)|proposals?|actor|label\w*",
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
