"""A tool decides cases where something is lost without it, and the bar is missed where nothing is."""

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.auditors.honest_auditors import EVIDENCE_ONLY, WITHOUT
from synth_audit_env.validation.auditors.tool_value import NO_DAYS, decides, lost, names, recall_by_type
from synth_audit_env.validation.episodes import results

EPISODES = 20


def test_the_cohort_decides_cases_in_the_expert_tier() -> None:
    found = decides("cohort_analysis", "expert", EPISODES)
    assert found.passed()
    assert found.figure.low > 0


def test_the_timeline_decides_cases_for_one_who_counts_no_days() -> None:
    found = decides("temporal_audit", "hard", EPISODES, NO_DAYS, ", by one who counts no days")
    assert found.passed()
    assert found.figure.low > 0
    assert not decides("temporal_audit", "easy", 4, NO_DAYS).passed(), "no rule of the easy tier counts days"


def test_a_tool_without_which_nothing_is_missed_decides_nothing() -> None:
    assert not decides("cohort_analysis", "easy", 4).passed(doubt=True)
    assert not decides("temporal_audit", "expert", 4).passed(doubt=True)


def test_what_is_missed_without_the_cohort_are_the_errors_that_are_about_it() -> None:
    before, after = (
        recall_by_type(results(policy, "expert", "test", EPISODES))
        for policy in (EVIDENCE_ONLY, WITHOUT["cohort_analysis"])
    )
    assert set(before.values()) == {1.0}
    fallen = {kind for kind in before if after[kind] < 1.0}
    assert fallen
    assert fallen <= {"statistical_hallucination", "bias_blind_spot"}


def test_shapley_values_name_the_rule_that_was_taken_too_far() -> None:
    *shares, bar = names("request_shap", "expert", 40)
    whole, bare = (row.figure.value for row in shares)
    assert whole == 1.0 > bare
    assert bar.bar is not None


def test_a_tool_that_names_nothing_misses_that_bar() -> None:
    *_, bar = names("review_proposal", "expert", 12)
    assert not bar.passed(doubt=True)


def test_nothing_is_lost_by_nothing() -> None:
    for tier in TIERS:
        whole = results(EVIDENCE_ONLY, tier, "test", 2)
        assert lost(whole, whole).value == 0.0
