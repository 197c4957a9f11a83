"""The log holds what is hard to play again; what comes out otherwise is counted, and nothing is left open."""

from collections import Counter
from dataclasses import replace
from typing import ClassVar

import pytest

from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import FRONTIER, TASK_IDS
from synth_audit_env.validation.worlds import replay

EPISODES = 24


@pytest.fixture(scope="module")
def log():
    return replay.logged(EPISODES)


@pytest.fixture(scope="module")
def lines(log):
    return [record.line() for record in log]


def differing(lines, again):
    return [place for place, pair in enumerate(zip(lines, again, strict=True)) if pair[0] != pair[1]]


def test_the_log_is_of_every_task_by_both_agents_in_both_settlements(log):
    made = {(record.options["task_id"], record.agent, record.options["settlement"]) for record in log}
    assert len(made) == len(TASK_IDS) * 2 * 2 == EPISODES
    adaptive = [record for record in log if record.task == "oversight_adaptive"]
    assert all({"level", "error_types"} <= set(record.options) for record in adaptive)
    frontier = [record.options["level"] for record in log if record.options["task_id"] == FRONTIER]
    assert frontier == [1, 2, 3, 4]


def test_the_log_has_errors_duplicates_and_ends_of_every_kind():
    many = replay.logged(3 * EPISODES)
    events = {event for record in many for event in record.outcome.reward_breakdown}
    # A claim at random has the place right too seldom, and one of an auditor has its number.
    assert events == {*reward_model.REWARDS, reward_model.REPORT} - {reward_model.FAULT_PLACE}
    refusals = " ".join(turn.observation.error for record in many for turn in record.turns if turn.observation.error)
    for part in (
        "There is no proposal",
        "There is no patient",
        "no action_type",
        " needs ",
        " takes no ",
        " already: ",
    ):
        assert part in refusals
    assert any(record.turns[-1].observation.steps_remaining == 0 for record in many)
    assert any(turn.action.reason and not turn.action.reason.isascii() for record in many for turn in record.turns)


def test_the_log_is_the_same_again(lines):
    assert [record.line() for record in replay.logged(EPISODES)] == lines


def test_in_threads_every_line_comes_out_the_same(log, lines):
    assert replay.in_threads(log) == lines


def test_the_program_prints_the_log_again(log, lines, tmp_path, capfdbinary):
    path = tmp_path / "episodes.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    replay.main(str(path))
    assert capfdbinary.readouterr().out.decode() == path.read_text(encoding="utf-8")


def test_in_sessions_every_line_comes_out_the_same(log, lines, serve):
    server = serve(max_sessions=replay.SESSIONS)
    places, again, interleaved = replay.in_sessions(server.url, log[:5])
    assert again == [lines[place] for place in places]
    assert sorted(places) == [0] * replay.SESSIONS + [1, 2, 3, 4]
    assert interleaved >= replay.LEAST_INTERLEAVED.limit
    server.wait_for_sessions(0)


class Shared(SynthAuditEnvironment):
    """Sessions of the same episode have one thing in common, and it can be seen."""

    stepped: ClassVar[Counter[int | None]] = Counter()

    def act(self, action):
        answer, seed = super().act(action), self.state.seed
        self.stepped[seed] += 1
        return answer._replace(text=f"{answer.text} {self.stepped[seed]}")


def test_what_sessions_of_the_same_episode_share_is_found_out(log, lines, serve):
    server = serve(max_sessions=replay.SESSIONS, environment=Shared)
    places, again, _ = replay.in_sessions(server.url, log[:3])
    assert len(differing([lines[place] for place in places], again)) >= replay.SESSIONS


def test_a_tampered_record_and_a_shorter_episode_are_counted(log, lines):
    tampered = list(log)
    last = log[3].turns[-1]
    tampered[3] = replace(log[3], turns=(*log[3].turns[:-1], replace(last, observation=log[3].opening)))
    tampered[7] = replace(log[7], turns=log[7].turns[:-1])
    again = replay.in_threads(tampered)
    assert differing(lines, again) == [7]  # only actions are played again: what record 3 says it saw does not count
    assert "is not over" in again[7]
    measurement = replay._counted("that differ", log, again, lines, "")
    assert not measurement.passed()
    assert measurement.figure.value == 1
    assert f"{log[7].task} seed {log[7].seed}" in measurement.seeds
