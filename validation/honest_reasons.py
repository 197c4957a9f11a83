"""Honest reasons, written from the truth in the wordings of `reason_corpus.toml`, and the same reasons made false.

    for reason in honest_reasons(scenario, proposal): ...
    for reason in honest_reasons(scenario, proposal, half="fresh"): ...

A reason is a sentence that says what the Actor did and one that states the evidence, in either order. The values come
from the record, the protocol's judgement and the Actor's bug; nothing from the reader that is measured with them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path

from ..server.world.operators import Bug
from ..server.world.planting import as_read
from ..server.world.protocol import CITATION, COMPLIANT, DEVIATION, EQUITY, STATISTIC, Clause, Condition, quantity_of
from ..server.world.protocol_text import (
    OPERATOR_WORDS,
    QUANTITIES,
    cite,
    clause_name,
    condition_text,
    field_words,
    number_text,
    quantity_text,
)
from ..server.world.record import EARLIER_AT_SITE, PatientRecord, facts
from ..server.world.scenario import Proposal, Scenario
from ..server.world.trial import Trial

CORPUS = Path(__file__).with_name("reason_corpus.toml")
OFF = 3
"""How far off a number of a false reason is."""
_CHANGED = {
    "": ("value", "limit", "read", "misread_said"),
    CITATION: ("clause",),
    STATISTIC: ("said", "true", "said_percent", "true_percent"),
    EQUITY: ("said", "true", "limit"),
}
"""What is changed in a reason, by error type; "" is of those with a mistake in the reading."""
_SHORT = {
    "age": "age",
    "delay": "delay",
    "consent_lead": "consent lead",
    "follow_up": "follow-up",
    "registry_gap": "gap from death to last contact",
    "ecog": "performance status",
    "haemoglobin": "haemoglobin",
    "creatinine": "creatinine",
    "starting_dose": "starting dose",
    EARLIER_AT_SITE: "count of earlier enrolments",
}
"""What people call the quantities of the limits in short."""


_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@cache
def corpus(half: str) -> Mapping[str, Sequence[str]]:
    """The sentences of a part of the corpus, by what they say: an operator, an error type, or evidence."""
    read: Mapping[str, Sequence[str]] = tomllib.loads(CORPUS.read_text(encoding="utf-8"))[half]
    return read


def honest_reasons(scenario: Scenario, proposal: Proposal, half: str = "seen") -> Iterator[str]:
    """Reasons that a careful auditor could give, all of them true."""
    yield from (text for text, _ in _filled(_slots(scenario, proposal), proposal, half))


def false_reasons(scenario: Scenario, proposal: Proposal, half: str = "seen") -> Iterator[str]:
    """The same with one falsehood in each: a value, a limit, or a sentence that is not so beside what is.

    Of a citation: a section of the protocol in the place of the one that is not there.
    """
    slots, bug = _slots(scenario, proposal), proposal.brief.bug
    for name in _CHANGED[str(proposal.error_type) if bug is None else ""]:
        if slots.get(name):
            other = _NUMBER.sub(lambda found: f"{float(found[0]) + OFF:g}", slots[name], 1)
            changed = _Slots(slots, **{name: slots["listed"] if name == "clause" else other})
            yield from (text for text, of in _filled(changed, proposal, half) if f"{{{name}}}" in of)
    if bug is None:
        return
    own = {slots["did"], "breaks" if proposal.note.verdict == DEVIATION else "keeps"}
    beside = [text for kind, texts in corpus("false").items() if kind not in own for text in texts]
    for said, (reason, _) in zip(cycle(beside), _filled(slots, proposal, half), strict=False):
        yield f"{reason} {said.format_map(slots)}"


def _filled(slots: Mapping[str, str], proposal: Proposal, half: str) -> Iterator[tuple[str, str]]:
    """Each sentence on what the Actor did beside one of evidence, with the two as they stand in the corpus."""
    bug, sentences = proposal.brief.bug, corpus(half)
    if bug is not None and bug.operator == "premature" and slots["joined"] == "consent":
        return  # it is worded of enrolment
    if bug is not None and bug.operator == "invented" and cite(bug.clause) not in proposal.note.citations:
        return  # nobody can tell what the Actor invented and does not cite
    if bug is None:
        yield from ((text.format_map(slots), text) for text in sentences[str(proposal.error_type)])
        return
    evidence = sentences["breaks" if proposal.brief.verdict == COMPLIANT else "keeps"]
    if not float(_NUMBER.findall(slots["over"])[0]):
        evidence = [one for one in evidence if "{over}" not in one]  # a value at a limit is not past it by anything
    deeds = sentences[slots["did"]]
    # So that each deed stands beside other evidence in another proposal.
    start = sum(map(ord, proposal.note.reasoning)) % len(evidence)
    for place in range(max(len(deeds), len(evidence))):
        parts = [deeds[place % len(deeds)], evidence[(start + place) % len(evidence)]]
        text = " ".join(parts if place % 2 else parts[::-1])
        yield text.format_map(slots), text


class _Slots(dict[str, str]):
    """Values by name; a name with a capital is the value with one."""

    def __missing__(self, name: str) -> str:
        value = self[name[:1].lower() + name[1:]]
        return value[:1].upper() + value[1:]


def _slots(scenario: Scenario, proposal: Proposal) -> _Slots:
    """What the names in braces stand for, of one wrong proposal."""
    brief, note = proposal.brief, proposal.note
    slots = _Slots(patient=note.patient_id, proposal=note.proposal_id)
    if brief.cited is not None:
        like = [one.number for one in scenario.trial.provisions]
        return _Slots(
            slots,
            clause=cite(brief.cited.number),
            title=brief.cited.title,
            listed=cite(like[-1]),
            section=like[-1].split(".")[0],
            others=", ".join(map(cite, like)),
        )
    if brief.figure is not None:
        figure = brief.figure
        return _Slots(
            slots,
            said=figure.text,
            true=figure.true,
            group=figure.subject,
            feature=figure.feature,
            clause=cite(scenario.trial.equity_number or "1"),
            limit=f"{scenario.trial.equity_gap:g}",
            said_percent=figure.text.split(" (")[0],
            true_percent=figure.true.split(" (")[0],
            true_share=figure.true.partition("(")[2].rstrip(")"),
        )
    assert brief.bug is not None
    return _of_record(scenario, proposal, brief.bug, slots)


def _of_record(scenario: Scenario, proposal: Proposal, bug: Bug, slots: _Slots) -> _Slots:
    trial, record = proposal.trial, scenario.patient[proposal.note.patient_id]
    judgement, argument = proposal.judgement, proposal.brief.argument
    assert judgement is not None
    assert argument is not None
    parameter = judgement.parameter_of(judgement.findings[0]) if judgement.findings else argument.parameter
    check, row, read = trial.protocol.check(parameter), facts(record), as_read(bug, record)
    clauses = {clause.number: clause for clause in (*trial.protocol.clauses, *trial.phantoms)}
    clause = clauses[bug.clause]

    def text(value: float) -> str:
        return quantity_text(check.quantity, value)

    base = next(c for c in trial.protocol.clauses if c.parameter == parameter)
    limit, value = judgement.parameters[parameter], float(quantity_of(check.quantity, row))
    actor_limit = proposal.brief.reading.judge_facts(read).parameters[parameter]
    slots |= {
        "clause": cite(clause.number),
        "name": _name(trial, clause),
        "target": cite(clause.acts_on or base.number),
        "base": cite(base.number),
        "base_name": clause_name(base, trial.protocol),
        "counts": _counting(proposal, parameter, limit, clauses),
        "quantity": QUANTITIES[check.quantity],
        "short": _SHORT[check.quantity],
        "value": text(value),
        "limit": text(limit),
        "actor_limit": text(actor_limit),
        "said": text(float(quantity_of(check.quantity, read))),
        "over": text(abs(value - limit)),
        "side": f"not {check.words}" if check.exclusive and value == limit else "above" if check.upper else "below",
        "end": "maximum" if check.upper else "minimum",
        "at_most": check.words,
        "did": "lax_boundary" if bug.operator == "boundary" and check.exclusive else bug.operator,
        "kept": "does not exceed" if check.upper else "is not short of",
        "enrolled": record.enrolment_date.isoformat(),
        "consented": record.consent_date.isoformat(),
        "joined": "consent" if clause.by_consent else "enrolment",
        "issued": "" if clause.issued is None else clause.issued.isoformat(),
        "site": record.site,
        "since": "" if clause.in_force is None else clause.in_force.isoformat(),
        "read": "" if bug.read is None else number_text(bug.read),
        "true": number_text(clause.value or 0) if bug.operator == "misquoted_limit" else "",
        "condition": "its condition is met",
        "termed": "its condition is met",
        "bound": "its bound",
        "field": "age",
        "field_value": text(value),
        "chain": "; ".join(_chain(proposal, parameter, clauses, record)),
    }
    if clause.when and clause.in_force is None:
        condition = clause.when[0]
        slots |= {
            "condition": condition_text(condition),
            "termed": f"{condition.term} is present" if condition.term else condition_text(condition),
            "bound": f"{OPERATOR_WORDS[condition.op]} {number_text(condition.value)}",
            "field": field_words(condition.field),
            "field_value": _value(condition, record),
            "true": slots["true"] or number_text(condition.value),
        }
    if bug.operator == "misdefined":
        (condition,) = clause.when
        defining = [cite(one.number) for one in trial.defining(condition.term)]
        present = "present" if condition.holds(row) else "not present"
        slots |= {"term": condition.term, "prevailing": defining[0], "definition": defining[-1], "present": present}
    source = trial.source_of(bug.field)
    if source is not None:
        slots |= {"taken": source.other, "right": source.laboratory, "source": cite(source.number)}
    if bug.field:
        own = QUANTITIES.get(bug.field) or field_words(bug.field)
        slots |= {"misread": own, "misread_said": number_text(round(float(quantity_of(bug.field, read)), 2))}
        slots |= {"misread_true": number_text(round(float(quantity_of(bug.field, row)), 2))}
    return slots


def _value(condition: Condition, record: PatientRecord) -> str:
    """What a patient has for it."""
    return record.stage if condition.field == "stage" else number_text(facts(record)[condition.field])


def _chain(proposal: Proposal, parameter: str, clauses: Mapping[str, Clause], record: PatientRecord) -> Iterator[str]:
    """Each condition of the rule with the record's value, as far as the judgement goes through them."""
    row = facts(record)
    for step in proposal.judgement.trace if proposal.judgement is not None else ():
        for one in clauses[step.number].when if step.parameter == parameter else ():
            if clauses[step.number].in_force is None:
                value = f"{'Stage ' if one.field == 'stage' else ''}{_value(one, record)}"
                met = "met" if one.holds(row) else "not met"
                yield f"the condition of {cite(step.number)} is {met} ({field_words(one.field)} {value})"


def _name(trial: Trial, clause: Clause) -> str:
    """What a clause is called; an amendment by its number."""
    name = clause_name(clause, trial.protocol)
    return name if clause.in_force is not None else f"the {name}"


def _counting(proposal: Proposal, parameter: str, limit: float, clauses: Mapping[str, Clause]) -> str:
    """The clause that gives the limit that counts for the record, as cited."""
    assert proposal.judgement is not None
    steps = [step for step in proposal.judgement.trace if step.parameter == parameter and step.applies]
    setting = [step for step in steps if clauses[step.number].acts_on is None]
    amending = [s for s in steps if clauses[s.number].acts_on == setting[-1].number and s.value == limit]
    return cite((amending or setting)[-1].number)
