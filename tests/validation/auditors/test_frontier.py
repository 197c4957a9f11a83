"""The claim on the frontier: it is measured, each knob is one number, and a level that is no harder fails."""

from __future__ import annotations

import pytest

from synth_audit_env.server.world.grammar import SETTINGS, frontier_setting
from synth_audit_env.server.world.tasks import LEVELS
from synth_audit_env.validation.auditors import frontier
from synth_audit_env.validation.auditors.claims import BLINDED
from synth_audit_env.validation.auditors.frontier import BOUNDS, Knob
from synth_audit_env.validation.certificate import at_least
from synth_audit_env.validation.episodes import Scale
from synth_audit_env.validation.estimates import least_fall

TINY = Scale(probed=0, played=0, compared=0, guessed=0, logged=0, doubt=1)


def test_measures_every_auditor_on_every_level_and_turns_the_knobs(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = (LEVELS[1], frontier_setting(2, 2, 0, 1, 0)), (LEVELS[1], frontier_setting(2, 2, 2, 1, 0))
    monkeypatch.setattr(frontier, "PLAYED_LEVELS", (1, 2))
    monkeypatch.setattr(frontier, "PROBED_LEVELS", (1,))
    monkeypatch.setattr(frontier, "_knobs", lambda: {"annexes 0 to 2": Knob(ends, frontier.BOUNDS["no annexes"])})
    rows = list(frontier.measure(TINY))
    made = {(row.what, row.tier): row for row in rows}
    assert len(made) == len(rows)
    for level in ("frontier-1", "frontier-2"):
        assert made["mean score, evidence-only", level].figure.value == 1.0
        for what in BLINDED:
            assert made[f"mean skill, {what}", level].bar is not None
        for what in BOUNDS:
            assert 0 < made[f"mean score, {what}", level].figure.value <= 1
    assert made["mean score, no annexes", "frontier-1"].figure.value == 1.0, "there is none"
    least = made["least fall of mean score between levels, mean of the bounded auditors", "frontier"]
    assert least.bar == at_least(0)
    turned = next(row for row in rows if "annexes 0 to 2" in row.what)
    assert turned.note.startswith("From 1.000 to 0.")
    assert sum(row.what.startswith("AUC") for row in rows) >= 8


def test_a_knob_turns_one_number_and_leaves_the_others() -> None:
    own = SETTINGS[LEVELS[frontier.TURNED].name]
    for what, knob in frontier._knobs().items():
        described = [
            {
                "depth": max(setting.depths.values()),
                "amendments": setting.amendments[1],
                "annexes": setting.annexes,
                "definitions": setting.definitions,
                "sources": setting.sources,
                "proposals": tier.proposals,
                "chance of a hop": setting.chance_of_hop,
                "approvals": setting.by_site,
                "order": setting.ranks is not None,
            }
            for tier, setting in knob.ends
        ]
        low, high = described
        turned = [name for name in low if low[name] != high[name]]
        assert turned == [what.split()[0]]
        assert low[turned[0]] < high[turned[0]]
        usual = {"depth": max(own.depths.values()), "amendments": own.amendments[1], "annexes": own.annexes}
        assert {name: low[name] for name in usual if name not in turned} == {
            name: value for name, value in usual.items() if name not in turned
        }


def test_a_level_that_is_no_harder_than_the_one_before_fails_and_is_named() -> None:
    def falls(*scores: float) -> bool:
        by_level = {f"frontier-{level}": [score - 0.05, score + 0.05] * 20 for level, score in enumerate(scores, 1)}
        least, between = least_fall(by_level)
        if least.value < 0:
            assert between == "From frontier-2 to frontier-3"
        return least.value >= 0

    assert falls(0.9, 0.7, 0.5)
    assert not falls(0.9, 0.5, 0.6)
