"""A link leads back to the audit it was made of, and what leads nowhere says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.web.links import LONGEST, LinkError, Place, link, read_link
from synth_audit_env.server.world.protocol import ERROR_TYPES
from synth_audit_env.server.world.tasks import ADAPTIVE, MAX_SEED, TASK_IDS, TIERS, default_task_id, split_of

SEEDS = st.integers(0, MAX_SEED) | st.integers(0, 1_200_000) | st.sampled_from([42, 1024])


@given(st.sampled_from(TASK_IDS), SEEDS)
def test_round_trip(task_id, seed):
    place = Place(task_id, split_of(seed)[0], seed)
    assert read_link(link(place)) == place


@given(SEEDS)
def test_task_and_split_go_with_the_seed_where_they_are_left_out(seed):
    assert read_link(f"seed={seed}") == Place(default_task_id(seed), split_of(seed)[0], seed)


@given(st.data(), SEEDS)
def test_what_an_adaptive_audit_is_made_of_is_in_its_link(data, seed):
    level = data.draw(st.sampled_from(list(TIERS)))
    kinds = data.draw(st.sets(st.sampled_from(TIERS[level].error_types), min_size=1))
    made_of = (level, tuple(kind for kind in ERROR_TYPES if kind in kinds))
    place = Place(ADAPTIVE, split_of(seed)[0], seed, *made_of)
    assert read_link(link(place)) == place


def test_a_level_without_error_types_has_all_of_its_own():
    assert read_link("task=oversight_adaptive&seed=7&level=easy").error_types == TIERS["easy"].error_types


def test_a_link_is_what_people_can_read():
    expected = "?task=oversight_easy&split=validation&seed=900123"
    assert link(Place("oversight_easy", "validation", 900_123)) == expected


@pytest.mark.parametrize("query", ["", "?", "__theme=dark", "?utm=1&utm2=2"])
def test_a_query_without_a_place_names_none(query):
    assert read_link(query) is None


def test_what_else_the_query_has_is_not_looked_at():
    place = Place("oversight_hard", "test", 1_000_002)
    assert read_link(f"{link(place)}&__theme=dark") == place


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("task=oversight_easy", "no seed"),
        ("task=oversight_easy&seed=", "must be a whole number"),
        ("seed=-1", "must be a whole number from 0 to"),
        ("seed=1_0", "must be a whole number"),
        ("seed=٣", "must be a whole number"),
        ("seed=1.5", "must be a whole number"),
        (f"seed={MAX_SEED + 1}", "must be a whole number"),
        ("seed=" + "9" * 1000, "must be a whole number"),
        ("seed=1&seed=1", "names the seed twice"),
        ("seed=1&task=oversight_odd", "no task 'oversight_odd'.*oversight_easy"),
        ("seed=1&split=dev", "of split 'train', not 'dev'"),
        ("seed=1&split=test", "of split 'train', not 'test'"),
        ("seed=1&task=oversight_adaptive&level=odd", "no level 'odd': they are easy"),
        ("seed=1&task=oversight_adaptive&level=", "level must be a text"),
        ("seed=1&task=oversight_adaptive&error_types=age_boundary_error", "needs a level to go with it"),
        ("seed=1&task=oversight_adaptive&level=easy&error_types=", "Level 'easy' has no error type ''"),
        ("seed=1&task=oversight_adaptive&level=easy&error_types=odd," + "x" * 300, "no error type 'odd'"),
        ("seed=1&task=oversight_adaptive&level=easy&level=hard", "names the level twice"),
        ("seed=1&task=oversight_easy&level=easy", "are for task 'oversight_adaptive'"),
        ("seed=1&task=", "task_id must be a text"),
        ("seed=1&x=" + "y" * LONGEST, "is the limit"),
    ],
)
def test_a_link_that_leads_nowhere_says_why(query, said):
    with pytest.raises(LinkError, match=said) as refusal:
        read_link(query)
    assert len(str(refusal.value)) < 300
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=60) | st.text("taskseedplitvrory=&?%+0123456789_", max_size=60))
def test_any_query_is_read_or_refused(query):
    try:
        place = read_link(query)
    except LinkError:
        return
    assert place is None or read_link(link(place)) == place
