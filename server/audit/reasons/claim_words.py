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
    **_all("delay window windows day days", DAYS),
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
NOT_THE_AGE = _words(
    "limit limits check checks range criterion window rule bound bounds violation violations error problem issue "
    "deviation concern finding"
)
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
    **{(word,): operator.le for word in ("within", "inside", "between", "outside", "<=", "=<")},
    (">=",): operator.ge,
}
DATE_RELATIONS: Mapping[tuple[str, ...], Relation] = {
    ("earlier", "than"): operator.lt,
    ("later", "than"): operator.gt,
    ("prior", "to"): operator.lt,
    ("ahead", "of"): operator.lt,
    **{(word,): operator.lt for word in ("before", "precedes", "preceding", "predates", "predating", "precede", "<")},
    **{(word,): operator.gt for word in ("after", "follows", "following", "postdates", ">")},
}
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
    "consent last contact dosing date recorded dated even and first dose allowable § both only eligibility range "
    "interval ["
)
"""What may stand between that phrase and the value that it compares with."""
NEGATIONS = _words("not isn't wasn't doesn't didn't aren't")
NORMATIVE = NEGATIONS | _words("should must may can cannot only until had needs ought , whether no and if would")
"""Between two dates: how they compare is not said."""
AUXILIARIES = _words("does do did is was are were")

ATTRIBUTIONS = _words("shap shapley attribution attributions")
"""Words for what request_shap gives."""
APPROXIMATE = _words("about roughly around approximately nearly almost some ~ ca circa")
"""Before a number: it is not meant to be exact."""
SETS = _words("reads gives allows says sets is being stays remains caps tolerates permits requires needs asks : =")
"""Between a clause and a number: the clause says that number."""
SETTING = SETS | _words("at for age of least most up to a an the maximum minimum only now still bound ( days")
"""What may stand there beside it."""
LIMIT_NOUNS = _words("maximum max minimum min limit ceiling cap floor threshold cutoff bound limits")
IS = _words("of is was at : = to now still the")
ALLOWED = _words("allowed permitted tolerated permissible")
"""After a number: it is a limit."""
PERSONS = _words("patient man woman he she lady person gentleman participant")
AGE_ENDS = _words(". , ; : ) ( and at but when so or while which years old")
"""After an age that has no unit."""
LATER = _words(
    "amended unamended lowered raised reduced cut instead own was superseded old not no later only after begins "
    "begin began starts started from came comes until before yet once had would if since never"
)
"""In a sentence with one of these an amendment may be named that is not in force."""
DATED = _words(
    "on of the date dated is was at in : ( = for recorded occurred given signed came began started start took place as "
    "falls fell stands"
)
"""What may stand between an event and its date."""
DENIALS = _words("never nobody not without if whether claims claimed no nowhere")
"""Before two dates: how they compare is not said to be so."""
ENROLMENT = _words("enrolment enrollment enrolling")
STARTED = _words("treatment treated start started starts began begin dosed dosing dose therapy delay")
"""Before "N days after enrolment": it is the delay."""
LINKING = _words(": , is are does do which that - ( )")
"""Between a reference and "not in the protocol"."""
OUTERMOST = _words("youngest oldest admissible eligible amendment")
"""Before an age: it is no patient's."""
