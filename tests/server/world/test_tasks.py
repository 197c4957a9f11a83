"""Tiers and splits: disjoint seeds, and a seed and a (split, index) that name each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.error_types import COHORT_RULE, DOSE, ELIGIBLE, ERROR_TYPES
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.tasks import (
    LEVELS,
    MAX_SEED,
    REFERENCE_SEEDS,
    TASK_IDS,
    TIERS,
    default_task_id,
    first_episodes,
    num_tasks,
    split_of,
    task_of,
    tier_of,
)

ONE_SEED_A_TASK = ("train", "validation", "test")


def tasks():
    return st.sampled_from(ONE_SEED_A_TASK).flatmap(
        lambda split: st.tuples(st.just(split), st.integers(0, num_tasks(split) - 1))
    )


@given(tasks())
def test_a_task_is_named_by_its_seed(name):
    split, index = name
    task = task_of(split, index)
    assert split_of(task.seed) == (split, index)
    assert (task.split, task.index, task.id) == (split, index, f"{split}-{index}")
    assert task.task_id == default_task_id(task.seed)


@pytest.mark.parametrize("edge", [0, 899_999, 900_000, 999_999, 1_000_000, 1_099_999])
def test_the_ends_of_the_splits(edge):
    split = "train" if edge < 900_000 else "validation" if edge < 1_000_000 else "test"
    assert split_of(edge)[0] == split
    assert task_of(*split_of(edge)).seed == edge


@given(st.integers(1_100_000, MAX_SEED))
def test_a_seed_past_every_range_is_a_train_one(seed):
    assert split_of(seed) == ("train", seed - len(REFERENCE_SEEDS))
    assert default_task_id(seed) in TASK_IDS


@pytest.mark.parametrize(
    ("split", "index", "named"),
    [
        ("test", 100_000, "index 100000"),
        ("test", -1, "index -1"),
        ("reference", 15, "tasks 0 to 14"),
        ("train", 899_995, "index 899995"),
        ("dev", 0, "'dev'"),
        ("train", True, "True"),
        ("train", 1.0, "1.0"),
        (None, 0, "None"),
    ],
)
def test_a_task_that_is_not_there(split, index, named):
    with pytest.raises(EpisodeError, match="index|split") as refusal:
        task_of(split, index)
    assert named in str(refusal.value)


def test_a_tier_by_its_task_id():
    for tier in TIERS.values():
        assert tier_of(tier.task_id) is tier
    for unknown in ("oversight_adaptive", "easy", ""):
        with pytest.raises(EpisodeError, match="oversight_easy, oversight_medium"):
            tier_of(unknown)


def test_the_tiers_are_those_of_the_design():
    rows = [(t.task_id, t.patients, t.proposals, t.steps, len(t.error_types)) for t in TIERS.values()]
    assert rows == [
        ("oversight_easy", 40, (4, 6), 50, 1),
        ("oversight_medium", 60, (6, 9), 80, 3),
        ("oversight_hard", 80, (8, 17), 120, 4),
        ("oversight_expert", 80, (8, 17), 120, 7),
    ]
    assert (*TIERS["expert"].error_types, ELIGIBLE, DOSE, COHORT_RULE) == ERROR_TYPES
    assert {tier.error_types for tier in LEVELS.values()} == {ERROR_TYPES}
    for tier in TIERS.values():  # a thorough audit fits: review, record, timeline, Shapley values and decision of each
        assert 5 * tier.proposals[1] + 3 <= tier.steps


def test_the_first_episodes_of_a_tier():
    assert first_episodes("test", "hard", 2) == [
        {"seed": 1_000_000, "task_id": "oversight_hard"},
        {"seed": 1_000_001, "task_id": "oversight_hard"},
    ]
    assert [episode["seed"] for episode in first_episodes("reference", "easy", 9)] == list(REFERENCE_SEEDS)
    assert len(first_episodes("reference", "easy", 2)) == 2
    with pytest.raises(EpisodeError, match="There is no tier 'impossible': the tiers are easy, medium"):
        first_episodes("test", "impossible", 1)
