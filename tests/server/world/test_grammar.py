"""Protocols that are drawn: cascades of clauses, limits that range widely, amendments, and phantoms."""

from collections import defaultdict

import pytest

from synth_audit_env.server.world.grammar import PHANTOMS, SETTINGS, draw_trial
from synth_audit_env.server.world.patient_generator import draw_patients
from synth_audit_env.server.world.protocol_text import cite, clause_name, protocol_text
from synth_audit_env.server.world.quantities import LIMITS, QUESTIONS, SITE_CAP
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.trial_frame import draw_frame

DRAWS = 120
"""Trials of each tier."""


@pytest.fixture(scope="module")
def drawn():
    """(trial, frame) of each tier."""
    trials = defaultdict(list)
    for tier in TIERS:
        for number in range(DRAWS):
            frame = draw_frame(Stream("frame", tier, number))
            trials[tier].append((draw_trial(Stream("trial", tier, number), tier, frame, SETTINGS[tier]), frame))
    return trials


def cascade(protocol, parameter):
    """The clauses on one limit without the amendments: the limit itself first."""
    return [c for c in protocol.clauses if c.parameter == parameter and c.in_force is None]


@pytest.mark.parametrize("tier", TIERS)
def test_a_limit_an_exception_an_override_and_a_waiver(drawn, tier):
    depths = defaultdict(set)
    for trial, _ in drawn[tier]:
        for parameter in trial.protocol.parameters:
            base, *hops = cascade(trial.protocol, parameter)
            assert (base.acts_on, base.when) == (None, ())
            for place, clause in enumerate(hops):
                assert len(clause.when) == 1
                assert clause.acts_on == (None if place == 0 else hops[place - 1].number)
                assert (clause.value is None) == (place > 0)
            assert len({clause.when[0].field for clause in hops}) == len(hops)
            assert not hops or hops[0].value != base.value
            depths[parameter].add(len(hops))
        assert [check.parameter for check in trial.protocol.limits] == list(trial.protocol.parameters)
    for parameter, found in depths.items():
        most = SETTINGS[tier].depths.get(parameter, 0)
        assert found == ({most} if parameter == "window_days" else set(range(most + 1))), parameter
    asked = {parameter for question in QUESTIONS.values() for parameter in question} - {"dose_max", SITE_CAP}
    assert set(depths) >= ({"age_min", "age_max"} if tier == "easy" else asked)


@pytest.mark.parametrize("tier", TIERS)
def test_numbers_and_names_are_its_own(drawn, tier):
    for trial, _ in drawn[tier]:
        clauses = [clause for clause in trial.protocol.clauses if clause.in_force is None]
        places = [[int(part) for part in clause.number.split(".")] for clause in clauses]
        assert places == sorted(places)
        for named in ([c.number for c in trial.protocol.clauses], [clause_name(c, trial.protocol) for c in clauses]):
            assert len(set(named)) == len(named)
        text = protocol_text(trial)
        assert all(f"\n{cite(clause.number)} " in text for clause in trial.protocol.clauses)
        assert not any(phantom.number + " " in text for phantom in trial.phantoms)


@pytest.mark.parametrize("tier", TIERS)
def test_amendments_and_phantoms_are_numbered_together_by_their_day(drawn, tier):
    for trial, frame in drawn[tier]:
        assert SETTINGS[tier].amendments[0] <= len(trial.amendments) <= SETTINGS[tier].amendments[1]
        assert PHANTOMS[0] <= len(trial.phantoms) <= PHANTOMS[1]
        both = sorted([*trial.amendments, *trial.phantoms], key=lambda clause: clause.in_force)
        assert [clause.number for clause in both] == [f"Amendment {rank}" for rank in range(1, len(both) + 1)]
        for clause in both:
            assert 0 < (clause.in_force - frame.first_enrolment).days < frame.enrolment_days
            target = trial.protocol.clause(clause.acts_on)
            assert (clause.value is None) == (target.value is None)
            assert clause.value != target.value or target.value is None
        amended = {clause.acts_on for clause in trial.amendments}
        assert all(phantom.acts_on in amended and phantom.value is not None for phantom in trial.phantoms)


def test_a_value_alone_says_nothing_since_limits_range_widely(drawn):
    values = defaultdict(list)
    for trial, _ in drawn["hard"]:
        for clause in trial.protocol.clauses:
            if clause.acts_on is None and not clause.when:
                values[clause.parameter].append(clause.value)
    for parameter, least in {"age_min": 30, "age_max": 15, "window_days": 20, "contact_days": 35}.items():
        assert max(values[parameter]) - min(values[parameter]) >= least, parameter
    assert set(values) == set(LIMITS) - {"dose_max", SITE_CAP}


@pytest.mark.parametrize("tier", TIERS)
def test_a_good_part_of_the_patients_meets_a_condition_and_a_good_part_does_not(drawn, tier):
    shares = []
    for number, (trial, frame) in enumerate(drawn[tier][:25]):
        cohort = columns(list(draw_patients(("cohort", tier, number), 80, frame)))
        shares += [condition.holds(cohort).mean() for clause in trial.protocol.clauses for condition in clause.when]
    assert sum(0.04 < share < 0.96 for share in shares) / len(shares) > 0.8
