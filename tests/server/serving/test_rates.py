"""Token buckets: what is within a rate, how long what is not has to wait, and what is remembered."""

import pytest

from synth_audit_env.server.serving.sessions import SWEPT_EVERY, Rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_second_s_worth_at_once_and_then_the_rate_and_what_was_refused_is_not_counted(clock):
    rate = Rate(4, clock)
    assert [rate.wait_s("a") for _ in range(4)] == [0.0] * 4
    for _ in range(100):
        assert rate.wait_s("a") == pytest.approx(0.25)
    assert rate.wait_s("b") == 0.0, "each is counted alone"
    clock.now += 0.25
    assert rate.wait_s("a") == 0.0
    assert rate.wait_s("a") == pytest.approx(0.25)


def test_a_stream_of_new_addresses_is_not_remembered(clock):
    rate = Rate(5, clock)
    for number in range(10 * SWEPT_EVERY):
        rate.wait_s(number)
        clock.now += 0.01
    assert len(rate._full_at) < 2 * SWEPT_EVERY
