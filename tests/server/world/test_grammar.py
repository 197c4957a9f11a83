"""Protocols that are drawn: cascades of clauses, limits that range widely, amendments, and phantoms."""

from collections import defaultdict

import pytest

from synth_audit_env.server.world.grammar import SETTINGS, draw_trial
from synth_audit_env.server.world.protocol_text import cite, protocol_text
from synth_audit_env.server.world.quantities import PARAMETERS, QUESTIONS, SITE_CAP
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import LEVELS, TIERS
from synth_audit_env.server.world.trial_frame import draw_frame

DRAWS = 120
"""Trials of each tier."""
MOST_TOKENS = {1: 2_000, 2: 4_000, 3: 6_000}
"""Of a protocol at a level, four characters a token: small models have contexts of 8,000."""
LEAST_APART = 12
"""Years between any minimum age of a trial and any maximum age."""


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
            fields = [clause.when[0].field for clause in hops]
            assert len(set(fields)) == len(fields)
            assert set(fields) <= set(PARAMETERS[parameter].asks)
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
        numbers = [clause.number for clause in trial.protocol.clauses]
        assert len(set(numbers)) == len(numbers)
        text = protocol_text(trial)
        assert all(f"\n{cite(clause.number)} " in text for clause in trial.protocol.clauses)
        assert not any(phantom.number + " " in text for phantom in trial.phantoms)


def test_the_protocols_of_the_levels_fit_and_grow():
    means = []
    for level, tier in LEVELS.items():
        setting, tokens = SETTINGS[tier.name], []
        for number in range(6):
            frame = draw_frame(Stream("frame", tier.name, number), setting.sites)
            trial = draw_trial(Stream("trial", tier.name, number), tier.name, frame, setting)
            tokens.append(len(protocol_text(trial)) / 4)
            ages = [
                {c.value for c in trial.clauses if c.parameter == name and c.value} for name in ("age_min", "age_max")
            ]
            assert max(ages[0]) + LEAST_APART <= min(ages[1])
            for site, annex in trial.annexes.items():
                own = {c.parameter for c in annex.clauses if c.number.startswith(f"{trial.sections[site]}.")}
                left = [[c.number for c in part.clauses if c.parameter not in own] for part in (annex, trial.protocol)]
                assert 2 <= len(own) <= 4
                assert left[0] == left[1]
        assert max(tokens) <= MOST_TOKENS.get(level, 20_000)
        means.append(sum(tokens) / len(tokens))
    assert means == sorted(means)
    assert means[-1] > 10_000
