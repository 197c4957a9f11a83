"""The frontier's worlds: annexes of sites, deep cascades, and notes that show their mistakes, level by level."""

import pytest

from synth_audit_env.server.world.argument import argue
from synth_audit_env.server.world.grammar import SETTINGS
from synth_audit_env.server.world.operators import OPERATORS, mistake_text
from synth_audit_env.server.world.protocol import quantity_of
from synth_audit_env.server.world.protocol_text import cite, protocol_text
from synth_audit_env.server.world.quantities import LIMITS, QUESTIONS
from synth_audit_env.server.world.record import EARLIER_AT_SITE, facts
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS
from synth_audit_env.server.world.trial_frame import SITES

EPISODES = {"easy": 30, "medium": 30, "hard": 30, "expert": 30, "frontier-2": 5, "frontier-5": 4, "frontier-10": 2}
"""How many are looked at."""
MOST_TOKENS = {1: 2_000, 2: 4_000, 3: 6_000}
"""Of a protocol at a level, four characters a token: small models have contexts of 8,000."""


@pytest.fixture
def told(scenarios):
    """(scenario, proposal, record) of each note on a patient, in all the episodes that are looked at."""
    return [
        (scenario, proposal, scenario.patient[proposal.note.patient_id])
        for tier, count in EPISODES.items()
        for scenario in scenarios(tier, count)
        for proposal in scenario.proposals
        if proposal.note.patient_id in scenario.patient
    ]


def protocols_of(trial):
    """What holds at sites without an annex, and at each of the others."""
    return [trial.protocol, *(trial.at(site).protocol for site in trial.annexes)]


def of_site(clause):
    """Whether from when it counts, or for whom, is another thing at every site."""
    return clause.issued is not None or any(one.field == EARLIER_AT_SITE for one in clause.when)


# Annexes


def test_a_level_has_annexes_of_as_many_sites_as_it_says_and_two_without(drawn_trials):
    for tier, _, trial in drawn_trials:
        setting = SETTINGS[tier]
        assert len(trial.annexes) == setting.annexes
        names = {name for name, _ in SITES}
        assert set(trial.annexes) < names
        assert setting.sites[0] - setting.annexes >= (2 if setting.annexes <= len(SITES) - 2 else 1)
        for site, annex in trial.annexes.items():
            own = {clause.number for clause in trial.at(site).protocol.clauses}
            assert own == {clause.number for clause in annex.clauses}
            assert (trial.at(site).site, trial.site) == (site, None)
        for site in names - trial.own_sites:
            assert trial.at(site) is trial


def test_an_annex_replaces_the_limits_that_are_asked_about_and_no_others(drawn_trials):
    asked = {parameter for question in QUESTIONS.values() for parameter in question}
    for _, _, trial in drawn_trials:
        general = {clause.number for clause in trial.protocol.clauses if clause.in_force is None}
        for site, annex in trial.annexes.items():
            for clause in annex.clauses:
                if clause.in_force is None:
                    own = clause.number.startswith(f"{trial.sections[site]}.")
                    assert own == (clause.parameter in asked)
                    assert own != (clause.number in general)
            assert set(annex.parameters) == set(trial.protocol.parameters)


# Notes


def test_a_lucky_note_says_something_else_than_a_sound_one_of_the_same_record(told):
    lucky = 0
    for _, proposal, record in told:
        argument = proposal.brief.argument
        if proposal.is_wrong or proposal.brief.bug is None:
            continue
        protocol = proposal.trial.protocol.asked(argument.question)
        sound = argue(proposal.trial, argument.question, protocol, facts(record), argument.parameter, argument.manner)
        assert argument.verdict == sound.verdict
        assert argument.told != sound.told, proposal.note.reasoning
        lucky += 1
    assert lucky > 150


def test_a_mistake_at_the_limit_names_the_clause_whose_limit_the_note_holds_the_value_against(told):
    seen = {name: 0 for name, operator in OPERATORS.items() if operator.of_limit}
    amended = 0
    for _, proposal, record in told:
        bug, argument = proposal.brief.bug, proposal.brief.argument
        if bug is None or bug.operator not in seen:
            continue
        seen[bug.operator] += 1
        assert bug.clause == argument.clause
        assert proposal.trial.protocol.clause(bug.clause).value == argument.limit
        assert proposal.flaw == mistake_text(proposal.trial, bug)
        assert cite(argument.clause) in proposal.flaw
        amended += argument.clause != argument.base
        if bug.operator == "boundary" and proposal.is_wrong:
            assert quantity_of(LIMITS[argument.parameter].quantity, facts(record)) == argument.limit
    assert min(seen.values()) > 5
    assert amended > 5


def test_no_note_says_that_a_clause_stands_and_that_an_amendment_lifts_it(told):
    lifted = 0
    for _, proposal, _ in told:
        if (argument := proposal.brief.argument) is None:
            continue
        gone = {step.target for step in argument.steps if step.part == "lifted"}
        against = {step.target for step in argument.steps if step.part in ("unrestored", "restores")}
        assert gone.isdisjoint(against), proposal.note.reasoning
        lifted += bool(gone)
    assert lifted > 3


# The dial


def test_the_protocols_of_the_levels_fit_and_grow(drawn_trials):
    tokens = {level: [] for level in LEVELS}
    for tier, _, trial in drawn_trials:
        if level := ALL_TIERS[tier].level:
            tokens[level].append(len(protocol_text(trial)) / 4)
    for level, found in tokens.items():
        assert max(found) <= MOST_TOKENS.get(level, 50_000)
    means = [sum(of_level) / len(of_level) for of_level in tokens.values()]
    assert means == sorted(means)
    assert means[-1] > 30_000
