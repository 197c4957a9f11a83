"""Every bar begins where the one before ended, and the last is the return."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.pictures import waterfall
from synth_audit_env.tests.server.web.pictures.drawn import checked, clear

STEPS = [("correct_flag", 0.6), ("false_positive", -0.25), ("step", -0.05)]


def test_bars_hang_together_and_end_at_the_return():
    told = checked(waterfall(STEPS, 0.3))
    first, second, third, whole = told.bars
    assert second.right == pytest.approx(first.right)
    assert third.right == pytest.approx(second.left)
    assert whole.left == pytest.approx(first.left)
    assert whole.right == pytest.approx(third.left)
    assert first.width / whole.width == pytest.approx(2, abs=0.01)
    assert [bar.hollow for bar in told.bars] == [False, True, True, False]
    assert {"correct flag", "+0.600", "−0.250", "return", "+0.300"} <= set(told.words)
    assert told.description == "correct flag +0.600; false positive −0.250; step −0.050. Return +0.300."


def test_steps_that_do_not_come_to_the_return_are_called_out():
    told = checked(waterfall(STEPS, 0.35))
    assert "The steps come to +0.300, not to the return." in told.description
    assert "The steps come to +0.300, not to the return." in " ".join(told.words)


amount = st.integers(-2000, 2000).filter(bool).map(lambda thousandths: thousandths / 1000)


@given(st.lists(st.tuples(st.text(max_size=40), amount), max_size=12))
def test_any_sum_of_thousandths_is_a_return(steps):
    told = checked(waterfall(steps, sum(value for _, value in steps)))
    assert "not to the return" not in told.description
    assert len(told.bars) == len(steps) + 1
    for one, other in pairwise(told.bars[:-1]):
        ends = {round(end, 1) for end in (one.left, one.right)}
        assert any(abs(end - near) <= 0.6 for end in ends for near in (other.left, other.right))


@given(st.lists(st.tuples(st.text(max_size=40), st.floats()), max_size=6), st.floats())
@example([("a", 1.7e308), ("b", 1.7e308), ("c", -1.7e308)], -1.7e308)
@example([], -1.8e7)
def test_no_words_meet_whatever_the_amounts(steps, total):
    clear(waterfall(steps, total))


@pytest.mark.parametrize("auditor", [HeuristicAuditor(), baseline("flag-all")], ids=lambda auditor: auditor.name)
def test_of_a_real_episode(auditor):
    environment = SynthAuditEnvironment()
    opening = environment.reset(seed=3, task_id="oversight_hard")
    *_, last = play(auditor, opening, environment.step)
    outcome = last.observation.result.outcome
    told = clear(waterfall(list(outcome.reward_breakdown.items()), outcome.return_))
    assert "not to the return" not in told.description
    assert len(told.bars) == len(outcome.reward_breakdown) + 1
