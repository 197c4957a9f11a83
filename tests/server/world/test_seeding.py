"""Streams: named, portable, and uniform over what they promise."""

from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.world.seeding import Stream

names = st.tuples(st.text(max_size=5), st.integers(-5, 5))


def test_first_draws_are_golden():
    stream = Stream("cohort", "oversight_hard", 42)
    assert [stream.uniform() for _ in range(3)] == GOLDEN_UNIFORMS
    assert [stream.integer(0, 9) for _ in range(12)] == GOLDEN_INTEGERS
    assert stream.shuffled("abcdefgh") == list(GOLDEN_SHUFFLE)
    assert [stream.weighted({"x": 1, "y": 2.5, "z": 0.5}) for _ in range(10)] == list(GOLDEN_WEIGHTED)
    assert stream.normal(62.5, 9.1) == GOLDEN_NORMAL


def test_the_name_alone_decides_the_draws():
    def first(*path):
        return Stream(*path).uniform()

    assert first("cohort", 42) == first("cohort", 42)
    paths = [("cohort", 42), ("cohort", "42"), ("cohort", 43), ("cohort",), (42, "cohort"), ("cohort42",), ()]
    assert len({first(*path) for path in paths}) == len(paths)


@given(names, st.integers(-1000, 1000), st.integers(0, 1000), st.lists(st.integers(), min_size=1, max_size=20))
def test_what_is_drawn_is_among_what_it_is_drawn_from(name, low, width, items):
    stream, before = Stream(*name), list(items)
    for _ in range(20):
        assert low <= stream.integer(low, low + width) <= low + width
        assert stream.choice(items) in items
        assert sorted(stream.shuffled(items)) == sorted(items)
        assert (stream.chance(0.0), stream.chance(1.0)) == (False, True)
        assert stream.weighted({"never": 0.0, "a": 0.1, "b": 7}) in ("a", "b")
    assert items == before
    assert Stream(*name).shuffled([]) == []


GOLDEN_UNIFORMS = [0.054191354015528215, 0.10036105107378668, 0.89831672906514]
GOLDEN_INTEGERS = [5, 0, 3, 3, 6, 8, 9, 0, 1, 2, 4, 4]
GOLDEN_SHUFFLE = "ehdcbfag"
GOLDEN_WEIGHTED = "yyyyyyyyxy"
GOLDEN_NORMAL = 77.69654457312188
