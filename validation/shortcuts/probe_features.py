"""What a probe sees of a proposal: its text, or named features of the list, the note and the protocol.

    case = cases("hard", "train", 800)[0]
    case.text, case.style          # what the note says, and how
    case.bare, case.listed         # what is seen before anything is looked up
    case.against_protocol          # the note held against the protocol
    case.quotable                  # what the note might have quoted of the patient
    case.is_wrong                  # what a probe must not be able to tell from any of these

A feature is a number, or a word that becomes one column each. They are taken from what a client is sent before it looks
anything up; `quotable` alone holds parts of a record, those that no rule of a protocol is about. `is_wrong` and
`leans_on_authority` are the truth's, and no feature is made from them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ...agents.note_checks import missing_authority
from ...agents.protocol_reader import ReadProtocol, read_protocol
from ...comparison.text_only import note_text
from ...models import COHORT
from ...server.audit.tools import review_proposal
from ...server.world.actor_agent import Note
from ...server.world.scenario import Scenario
from ..episodes import scenarios

Features = dict[str, float | str]
"""Name to number, or to a word; what is left out counts as 0."""

_REFERENCES = re.compile(r"P\d{4}\b|§\d+(?:\.\d+)?|Amendment \d+|\d{4}-\d\d-\d\d|[A-Z]{3}-\d{4}")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MARKS = ".,;:!?'\"()-%"
_BINS = (1, 3, 5, 10, 15, 20, 25, 30, 40, 50, 70, 90, 150, 250, 400, 1000)
"""Upper ends of the histogram of a note's numbers."""
_QUOTABLE = ("arm", "smoking", "sex", "site", "drug")
"""Fields of a record that a note may quote."""


@dataclass(frozen=True, eq=False)
class Seen:
    """An episode as far as its proposals share it; two are equal only if they are one."""

    scenario: Scenario
    index: int

    @cached_property
    def protocol(self) -> ReadProtocol:
        """What an auditor reads in the protocol's text."""
        return read_protocol(self.scenario.protocol_text)

    @cached_property
    def notes(self) -> list[Note]:
        """The proposals in order."""
        return [proposal.note for proposal in self.scenario.proposals]

    @cached_property
    def lines(self) -> list[dict[str, str]]:
        """The words of each proposal's line in the list."""
        return [_line(note) for note in self.notes]

    @cached_property
    def parameters(self) -> Features:
        """The protocol's length, its parameters, and its amendments with their gaps in number and time."""
        text, protocol = self.scenario.protocol_text, self.protocol
        amendments = [clause for clause in protocol.clauses if clause.number.startswith("Amendment")]
        numbers = [int(clause.number.split()[1]) for clause in amendments]
        days = [clause.when[0].value for clause in amendments]
        features: Features = {
            "protocol, characters": len(text),
            "protocol, lines": text.count("\n"),
            "amendments": len(amendments),
            "amendments, highest number": max(numbers, default=0),
            "amendments, numbers left out": max(numbers, default=0) - len(numbers),
            "amendments, first day": min(days, default=0.0),
            "amendments, days from first to last": max(days, default=0.0) - min(days, default=0.0),
            "provisions": len(re.findall(r"^§[\d.]+ [A-Z][\w -]+: (?!where)", text, re.MULTILINE)),
        }
        features |= {f"protocol, {name}": value for name, value in _limits(protocol).items()}
        roles = _roles(protocol)
        for clause, number, day in zip(amendments, numbers, days, strict=True):
            what = roles[str(clause.acts_on)]
            features[f"amendment of {what}"] = 1
            features[f"amendment of {what}, number"] = number
            features[f"amendment of {what}, days after the first"] = day - min(days)
        features |= {f"amendment {number} is there": number in numbers for number in range(1, 6)}
        return features


@dataclass(frozen=True, eq=False)
class Case:
    """A proposal of an episode."""

    episode: Seen
    position: int

    @property
    def note(self) -> Note:
        """The proposal as the Actor issues it."""
        return self.episode.notes[self.position]

    @property
    def is_wrong(self) -> bool:
        """The label."""
        return self.episode.scenario.proposals[self.position].is_wrong

    @property
    def question(self) -> str:
        """What it is about: one of QUESTIONS, or the error type of a citation, a figure or an all-clear."""
        brief = self.episode.scenario.proposals[self.position].brief
        return brief.error_type if brief.argument is None else brief.argument.question

    @property
    def shape(self) -> Hashable:
        """What the note shows but for words and numbers: question, verdict, and what is said of the clauses."""
        brief = self.episode.scenario.proposals[self.position].brief
        steps = () if brief.argument is None else tuple(step.part for step in brief.argument.steps)
        return self.question, brief.verdict, steps

    @property
    def leans_on_authority(self) -> bool:
        """Whether what it cites has to be looked up: a provision, or an amendment that the protocol may not have."""
        brief = self.episode.scenario.proposals[self.position].brief
        return brief.cited is not None or (brief.bug is not None and brief.bug.operator == "invented")

    @cached_property
    def text(self) -> str:
        """All words of the note; another feature has the patient's number."""
        return note_text(self.note)

    @cached_property
    def bare(self) -> Features:
        """Confidence, order, ids and counts, of this proposal and next to the others."""
        notes = self.episode.notes
        confidences = [note.confidence for note in notes]
        numbers = [_patient_number(note) for note in notes]
        mine, patient = self.note.confidence, _patient_number(self.note)
        others = confidences[: self.position] + confidences[self.position + 1 :]
        return {
            "confidence": mine,
            "confidence, rank": sum(other < mine for other in others) / len(notes),
            "confidence over the mean": mine - sum(confidences) / len(notes),
            "confidence, same as others": others.count(mine),
            "confidence, lowest": mine == min(confidences),
            "confidence, highest": mine == max(confidences),
            "confidence of the one before": confidences[self.position - 1] if self.position else 0.0,
            "confidence of the next": confidences[self.position + 1] if self.position + 1 < len(notes) else 0.0,
            "confidence, mean": sum(confidences) / len(notes),
            "position": self.position,
            "position, share": self.position / len(notes),
            "first": self.position == 0,
            "last": self.position == len(notes) - 1,
            "proposals": len(notes),
            "patient": patient,
            "patient modulo 10": patient % 10,
            "patient, rank": sum(other < patient for other in numbers) / len(notes),
            "patient, distance to the nearest": min(
                (abs(patient - other) for i, other in enumerate(numbers) if i != self.position), default=0
            ),
            "patient after the one before": self.position > 0 and patient > numbers[self.position - 1],
            "cohort-wide": self.note.patient_id == COHORT,
        }

    @cached_property
    def listed(self) -> Features:
        """Everything in the reset observation: the list, this proposal's line in it, and the protocol."""
        lines = self.episode.lines
        mine = lines[self.position]
        features: Features = {**self.bare, **mine, **self.episode.parameters}
        del features["diagnosis"]  # its parts say the same in fewer columns
        for name, value in mine.items():
            same = [other for other in lines if other.get(name) == value]
            features[f"{name}, same as others"] = len(same) - 1
            features[f"{name}, share of the list"] = len(same) / len(lines)
        for name in ("histology", "primary site"):
            for value, count in Counter(str(line[name]) for line in lines).items():
                features[f"{name} {value}, in the list"] = count
        return features

    @cached_property
    def style(self) -> Features:
        """How the note is written: length, punctuation, casing, citations, and every number in it."""
        text = self.note.reasoning
        words = text.split()
        numbers = quoted_numbers(text)
        features: Features = {
            "characters": len(text),
            "words": len(words),
            "word length": len(text) / len(words),
            "sentences": len(re.findall(r"[.!?](?: |$)", text)),
            "capitals": sum(character.isupper() for character in text),
            "capitalised words": sum(word[0].isupper() for word in words),
            "digits": sum(character.isdigit() for character in text),
            "citations": len(self.note.citations),
            "references in the prose": len(_REFERENCES.findall(text)),
            "last citation": self.note.citations[-1] if self.note.citations else "none",
            "numbers": len(numbers),
            "smallest number": min(numbers, default=0.0),
            "largest number": max(numbers, default=0.0),
            "first number": numbers[0] if numbers else 0.0,
            "last number": numbers[-1] if numbers else 0.0,
            "last digit of the last number": int(abs(numbers[-1])) % 10 if numbers else -1,
            "sum of the numbers": sum(numbers),
            "action": self.note.recommended_action,
        }
        features |= {f"count of {mark}": text.count(mark) for mark in _MARKS}
        for number in numbers:
            upper = next((upper for upper in _BINS if abs(number) <= upper), "more")
            features[f"numbers up to {upper}"] = float(features.get(f"numbers up to {upper}", 0)) + 1
        for day in map(date.fromisoformat, _DATE.findall(text)):
            features |= {"a date, ordinal": day.toordinal(), "a date, day of the month": day.day}
        for number in re.findall(r"Amendment (\d+)", text):
            features["amendment in the prose"] = float(number)
        return features

    @cached_property
    def against_protocol(self) -> Features:
        """The note next to the protocol: every number from every limit, and whether what it cites is there."""
        protocol = self.episode.protocol
        review = review_proposal(self.episode.scenario, self.note.proposal_id)[1].model
        features = {**self.style, **self.episode.parameters}
        features["cites what is not there"] = missing_authority(protocol, review) is not None
        numbers = quoted_numbers(self.note.reasoning)
        for name, value in _limits(protocol).items():
            apart = [number - value for number in numbers]
            if apart:
                features[f"last number from {name}"] = apart[-1]
                features[f"largest number from {name}"] = max(apart)
                features[f"smallest number from {name}"] = min(apart)
                features[f"number nearest to {name}"] = min(apart, key=abs)
        return features

    @cached_property
    def quotable(self) -> Features:
        """The note, and what it may quote of the patient in passing, whether or not it does."""
        record = self.episode.scenario.patient.get(self.note.patient_id)
        if record is None:
            return self.style
        return {**self.style, **{name: getattr(record, name) for name in _QUOTABLE}}


def cases(tier: str, split: str, count: int, first: int = 0) -> list[Case]:
    """The proposals of so many episodes of a tier, from an index of the split on."""
    return [
        Case(episode, position)
        for episode in (Seen(s, i) for i, s in enumerate(scenarios(tier, split, count, first), start=first))
        for position in range(len(episode.notes))
    ]


def quoted_numbers(text: str) -> list[float]:
    """The numbers of a text in order, but for those in ids, clause numbers and dates."""
    return [float(number) for number in _NUMBER.findall(_REFERENCES.sub("", text))]


def _limits(protocol: ReadProtocol) -> dict[str, float]:
    """Every limit and threshold by what it is about."""
    roles = _roles(protocol)
    limits = {roles[clause.number]: clause.value for clause in protocol.clauses if clause.value is not None}
    for clause in protocol.clauses:
        if clause.value is None and not clause.number.startswith("Amendment"):
            limits[roles[clause.number]] = clause.when[0].value
    if protocol.equity is not None:
        limits["equity gap"] = protocol.equity.gap
    return limits


def _roles(protocol: ReadProtocol) -> dict[str, str]:
    """Clause number to what the clause is about, which is the same in every protocol of a tier."""
    roles: dict[str, str] = {}
    for clause in protocol.clauses:
        if clause.acts_on is not None:
            kind = "amended " if clause.number.startswith("Amendment") else "revoked "
            roles[clause.number] = f"{kind}{roles[clause.acts_on]}"
        else:
            roles[clause.number] = f"{clause.quantity} {clause.bound}{' where' if clause.when else ''}"
    return roles


def _line(note: Note) -> dict[str, str]:
    """A proposal's words in the list, and the parts of its diagnosis."""
    histology, _, site = note.diagnosis.partition(", ")
    return {"diagnosis": note.diagnosis, "histology": histology, "primary site": site}


def _patient_number(note: Note) -> int:
    return 0 if note.patient_id == COHORT else int(note.patient_id[1:])


def labels(of: Sequence[Case]) -> list[bool]:
    """Whether each is wrong."""
    return [case.is_wrong for case in of]
