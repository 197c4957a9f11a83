"""Replay and invariances each find a planted difference; the log holds what is hard to play again."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import FRONTIER, TASK_IDS
from synth_audit_env.validation import invariances, replay
from synth_audit_env.validation.auditors import EVIDENCE_ONLY
from synth_audit_env.validation.episodes import QUICK

EPISODES = 24


@pytest.fixture(scope="module")
def log():
    return replay.logged(EPISODES)


def test_the_log_is_of_every_task_by_both_agents_in_both_settlements_with_mistakes(log):
    made = {(record.options["task_id"], record.agent, record.options["settlement"]) for record in log}
    assert len(made) == len(TASK_IDS) * 2 * 2 == EPISODES
    assert {record.options["level"] for record in log if record.options["task_id"] == FRONTIER} == {1, 2, 3, 4}
    refused = [turn.observation.error for record in log for turn in record.turns if turn.observation.error]
    assert any("There is no proposal" in error for error in refused)
    assert any(turn.action.reason and not turn.action.reason.isascii() for record in log for turn in record.turns)


def played(log):
    environment = SynthAuditEnvironment()
    return replay.again(log, lambda options: environment.reset(**options), environment.step)


def test_a_replay_gives_the_same_lines_and_a_planted_difference_is_found(log, monkeypatch):
    lines = [record.line() for record in log]
    assert played(log) == lines
    step = SynthAuditEnvironment.step
    monkeypatch.setattr(
        SynthAuditEnvironment,
        "step",
        lambda self, action: step(self, action).model_copy(update={"feedback": f"{id(self)}"}),
    )
    row = replay._counted("that differ", log, played(log), lines, "")
    assert row.figure.value == EPISODES
    assert not row.passed()


def test_a_change_that_matters_is_found(monkeypatch):
    """The patients change, and the notes do not."""

    def swapped(one):
        ids = [record.patient_id for record in one.patients]
        patients = [record._replace(patient_id=other) for record, other in zip(one.patients, ids[::-1], strict=True)]
        return replace(one, patients=tuple(patients))

    monkeypatch.setattr(invariances, "CHANGES", {"swapped patients": swapped})
    swapped_row, reasons = invariances.measure(replace(QUICK, played=6))
    assert swapped_row.figure.value > 0
    assert (reasons.figure.value, reasons.passed()) == (0, True)


def test_a_reason_that_is_read_is_found(monkeypatch):
    monkeypatch.setattr(invariances, "CHANGES", {})
    act = invariances.WithOtherReasons.act
    leave_out = lambda self, seen: act(self, seen).model_copy(update={"reason": None})  # noqa: E731
    monkeypatch.setattr(invariances.WithOtherReasons, "act", leave_out)
    (row,) = invariances.measure(replace(QUICK, played=6))
    assert row.figure.value > 0
    assert EVIDENCE_ONLY(SimpleNamespace()).name
