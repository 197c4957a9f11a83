"""What a protocol can ask about and what it can limit: one record for each quantity, and one for each limit.

    QUANTITIES["haemoglobin"].words.unit          # " g/dL"
    PARAMETERS["window_days"].words.sentence      # "Treatment starts {} after enrolment."

The protocol's text, the questions, what a protocol draws, how far the Actor misquotes, and which records are plausible
follow from these rows. `docs/how-to/add-a-protocol-rule.md` adds one. Nothing here knows a clause or a record.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isnan
from typing import Any, NamedTuple

from ...error_types import AGE, COHORT_RULE, DATES, DOSE, ELIGIBLE, WINDOW
from .comorbidity import MAX_DRAWN_INDEX
from .record import EARLIER_AT_SITE
from .seeding import Stream

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "always": lambda value, _: value == value,  # of a condition that somebody believes to be met
}
SITE_CAP = "site_cap"
"""The limit on how many enrolled at the site before a patient, and the question that it answers."""
OF_THE_DEAD = "registry"
"""The question that is asked of patients who have died. The others are asked of those who live, SITE_CAP of all."""


class Steps(NamedTuple):
    """How far off a misquoted number is: least, most, and the unit in which it is drawn."""

    least: int
    most: int
    unit: float = 1.0

    def draw(self, stream: Stream) -> tuple[float, float]:
        """Some way up, and some way down: so there is a bug in either direction."""
        up, down = (stream.integer(self.least, self.most) * self.unit for _ in range(2))
        return round(up, 2), round(-down, 2)


class QuantityWords(NamedTuple):
    """How texts call a quantity."""

    name: str
    """What a limit is about: "treatment delay"."""
    subject: str = ""
    """The subject of a condition: "the comorbidity index"; "" where no condition asks for it."""
    short: str = ""
    """Word in the name of a clause that asks for it; its field where there is none."""
    unit: str = ""
    """Behind a number: " g/dL"."""
    fact: str = ""
    """How a note says a value of it, where a limit is about it: "treatment started {} after enrolment"."""


class Thresholds(NamedTuple):
    """What conditions ask of a quantity."""

    values: tuple[float, ...]
    """A misquoted threshold is one that another protocol has."""
    near: tuple[int, float]
    """How near a threshold the values of records are drawn: at most so many units."""
    terms: tuple[tuple[str, str], ...]
    """Terms that a condition can be called by, with their comparisons."""

    def deserving(self, op: str) -> tuple[float, ...]:
        """The thresholds that a term can have: a value of normal people is no impairment."""
        few = max(2, len(self.values) // 3)
        return self.values[-few:] if op.startswith(">") else self.values[:few]


class Quantity(NamedTuple):
    """A number of a record, or the days between two of its dates."""

    values: tuple[float, float]
    """Least and largest value that a record can have."""
    words: QuantityWords
    thresholds: Thresholds | None = None
    """None where a condition asks for it without a threshold, or not at all."""
    misquoted: Steps | None = None
    """How far off a note has it; None: as far as the limit on it."""
    fields: tuple[str, ...] = ()
    """For a number of days: the fields that it is read off."""


QUANTITIES: Mapping[str, Quantity] = {
    "age": Quantity(
        (36, 88), QuantityWords("age at enrolment", "the age", unit=" years", fact="{patient} was {} old at enrolment")
    ),
    "ecog": Quantity(
        (0, 3),
        QuantityWords(
            "ECOG performance status",
            "ECOG performance status",
            "performance status",
            fact="ECOG performance status was {}",
        ),
        Thresholds((1.0, 2.0), (1, 1.0), ((">=", "impaired performance"), ("<", "preserved performance"))),
        Steps(1, 1),
    ),
    "comorbidity_index": Quantity(
        (0, MAX_DRAWN_INDEX),
        QuantityWords("comorbidity index", "the comorbidity index", "comorbidity"),
        Thresholds((2.0, 3.0, 4.0, 5.0, 6.0), (2, 1.0), ((">=", "multimorbidity"),)),
        Steps(1, 2),
    ),
    "prior_chemo_cycles": Quantity(
        (0, 8),
        QuantityWords("number of prior cycles", "the number of prior cycles", "prior cycles"),
        Thresholds((1.0, 2.0, 3.0, 4.0), (2, 1.0), ((">=", "heavy pretreatment"),)),
        Steps(1, 2),
    ),
    "ldh": Quantity(
        (95, 600),
        QuantityWords("LDH", "LDH", "LDH", " U/L"),
        Thresholds(
            tuple(float(five) for five in range(205, 275, 5)),
            (40, 1.0),
            ((">", "raised tumour activity"), ("<", "low tumour activity")),
        ),
        Steps(8, 40),
    ),
    "creatinine": Quantity(
        (0.4, 3.0),
        QuantityWords("creatinine", "creatinine", unit=" mg/dL", fact="creatinine was {}"),
        Thresholds(
            tuple(round(step * 0.05, 2) for step in range(20, 29)),
            (25, 0.01),
            ((">", "renal impairment"), ("<", "preserved renal function")),
        ),
        Steps(5, 25, 0.01),
    ),
    "bmi": Quantity(
        (15.5, 45.0),
        QuantityWords("BMI", "BMI", "BMI"),
        Thresholds(
            tuple(half / 2 for half in range(44, 59)), (30, 0.1), (("<", "low body mass"), (">", "high body mass"))
        ),
        Steps(5, 30, 0.1),
    ),
    "haemoglobin": Quantity(
        (7.0, 17.0),
        QuantityWords("haemoglobin", "haemoglobin", unit=" g/dL", fact="haemoglobin was {}"),
        Thresholds(tuple(half / 2 for half in range(19, 28)), (15, 0.1), ((">=", "preserved haemoglobin"),)),
        Steps(3, 15, 0.1),
    ),
    "starting_dose": Quantity(
        (20, 160),
        QuantityWords("starting dose", unit=" mg/m2", fact="the starting dose was {}"),
        misquoted=Steps(2, 12),
    ),
    EARLIER_AT_SITE: Quantity(
        (0, 200),
        QuantityWords(
            "number of earlier enrolments at the site",
            "the number of earlier enrolments at the site",
            "enrolment order",
            fact="the site had enrolled {} before this one",
        ),
    ),
    # Days from enrolment to treatment start, from consent to enrolment, from treatment start to last contact, and from
    # death to last contact. All can be negative.
    "delay": Quantity(
        (0, 90),
        QuantityWords("treatment delay", fact="treatment started {} after enrolment"),
        fields=("treatment_start",),
    ),
    "consent_lead": Quantity(
        (-10, 40),
        QuantityWords("consent lead time", fact="consent was given {} before enrolment"),
        fields=("consent_date",),
    ),
    "follow_up": Quantity(
        (-10, 400),
        QuantityWords("length of follow-up", fact="last contact was {} after treatment start"),
        fields=("last_contact", "treatment_start"),
    ),
    "registry_gap": Quantity(
        (-40, 40),
        QuantityWords("lag after death", fact="the last registry contact was {} after death"),
        fields=("last_contact", "death_date"),
    ),
}
"""By field of the record, or by name of a number of days. Their order is part of the draw of a protocol's terms."""
THRESHOLDS: Mapping[str, Thresholds] = {
    name: quantity.thresholds for name, quantity in QUANTITIES.items() if quantity.thresholds is not None
}
"""Those that conditions have thresholds for, by name."""


MEASURED_TWICE = ("haemoglobin", "creatinine", "ldh")
"""Fields that two laboratories can measure. They differ by as much as values are drawn from a threshold."""


def can_have(quantity: str, value: float) -> bool:
    """True if a record can have a value."""
    low, high = QUANTITIES[quantity].values
    return low <= value <= high


@dataclass(frozen=True, slots=True)
class LimitCheck:
    """A record is a deviation when a quantity is past the limit that the clauses give for it."""

    quantity: str
    """One of QUANTITIES."""
    op: str
    parameter: str
    error_type: str
    """Error type of a determination that gets it wrong."""
    blank_passes: bool = False
    """True if a record without the quantity keeps to the limit: nobody who lives breaks a rule on deaths."""

    @property
    def upper(self) -> bool:
        """True if it is the most that a quantity may be, and not the least."""
        return self.op.startswith("<")

    @property
    def exclusive(self) -> bool:
        """True if a value at the limit is past it."""
        return self.op in ("<", ">")

    @property
    def words(self) -> str:
        """The words before the value of the limit, such as "at most"."""
        return {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}[self.op]

    def keeps(self, observed: float, limit: float) -> bool:
        """True if one value keeps to the limit."""
        return bool(OPERATORS[self.op](observed, limit)) or (self.blank_passes and isnan(observed))


class LimitWords(NamedTuple):
    """How the protocol calls a limit and the clauses that act on it."""

    name: str
    """Name of the clause that sets it for everybody: "treatment window"."""
    sentence: str
    """The clause that sets it for everybody; the braces are for the limit."""


class LimitSizes(NamedTuple):
    """How large a limit is, and by how much it is moved or misquoted."""

    moved: tuple[int, int]
    """By how many units an exception or an amendment moves it."""
    misquoted: Steps
    plausible: tuple[float, float]
    """Its size in most protocols: a misquoted one must not stand out."""
    roughly: float
    """How far apart the limits are at most that three notes lean on which show the same."""
    least: float = 1
    """After exceptions and amendments."""
    most: float = inf
    """After exceptions and amendments."""
    unit: float = 1.0
    """The unit by which it is moved."""
    step: float = 1.0
    """The unit in which the values that it is about are drawn."""


_STATE = ("ecog", "comorbidity_index", "prior_chemo_cycles")
_ANY = (*_STATE, "stage", "haemoglobin", "creatinine", "ldh", "bmi")


class Parameter(NamedTuple):
    """A limit that a protocol can set."""

    check: LimitCheck
    question: str
    """The question of a determination that it answers."""
    section: str
    """The section of the protocol that sets it."""
    words: LimitWords
    sizes: LimitSizes
    asks: tuple[str, ...] = _STATE
    """The fields that its conditions can sensibly ask about: no minimum age hangs on a laboratory value."""
    amended: bool = True
    """False if no amendment acts on it."""


_ALL = (
    Parameter(
        LimitCheck("age", ">=", "age_min", AGE),
        question="age",
        section="eligibility",
        words=LimitWords("minimum age", "Age at enrolment is {}. A blank age is a deviation."),
        sizes=LimitSizes((3, 6), Steps(1, 2), plausible=(40, 58), roughly=4, least=38, most=62),
    ),
    Parameter(
        LimitCheck("age", "<=", "age_max", AGE),
        question="age",
        section="eligibility",
        words=LimitWords("maximum age", "Age at enrolment is {}."),
        sizes=LimitSizes((3, 6), Steps(1, 2), plausible=(66, 82), roughly=4, least=62, most=86),
    ),
    Parameter(
        LimitCheck("delay", "<=", "window_days", WINDOW),
        question="window",
        section="scheduling",
        words=LimitWords("treatment window", "Treatment starts {} after enrolment."),
        sizes=LimitSizes((8, 25), Steps(1, 3), plausible=(14, 60), roughly=6, least=7),
        asks=_ANY,
    ),
    Parameter(
        LimitCheck("consent_lead", ">=", "consent_days", DATES),
        question="consent",
        section="dates",
        words=LimitWords("consent interval", "Consent is given {} before enrolment."),
        sizes=LimitSizes((2, 5), Steps(1, 1), plausible=(1, 8), roughly=2),
    ),
    Parameter(
        LimitCheck("follow_up", ">=", "contact_days", DATES),
        question="contact",
        section="dates",
        words=LimitWords("follow-up", "Last contact is {} after treatment start."),
        sizes=LimitSizes((6, 20), Steps(1, 4), plausible=(10, 55), roughly=8),
        asks=(*_STATE, "stage", "haemoglobin", "creatinine", "ldh"),
    ),
    Parameter(
        LimitCheck("registry_gap", "<=", "registry_days", DATES, blank_passes=True),
        question=OF_THE_DEAD,
        section="dates",
        words=LimitWords("registry lag", "Last contact is {} after death, since registries lag."),
        sizes=LimitSizes((3, 8), Steps(1, 2), plausible=(3, 20), roughly=4),
    ),
    Parameter(
        LimitCheck("ecog", "<=", "ecog_max", ELIGIBLE),
        question="performance status",
        section="eligibility",
        words=LimitWords("performance status limit", "ECOG performance status is {}."),
        sizes=LimitSizes((1, 1), Steps(1, 1), plausible=(1, 3), roughly=0, most=3),
        asks=_ANY,
        amended=False,  # a grade: there are too few for amendments that all differ
    ),
    Parameter(
        LimitCheck("haemoglobin", ">=", "haemoglobin_min", ELIGIBLE),
        question="haemoglobin",
        section="eligibility",
        words=LimitWords("haemoglobin limit", "Haemoglobin is {}."),
        sizes=LimitSizes((1, 4), Steps(1, 1, 0.5), (7.5, 12), 1.0, least=7.5, most=12, unit=0.5, step=0.1),
        asks=_ANY,
    ),
    Parameter(
        LimitCheck("creatinine", "<=", "creatinine_max", ELIGIBLE),
        question="creatinine",
        section="eligibility",
        words=LimitWords("creatinine limit", "Creatinine is {}."),
        sizes=LimitSizes((1, 4), Steps(1, 1, 0.1), (1, 2.2), 0.2, most=2.2, unit=0.1, step=0.01),
        asks=_ANY,
    ),
    Parameter(
        LimitCheck("starting_dose", "<=", "dose_max", DOSE),
        question="dose",
        section="dosing",
        words=LimitWords("dose limit", "Starting dose is {}."),
        sizes=LimitSizes((1, 4), Steps(1, 1, 5.0), plausible=(40, 140), roughly=10, least=40, most=140, unit=5.0),
        asks=_ANY,
    ),
    Parameter(
        LimitCheck(EARLIER_AT_SITE, "<=", SITE_CAP, COHORT_RULE),
        question=SITE_CAP,
        section="eligibility",
        words=LimitWords("site cap", "Number of earlier enrolments at the site is {}."),
        sizes=LimitSizes((1, 4), Steps(1, 2), plausible=(2, 20), roughly=4, least=2),
        # Whoever enrolled before the day of an amendment has fewer before them than those after it, so of no two a note
        # could show the same.
        amended=False,
    ),
)
PARAMETERS: Mapping[str, Parameter] = {parameter.check.parameter: parameter for parameter in _ALL}
"""By the name that clauses have for them, in the order of the clauses of an annex."""
LIMITS: Mapping[str, LimitCheck] = {name: parameter.check for name, parameter in PARAMETERS.items()}
"""How each is held against a record. A protocol's own can be exclusive (`Protocol.check`)."""
LIMITED = tuple(dict.fromkeys(check.quantity for check in LIMITS.values()))
"""The quantities that limits are about."""


def _by(of: Callable[[Parameter], str]) -> dict[str, tuple[str, ...]]:
    """The names of the parameters that have the same of it."""
    return {of(other): tuple(name for name in PARAMETERS if of(PARAMETERS[name]) == of(other)) for other in _ALL}


QUESTIONS: Mapping[str, tuple[str, ...]] = _by(lambda parameter: parameter.question)
"""Question of a determination to the parameters whose limits answer it."""
SECTIONS: Mapping[str, tuple[str, ...]] = _by(lambda parameter: parameter.section)
"""Title of a section to the parameters that it sets."""


def question_name(question: str) -> str:
    """What a person calls a question: "treatment window"; of two limits on one quantity, that: "age at enrolment"."""
    first, *others = QUESTIONS[question]
    return QUANTITIES[LIMITS[first].quantity].words.name if others else PARAMETERS[first].words.name
