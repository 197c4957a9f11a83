"""The curriculum of a run: a batch is planned from what was known before it, and a state goes on as it would have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import ADAPTIVE, TIERS
from synth_audit_env.tests.training.scripted import REPORT, TrainerState, played, proposals_of
from synth_audit_env.training import curriculum as module
from synth_audit_env.training.audit_env import EPISODE_OPTIONS, environment_factory
from synth_audit_env.training.curriculum import RunCurriculum
from synth_audit_env.training.episodes_file import NAME, EpisodesFile
from synth_audit_env.training.reward import Reward


def at_medium(scores: Sequence[float] = ()) -> dict[str, Any]:
    """The state of a run that has come to the medium tier."""
    return {"pupil": {"level": "medium", "scores": list(scores), "mastery": {}, "mixes": []}, "history": []}


def batch(curriculum: RunCurriculum, seeds: Sequence[int], score: float, **recall: float) -> Mapping[str, Any]:
    """Play a batch of groups of two that all go alike, and tell what was planned for it."""
    planned = [curriculum.plan({"seed": seed, "task_id": "any"}) for seed in seeds for _ in range(2)]
    told = {f"recall/{kind}": share for kind, share in recall.items()}
    curriculum.learn([{"seed": seed, "task_id": "any", "score": score, **told} for seed in seeds for _ in range(2)])
    assert [one["seed"] for one in planned] == [seed for seed in seeds for _ in range(2)]
    (plan,) = {json.dumps({**one, "seed": None}) for one in planned}
    return json.loads(plan)


def test_rollouts_of_a_batch_are_planned_from_what_was_known_before_it() -> None:
    curriculum = RunCurriculum()
    easy = {"seed": None, "task_id": ADAPTIVE, "level": "easy", "error_types": ["age_boundary_error"]}
    assert batch(curriculum, [1, 2, 3, 4], score=1.0) == easy
    # Four good episodes have raised the level, but only for the batch after them.
    assert batch(curriculum, [5], score=1.0)["level"] == "medium"


def test_a_group_counts_as_one_episode_of_its_mean_score() -> None:
    curriculum = RunCurriculum()
    for seed in (1, 2):
        batch(curriculum, [seed], score=1.0)
    assert curriculum.state["pupil"]["scores"] == [1.0, 1.0]
    curriculum.plan({"seed": 3})
    curriculum.learn([{"seed": 3, "score": 1.0}, {"seed": 3, "score": 0.0}])
    assert curriculum.state["pupil"]["level"] == "medium", "a mean of 0.83 raises the level"


@pytest.mark.parametrize(("score", "level"), [(0.6, "easy"), (0.9, "hard")])
def test_the_level_follows_the_score(score: float, level: str) -> None:
    curriculum = RunCurriculum()
    for number in range(2):
        batch(curriculum, [10 * number, 10 * number + 1, 10 * number + 2], score)
    assert batch(curriculum, [99], 0.0)["level"] == level


def test_error_types_turn_to_what_is_least_mastered() -> None:
    curriculum = RunCurriculum(at_medium())
    age, dates, window = TIERS["medium"].error_types
    assert batch(curriculum, [1], 0.5, **{age: 1.0, dates: 0.0})["error_types"] == [age, dates]
    assert batch(curriculum, [2], 0.5, **{dates: 1.0, window: 1.0})["error_types"] == [dates, window]


def test_the_same_mix_does_not_come_three_times_running() -> None:
    curriculum = RunCurriculum(at_medium())
    mixes = [tuple(batch(curriculum, [seed], 0.5)["error_types"]) for seed in range(9)]
    assert len(set(mixes)) > 1
    assert all(len(set(mixes[place : place + 3])) > 1 for place in range(7))


def test_a_state_goes_on_as_the_run_would_have() -> None:
    def go_on(curriculum: RunCurriculum) -> list[Mapping[str, Any]]:
        return [batch(curriculum, [seed, seed + 50], 0.1 * (seed % 9), age_boundary_error=0.5) for seed in range(12)]

    for batches in range(6):
        curriculum = RunCurriculum(at_medium(scores=[0.5]))
        for seed in range(100, 100 + batches):
            batch(curriculum, [seed], 0.8, temporal_inconsistency=1.0)
        kept = json.loads(json.dumps(curriculum.state))
        assert go_on(RunCurriculum(kept)) == go_on(curriculum)


def test_every_choice_is_kept_once_for_its_group() -> None:
    curriculum = RunCurriculum()
    batch(curriculum, [4, 2], 0.5)
    batch(curriculum, [4], 0.5)
    assert [one["seed"] for one in curriculum.history] == [4, 2, 4]
    assert curriculum.history[0] == {"seed": 4, "level": "easy", "error_types": ["age_boundary_error"]}


def test_processes_that_share_a_batch_plan_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each resets the rollouts of its own part, in which groups may begin or end; what came of all is told to both."""
    state = at_medium()
    one, two = RunCurriculum(state), RunCurriculum(state)
    for step in range(5):
        first, shared, last = 3 * step, 3 * step + 1, 3 * step + 2
        told = [{"seed": seed, "score": 0.9, "recall/age_boundary_error": 0.5} for seed in (first, shared, last)]
        planned_one = [one.plan({"seed": seed}) for seed in (first, first, shared)]
        planned_two = [two.plan({"seed": seed}) for seed in (shared, last, last)]
        assert planned_one[-1] == planned_two[0]
        monkeypatch.setattr(module, "everywhere", lambda own, all_of_it=told: all_of_it)
        one.learn([])
        two.learn([])
        assert one.state["pupil"] == two.state["pupil"]


def test_a_run_plays_what_is_planned_learns_from_the_reward_and_logs_what_it_played(tmp_path: Path) -> None:
    curriculum = RunCurriculum(at_medium())
    environment = environment_factory(plan=curriculum.plan)()
    told = environment.reset(seed=7, task_id="oversight_easy", prompt=[], phase="warm-up")
    kinds = set(TIERS["medium"].error_types[:2])
    assert {one.error_type for one in proposals_of(environment) if one.is_wrong} <= kinds
    Reward("dense", listeners=[curriculum.learn, EpisodesFile(tmp_path, None).add])(
        completions=[played(environment, [REPORT])],
        completion_ids=[[]],
        environments=[environment],
        log_metric=lambda name, value: None,
        trainer_state=TrainerState(),
        seed=[7],
        task_id=["oversight_easy"],
    )
    assert curriculum.state["pupil"]["scores"] == [environment._finish().score]
    line = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    again = SynthAuditEnvironment().reset(**{name: line[name] for name in EPISODE_OPTIONS})
    assert opening_messages(again)[-1]["content"] == told
