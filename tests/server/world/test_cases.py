"""Cases: what a note shows is drawn first, so nothing in it tells whether it is right; and every label is true."""

import pytest

from synth_audit_env.error_types import CITATION, OVERRIDE, WINDOW
from synth_audit_env.server.world import cases as cases_module
from synth_audit_env.server.world.cases import QUESTIONS_OF, SHARES, Cases
from synth_audit_env.server.world.planting import as_read
from synth_audit_env.server.world.quantities import LIMITS
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, TIERS
from synth_audit_env.tests.server.world.kinds import shares_are_kept

EPISODES = 100
"""Of each tier."""


@pytest.mark.parametrize("tier", TIERS)
def test_sound_lucky_and_wrong_are_40_30_and_30_percent(determinations, tier):
    assert dict(SHARES) == {"sound": 0.4, "lucky": 0.3, "wrong": 0.3}
    assert shares_are_kept([proposal for _, proposal, _ in determinations(tier, EPISODES)])


@pytest.mark.parametrize("tier", [*TIERS, "frontier-3", "frontier-7"])
def test_one_case_of_each_kind_shows_the_same(monkeypatch, tier):
    """All three are there before it is drawn which of them the proposal is."""
    found_at_all, three = [], Cases._three

    def kept(self, asked, operator, error_type):
        found = three(self, asked, operator, error_type)
        if found is not None:
            found_at_all.append((self.trial, error_type, found))
        return found

    monkeypatch.setattr(cases_module.Cases, "_three", kept)
    for seed in range(15):
        build_scenario(ALL_TIERS[tier], seed, "train")
    assert len(found_at_all) > 50
    for trial, error_type, found in found_at_all:
        assert set(found) == set(SHARES)
        assert len({one.argument.shape for one in found.values()}) == 1
        assert len({one.argument.manner for one in found.values()}) == 1
        assert {kind for kind, one in found.items() if one.bug is None} == {"sound"}
        for kind, one in found.items():
            protocol = trial.protocol.asked(one.argument.question)
            right = protocol.judge_facts(one.row).verdict == one.argument.verdict
            assert right == (kind != "wrong")
        wrong = found["wrong"]
        assert error_type_of(trial, wrong.argument, wrong.bug) == error_type


@pytest.mark.parametrize(("tier", "episodes"), [*((tier, EPISODES) for tier in TIERS), ("frontier-5", 20)])
def test_a_label_is_what_the_protocol_of_its_site_says_of_the_final_record(determinations, tier, episodes):
    elsewhere = []
    for scenario, proposal, record in determinations(tier, episodes):
        brief, argument, trial = proposal.brief, proposal.brief.argument, proposal.trial
        assert trial == scenario.trial.at(record.site)
        truth = trial.protocol.asked(argument.question).judge(record)
        assert proposal.judgement == truth
        assert proposal.is_wrong == (truth.verdict != proposal.note.verdict)
        assert (
            brief.reading.judge_facts(as_read(brief.bug, facts(record))).verdict
            == proposal.note.verdict
            == brief.verdict
        )
        assert argument.question in QUESTIONS_OF[brief.error_type]
        assert proposal.error_type == (brief.error_type if proposal.is_wrong else None)
        if record.site in scenario.trial.annexes:
            general = scenario.trial.protocol.asked(argument.question).judge(record)
            elsewhere.append(general.verdict != truth.verdict)
    assert sum(elsewhere) > len(elsewhere) / 10 > 5 or tier in TIERS


def error_type_of(trial, argument, bug):
    """The label by a second way: from the clause that the bug is in, without a judgement of the record."""
    if CITATION in ALL_TIERS[trial.tier].error_types and argument.clause not in trial.listed:
        return CITATION
    if argument.parameter != "window_days":
        return LIMITS[argument.parameter].error_type
    window = trial.protocol.asked("window").clauses
    exceptions = {c.number for c in window if c.acts_on is None and c.when}
    at_override = {c.number for c in window if c.acts_on in exceptions and c.value is None and c.in_force is None}
    for _ in window:  # what acts on it, what acts on that, and so on
        at_override |= {c.number for c in (*window, *bug.reading.clauses) if c.acts_on in at_override}
    return OVERRIDE if bug.clause in at_override else WINDOW
