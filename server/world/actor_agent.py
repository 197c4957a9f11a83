"""The Actor: puts an argument into the words of a voice.

    note = tell(stream, trial, brief, record, proposal_id="PROP-003", voices="train", cohort=80)

The Actor does not know whether it is right, and nothing that it says depends on it: what the note shows was drawn
first, and the voice is drawn here. Every note states the premises that it uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...error_types import EQUITY
from ...models import COHORT
from .argument import MET, UNMET, Argument, Step
from .operators import Bug
from .protocol import COMPLIANT, DEVIATION, Condition, Protocol
from .protocol_text import cite, named, number_text, quantity_text
from .quantities import QUANTITIES, SECTIONS, SITE_CAP, LimitCheck, question_name
from .record import ALIVE, EARLIER_AT_SITE, PatientRecord
from .seeding import Stream
from .trial import Trial
from .voice import Voice, voices_of

_CONFIDENCE_PERCENT = (78, 97)
_PERSUADES, _CLOSES = 0.2, 0.6
"""How often a note has a sentence that persuades and proves nothing, and ends with what is to be done."""
_NAMED = re.compile(r"(§[\d.]*\d)( \([^)]*\))?")


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
    device = _persuasion(stream, brief, record, voice)
    if record is None:
        sentences = list(_on_the_cohort(stream, trial, brief, voice, cohort))
    else:
        assert brief.argument is not None
        sentences = [_opener(stream, record, voice), *_arguing(stream, trial, brief.argument, voice)]
        sentences += [device] if persuades else []
        if stream.chance(_CLOSES) and not _is_on_an_entry(brief, record):
            sentences.append(stream.choice(voice.parts[brief.verdict]))
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
_ON_ENTRIES = {SITE_CAP, *SECTIONS["dates"]}
_ACTIONS = {COMPLIANT: ("continue treatment", "accept the entry"), DEVIATION: ("withhold treatment", "query the entry")}


def _is_on_an_entry(brief: Brief, record: PatientRecord) -> bool:
    """True where no treatment is continued or withheld: of patients who left, on dates, on the order of enrolment."""
    return record.outcome != ALIVE or (brief.argument is not None and brief.argument.parameter in _ON_ENTRIES)


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
    """Which conditions are met, which amendments count, and the finding."""
    amended = [step.target for step in argument.steps if step.target and step.number == argument.clause]
    counting = _reference(trial, amended[0] if amended else argument.clause)
    listed: dict[str, list[str]] = {MET: [], UNMET: []}
    for step in argument.steps:
        if step.condition is not None:
            listed[step.part].append(_with_grounds(trial, step, step.condition))
    parts = [part for part in listed if listed[part]]
    if parts:
        met = [step.number for step in argument.steps if step.part == MET]
        # What acts on an exception leads back to the clause that the exception was from.
        is_back = bool(met) and (amended[0] if amended else argument.clause) != met[-1]
        is_lifted = any(step.part == "lifted" for step in argument.steps)
        so = "" if is_lifted else stream.choice(voice.parts["back" if is_back else "so"])
        sentence = stream.choice(voice.parts[parts[0] if len(parts) == 1 else "mixed"]).replace("{so}", so)
        yield sentence.format(met=_list(listed[MET], "and"), unmet=_list(listed[UNMET], "or"), counting=counting)
    for step in argument.steps:
        if step.target:
            yield stream.choice(voice.parts[step.part]).format(
                amendment=step.number,
                target=_reference(trial, step.target),
                joined="gave consent" if step.by_consent else "enrolled",
                joining="consent" if step.by_consent else "enrolment",
            )
    limit = f"{counting} as amended by {argument.clause}" if amended else counting
    yield _finding(stream, trial, argument, limit, voice)


def _list(items: list[str], conjunction: str) -> str:
    """Items as a list in a sentence: "A, B and C"."""
    *most, last = items or [""]
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def _persuasion(stream: Stream, brief: Brief, record: PatientRecord | None, voice: Voice) -> str:
    """A sentence for the determination that is beside its point: no protocol and no tool has anything on it.

    Results of trial and laboratory say nothing of an entry.
    """
    ratio = stream.integer(58, 74) / 100
    lab = stream.choice((f"sodium of {stream.integer(136, 144)}", f"potassium of {stream.integer(36, 49) / 10}"))
    sentences = voice.parts["excuses" if brief.verdict == COMPLIANT else "charges"]
    if record is None or _is_on_an_entry(brief, record):
        sentences = [sentence for sentence in sentences if "{" not in sentence]
    return stream.choice(sentences).format(
        hazard=f"hazard ratio of {ratio:.2f} (95 % CI {0.79 * ratio:.2f} to {1.27 * ratio:.2f})", lab=f"{lab} mmol/L"
    )


def _named_once(text: str) -> str:
    """The text with the name of a clause only where it is cited first."""
    first: dict[str, int] = {}
    return _NAMED.sub(lambda at: at[0] if first.setdefault(at[1], at.start()) == at.start() else at[1], text)


def _opener(stream: Stream, record: PatientRecord, voice: Voice) -> str:
    who = {"male": "man", "female": "woman"}.get(record.sex, "patient")
    slots = {"patient": record.patient_id, "who": who, "smoking": f"{record.smoking} smoker"}
    slots |= {"histology": record.histology.split(",")[0], "primary_site": record.primary_site}
    return stream.choice(voice.parts["openers"]).format(**slots, site=record.site, arm=record.arm, drug=record.drug)


def _finding(stream: Stream, trial: Trial, argument: Argument, clause: str, voice: Voice) -> str:
    """The value, whether that keeps to the limit, and the limit where the manner has it."""
    check = trial.protocol.check(argument.parameter)  # the protocol's own: a note is worded alike where it is misread
    (patient,) = voice.parts["patient"]
    said = quantity_text(check.quantity, argument.said)
    fact = QUANTITIES[check.quantity].words.fact.format(said, patient=patient)
    part = "kept" if argument.verdict == COMPLIANT else "broken"
    sentences = voice.parts[part if argument.manner.quotes_limit else f"{part}_unquoted"]
    return stream.choice(sentences).format(
        fact=fact,
        Fact=f"{fact[0].upper()}{fact[1:]}",
        allows="allows" if check.upper else "requires",
        limit=_limit(check, argument.limit),
        clause=clause,
    )


def _limit(check: LimitCheck, limit: float) -> str:
    """A limit with its bound: "at most 35 days", "fewer than 6 patients"."""
    words = "fewer than" if check.exclusive and check.quantity == EARLIER_AT_SITE else check.words
    return f"{words} {quantity_text(check.quantity, limit)}"


def _with_grounds(trial: Trial, step: Step, condition: Condition) -> str:
    """A clause by its name, or by what its condition asks about: "§5.3 (comorbidity index 6, threshold 5)"."""
    if step.said is None:
        return _reference(trial, step.number)
    words = QUANTITIES[condition.field].words
    value, threshold = number_text(step.said), number_text(condition.value)
    return f"{cite(step.number)} ({words.name} {value}{words.unit}, threshold {threshold})"


def _reference(trial: Trial, number: str) -> str:
    """A clause by its number and its name. What the protocol does not have has no name."""
    return named(trial, number) if number in trial.listed else cite(number)


def _on_the_cohort(stream: Stream, trial: Trial, brief: Brief, voice: Voice, cohort: int) -> Iterator[str]:
    """An opener, the figure and the limit, and the conclusion."""
    figure, rule = brief.figure, trial.rule_on(brief.error_type)
    assert figure is not None
    is_gap = brief.error_type == EQUITY
    limit = f"{number_text(rule.limit)} {'percentage points' if is_gap else '%'}"
    slots = {"code": trial.code, "patients": str(cohort), "group": figure.subject, "figure": figure.text}
    slots |= {"feature": figure.feature, "clause": cite(rule.number), "limit": limit}
    for part in ("openers", "gap" if is_gap else "rate", "limit", brief.verdict):
        yield stream.choice(voice.cohort[part]).format_map(slots)


def _citations(trial: Trial, brief: Brief) -> tuple[str, ...]:
    """The citations, in the order of the protocol, so that what may not exist is not told by its place."""
    if brief.argument is not None:
        return tuple(cite(number) for number in brief.argument.cited)
    return (cite(trial.rule_on(brief.error_type).number),)
