"""What is true of a faulty argument, by operator and for every note; and which clauses count, by a second way."""

from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.fault_types import BOUNDARY, CONDITION, FIGURE, IGNORED, LIMIT, MISAPPLIED, NOT_THERE, RECORD
from synth_audit_env.server.world.explanation import SOUND
from synth_audit_env.server.world.faults import _counting
from synth_audit_env.server.world.protocol import quantity_of
from synth_audit_env.server.world.protocol_text import number_text
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.tasks import TIERS

EVERYWHERE = [*TIERS, "frontier-3", "frontier-8"]
ALWAYS = {
    "premature": CONDITION,
    "wrong_date": CONDITION,
    "unapproved": CONDITION,
    "misquoted_threshold": CONDITION,
    "misdefined": CONDITION,
    "unconditional": CONDITION,
    "inverted": CONDITION,
    "invented": NOT_THERE,
    "misquoted_limit": LIMIT,
    "boundary": BOUNDARY,
    "misquoted_value": RECORD,
    "wrong_source": RECORD,
    "wrong_anchor": RECORD,
}
"""What is true of each operator's cases. What leaves a clause out is true where the clause counts."""


@pytest.mark.parametrize("tier", EVERYWHERE)
def test_a_faulty_argument_has_true_claims_and_a_sound_one_has_none(scenarios, tier):
    kinds = Counter()
    for scenario in scenarios(tier, 20):
        for p in scenario.proposals:
            assert bool(p.faults) == (p.flaw != SOUND), p.flaw
            assert not p.is_wrong or p.faults
            kinds[p.is_wrong, bool(p.faults)] += 1
    assert min(kinds[True, True], kinds[False, True], kinds[False, False]) > 15


@pytest.mark.parametrize("tier", EVERYWHERE)
def test_every_operator_has_its_fault_at_its_clause_with_the_true_number(scenarios, tier):
    seen = set()
    for scenario in scenarios(tier, 30):
        for p in scenario.proposals:
            bug = p.brief.bug
            if bug is None:
                continue
            seen.add(bug.operator)
            true = {(one.fault, place): one.numbers for one in p.faults for place in one.places}
            if bug.operator in ("dropped", "superseded"):
                assert {fault for fault, _ in true} <= {IGNORED, MISAPPLIED}
                continue
            fault = ALWAYS[bug.operator]
            numbers = true[fault, bug.field if fault == RECORD else bug.clause]
            if fault == RECORD:
                row = facts(scenario.patient[p.note.patient_id])
                assert numbers[0] == number_text(round(float(quantity_of(bug.field, row)), 2))
            if fault == LIMIT:
                assert numbers == (number_text(p.trial.protocol.clause(bug.clause).value),)
                assert number_text(bug.read) not in numbers
    assert len(seen) >= (8 if tier == "easy" else 10)


@pytest.mark.parametrize("tier", EVERYWHERE)
def test_a_clause_counts_if_the_limit_is_another_without_it(scenarios, tier):
    """The second way: change the number of a clause, or take the clause away, and judge the record again."""
    tried = Counter()
    for scenario in scenarios(tier, 8):
        for p in scenario.proposals:
            if p.judgement is None:
                continue
            record = scenario.patient[p.note.patient_id]
            protocol = p.trial.protocol.asked(p.brief.argument.question)
            # Where two clauses give the same number, which of them counts cannot be seen in the limit.
            apart = [replace(c, value=c.value and c.value + n / 1000) for n, c in enumerate(protocol.clauses)]
            protocol = replace(protocol, clauses=tuple(apart))
            judged = protocol.judge(record)
            counting = _counting(protocol, judged)
            for clause in protocol.clauses:
                if clause.value is not None:
                    changed = protocol.revise(clause.number, value=clause.value + 1000).judge(record)
                    amended = any(
                        c.acts_on == clause.number and c.number in counting for c in protocol.clauses if c.value
                    )
                    assert (changed.parameters != judged.parameters or amended) == (clause.number in counting)
                elif protocol.without(clause.number).judge(record).parameters != judged.parameters:
                    assert clause.number in counting
                    tried["revoking"] += 1
                tried["clauses"] += 1
    assert tried["clauses"] > 100
    assert tried["revoking"] > 3 or tier in ("easy", "medium"), "there is none in these"


def test_the_numbers_of_ignored_and_misapplied_clauses_are_the_limit_that_holds(scenarios):
    checked = 0
    for scenario in scenarios("hard", 20):
        for p in scenario.proposals:
            for one in p.faults:
                if one.fault in (IGNORED, MISAPPLIED) and len(p.judgement.parameters) == 1:
                    (limit,) = p.judgement.parameters.values()
                    assert one.numbers == (number_text(limit),)
                    checked += 1
    assert checked > 50


def test_figures_of_the_cohort_and_invented_provisions(scenarios):
    seen = Counter()
    for scenario in scenarios("expert", 40):
        for p in scenario.proposals:
            figure, cited = p.brief.figure, p.brief.cited
            if figure is not None:
                fault = next(iter(p.faults), None)
                seen[p.brief.error_type, p.is_wrong, bool(fault)] += 1
                if fault is not None:
                    assert (fault.fault, fault.places[0]) == (FIGURE, figure.feature)
                    assert figure.true.lstrip("+").startswith(fault.numbers[0])
            if cited is not None:
                assert [(f.fault, f.places) for f in p.faults] == [(NOT_THERE, (cited.number,))] * p.is_wrong
                seen["citation", p.is_wrong, p.is_wrong] += 1
    # An equity note always argues from the pooled gap, which is right by luck where the adjusted one is small too.
    assert set(seen) == {
        *(("statistical_hallucination", wrong, wrong) for wrong in (True, False)),
        *(("bias_blind_spot", wrong, True) for wrong in (True, False)),
        *(("citation", wrong, wrong) for wrong in (True, False)),
    }
