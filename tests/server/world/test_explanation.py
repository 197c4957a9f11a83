"""What is told when the episode is over: true of the record, and of what the Actor did."""

import re

import pytest

from synth_audit_env.error_types import WINDOW
from synth_audit_env.server.world.actor_agent import Brief
from synth_audit_env.server.world.explanation import SOUND, explain, flaw
from synth_audit_env.server.world.operators import bugs
from synth_audit_env.server.world.protocol import quantity_of
from synth_audit_env.server.world.protocol_text import number_text
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS

SEEDS = 40
"""Of each tier."""


def told(trial, record, operator=None, clause=None):
    """The explanation of a determination on the window by an Actor with that bug."""
    protocol = trial.protocol.asked("window")
    judgement, bug, reading = protocol.judge(record), None, protocol
    if operator is not None:
        made = bugs(Stream("bugs"), trial, "window")
        bug = next(one for one in made if (one.operator, one.clause) == (operator, clause))
        reading = bug.reading
    verdict = reading.judge(record).verdict
    brief = Brief(WINDOW, verdict, reading, bug)
    return explain(trial, brief, flaw(trial, brief), verdict != judgement.verdict, record, judgement)


def test_of_a_wrong_determination(trial, patient):
    record = patient(stage="IV", comorbidity_index=6, delay=30)
    assert told(trial, record, "dropped", "5.3") == (
        "Treatment window: deviation. The treatment delay of 30 days is above 24 (§5.1). §5.2 does not apply, since "
        "the comorbidity index is 6, at least 5 (§5.3); §5.4 does not change that, since haemoglobin is 10, not at "
        "least 11.5 g/dL; Amendment 4 does not change that. The Actor never applied §5.3 (comorbidity override)."
    )


def test_of_a_right_determination(trial, patient):
    record = patient(stage="IV", delay=20)
    assert told(trial, record, "dropped", "5.3") == (
        "Treatment window: no deviation. The treatment delay is 20 days, and §5.2 asks for at most 42 days. The Actor "
        "never applied §5.3 (comorbidity override); this makes no difference here."
    )
    assert told(trial, record).endswith(f" The Actor {SOUND}.")


@pytest.mark.parametrize("tier", TIERS)
def test_the_explanations_speak_of_what_is_true(scenarios, tier):
    kinds = set()
    for scenario in scenarios(tier, SEEDS):
        for proposal in scenario.proposals:
            brief, said = proposal.brief, proposal.explanation
            assert proposal.flaw == flaw(proposal.trial, brief)
            right = "." if proposal.flaw == SOUND else "; this makes no difference here."
            assert said.endswith(f" The Actor {proposal.flaw}{'.' if proposal.is_wrong else right}")
            if brief.figure is None:
                assert (brief.bug is None) == (proposal.flaw == SOUND)
            assert said.count("The Actor") == 1, "so that a page can tell it apart"
            assert not re.search(r"\bnan\b|[{}]|  ", said), said
            for finding in proposal.judgement.findings if proposal.judgement else ():
                value = quantity_of(finding.quantity, facts(scenario.patient[proposal.note.patient_id]))
                assert number_text(value) in said
                assert number_text(finding.limit) in said
            kinds.add((brief.error_type, proposal.is_wrong))
    assert kinds == {(kind, wrong) for kind in TIERS[tier].error_types for wrong in (True, False)}
