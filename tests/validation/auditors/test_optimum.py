"""The claim fails where an oracle slips, where a cheat is above an auditor, and where returns do not follow scores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pytest

from synth_audit_env.models import EpisodeOutcome
from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.auditors import optimum
from synth_audit_env.validation.auditors.honest_auditors import BELOW, EVIDENCE_ONLY, HONEST
from synth_audit_env.validation.blind.degenerate_policies import DEGENERATE
from synth_audit_env.validation.certificate import at_least
from synth_audit_env.validation.episodes import FULL, Result, Scale, results

TINY = Scale(probed=0, played=4, logged=0, doubt=True)


def came_to(*figures: tuple[float, float]) -> tuple[Result, ...]:
    """Results with these scores and returns; the skill is the score."""
    rest = {"f_beta": 0.0, "recall": None, "precision": None, "false_positive_rate": None, "reward_breakdown": {}}
    return tuple(
        Result(index, EpisodeOutcome(score=score, skill=score, return_=return_, proposals=[], **rest), 1)
        for index, (score, return_) in enumerate(figures)
    )


def rising(count: int) -> dict[str, Sequence[Result]]:
    return {f"auditor {n}": came_to(*[(n / count, float(n))] * 3) for n in range(count)}


def test_one_slip_of_the_oracle_fails_and_is_named() -> None:
    assert optimum.perfect("easy", came_to((1.0, 1), (1.0, 1))).passed()
    slip = optimum.perfect("easy", came_to((1.0, 1), (0.9999, 1), (1.0, 1)))
    assert not slip.passed(doubt=True)
    assert slip.seeds == "test 1"


def test_a_degenerate_policy_above_the_lowest_auditor_fails() -> None:
    honest, low, high = rising(4), {"cheat": came_to(*[(0.0, -1.0)] * 3)}, {"cheat": came_to(*[(0.0, 0.5)] * 3)}
    assert optimum.margin("return", "easy", honest, low).passed()
    found = optimum.margin("return", "easy", honest, high)
    assert not found.passed(doubt=True)
    assert found.note == '"auditor 0" comes to +0.000, "cheat" to +0.500.'
    assert optimum.margin("skill", "easy", honest, high).passed()


def test_an_auditor_that_is_not_compared_is_left_out_on_that_tier_only_and_counted() -> None:
    family = {"without investigate_patient": came_to((0.0, -5.0)), "evidence-only": came_to((1.0, 1.0))}
    cheat = {"cheat": came_to((0.0, 0.0))}
    found = optimum.margin("return", "easy", family, cheat)
    assert found.passed()
    assert found.note.endswith("1 of 2 honest auditors are below it and not compared.")
    assert not optimum.margin("return", "medium", family, cheat).passed()
    assert not optimum.margin("return", "hard", family, cheat).passed(), "in hard its skill alone is not compared"


def test_returns_that_fall_with_the_score_fail() -> None:
    honest = rising(8)
    assert optimum.ranks("easy", honest, at_least(0.9), "").figure.value == pytest.approx(1.0)
    bought = {**honest, "auditor 0": came_to(*[(0.0, 99.0)] * 3), "auditor 1": came_to(*[(0.1, 98.0)] * 3)}
    assert not optimum.ranks("easy", bought, at_least(0.9), "").passed(doubt=True)


def test_a_reward_for_false_alarms_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def margin() -> bool:
        played = {
            name: results.__wrapped__(policy, "hard", "test", 4)
            for name, policy in {"evidence-only": EVIDENCE_ONLY, "flag-all": DEGENERATE["flag-all"]}.items()
        }
        honest, cheats = {"evidence-only": played["evidence-only"]}, {"flag-all": played["flag-all"]}
        return optimum.margin("return", "hard", honest, cheats).passed(doubt=True)

    assert margin()
    generous = {**reward_model.REWARDS, reward_model.FALSE_POSITIVE: 900}
    monkeypatch.setattr(reward_model, "REWARDS", generous)
    assert not margin()


def test_measures_every_tier_and_says_who_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: HONEST[name] for name in ("oracle", "evidence-only", "75% looked at, rest flagged")}
    few |= {name: HONEST[name] for name, _ in BELOW}
    monkeypatch.setattr(optimum, "HONEST", few)
    monkeypatch.setattr(optimum, "DEGENERATE", {name: DEGENERATE[name] for name in ("no-op", "flag-all")})
    rows = list(optimum.measure(TINY))
    assert {row.tier for row in rows} == set(TIERS)
    assert all(row.passed(doubt=True) for row in rows if "rank" not in row.what)
    apart = [row for row in rows if row.what == "mean skill, without flag_error"]
    assert [row.bar for row in apart] == [None] * len(TIERS)
    assert all("Not compared" in row.note for row in apart)


def test_whoever_is_not_compared_is_an_honest_auditor_with_a_reason() -> None:
    for (name, figure), reasons in BELOW.items():
        assert name in HONEST
        assert figure in optimum.FIGURES
        assert set(reasons) <= set(TIERS)
        assert all(reasons.values())


@pytest.mark.slow
def test_whoever_is_not_compared_would_fail() -> None:
    """On the episodes of the certificate: with few, chance decides who is above a gambler."""
    for (name, figure), reasons in BELOW.items():
        by = optimum.FIGURES[figure]
        for tier in reasons:
            own = fmean(map(by, results(HONEST[name], tier, "test", FULL.played)))
            best = max(
                fmean(map(by, results(DEGENERATE[cheat], tier, "test", FULL.played)))
                for cheat in ("no-op", "flag-all", "farm one, then the best gamble")
            )
            assert own < best, (name, figure, tier)
