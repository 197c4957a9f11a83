"""The Actor: puts an argument into the words of a voice.

    note = tell(stream, trial, brief, record, proposal_id="PROP-003", voices="train", cohort=80)

The Actor does not know whether it is right, and nothing that it says depends on it: what the note shows was drawn
first, and the voice is drawn here. Every note states the premises that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...error_types import EQUITY
from ...models import COHORT
from .argument import NOT_QUOTED, Argument, Step
from .operators import Bug
from .protocol import COMPLIANT, DEVIATION, Protocol
from .protocol_text import cite, condition_text, named, number_text, quantity_text, subject
from .quantities import OF_THE_DEAD, QUANTITIES, SITE_CAP
from .record import PatientRecord
from .seeding import Stream
from .trial import Provision, Trial
from .voice import Voice, parts_of, voices_of

_CONFIDENCE_PERCENT = (78, 97)
_OPENS, _CLOSES, _CONCLUDES, _NAMES = 0.6, 0.75, 0.85, 0.5
"""How often a note says who the patient is, ends with what is to be done, says that the requirement is met or not, and
calls a clause by its name beside its number."""
_NEGATIVE = frozenset({"fails", "spares", "unrestored"})
"""The parts of a note that say that a condition is not met."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A cohort figure that the Actor quotes."""

    text: str
    """Such as "31.7 % (13 of 41)" or, for a gap, "-2.4"."""
    subject: str
    """Such as "the control arm", or "male patients against the others"."""
    feature: str
    """Feature that cohort_analysis shows it by."""
    true: str
    """The figure that the cohort gives: the group's own, or the stage-adjusted gap."""


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a note is written from."""

    error_type: str
    """The rule that the determination is about."""
    verdict: str
    reading: Protocol
    """The protocol as the Actor believes it to be, as far as its question goes."""
    bug: Bug | None = None
    """Its mistake; None where it makes none in reading the protocol or the record."""
    argument: Argument | None = None
    """The argument of a determination on a record; None of another."""
    cited: Provision | None = None
    """The provision that it leans on, if any; the protocol may not have it."""
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A proposal as the Actor issues it."""

    proposal_id: str
    patient_id: str
    diagnosis: str
    verdict: str
    recommended_action: str
    confidence: float
    reasoning: str
    citations: tuple[str, ...]


def tell(
    stream: Stream,
    trial: Trial,
    brief: Brief,
    record: PatientRecord | None,
    proposal_id: str,
    voices: str,
    cohort: int,
) -> Note:
    """Write the note.

    Args:
        stream: Source of every choice of words and of the confidence.
        trial: The trial.
        brief: Argument, or what the Actor leans on.
        record: The patient, or None for a proposal that concerns the cohort.
        proposal_id: Its id.
        voices: Which voices: "train" or "test".
        cohort: Number of patients.
    """
    voice = stream.choice(voices_of(voices))
    if record is None:
        sentences = _on_the_cohort(stream, trial, brief, voice, cohort)
    elif brief.argument is None:
        sentences = _leaning(stream, brief, record, voice)
    else:
        sentences = list(_arguing(stream, trial, brief.argument, record, voice))
    return Note(
        proposal_id=proposal_id,
        patient_id=COHORT if record is None else record.patient_id,
        diagnosis=_diagnosis(brief, record),
        verdict=brief.verdict,
        recommended_action="continue enrolment" if record is None else _action(brief),
        confidence=stream.integer(*_CONFIDENCE_PERCENT) / 100,
        reasoning=" ".join(sentences),
        citations=_citations(trial, brief),
    )


_ACTIONS = {COMPLIANT: "continue treatment", DEVIATION: "withhold treatment"}
_OF_AN_ENTRY = {COMPLIANT: "accept the entry", DEVIATION: "query the entry"}
_ON_AN_ENTRY = frozenset({OF_THE_DEAD, SITE_CAP})
"""Questions that are asked of the dead as well, of whom no treatment is continued or withheld."""


def _action(brief: Brief) -> str:
    on_an_entry = brief.argument is not None and brief.argument.question in _ON_AN_ENTRY
    return (_OF_AN_ENTRY if on_an_entry else _ACTIONS)[brief.verdict]


def _diagnosis(brief: Brief, record: PatientRecord | None) -> str:
    """The patient as the queue shows it, with nothing that a clause asks about."""
    if record is None:
        assert brief.figure is not None
        return f"Equity review of {brief.figure.feature}"
    return f"{record.histology.split(',')[0].capitalize()}, {record.primary_site}"


def _arguing(stream: Stream, trial: Trial, argument: Argument, record: PatientRecord, voice: Voice) -> Iterator[str]:
    """An opener, the clauses and the finding in either order, the conclusion, and what is to be done."""
    if stream.chance(_OPENS):
        yield _opener(stream, record, voice)
    steps = [_step(stream, trial, step, voice) for step in argument.steps]
    finding = _finding(stream, trial, argument, voice)
    yield from (finding, *steps) if stream.chance(0.5) else (*steps, finding)
    kept = argument.verdict == COMPLIANT
    closes = argument.question not in _ON_AN_ENTRY and stream.chance(_CLOSES)
    if not closes or stream.chance(_CONCLUDES):
        template = _sentence(stream, voice.parts["met" if kept else "missed"])
        yield template.format(clause=_reference(stream, trial, argument.clause))
    if closes:
        yield _sentence(stream, voice.parts[argument.verdict])


def _sentence(stream: Stream, sentences: Sequence[str]) -> str:
    """One of the sentences, in one of its wordings."""
    return "".join(stream.choice(wordings) for wordings in parts_of(stream.choice(sentences)))


def _opener(stream: Stream, record: PatientRecord, voice: Voice) -> str:
    who = {"male": "man", "female": "woman"}.get(record.sex, "patient")
    return _sentence(stream, voice.parts["openers"]).format(
        patient=record.patient_id,
        who=who,
        Who=who.capitalize(),
        histology=record.histology.split(",")[0],
        primary_site=record.primary_site,
        site=record.site,
        arm=record.arm,
        drug=record.drug,
        smoking=f"{record.smoking} smoker",
    )


def _finding(stream: Stream, trial: Trial, argument: Argument, voice: Voice) -> str:
    """The value, the limit, or both, as the manner has it."""
    quotes = argument.manner.quotes_value, argument.manner.quotes_limit
    part = {(True, True): "both", (True, False): "value", (False, True): "limit", (False, False): "neither"}[quotes]
    check = trial.protocol.check(argument.parameter)  # the protocol's own: a note is worded alike where it is misread
    measure = f"the {QUANTITIES[check.quantity].words.name}"
    return _sentence(stream, voice.parts[part]).format(
        measure=measure,
        Measure=f"T{measure[1:]}",
        said=quantity_text(check.quantity, argument.said),
        limit=f"{check.words} {quantity_text(check.quantity, argument.limit)}",
        clause=_reference(stream, trial, argument.clause),
    )


def _step(stream: Stream, trial: Trial, step: Step, voice: Voice) -> str:
    target = _reference(stream, trial, step.target)
    template = _sentence(stream, voice.parts[step.part])
    if step.since is not None:
        return template.format(amendment=step.number, since=step.since.isoformat(), target=target)
    clause = _reference(stream, trial, step.number)
    return template.format(clause=clause, target=target, base=target, grounds=_grounds(stream, step))


_THRESHOLDS = ("its threshold", "its cut-off", "its cut-point", "the threshold", "the cut-off", "the cut-point")
"""Words for the number of a condition that is not quoted."""
COMPARED: Mapping[str, Sequence[str]] = {
    ">": ("above", "over"),
    ">=": ("at least",),
    "<": ("below", "under"),
    "<=": ("at most",),
}
"""How a value is said to be to the number of a condition."""
VERBS: Mapping[str, tuple[str, str]] = {
    ">": ("exceeds", "does not exceed"),
    ">=": ("reaches", "does not reach"),
    "<": ("falls below", "does not fall below"),
}
"""How a field without its value is said to be to it, where not by "is": met and not."""
_DISEASES = ("the disease", "this disease", "the patient's disease", "this patient's disease")
"""Words for the disease, which is of a stage."""
SAID = (
    "{subject} is {said},",
    "{subject} reads {said},",
    "{subject} stands at {said},",
    "{subject} comes to {said},",
    "{subject} was {said},",
    "{subject} is recorded as {said},",
    "{subject} is listed at {said},",
    "{subject} of {said} is",
    "{subject}, at {said}, is",
)
"""How the value of a field is put before what it is compared with."""


def _grounds(stream: Stream, step: Step) -> str:
    """The condition as met or not: "the comorbidity index is 6, above 4.5"."""
    condition, negative = step.condition, step.part in _NEGATIVE
    assert condition is not None
    nots = "not " if negative else ""
    if condition.field == "stage":
        words = condition_text(condition).replace(" is ", f" is {nots}", 1)
        return words.replace("the disease", stream.choice(_DISEASES))
    compared = f"{nots}{stream.choice(COMPARED[condition.op])}"
    if step.said is not None:
        words = stream.choice(SAID).format(subject=subject(condition.field), said=number_text(step.said))
        return f"{words} {compared} {number_text(condition.value)}"
    verb = VERBS[condition.op][negative] if condition.op in VERBS and stream.chance(0.5) else f"is {compared}"
    threshold = number_text(condition.value) if condition.field in NOT_QUOTED else stream.choice(_THRESHOLDS)
    return f"{subject(condition.field)} {verb} {threshold}"


def _reference(stream: Stream, trial: Trial, number: str) -> str:
    """A clause by its number, with its name as often as not. What the protocol does not have has no name."""
    if number in trial.listed and stream.chance(_NAMES):
        return named(trial, number)
    return cite(number)


def _leaning(stream: Stream, brief: Brief, record: PatientRecord, voice: Voice) -> list[str]:
    """A note that leans on a provision, or on a figure of the cohort."""
    if brief.cited is not None:
        template, slots = "citation", {"authority": f"{cite(brief.cited.number)} ({brief.cited.title})"}
    else:
        assert brief.figure is not None
        template, slots = "statistic", {"figure": brief.figure.text, "group": brief.figure.subject}
    sentence = _sentence(stream, voice.cohort[template]).format_map(slots)
    return [_opener(stream, record, voice), sentence, _sentence(stream, voice.parts[brief.verdict])]


def _on_the_cohort(stream: Stream, trial: Trial, brief: Brief, voice: Voice, cohort: int) -> list[str]:
    figure = brief.figure
    assert figure is not None
    assert trial.equity_number is not None
    slots = {"code": trial.code, "patients": str(cohort), "feature": figure.feature, "contrast": figure.subject}
    slots |= {"gap": figure.text, "equity_clause": cite(trial.equity_number)}
    return [_sentence(stream, voice.cohort[part]).format_map(slots) for part in ("openers", "equity", "closers")]


def _citations(trial: Trial, brief: Brief) -> tuple[str, ...]:
    """The citations, in the order of the protocol, so that what may not exist is not told by its place."""
    if brief.argument is not None:
        return tuple(cite(number) for number in brief.argument.cited)
    if brief.cited is not None:
        return (cite(brief.cited.number),)
    return (cite(trial.equity_number),) if brief.error_type == EQUITY and trial.equity_number else ()
