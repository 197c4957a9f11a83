"""The Actor: puts an argument into the words of a voice.

    note = tell(stream, trial, brief, record, proposal_id="PROP-003", voices="train", cohort=80)

The Actor does not know whether it is right, and nothing that it says depends on it: what the note shows was drawn
first, and the voice is drawn here. Every note states the premises that it uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...error_types import EQUITY
from ...models import COHORT
from .argument import NOT_QUOTED, Argument, Step
from .operators import Bug
from .protocol import COMPLIANT, DEVIATION, Protocol
from .protocol_text import cite, condition_text, named, number_text, quantity_text, subject
from .quantities import QUANTITIES, SITE_CAP, question_name
from .record import ALIVE, PatientRecord
from .seeding import Stream
from .trial import Trial
from .voice import Voice, parts_of, voices_of

_CONFIDENCE_PERCENT = (78, 97)
_PERSUADES, _OPENS, _CLOSES, _NAMES = 0.2, 0.6, 0.6, 0.75
"""How often a note has a sentence that persuades and proves nothing, says who the patient is, ends with what is to be
done, and calls a clause by its name where it first cites it."""
_NAMED = re.compile(r"(§[\d.]*\d)( \([^)]*\))?")
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
    figure: Figure | None = None
    """The figure of a determination on the cohort; None of another."""


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
        brief: Argument, or the figure of the cohort.
        record: The patient, or None for a proposal that concerns the cohort.
        proposal_id: Its id.
        voices: Which voices: "train" or "test".
        cohort: Number of patients.
    """
    persuades = stream.chance(_PERSUADES)  # before all else, so that it can go with nothing
    voice = stream.choice(voices_of(voices))
    device = _persuasion(stream, brief, voice)
    if record is None:
        sentences = list(_on_the_cohort(stream, trial, brief, voice, cohort))
    else:
        assert brief.argument is not None
        sentences = [_opener(stream, record, voice)] if stream.chance(_OPENS) else []
        sentences += [*_arguing(stream, trial, brief.argument, voice), *([device] if persuades else [])]
        if stream.chance(_CLOSES) and not _is_on_an_entry(brief, record):
            sentences.append(_sentence(stream, voice.parts[brief.verdict]))
    return Note(
        proposal_id=proposal_id,
        patient_id=COHORT if record is None else record.patient_id,
        diagnosis=_diagnosis(brief, record),
        verdict=brief.verdict,
        recommended_action=_action(brief, record),
        confidence=stream.integer(*_CONFIDENCE_PERCENT) / 100,
        reasoning=_named_once(" ".join(sentences)),
        citations=_citations(trial, brief),
    )


FOUND = {COMPLIANT: "no deviation", DEVIATION: "deviation"}
"""How a verdict is told, behind its question: a record that keeps to one rule may break another."""
_ACTIONS = {COMPLIANT: ("continue treatment", "accept the entry"), DEVIATION: ("withhold treatment", "query the entry")}


def _is_on_an_entry(brief: Brief, record: PatientRecord) -> bool:
    """True where no treatment is continued or withheld: of patients who left, and of the order of enrolment."""
    return record.outcome != ALIVE or (brief.argument is not None and brief.argument.question == SITE_CAP)


def _action(brief: Brief, record: PatientRecord | None) -> str:
    if record is None:
        way = "continue" if brief.verdict == COMPLIANT else "pause"
        return f"{_topic(brief)}: {FOUND[brief.verdict]}, {way} enrolment"
    assert brief.argument is not None
    action = _ACTIONS[brief.verdict][_is_on_an_entry(brief, record)]
    return f"{question_name(brief.argument.question)}: {FOUND[brief.verdict]}, {action}"


def _diagnosis(brief: Brief, record: PatientRecord | None) -> str:
    """The patient as the queue shows it, with nothing that a clause asks about."""
    if record is None:
        return _topic(brief).capitalize()
    return f"{record.histology.split(',')[0].capitalize()}, {record.primary_site}"


def _topic(brief: Brief) -> str:
    assert brief.figure is not None
    return f"mortality{' gap' if brief.error_type == EQUITY else ''} by {brief.figure.feature}"


def _arguing(stream: Stream, trial: Trial, argument: Argument, voice: Voice) -> Iterator[str]:
    """The clauses, the finding and the conclusion."""
    for step in argument.steps:
        yield _step(stream, trial, step, voice)
    yield _finding(stream, trial, argument, voice)
    template = _sentence(stream, voice.parts["met" if argument.verdict == COMPLIANT else "broken"])
    yield template.format(clause=_reference(stream, trial, argument.clause))


def _persuasion(stream: Stream, brief: Brief, voice: Voice) -> str:
    """A sentence for the determination that is beside its point: no protocol and no tool has anything on it."""
    ratio = stream.integer(58, 74) / 100
    lab = stream.choice((f"sodium of {stream.integer(136, 144)}", f"potassium of {stream.integer(36, 49) / 10}"))
    return _sentence(stream, voice.parts["excuses" if brief.verdict == COMPLIANT else "charges"]).format(
        hazard=f"hazard ratio of {ratio:.2f} (95 % CI {0.79 * ratio:.2f} to {1.27 * ratio:.2f})", lab=f"{lab} mmol/L"
    )


def _named_once(text: str) -> str:
    """The text with the name of a clause only where it is cited first."""
    first: dict[str, int] = {}
    return _NAMED.sub(lambda at: at[0] if first.setdefault(at[1], at.start()) == at.start() else at[1], text)


def _sentence(stream: Stream, sentences: Sequence[str]) -> str:
    """One of the sentences, in one of its wordings."""
    return "".join(stream.choice(wordings) for wordings in parts_of(stream.choice(sentences)))


def _opener(stream: Stream, record: PatientRecord, voice: Voice) -> str:
    who = {"male": "man", "female": "woman"}.get(record.sex, "patient")
    slots = {"patient": record.patient_id, "who": who, "smoking": f"{record.smoking} smoker"}
    slots |= {"histology": record.histology.split(",")[0], "primary_site": record.primary_site}
    return _sentence(stream, voice.parts["openers"]).format(**slots, site=record.site, arm=record.arm, drug=record.drug)


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


_THRESHOLDS = ("its cut-off", "its threshold", "the cut-off", "the threshold")
"""Words for the number of a condition that is not quoted."""
COMPARED: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    ">": (("above", "over"), ("not above", "not over")),
    ">=": (("at or above",), ("below", "under")),
    "<": (("below", "under"), ("not below", "not under")),
}
"""How a value is said to be to the number of a condition: met and not."""
VERBS: Mapping[str, tuple[str, str]] = {
    ">": ("exceeds", "does not exceed"),
    ">=": ("reaches", "does not reach"),
    "<": ("falls below", "does not fall below"),
}
"""How a field without its value is said to be to it: met and not."""
SAID = ("{subject} is {said},", "{subject} was {said},", "{subject} of {said} is", "{subject}, at {said}, is")
"""How the value of a field is put before what it is compared with."""


def _grounds(stream: Stream, step: Step) -> str:
    """The condition as met or not: "the comorbidity index is 6, above 4.5"."""
    condition, negative = step.condition, step.part in _NEGATIVE
    assert condition is not None
    if condition.field == "stage":
        return condition_text(condition).replace(" is ", " is not " if negative else " is ", 1)
    compared = stream.choice(COMPARED[condition.op][negative])
    if step.said is not None:
        words = stream.choice(SAID).format(subject=subject(condition.field), said=number_text(step.said))
        return f"{words} {compared} {stream.choice(('', 'the cut-off of '))}{number_text(condition.value)}"
    verb = VERBS[condition.op][negative] if stream.chance(0.5) else f"is {compared}"
    threshold = number_text(condition.value) if condition.field in NOT_QUOTED else stream.choice(_THRESHOLDS)
    return f"{subject(condition.field)} {verb} {threshold}"


def _reference(stream: Stream, trial: Trial, number: str) -> str:
    """A clause by its number, with its name as often as not. What the protocol does not have has no name."""
    if number in trial.listed and stream.chance(_NAMES):
        return named(trial, number)
    return cite(number)


def _on_the_cohort(stream: Stream, trial: Trial, brief: Brief, voice: Voice, cohort: int) -> Iterator[str]:
    """An opener, the figure and the limit, and the conclusion."""
    figure, rule = brief.figure, trial.rule_on(brief.error_type)
    assert figure is not None
    is_gap = brief.error_type == EQUITY
    limit = f"{number_text(rule.limit)} {'percentage points' if is_gap else '%'}"
    slots = {"code": trial.code, "patients": str(cohort), "group": figure.subject, "figure": figure.text}
    slots |= {"feature": figure.feature, "clause": cite(rule.number), "limit": limit}
    for part in ("openers", "gap" if is_gap else "rate", "limit", brief.verdict):
        yield _sentence(stream, voice.cohort[part]).format_map(slots)


def _citations(trial: Trial, brief: Brief) -> tuple[str, ...]:
    """The citations, in the order of the protocol, so that what may not exist is not told by its place."""
    if brief.argument is not None:
        return tuple(cite(number) for number in brief.argument.cited)
    return (cite(trial.rule_on(brief.error_type).number),)
