"""The bars fail where a tier is no harder than the one before it, and where easy and expert cannot be told apart."""

from __future__ import annotations

import pytest

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.auditors import difficulty
from synth_audit_env.validation.episodes import Scale, results

HARDER = {"easy": [1.0, 0.9] * 20, "medium": [0.8, 0.7] * 20, "hard": [0.6, 0.5] * 20, "expert": [0.4, 0.3] * 20}


def test_tiers_that_get_harder_pass() -> None:
    falls = difficulty.least_fall("auditor", "score", HARDER)
    assert falls.passed()
    assert falls.figure.value == pytest.approx(0.2)
    assert difficulty.apart("auditor", "score", HARDER).passed()


@pytest.mark.parametrize("pair", [("easy", "medium"), ("medium", "hard"), ("hard", "expert")])
def test_a_tier_that_is_no_harder_than_the_one_before_fails_and_is_named(pair: tuple[str, str]) -> None:
    before, after = pair
    same = difficulty.least_fall("auditor", "score", {**HARDER, after: HARDER[before]})
    assert not same.passed()
    assert same.note == f"From {before} to {after}."
    easier = {**HARDER, after: [value + 0.2 for value in HARDER[before]]}
    assert not difficulty.least_fall("auditor", "score", easier).passed(doubt=True)


def test_intervals_that_overlap_fail() -> None:
    assert not difficulty.apart("auditor", "score", {**HARDER, "expert": [1.0, 0.85] * 20}).passed(doubt=True)


def test_a_fall_has_an_interval_that_holds_it() -> None:
    found = difficulty.fall([1.0, 0.0] * 50, [0.5, 0.0] * 50)
    assert found.low < found.value == 0.25 < found.high
    assert found.high - found.value == pytest.approx(1.96 * (0.2525252 / 100 + 0.0631313 / 100) ** 0.5, rel=1e-4)


def test_four_tiers_that_are_all_the_easy_one_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difficulty, "results", lambda policy, tier, split, count: results(policy, "easy", split, count))
    rows = list(difficulty.measure(Scale(probed=0, played=3, logged=0, doubt=True)))
    assert all(row.figure.value == 0.0 for row in rows if "least fall" in row.what)
    assert not any(row.passed(doubt=True) for row in rows if row.what.startswith("gap"))


def test_measures_every_auditor_on_every_tier() -> None:
    rows = list(difficulty.measure(Scale(probed=0, played=2, logged=0, doubt=True)))
    for name in difficulty.BOUNDS:
        assert {row.tier for row in rows if row.what == f"mean score, {name}"} == set(TIERS)
        bars = [row.bar for row in rows if row.what.endswith(f", {name}") and row.tier == "all"]
        assert None not in bars


def test_a_bound_that_is_not_compared_on_a_tier_says_why() -> None:
    for bound in difficulty.BOUNDS.values():
        assert bound.tiers in [difficulty.ALL[first:last] for first in range(3) for last in range(first + 2, 5)]
        assert bool(bound.why) == (bound.tiers != difficulty.ALL)
