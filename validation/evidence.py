"""The evidence that an attacker sees of a proposal, as named features.

    example = examples("hard", "train", 800)[0]
    queue(example), style(example)        # shown before anything is looked up
    record_alone(example)                 # shown by tools
    example.is_wrong                   # what an attacker must not be able to tell without an audit

A feature is a number, or a word that becomes one column each. No feature is made
from `is_wrong`, the label.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ..agents.protocol_reader import read_protocol
from ..models import COHORT
from ..server.world.actor_agent import Note
from ..server.world.scenario import Proposal, Scenario
from .episodes import scenarios

Features = dict[str, float | str]
"""Name to number, or to a word; what is left out counts as 0."""

_REFERENCES = re.compile(r"P\d{4}\b|§\d+(?:\.\d+)?|Amendment \d+|\d{4}-\d\d-\d\d|[A-Z]{3}-\d{4}")
_PATIENT = re.compile(r"P\d{4}\b")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MARKS = ".,;:!?'\"()-%"


@dataclass(frozen=True, eq=False)
class Example:
    """A proposal of an episode."""

    scenario: Scenario
    episode: int
    """The index of the episode in its split."""
    position: int

    @property
    def proposal(self) -> Proposal:
        """The proposal with the truth about it."""
        return self.scenario.proposals[self.position]

    @property
    def note(self) -> Note:
        """The proposal as the Actor issues it."""
        return self.proposal.note

    @property
    def is_wrong(self) -> bool:
        """The label."""
        return self.proposal.is_wrong

    @property
    def question(self) -> str:
        """The question of the note: one of QUESTIONS, or the error type of a citation, a figure or an all-clear."""
        brief = self.proposal.brief
        return brief.error_type if brief.argument is None else brief.argument.question

    @property
    def shape(self) -> str:
        """The note without words and numbers: question, verdict, and what is said of the clauses."""
        brief = self.proposal.brief
        steps = () if brief.argument is None else tuple(step.part for step in brief.argument.steps)
        return str((self.question, brief.verdict, steps))

    @property
    def text(self) -> str:
        """All words of the note, without the number of the patient."""
        note = self.note
        return _PATIENT.sub("P", f"{note.reasoning} Cites {', '.join(note.citations)}. {note.recommended_action}")


def examples(tier: str, split: str, count: int, first: int = 0) -> list[Example]:
    """The proposals of so many episodes of a tier, from an index of the split on."""
    return [
        Example(scenario, index, position)
        for index, scenario in enumerate(scenarios(tier, split, count, first), start=first)
        for position in range(len(scenario.proposals))
    ]


def labels(of: Sequence[Example]) -> list[bool]:
    """The label of each: True if it is wrong."""
    return [example.is_wrong for example in of]


def order(example: Example) -> Features:
    """Confidence, order, ids and counts, of this proposal and next to the others."""
    notes, position = [proposal.note for proposal in example.scenario.proposals], example.position
    confidences, numbers = [note.confidence for note in notes], list(map(_patient_number, notes))
    own, patient = confidences[position], numbers[position]
    return {
        "confidence": own,
        "confidence, rank": sum(other < own for other in confidences) / len(notes),
        "confidence over the mean": own - sum(confidences) / len(notes),
        "confidence, same as others": confidences.count(own),
        "confidence of the one before": confidences[position - 1] if position else 0.0,
        "confidence of the next": confidences[position + 1] if position + 1 < len(notes) else 0.0,
        "position": position,
        "position, share": position / len(notes),
        "last": position == len(notes) - 1,
        "proposals": len(notes),
        "patient": patient,
        "patient modulo 10": patient % 10,
        "patient, rank": sum(other < patient for other in numbers) / len(notes),
        "patient after the one before": position > 0 and patient > numbers[position - 1],
        "cohort-wide": example.note.patient_id == COHORT,
    }


def queue(example: Example) -> Features:
    """The reset observation: the queue, this proposal's line in it, and the protocol's limits and amendments."""
    diagnoses = [part for proposal in example.scenario.proposals for part in proposal.note.diagnosis.split(", ")]
    features: Features = {**order(example), **protocol_features(example.scenario)}
    for part in example.note.diagnosis.split(", "):
        features |= {f"is {part}": 1.0, f"{part}, share of the queue": diagnoses.count(part) / len(diagnoses)}
    return features | {f"{part}, in the queue": count for part, count in Counter(diagnoses).items()}


read = lru_cache(maxsize=4096)(read_protocol)


def limits(scenario: Scenario) -> dict[str, float]:
    """Every limit and threshold of the protocol, by what it is about."""
    found = {}
    for clause in read(scenario.protocol_text).clauses:
        kind = "amended " if clause.is_amendment else "conditional " if clause.when else ""
        what = f"{kind}{clause.quantity} {clause.bound}"
        if clause.value is not None:
            found[what] = clause.value
        elif clause.when:
            found[f"{what}, threshold"] = clause.when[0].value
    return found


def protocol_features(scenario: Scenario) -> Features:
    """The protocol's length, its limits, and its amendments."""
    text = scenario.protocol_text
    features: Features = {f"protocol, {name}": value for name, value in limits(scenario).items()}
    features |= {"protocol, characters": len(text), "protocol, lines": text.count("\n")}
    return features | {f"Amendment {number} is there": f"Amendment {number}" in text for number in range(1, 6)}


def style(example: Example) -> Features:
    """How the note is written: verdict, length, punctuation, casing, citations, and its numbers."""
    text = example.note.reasoning
    words, numbers = text.split(), quoted_numbers(text)
    features: Features = {
        "verdict": example.note.verdict,
        "characters": len(text),
        "words": len(words),
        "word length": len(text) / len(words),
        "digits": sum(character.isdigit() for character in text),
        "citations": len(example.note.citations),
        "last citation": example.note.citations[-1] if example.note.citations else "none",
        "numbers": len(numbers),
        "smallest number": min(numbers, default=0.0),
        "largest number": max(numbers, default=0.0),
        "last number": numbers[-1] if numbers else 0.0,
        "last digit of the last number": int(abs(numbers[-1])) % 10 if numbers else -1,
        "sum of the numbers": sum(numbers),
        "action": example.note.recommended_action,
    }
    features |= {f"count of {mark}": text.count(mark) for mark in _MARKS}
    for day in map(date.fromisoformat, _DATE.findall(text)):
        features |= {"a date, ordinal": day.toordinal(), "a date, day of the month": day.day}
    for number in re.findall(r"Amendment (\d+)", text):
        features["amendment in the prose"] = float(number)
    return features


def before_any_look(example: Example) -> Features:
    """All that is seen before a patient or the cohort is looked up."""
    return {**queue(example), **style(example)}


def quoted_numbers(text: str) -> list[float]:
    """The numbers of a text in order, but for those in ids, clause numbers and dates."""
    return [float(number) for number in _NUMBER.findall(_REFERENCES.sub("", text))]


def _patient_number(note: Note) -> int:
    return 0 if note.patient_id == COHORT else int(note.patient_id[1:])
