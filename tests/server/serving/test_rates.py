"""Rates: what is within one, how long what is not has to wait, and what is remembered."""

from synth_audit_env.server.serving.sessions import Rate


def test_so_many_in_each_second_and_each_client_is_counted_alone():
    now = 100.25
    rate = Rate(4, lambda: now)
    for _ in range(2):
        assert [rate.wait_s("a") for _ in range(6)] == [0.0] * 4 + [0.75] * 2
        assert rate.wait_s("b") == 0.0
        now += 1.0
    assert rate.wait_s("c") == 0.0
    assert list(rate._counted) == ["c"], "a stream of new addresses fills no memory"
