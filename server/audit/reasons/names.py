"""What clauses and fields are called in a reason: as the protocol calls them, or what people make of that.

    names = Names(trial, "window")
    names.longest(("the", "override", "applies"), 1)    # Name(("override",), "name", "", frozenset({"5.3"}))

"The override", "upper age limit", "the longer window": a protocol of the frontier has tens of thousands of such
phrases. So the phrases of each kind of clause are kept once, by their first two words, and not those of a protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from ...world.protocol import LIMITS, QUESTIONS, Clause
from ...world.protocol_text import QUANTITIES, clause_name
from ...world.record import EARLIER_AT_SITE
from ...world.trial import Trial

How = Literal["number", "name", "field"]
Phrase = tuple[str, ...]
ByFirstWords = Mapping[str, Mapping[str, Sequence[Phrase]]]
"""By the first word, and by the second or "" where there is none: the longest first."""


class Name(NamedTuple):
    """A phrase that names something."""

    phrase: Phrase
    how: How
    field: str
    """The field of the record that it names; "" for a clause."""
    numbers: frozenset[str]
    """Of the clauses that it names."""


_SUBJECTS: Mapping[str, str] = {
    "stage": "stage iv/stage 4/stage-iv/metastatic/stage",
    "comorbidity_index": "comorbidity/comorbidities/comorbidity index/index/charlson/charlson index/cci",
    "haemoglobin": "haemoglobin/hemoglobin/hb/hgb",
    "creatinine": "creatinine",
    "ecog": "performance status/ecog/ecog performance status/performance",
    "ldh": "ldh/lactate dehydrogenase",
    "bmi": "bmi/body mass index",
    EARLIER_AT_SITE: "enrolment order/order of enrolment/order of enrolments/earlier enrolments/"
    "count of earlier enrolments/number of earlier enrolments/enrollment order/order of enrollment/enrolment count/"
    "enrollment count",
    "prior_chemo_cycles": "cycle count/prior cycle count/prior cycles/prior chemotherapy cycles/prior chemotherapy/"
    "count of prior cycles/number of prior chemotherapy cycles/"
    "prior chemo/chemotherapy cycles/cycles/prior-cycles",
}
"""What the condition of a clause is about, in words."""
_ABOUT: Mapping[str, str] = {
    "age": "age/ages/age at enrolment/age at enrollment",
    "delay": "treatment delay/delay/timing/scheduling/time from enrolment to treatment start/time to treatment/"
    "treatment start/"
    "start of treatment/time to treatment start/days to treatment",
    "consent_lead": "consent lead time/time from consent to enrolment/lead time/lead/consent lead/"
    "days from consent to enrolment/"
    "consent-to-enrolment interval/consent date/date of consent",
    "follow_up": "time from treatment start to last contact/follow-up time/length of follow-up/"
    "days from treatment start to last contact/date of last contact/last contact date",
    "ecog": "performance status/ecog/ecog performance status/ecog grade",
    "haemoglobin": "haemoglobin/hemoglobin/hb",
    "creatinine": "creatinine",
    "starting_dose": "starting dose/dose/starting dosage/initial dose",
    "registry_gap": "lag after death/time from death to last contact/gap from death to last contact/gap/registry gap/"
    "days from death to last contact/"
    "date of last contact/last contact date/death date/date of death",
}
"""What a limit is about, in words."""
_HOPS: Mapping[str, str] = {
    "exception": "exception/extension/allowance/exemption/rule/clause",
    "override": "override/rule/clause",
    "waiver": "waiver/rule/clause",
}
"""What a clause is called by how many hops it is away from the limit."""
_KINDS: Mapping[str, str] = {
    "age_min": "minimum age/minimum-age/lower age/age minimum/age",
    "age_max": "maximum age/maximum-age/upper age/age maximum/age",
    "window_days": "window/scheduling/treatment window",
    "consent_days": "consent/consent interval",
    "contact_days": "follow-up/follow up/followup/contact",
    "registry_days": "registry/registry lag",
    "ecog_max": "performance status/performance status limit/ecog",
    "haemoglobin_min": "haemoglobin/hemoglobin/hb",
    "creatinine_max": "creatinine",
    "dose_max": "dose/dosing/starting dose",
    "site_cap": "site cap/cap/enrolment cap",
}
"""What may stand between the two in a name."""
_LIMITS: Mapping[str, str] = {
    "age_min": "minimum age/age minimum/lower age limit/minimum age limit/min age/age floor/lower age bound/age limit/"
    "age limits/age rule/minimum age rule/age range",
    "age_max": "maximum age/age maximum/upper age limit/maximum age limit/max age/age cap/age ceiling/age limit/"
    "age limits/age rule/maximum age rule/age range",
    "window_days": "treatment window/base window/standard window/general window/ordinary window/window/window rule",
    "consent_days": "consent interval/consent rule/consent limit/consent lead rule",
    "contact_days": "follow-up/follow-up rule/follow-up limit/follow-up minimum/minimum follow-up/follow up/followup",
    "registry_days": "registry lag/registry rule/registry limit/registry lag rule",
    "ecog_max": "performance status limit/ecog limit/maximum performance status/performance status rule",
    "haemoglobin_min": "haemoglobin limit/hemoglobin limit/minimum haemoglobin/haemoglobin minimum/haemoglobin rule",
    "creatinine_max": "creatinine limit/maximum creatinine/creatinine maximum/creatinine rule",
    "dose_max": "dose limit/maximum dose/maximum starting dose/dose maximum/dose cap/dose rule/starting dose limit",
    "site_cap": "site cap/cap/enrolment cap/enrollment cap/cap of the site/cap on enrolment/site limit",
}
"""What the clauses that set a limit for everybody are called."""
_EQUITY = "equity features/equity rule/equity clause/equity section"


class _Called(NamedTuple):
    """Phrases, and the clauses that are called so."""

    how: How
    field: str
    phrases: ByFirstWords
    numbers: set[str]


class Names:
    """What can be named in a trial, in a text about one question: short names are of its clauses. "" is no question."""

    def __init__(self, trial: Trial, question: str) -> None:
        """Begin with a trial as its protocol holds for the patient (`Trial.at`)."""
        self._fields = _of_fields("dosing" in trial.sections)
        self._groups: dict[tuple[object, ...], set[str]] = {}  # of clauses that are called alike
        self._by_word: dict[str, list[_Called]] = {}
        asked = QUESTIONS.get(question, ())
        for clause in trial.protocol.clauses:
            is_asked = clause.parameter in asked
            if clause.in_force is None:
                subject = clause.when[0].field if clause.when else ""
                hop = clause_name(clause, trial.protocol).split()[-1]
                self._group("name", "", _of_clause, clause.parameter, subject, hop, is_asked).add(clause.number)
            for field, phrases in _fields(clause) if is_asked else ():
                self._group("field", field, _by_first_words, phrases).add(clause.number)
        titled = [(one.title.casefold(), one.number) for one in (*trial.provisions, *trial.invented_provisions)]
        if trial.equity_number:
            titled.append((_EQUITY, trial.equity_number))
        for phrases, number in titled:
            self._group("name", "", _by_first_words, phrases).add(number)

    def longest(self, texts: Phrase, at: int) -> Name | None:
        """The longest name that begins at a place: a clause before a field, what is asked about before what is not."""
        word = texts[at]
        if word not in self._fields and word not in self._by_word:
            return None
        following = "".join(texts[at + 1 : at + 2])
        found: dict[tuple[Phrase, How, str], set[str]] = {}
        for called in (*self._fields.get(word, ()), *self._by_word.get(word, ())):
            phrases = called.phrases[word]
            for phrase in (*phrases.get(following, ()), *phrases.get("", ())):
                if _stands_at(texts, at, phrase):
                    found.setdefault((phrase, called.how, called.field), set()).update(called.numbers)
                    break
        names = [Name(*key, frozenset(numbers)) for key, numbers in found.items()]
        return min(names, key=lambda one: (-len(one.phrase), one.how == "field", not one.numbers), default=None)

    def _group(self, how: How, field: str, phrases: Callable[..., ByFirstWords], *kind: Any) -> set[str]:
        """The clauses that are called alike: by what, and a function that gives the phrases of their kind."""
        key = how, field, *kind
        if key not in self._groups:
            called = _Called(how, field, phrases(*kind), set())
            self._groups[key] = called.numbers
            for word in called.phrases:
                self._by_word.setdefault(word, []).append(called)
        return self._groups[key]


def _stands_at(texts: Phrase, at: int, phrase: Phrase) -> bool:
    end = at + len(phrase)
    # "comorbidity override miss" is the name of an error type.
    return texts[at:end] == phrase and texts[end : end + 1] != ("miss",)


@cache
def _of_fields(with_doses: bool) -> Mapping[str, Sequence[_Called]]:
    """What the fields are called that every protocol has, by first word."""
    found: dict[str, list[_Called]] = {}
    for field, phrases in {**_ABOUT, **_SUBJECTS}.items():
        for word in _by_first_words(phrases) if with_doses or field != "starting_dose" else ():
            found.setdefault(word, []).append(_Called("field", field, _by_first_words(phrases), set()))
    return found


@cache
def _phrases(names: str) -> Sequence[Phrase]:
    return [tuple(name.replace("-", " - ").split()) for name in names.split("/")]


def _indexed(phrases: Iterable[Phrase]) -> ByFirstWords:
    found: dict[str, dict[str, list[Phrase]]] = {}
    for phrase in sorted(dict.fromkeys(phrases), key=len, reverse=True):
        found.setdefault(phrase[0], {}).setdefault("".join(phrase[1:2]), []).append(phrase)
    return found


@cache
def _by_first_words(names: str) -> ByFirstWords:
    return _indexed(_phrases(names))


@cache
def _of_clause(parameter: str, subject: str, hop: str, is_asked: bool) -> ByFirstWords:
    """What a clause of a section can be called, in short where its question is asked; with no subject a limit."""
    if not subject:
        return _by_first_words(_LIMITS[parameter])
    # The names of the window's clauses have no kind in them.
    own: list[Phrase] = [()] if is_asked or parameter == "window_days" else []
    kinds, ends = [*own, *_phrases(_KINDS[parameter])], _phrases(_HOPS.get(hop, hop))
    called = [(*one, *kind, *end) for one in _phrases(_SUBJECTS[subject]) for kind in kinds for end in ends]
    if is_asked:
        called += [(*kind, *end) for kind in kinds for end in ends if end not in (("rule",), ("clause",))]
    return _indexed(called)


def _fields(clause: Clause) -> Iterator[tuple[str, str]]:
    """The fields that a clause reads or limits, and what they are called."""
    quantity = LIMITS[clause.parameter].quantity
    yield quantity, f"{QUANTITIES[quantity].casefold()}/{_ABOUT.get(quantity) or _SUBJECTS[quantity]}"
    for condition in clause.when:
        if condition.field in _SUBJECTS and clause.in_force is None:
            yield condition.field, "/".join(filter(None, (_SUBJECTS[condition.field], condition.term)))
