"""The evidence probes see what a tool shows, and would see a tool that settles everything."""

from dataclasses import replace

import pytest

from synth_audit_env.error_types import STATISTIC
from synth_audit_env.models import COHORT
from synth_audit_env.server.audit.tool_data import ToolData
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.scenario import Scenario
from synth_audit_env.validation.certificate import Interval
from synth_audit_env.validation.episodes import QUICK
from synth_audit_env.validation.shortcuts import evidence_probes
from synth_audit_env.validation.shortcuts.evidence_probes import (
    BASE_VALUES,
    NEVER_READS,
    RECORD_ONLY,
    TELLS_LITTLE,
    TELLS_NOTHING,
    TOOLS,
    figures,
    skill_of_flags,
    trees,
    unread_protocol,
)
from synth_audit_env.validation.shortcuts.probe_features import cases
from synth_audit_env.validation.shortcuts.probes import between_splits, probed

EPISODES = 60


@pytest.mark.parametrize("tool", ["request_shap", "temporal_audit"])
def test_a_tool_that_tells_the_label_misses_the_bar(monkeypatch, tool):
    true = getattr(evidence_probes, tool)

    def telling(scenario, patient_id, *rest):
        text, true_data = true(scenario, patient_id, *rest)
        wrong = next(p.is_wrong for p in scenario.proposals if p.note.patient_id == patient_id)
        if tool == "request_shap":
            told = {"base_value": true_data.fields["base_value"] / 10 + wrong}
        else:
            told = {"impossible": ["death 3 days before consent"] * wrong}
        return text, ToolData(type(true_data.model), {**true_data.fields, **told})

    monkeypatch.setattr(evidence_probes, tool, telling)
    row = probed(trees(tool, TOOLS[tool], TELLS_LITTLE), between_splits("medium", 30))
    assert not row.passed(doubt=1), row
    assert ("base value" if tool == "request_shap" else "impossible") in row.note


@pytest.mark.slow
@pytest.mark.parametrize("leaks", [False, True])
def test_planted_patients_in_the_base_values_would_be_heard(monkeypatch, leaks):
    """With the patients of the proposals among those that a decision is held against, they tell who was planted."""
    # Episodes are kept from test to test, with what was worked out of them.
    monkeypatch.setattr(Scenario, "memo", property(lambda scenario: {}))
    if leaks:
        monkeypatch.setattr(Scenario, "background", lambda scenario, patient_id: columns(scenario.patients))
        monkeypatch.setattr("synth_audit_env.validation.shortcuts.evidence_probes.BACKGROUND", 80)
    row = probed(BASE_VALUES, between_splits("hard", 150))
    assert row.passed(doubt=1) != leaks, row


def test_every_tool_has_features_for_every_proposal():
    """One on the whole cohort has no patient to look up: there the verdict is all."""
    for case in cases("expert", "train", 3):
        for tool, read in TOOLS.items():
            features = read(case)
            assert features["verdict"] == case.note.verdict
            about_cohort = case.note.patient_id == COHORT
            assert (len(features) == 1) == (about_cohort and tool != "cohort_analysis"), tool


def test_a_figure_that_the_cohort_does_not_give_is_seen():
    quoting = [case for case in cases("expert", "train", 40) if case.question == STATISTIC]
    off = [(figures(case).get("quoted figure off by"), case.is_wrong) for case in quoting]
    assert {wrong for _, wrong in off} == {True, False}
    assert all((apart > 0.06) == wrong for apart, wrong in off), "quoted to a tenth"


def test_who_never_reads_the_protocol_has_none_of_it():
    for case in cases("expert", "train", 3):
        features = unread_protocol(case)
        assert case.style.items() <= features.items()
        assert not set(features) & set(case.episode.parameters)
        for tool, read in TOOLS.items():
            assert {f"{tool}: {name}" for name in read(case)} <= set(features)


def test_flags_of_who_is_told_have_skill(monkeypatch):
    """Who is told nothing has none: what is left to find takes the protocol."""
    monkeypatch.setattr(evidence_probes, "figures", lambda case: {"told": float(case.is_wrong)})
    assert skill_of_flags(NEVER_READS, between_splits("medium", EPISODES)).low > 0.9


def test_whoever_sees_nothing_flags_all_or_less():
    blind = trees("nothing", lambda case: {"one": 1.0})
    assert skill_of_flags(blind, between_splits("medium", EPISODES)).value == 0.0


def test_the_record_without_the_protocol_has_a_bar(monkeypatch):
    monkeypatch.setattr(evidence_probes, "probed", lambda probe, samples: (probe.what, probe.bar))
    monkeypatch.setattr(evidence_probes, "skill_of_flags", lambda probe, samples: Interval.exact(0.1))
    rows = dict(row for row in evidence_probes.measure(replace(QUICK, probed=1)) if isinstance(row, tuple))
    assert rows[RECORD_ONLY.what] == TELLS_LITTLE
    assert rows[BASE_VALUES.what] == TELLS_NOTHING
    assert rows[NEVER_READS.what] is None
