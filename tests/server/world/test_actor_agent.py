"""Notes: every slot is filled, they state the premises that they use, and they do not read like one another."""

import re
from collections import Counter

import pytest

from synth_audit_env.models import COHORT
from synth_audit_env.server.world.protocol import COMPLIANT
from synth_audit_env.server.world.quantities import OF_THE_DEAD
from synth_audit_env.server.world.tasks import TIERS

CLAUSES = re.compile(r"(§\d+(\.\d+)*|Amendment \d+)( \([^)]*\))?")
BESIDE = re.compile(r"P\d{4}|\d{4}-\d\d-\d\d|hazard ratio of [\d.]+ \([^)]*\)|[\d.]+ mmol/L")


def notes(scenarios, tier, count):
    return [(s, p, p.note) for s in scenarios(tier, count) for p in s.proposals]


@pytest.mark.parametrize("tier", TIERS)
def test_a_note_is_complete_and_sure_of_itself(scenarios, tier):
    for scenario, proposal, note in notes(scenarios, tier, 60):
        assert not re.search(r"[{}]|  |\bnan\b|\bNone\b| ,| \.", note.reasoning), note.reasoning
        assert re.fullmatch(r"[A-Z§].*[.?]", note.reasoning)
        assert (": no deviation, " in note.recommended_action) == (note.verdict == COMPLIANT)
        assert 0.78 <= note.confidence <= 0.97
        argument = proposal.brief.argument
        if argument is not None:
            assert note.citations == tuple(n if n[0] == "A" else f"§{n}" for n in argument.cited)
            assert argument.question != OF_THE_DEAD or "treatment" not in note.recommended_action
            said = {m[1].removeprefix("§") for m in CLAUSES.finditer(note.reasoning)}
            assert {step.number for step in argument.steps} <= said <= set(argument.cited)
        else:
            rule, figure = scenario.trial.rule_on(proposal.brief.error_type), proposal.brief.figure
            assert (note.patient_id, note.citations) == (COHORT, (f"§{rule.number}",))
            assert figure.feature in note.recommended_action
            assert ("no deviation, continue" in note.recommended_action) == (note.verdict == COMPLIANT)
            for said in (figure.subject, figure.text, f"§{rule.number}", f"{rule.limit:g}"):
                assert said in note.reasoning


@pytest.mark.parametrize("tier", ["medium", "hard", "expert"])
def test_numbers_are_quoted_in_the_manner_that_was_drawn(scenarios, tier):
    quoted = Counter()
    for _, proposal, note in notes(scenarios, tier, 60):
        if (argument := proposal.brief.argument) is None:
            continue
        values = [argument.said, *[argument.limit] * argument.manner.quotes_limit]
        for step in argument.steps:
            values += [] if step.said is None else [step.said]
            values += [] if step.said is None or step.condition is None else [step.condition.value]
        numbers = re.findall(
            r"(?<![\w-])-?\d+(?:\.\d+)?(?![\d-])",
            BESIDE.sub("", re.sub(r"§[\d.]*\d|Amendment \d+", "", note.reasoning)),
        )
        assert sorted(map(float, numbers)) == sorted(values), note.reasoning
        quoted[argument.manner[:2]] += 1
    assert len(quoted) == 4


@pytest.mark.parametrize("tier", ["medium", "hard", "expert"])
def test_the_queue_shows_nothing_that_a_clause_asks(scenarios, tier):
    for _, _, note in notes(scenarios, tier, 30):
        assert not re.search(r"Stage|\d|deviation|compliant", note.diagnosis), note.diagnosis
