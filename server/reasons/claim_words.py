"""The closed word lists by which numbers are read: units, the nouns beside them, and the links of a comparison.

They say what a number beside them is about and how it relates to the next. None of them is worth anything alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _all(words: str, meaning: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), meaning)


AGE = "age"
DAYS = "days"
INDEX = "index"
RATE = "rate"
"""Percent and percentage points."""
DIFFERENCE = "difference"
"""Of a number without a unit after "by" or before "over": it may be a value, or how far a value is past one."""
COUNT = "count"
"""Of a fact that has no unit: it is stated without any topic."""
HAEMOGLOBIN = "haemoglobin"
CREATININE = "creatinine"
LDH = "ldh"
ECOG = "ecog"
BMI = "bmi"
CYCLES = "cycles"
PRESSURE = "pressure"

UNITS: Mapping[str, str] = {
    **_all("year years yr yrs y yo", AGE),
    **_all("day days d", DAYS),
    **_all("% percent percentage pct pp point points ppt", RATE),
    **_all("g", HAEMOGLOBIN),
    **_all("mg", CREATININE),
    **_all("u iu", LDH),
    **_all("kg", BMI),
    **_all("cycle cycles", CYCLES),
    **_all("mmhg", PRESSURE),
}
PER_VOLUME = (HAEMOGLOBIN, CREATININE, LDH, BMI)
"""Topics whose unit goes on: g/dL."""
BEFORE_UNITS = _words("calendar full elapsed whole completed consecutive per")
WEEKS = _words("week weeks")
NOUNS: Mapping[str, str] = {
    **_all("age aged ages", AGE),
    **_all("delay window windows interval day days", DAYS),
    **_all("index comorbidity charlson cci", INDEX),
    **_all("haemoglobin hemoglobin hb hgb", HAEMOGLOBIN),
    **_all("creatinine", CREATININE),
    **_all("ldh", LDH),
    **_all("ecog", ECOG),
    **_all("bmi", BMI),
    **_all("cycles", CYCLES),
    **_all("mortality gap", RATE),
}
NOUN_TO_NUMBER = _words(
    "of is was are at the a an to equals equal just about reads being score value level status performance ps limit "
    "limits maximum minimum max min upper lower bound threshold cutoff exceeds exceeding exceed above over below "
    "under than greater more less higher longer older younger : = ( > < >= <= - only , / years year"
)
"""What may stand between a noun and the number that it is about."""

SECTIONS = _words("section sections sec sect clause clauses article paragraph para rule")
AMENDMENTS = _words("amendment amendments amd amdt")
LISTS = _words(", and or & / - to through nor §") | SECTIONS
"""What stands between the members of a list of references."""
ROMAN: Mapping[str, int] = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
EVENTS: Mapping[str, str] = {
    **_all("consent consented", "consent_date"),
    **_all("enrolment enrollment enrolled enrolling", "enrolment_date"),
    **_all("treatment treated therapy dosing dose dosed", "treatment_start"),
    **_all("contact contacted", "last_contact"),
    **_all("death died dead deceased dies", "death_date"),
}
PEOPLE = _words("deaths death died patients events deceased dead")

BLANK = _words("blank missing empty absent null none unrecorded unknown unstated undocumented")
RECORDED = _words("recorded documented stated given entered available provided known filled there")
AGE_FIELD = _words(
    "field value entry form box is was has been at enrolment enrollment left in the record of for this patient : = ("
)
PAST = _words("over above past beyond below under too more late short older younger longer later earlier")
"""After a number: "7 over the limit" may be a 7, or a limit exceeded by 7."""
NOT_THE_AGE = _words("limit limits check checks range criterion window rule bound bounds")
"""After "age": then it is not the patient's own."""

Relation = Callable[[Any, Any], bool]
NUMBER_RELATIONS: Mapping[tuple[str, ...], Relation] = {
    ("exceeded", "by"): operator.lt,
    ("in", "excess", "of"): operator.gt,
    **{(word, "than"): operator.gt for word in ("greater", "more", "higher", "larger", "longer", "older", "bigger")},
    **{(word, "than"): operator.lt for word in ("less", "fewer", "lower", "smaller", "shorter", "younger")},
    **{(word,): operator.gt for word in ("exceeds", "exceed", "exceeded", "exceeding", "above", "over", "past")},
    **{(word,): operator.gt for word in ("beyond", "surpasses", "surpassing", "overshoots", ">")},
    **{(word,): operator.lt for word in ("below", "under", "beneath", "<")},
    **{(word,): operator.le for word in ("within", "inside", "<=", "=<")},
    (">=",): operator.ge,
}
DATE_RELATIONS: Mapping[tuple[str, ...], Relation] = {
    ("earlier", "than"): operator.lt,
    ("later", "than"): operator.gt,
    ("prior", "to"): operator.lt,
    **{(word,): operator.lt for word in ("before", "precedes", "preceding", "predates", "predating", "precede", "<")},
    **{(word,): operator.gt for word in ("after", "follows", "following", "postdates", ">")},
}
DIRECTIONS: Mapping[str, Relation] = {
    **dict.fromkeys(("before", "earlier", "prior", "ahead", "preceding", "early"), operator.lt),
    **dict.fromkeys(("after", "later", "late", "following"), operator.gt),
}
"""After a number of days: which of two events comes first."""
CONTRASTS = _words("although though while whereas yet but despite")
"""Between two dates: they do not go together."""
IMPOSSIBLE = _words("impossible reversed inconsistent contradictory swapped")
"""Beside two dates: the same."""
LINKS = _words(
    "is are was were being be been which that this it , ( ) : - = and but yet though or clearly well far still also "
    "therefore thus already just only so hence by days day years year old yr yrs yo of age delay delays index "
    "comorbidity charlson haemoglobin hemoglobin hb g dl score value points percentage percent % cmh from to after "
    "since enrolment enrollment treatment start starts started began begins dosing death died consent last contact on "
    "the a an patient patient's his her their lies comes came falls fell recorded dated occurred occurs happened took "
    "place date entered given"
)
"""What may stand between a value and the phrase that compares it."""
LIMITS = _words(
    "the a an its their his her protocol protocol's maximum max minimum min upper lower limit limits bound boundary "
    "age window threshold cutoff cut off of allowed permitted in force base extended extension extension's stage index "
    "value score day days year years set waiver waiver's override override's rule rule's required haemoglobin "
    "hemoglobin g dl ( ) , : = - that which is was for this patient patient's applicable actual true real own amended "
    "equity mortality gap comorbidity on death died treatment start started starts began begin enrolment enrollment "
    "consent last contact dosing date recorded dated even and first dose allowable § both only"
)
"""What may stand between that phrase and the value that it compares with."""
NEGATIONS = _words("not isn't wasn't doesn't didn't aren't")
AUXILIARIES = _words("does do did is was are were")
SIDES: Mapping[str, frozenset[str]] = {
    "up": _words(
        "exceeds exceed exceeded exceeding above over past beyond surpasses surpassing older longer more late >"
    ),
    "down": _words("below beneath younger less <"),
    "in": _words("within inside between"),
    "out": _words("outside"),
    "blank": _words("deviation ineligible shown"),
}
"""Words that say where a value stands to its limits; of a blank one, what it comes to."""
LOOSE_SIDES: Mapping[str, frozenset[str]] = {
    "in": _words("admits admit admitted eligible compliant"),
    "out": _words("ineligible excluded"),
}
"""The same, of words that can be what somebody else said."""
REQUIRES = _words("needs need requires require triggers triggered meets fails")
"""Verbs that tie a value to the threshold of a clause."""
DENIES = _words("not instead than without from no")
"""Before a limit: it is not the one that counts."""
REVOKES = _words(
    "revoked lost lifted falls void voided waived only cancelled withdrawn superseded replaced unavailable"
)
"""After a limit: it is out of force."""
APPLIES = _words("apply applied available count hold")
IN_PLACE_OF = (("in", "place"), ("instead", "of"), ("rather", "than"))
"""After a limit: it was put in the place of the one that counts."""
