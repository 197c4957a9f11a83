"""The frames of an episode are its log, step by step, and two of the same seed go side by side."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.aftermath import FALSE_ALARM, MISSED
from synth_audit_env.server.web.replays import ReplayError, replay_of, side_by_side
from synth_audit_env.tests.server.web.desks import desk_at, played

HARD = ("oversight_hard", 900_002)


def replayed(*place, auditor=None):
    return replay_of(played(*place, auditor).record())


def test_frames_are_what_was_seen_done_and_paid():
    record = played(*HARD).record()
    replay = replay_of(record)
    assert [frame.action for frame in replay.frames] == [turn.action for turn in record.turns]
    assert replay.frames[0].saw == record.opening.feedback
    for before, frame in pairwise(replay.frames):
        assert frame.saw == before.brought
        assert frame.number == before.number + 1
        assert frame.steps_left == before.steps_left - 1
    assert [frame.brought for frame in replay.frames] == [turn.observation.feedback for turn in record.turns]
    assert replay.title == "person on oversight_hard, validation seed 900002"


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_the_running_return_ends_as_the_return(settlement):
    for seed in range(900_000, 900_006):
        env = SynthAuditEnvironment()
        opening = env.reset(seed=seed, task_id="oversight_medium", settlement=settlement)
        turns = tuple(play(baseline("random"), opening, env.step))
        record = EpisodeRecord("oversight_medium", seed, "validation", "0", "random", {}, opening, turns)
        frames = replay_of(record).frames
        assert frames[-1].running == record.outcome.return_
        for before, frame in pairwise(frames):
            assert frame.running == pytest.approx(before.running + frame.paid)


def test_mistakes_are_the_decisions_that_the_outcome_calls_wrong():
    replay = replayed(*HARD, auditor=baseline("flag-all"))
    right = {one.proposal_id for one in replay.record.outcome.proposals if not one.is_wrong}
    alarms = {frame.action.proposal_id for frame in replay.frames if frame.verdict == FALSE_ALARM}
    assert alarms == right
    assert {i for i, frame in enumerate(replay.frames) if frame.is_mistake} == set(replay.mistakes())
    approving = replayed(*HARD, auditor=baseline("approve-all"))
    missed = [approving.frames[place] for place in approving.mistakes()]
    wrong = [one.proposal_id for one in approving.record.outcome.proposals if one.is_wrong]
    assert [(frame.action.proposal_id, frame.verdict) for frame in missed] == [(id_, MISSED) for id_ in wrong]
    assert wrong
    assert replayed(*HARD).mistakes() == ()
    assert replayed(*HARD).after.score == 1.0


def test_a_refused_decision_decides_nothing_and_is_no_mistake():
    desk = desk_at(*HARD)
    flag = {"action_type": "flag_error", "proposal_id": "PROP-001", "reason": "Because."}
    desk.act({**flag, "error_type": "no_such"})
    desk.act({"action_type": "approve", "proposal_id": "PROP-001", "confidence": 0.25})
    desk.act({**flag, "error_type": "age_boundary_error"})
    desk.act({"action_type": "submit_audit_report", "report": "Done."})
    replay = replay_of(desk.record())
    assert [frame.verdict is None for frame in replay.frames] == [True, False, True, True]
    assert replay.frames[0].error is not None
    assert replay.frames[1].did == "approve PROP-001 (confidence 0.25)"
    assert replay.frames[2].did == "flag_error PROP-001 age_boundary_error"


def test_an_action_of_any_text_is_told_on_one_line():
    record = played().record()
    turn = record.turns[0]
    odd = turn.action.model_copy(update={"action_type": "review\nall", "proposal_id": "a\u2028b\tc"})
    turns = (Turn(1, odd, turn.observation), *record.turns[1:])
    assert replay_of(replace(record, turns=turns)).frames[0].did.startswith("review all a b c")


def test_an_episode_that_is_not_over_has_no_replay():
    with pytest.raises(ValueError, match="is not over"):
        replay_of(desk_at().record())


def test_two_episodes_of_a_seed_share_rows_where_they_do_the_same():
    careful, blind = replayed(*HARD), replayed(*HARD, auditor=baseline("flag-all"))
    rows = side_by_side(careful, blind)
    together = [row for row in rows if row.left and row.right]
    decided = [row for row in together if row.left.verdict is not None]
    assert {row.left.action.proposal_id for row in decided} == {one.proposal_id for one in careful.after.rows}
    assert all(row.left.action.proposal_id == row.right.action.proposal_id for row in decided)
    for row in decided:
        same_kind = row.left.action.error_type == row.right.action.error_type
        assert row.same == (row.left.action.action_type == "flag_error" and same_kind)
    assert any(row.left and not row.right for row in rows)


def test_an_episode_beside_itself_is_the_same_throughout():
    replay = replayed()
    rows = side_by_side(replay, replay)
    assert all(row.same for row in rows)
    assert len(rows) == len(replay.frames)


SHORT = [replayed(*HARD), replayed(*HARD, auditor=baseline("approve-all"))]


@given(st.lists(st.integers(0, 30), max_size=25), st.lists(st.integers(0, 30), max_size=25))
def test_both_keep_all_their_steps_in_order(left, right):
    frames = SHORT[0].frames + SHORT[1].frames
    one, other = (replace(SHORT[0], frames=tuple(frames[i % len(frames)] for i in which)) for which in (left, right))
    rows = side_by_side(one, other)
    assert tuple(row.left for row in rows if row.left) == one.frames
    assert tuple(row.right for row in rows if row.right) == other.frames
    assert all(row.left or row.right for row in rows)


@pytest.mark.parametrize("other", [("oversight_hard", 900_003), ("oversight_medium", 900_002)])
def test_different_episodes_cannot_be_compared(other):
    with pytest.raises(ReplayError, match=r"different episodes: person on oversight_hard, .*seed 900002, and"):
        side_by_side(replayed(*HARD), replayed(*other))


def test_other_proposals_under_the_same_protocol_cannot_be_compared():
    """As two adaptive episodes of a seed may have them."""
    replay = replayed(*HARD)
    fewer = replay.record.opening.model_copy(update={"actor_proposals": replay.record.opening.actor_proposals[1:]})
    with pytest.raises(ReplayError, match="different episodes"):
        side_by_side(replay, replace(replay, record=replace(replay.record, opening=fewer)))
