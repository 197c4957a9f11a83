"""The adaptive task: levels follow the running score, error types what is least mastered; no mix comes three times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.error_types import AGE, DATES, OVERRIDE
from synth_audit_env.error_types import WINDOW as WINDOW_ERROR
from synth_audit_env.server.audit.curriculum import LEVELS, WINDOW, Curriculum
from synth_audit_env.server.world.tasks import TIERS


def play(curriculum, *scores, recall=None):
    """One episode a score; the levels at which they were played."""
    levels = []
    for score in scores:
        plan = curriculum.next()
        levels.append(plan.level)
        curriculum.record(plan, score, recall or {})
    return levels


@pytest.mark.parametrize(
    ("score", "before", "after"),
    [
        *[(score, "easy", level) for score, level in ((0.71, "medium"), (0.7, "easy"), (0.69, "easy"), (0.0, "easy"))],
        *[(score, "hard", level) for score, level in ((0.19, "medium"), (0.2, "hard"), (0.21, "hard"))],
    ],
)
def test_a_running_score_above_the_bound_raises_the_level_and_one_below_it_lowers_it(score, before, after):
    curriculum = Curriculum(level=before)
    play(curriculum, *[score] * WINDOW)
    assert curriculum.level == after


def test_an_episode_of_another_level_counts_for_mastery_only():
    curriculum = Curriculum(level="medium")
    stale = Curriculum(level="easy").next()
    for _ in range(WINDOW + 1):
        curriculum.record(stale, 1.0, {AGE: 1.0})
    assert (curriculum.level, curriculum.scores) == ("medium", [])
    assert curriculum.mastery[AGE] > 0.7


def test_the_least_mastered_types_come_first():
    curriculum = Curriculum(level="hard", mastery={AGE: 0.9, DATES: 0.1, WINDOW_ERROR: 0.8, OVERRIDE: 0.2})
    mix = curriculum.next().error_types
    assert {DATES, OVERRIDE} <= set(mix)
    assert AGE not in mix
    assert mix == tuple(kind for kind in TIERS["hard"].error_types if kind in mix)


@given(
    st.sampled_from(LEVELS),
    st.lists(st.tuples(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=7, max_size=7)), max_size=40),
)
def test_whatever_the_scores(level, episodes):
    """A plan fits its level; no mix three times running where there is a choice; a level moves by one; no dice."""
    one, two = Curriculum(level=level), Curriculum(level=level)
    plans = []
    for score, recalls in episodes:
        plan = one.next()
        assert plan == two.next()
        types = TIERS[plan.level].error_types
        assert set(plan.error_types) <= set(types)
        assert len(set(plan.error_types)) == len(plan.error_types) >= 1
        plans.append(plan)
        recall = dict(zip(plan.error_types, recalls, strict=False))
        before = LEVELS.index(one.level)
        one.record(plan, score, recall)
        two.record(plan, score, recall)
        assert abs(LEVELS.index(one.level) - before) <= 1
        assert all(0 <= value <= 1 for value in one.mastery.values())
    for a, b, c in zip(plans, plans[1:], plans[2:], strict=False):
        assert not (a == b == c) or len(TIERS[c.level].error_types) == 1
        assert not (a.error_types == b.error_types == c.error_types) or len(TIERS[c.level].error_types) == 1
