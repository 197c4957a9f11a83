"""Which episodes may be told of: those that are over, and none of an id that runs."""

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.serving import page
from synth_audit_env.server.serving.page import FinishedEpisodes
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

REPORT = SynthAuditAction(action_type="submit_audit_report", report="Nothing.")


@pytest.fixture
def finished():
    return FinishedEpisodes()


@pytest.fixture
def sessions(finished):
    return Sessions(SynthAuditEnvironment, limit=9, idle_timeout_s=None, listeners=[finished])


async def play(session, episode_id, seed=42, **options):
    await session.reset({"seed": seed, "episode_id": episode_id, **options})
    session.step(REPORT)


async def test_one_that_is_cut_short_is_not(sessions, finished):
    session = sessions.open()
    await session.reset({"seed": 42, "episode_id": "mine"})
    await session.reset({"seed": 43, "episode_id": "next"})
    sessions.close(session)
    assert [finished.options_of(name) for name in ("mine", "next", "nobody")] == [None] * 3
    assert finished._running == {}


async def test_of_two_with_one_id_the_last_counts_and_none_while_one_runs(sessions, finished):
    """Else whoever plays an episode could finish an easier one under its id, or a rollout read its neighbour's."""
    one, other = sessions.open(), sessions.open()
    await one.reset({"seed": 42, "episode_id": "same"})
    await play(other, "same", seed=43)
    assert finished.options_of("same") is None, "one of them runs"
    one.step(REPORT)
    assert finished.options_of("same")["seed"] == 42
    await other.reset({"seed": 44, "episode_id": "same"})
    assert finished.options_of("same") is None
    sessions.close(other)
    assert finished.options_of("same")["seed"] == 42


async def test_only_the_last_are_remembered(sessions, finished, monkeypatch):
    monkeypatch.setattr(page, "MOST_FINISHED", 2)
    session = sessions.open()
    for name in "abc":
        await play(session, name)
    assert [finished.options_of(name) is not None for name in "abc"] == [False, True, True]
    assert len(finished._finished) == 2
