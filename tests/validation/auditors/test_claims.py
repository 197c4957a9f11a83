"""The claims fail where an oracle slips, a cheat is above an audit, a tool decides nothing, or a tier is no harder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

import pytest

from synth_audit_env.models import EpisodeOutcome
from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.auditors import claims
from synth_audit_env.validation.auditors.claims import BLINDED, BOUNDS, NO_DAYS, decides_flags, earns
from synth_audit_env.validation.auditors.honest_auditors import BELOW, EVIDENCE_ONLY, HONEST
from synth_audit_env.validation.blind.degenerate_policies import DEGENERATE
from synth_audit_env.validation.certificate import Measurement
from synth_audit_env.validation.episodes import FULL, Episodes, Scale, results

TINY = Scale(probed=0, played=4, compared=4, guessed=0, logged=0, doubt=1)

# The optimum


def came_to(*figures: tuple[float, float]) -> tuple[EpisodeOutcome, ...]:
    """Outcomes with these scores and returns; the skill is the score."""
    rest = {
        "f_beta": 0.0,
        "fault_f1": None,
        "recall": None,
        "precision": None,
        "false_positive_rate": None,
        "reward_breakdown": {},
    }
    return tuple(
        EpisodeOutcome(score=score, skill=score, return_=return_, proposals=[], **rest) for score, return_ in figures
    )


def rising(count: int) -> dict[str, Sequence[EpisodeOutcome]]:
    return {f"auditor {n}": came_to(*[(n / count, float(n))] * 3) for n in range(count)}


def test_one_slip_of_the_oracle_fails_and_is_named() -> None:
    assert claims.perfect("easy", came_to((1.0, 1), (1.0, 1))).passed()
    slip = claims.perfect("easy", came_to((1.0, 1), (0.9999, 1), (1.0, 1)))
    assert not slip.passed(doubt=1)
    assert slip.seeds == "test 1"


def test_a_degenerate_policy_above_the_lowest_auditor_fails() -> None:
    honest, low, high = rising(4), {"cheat": came_to(*[(0.0, -1.0)] * 3)}, {"cheat": came_to(*[(0.0, 0.5)] * 3)}
    assert claims.margin("return", "easy", honest, low).passed()
    found = claims.margin("return", "easy", honest, high)
    assert not found.passed(doubt=1)
    assert found.note == '"auditor 0" comes to +0.000, "cheat" to +0.500.'
    assert claims.margin("skill", "easy", honest, high).passed()


def test_an_auditor_that_is_not_compared_is_left_out_on_that_tier_only_and_counted() -> None:
    family = {"without investigate_patient": came_to((0.0, -5.0)), "evidence-only": came_to((1.0, 1.0))}
    cheat = {"cheat": came_to((0.0, 0.0))}
    found = claims.margin("return", "easy", family, cheat)
    assert found.passed()
    assert found.note.endswith("1 of 2 honest auditors are below it and not compared.")
    assert not claims.margin("return", "medium", family, cheat).passed()
    assert not claims.margin("return", "hard", family, cheat).passed(), "in hard its skill alone is not compared"


def test_returns_that_fall_with_the_score_fail() -> None:
    honest = rising(8)
    assert claims.rank_correlation(honest).value == pytest.approx(1.0)
    bought = {**honest, "auditor 0": came_to(*[(0.0, 99.0)] * 3), "auditor 1": came_to(*[(0.1, 98.0)] * 3)}
    assert not claims.RANK_BAR.met(claims.rank_correlation(bought), doubt=1)


def test_a_reward_for_false_alarms_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def margin() -> bool:
        played = {
            name: results.__wrapped__(policy, "hard", "test", 4)
            for name, policy in {"evidence-only": EVIDENCE_ONLY, "flag-all": DEGENERATE["flag-all"]}.items()
        }
        honest, cheats = {"evidence-only": played["evidence-only"]}, {"flag-all": played["flag-all"]}
        return claims.margin("return", "hard", honest, cheats).passed(doubt=1)

    assert margin()
    generous = {**reward_model.REWARDS, reward_model.FALSE_POSITIVE: 900}
    monkeypatch.setattr(reward_model, "REWARDS", generous)
    assert not margin()


def test_measures_every_tier_and_says_who_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: HONEST[name] for name in ("oracle", "evidence-only", "75% looked at, rest flagged")}
    few |= {name: HONEST[name] for name, _ in BELOW}
    monkeypatch.setattr(claims, "HONEST", few)
    monkeypatch.setattr(claims, "DEGENERATE", {name: DEGENERATE[name] for name in ("no-op", "flag-all")})
    rows = list(claims.optimum(TINY))
    assert {row.tier for row in rows} == set(TIERS)
    assert all(row.passed(doubt=1) for row in rows if "rank" not in row.what)
    apart = [row for row in rows if row.what == "mean skill, without flag_error"]
    assert [row.bar for row in apart] == [None] * len(TIERS)
    assert all("Not compared" in row.note for row in apart)


@pytest.mark.slow
def test_whoever_is_not_compared_would_fail() -> None:
    """On the episodes of the certificate: with few, chance decides who is above a gambler."""
    for (name, figure), reasons in BELOW.items():
        of = claims.COMPARED[figure]
        for tier in reasons:
            on = Episodes(tier, "test", FULL.played)
            cheats = ("no-op", "flag-all", "farm one, then the best gamble")
            best = max(fmean(on.figures(DEGENERATE[cheat], of)) for cheat in cheats)
            assert fmean(on.figures(HONEST[name], of)) < best, (name, figure, tier)


# The tools

HARD, EXPERT = (Episodes(tier, "test", 20) for tier in ("hard", "expert"))
FEW_EASY, FEW_EXPERT = (Episodes(tier, "test", 4) for tier in ("easy", "expert"))


@pytest.mark.parametrize(
    "found",
    [
        lambda: decides_flags("cohort_analysis", EXPERT),
        lambda: decides_flags("temporal_audit", HARD, NO_DAYS, ", by one who counts no days"),
        lambda: earns("request_shap", EXPERT),
    ],
    ids=["the cohort", "the timeline for one who counts no days", "Shapley values"],
)
def test_a_tool_decides_cases_or_earns_what_nothing_else_does(found: Callable[[], Measurement]) -> None:
    assert found().passed()
    assert found().figure.low > 0


@pytest.mark.parametrize(
    "lost",
    [
        lambda: decides_flags("cohort_analysis", FEW_EASY),
        lambda: decides_flags("temporal_audit", FEW_EXPERT),
        lambda: decides_flags("temporal_audit", FEW_EASY, NO_DAYS),
        lambda: earns("cohort_analysis", FEW_EASY),
    ],
    ids=["no cohort in easy", "days are counted", "no rule of easy counts days", "nothing of easy is about the cohort"],
)
def test_a_tool_without_which_nothing_is_missed_fails(lost: Callable[[], Measurement]) -> None:
    assert not lost().passed(doubt=1)


# Difficulty

HARDER = {"easy": [1.0, 0.9] * 20, "medium": [0.8, 0.7] * 20, "hard": [0.6, 0.5] * 20, "expert": [0.4, 0.3] * 20}


def falls(by_tier: dict[str, list[float]]) -> list[Measurement]:
    return list(claims.falls("auditor", "score", by_tier, "test", BOUNDS["one hop"]))


def test_tiers_that_get_harder_pass() -> None:
    least, gap = falls(HARDER)
    assert least.passed()
    assert least.figure.value == pytest.approx(0.2)
    assert gap.passed()


@pytest.mark.parametrize("pair", [("easy", "medium"), ("medium", "hard"), ("hard", "expert")])
def test_a_tier_that_is_no_harder_than_the_one_before_fails_and_is_named(pair: tuple[str, str]) -> None:
    before, after = pair
    same, _ = falls({**HARDER, after: HARDER[before]})
    assert not same.passed()
    assert same.note == f"From {before} to {after}."
    easier, _ = falls({**HARDER, after: [value + 0.2 for value in HARDER[before]]})
    assert not easier.passed(doubt=1)


def test_intervals_that_overlap_fail() -> None:
    _, gap = falls({**HARDER, "expert": [1.0, 0.85] * 20})
    assert not gap.passed(doubt=1)


def test_four_tiers_that_are_all_the_easy_one_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Episodes, "results", lambda on, policy, *_: results(policy, "easy", on.split, on.count))
    rows = list(claims.difficulty(Scale(probed=0, played=3, compared=3, guessed=0, logged=0, doubt=1)))
    assert all(row.figure.value == 0.0 for row in rows if "least fall" in row.what)
    assert not any(row.passed(doubt=1) for row in rows if row.what.startswith("gap"))


def test_measures_every_auditor_on_every_tier_and_bars_who_has_a_part_of_the_evidence_from_medium_on() -> None:
    rows = list(claims.difficulty(Scale(probed=0, played=2, compared=2, guessed=0, logged=0, doubt=1)))
    for name, bound in BOUNDS.items():
        assert {row.tier for row in rows if row.what == f"mean score, {name}"} == set(TIERS)
        bars = [row.bar for row in rows if row.what.endswith(f", {name}") and row.tier == "all"]
        assert len(bars) == 4 * bool(bound.tiers)
        assert None not in bars
    for name, (_, bar) in BLINDED.items():
        bars = {row.tier: row.bar for row in rows if row.what == f"mean skill, {name}"}
        assert bars == {tier: None if tier == "easy" else bar for tier in TIERS}
