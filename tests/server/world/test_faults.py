"""What is true of a faulty argument, by operator, for every note, and by a second judge of the protocol's text."""

from collections import Counter

import pytest

from synth_audit_env.fault_types import BOUNDARY, CONDITION, IGNORED, LIMIT, MISAPPLIED, NOT_THERE, RECORD
from synth_audit_env.server.world.explanation import SOUND
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
