"""Which episodes a run plays: phases at their boundaries, train seeds only, and a curriculum that goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import ADAPTIVE, TIERS
from synth_audit_env.tests.training.scripted import REPORT, pay, played, proposals_of
from synth_audit_env.training.audit_env import EPISODE_OPTIONS, as_given, environment_factory
from synth_audit_env.training.dataset import PHASES, Phase, RunCurriculum, prompt, training_rows
from synth_audit_env.training.reward import Reward
from synth_audit_env.training.run_folder import EPISODES, EpisodesFile
from synth_audit_env.training.settings import TINY_PHASES

ANY = (Phase("all", ("oversight_easy",), (4, 6), 1.0),)


def test_the_phases_change_at_their_share_of_the_steps_which_are_the_published_ones() -> None:
    phases = [row["phase"] for row in training_rows(PHASES, steps=20, prompts_a_step=2, seed=0)]
    assert phases == ["warm-up"] * 24 + ["scaling"] * 10 + ["adversarial"] * 6
    assert [phase.proposals for phase in PHASES] == [(4, 6), (6, 8), (8, 11)]
    assert [len(training_rows(PHASES, steps, 3, seed=0)) for steps in (1, 2, 3, 7)] == [3, 6, 9, 21]


@pytest.mark.parametrize("phases", [PHASES, (Phase("five", ("oversight_easy",), (5, 5), 1.0),)])
def test_every_episode_has_as_many_proposals_as_its_phase_asks_for(phases: Sequence[Phase]) -> None:
    environment, by_name = SynthAuditEnvironment(), {phase.name: phase for phase in phases}
    for row in training_rows(phases, steps=20, prompts_a_step=2, seed=1):
        fewest, most = by_name[row["phase"]].proposals
        assert fewest <= len(environment.reset(**as_given(row)).actor_proposals) <= most
        assert row["task_id"] in by_name[row["phase"]].task_ids


def test_a_run_plays_the_same_again_and_another_run_plays_others() -> None:
    one, other = ({row["seed"] for row in training_rows(ANY, 20, 4, seed)} for seed in (0, 1))
    assert training_rows(PHASES, 8, 2, seed=5) == training_rows(PHASES, 8, 2, seed=5)
    assert len(one | other) > 155
    # What a run that is resumed for more steps goes on from.
    assert training_rows(TINY_PHASES, 6, 2, seed=0)[:8] == training_rows(TINY_PHASES, 4, 2, seed=0)


def test_phases_that_do_not_end_with_the_run_are_refused() -> None:
    with pytest.raises(ValueError, match="must end at 1.0, the end of the run, but ends at 0.85"):
        training_rows(PHASES[:2], steps=10, prompts_a_step=1, seed=0)


def test_the_prompt_is_the_react_agents_but_for_what_the_episode_is_about() -> None:
    system, user = opening_messages(SynthAuditEnvironment().reset(seed=7, task_id="oversight_easy"))
    assert prompt() == [system, {**user, "content": ""}]
    rows = training_rows(ANY, steps=1, prompts_a_step=2, seed=0)
    # The trainer appends to the user's message in place: no two rows may share it.
    assert rows[0]["prompt"] == rows[1]["prompt"]
    assert rows[0]["prompt"][1] is not rows[1]["prompt"][1]


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
    # Every choice is kept once for its group.
    assert [one["seed"] for one in curriculum.history] == [1, 2, 3, 4, 5]
    assert curriculum.history[0] == {"seed": 1, "level": "easy", "error_types": ["age_boundary_error"]}


def test_a_group_counts_as_one_episode_of_its_mean_score() -> None:
    curriculum = RunCurriculum()
    for seed in (1, 2):
        batch(curriculum, [seed], score=1.0)
    assert curriculum.state["pupil"]["scores"] == [1.0, 1.0]
    curriculum.plan({"seed": 3})
    curriculum.learn([{"seed": 3, "score": 1.0}, {"seed": 3, "score": 0.0}])
    assert curriculum.state["pupil"]["level"] == "medium", "a mean of 0.83 raises the level"


def test_a_state_goes_on_as_the_run_would_have() -> None:
    def go_on(curriculum: RunCurriculum) -> list[Mapping[str, Any]]:
        return [batch(curriculum, [seed, seed + 50], 0.1 * (seed % 9), age_boundary_error=0.5) for seed in range(12)]

    for batches in range(6):
        curriculum = RunCurriculum(at_medium(scores=[0.5]))
        for seed in range(100, 100 + batches):
            batch(curriculum, [seed], 0.8, temporal_inconsistency=1.0)
        kept = json.loads(json.dumps(curriculum.state))
        assert go_on(RunCurriculum(kept)) == go_on(curriculum)


def test_a_run_plays_what_is_planned_learns_from_the_reward_and_logs_what_it_played(tmp_path: Path) -> None:
    curriculum = RunCurriculum(at_medium())
    environment = environment_factory(plan=curriculum.plan)()
    told = environment.reset(seed=7, task_id="oversight_easy", prompt=[], phase="warm-up")
    kinds = set(TIERS["medium"].error_types[:2])
    assert {one.error_type for one in proposals_of(environment) if one.is_wrong} <= kinds
    pay(
        Reward("dense", listeners=[curriculum.learn, EpisodesFile(tmp_path, None).add]),
        (environment, played(environment, [REPORT])),
    )
    assert curriculum.state["pupil"]["scores"] == [environment._finish().score]
    line = json.loads((tmp_path / EPISODES).read_text(encoding="utf-8"))
    again = SynthAuditEnvironment().reset(**{name: line[name] for name in EPISODE_OPTIONS})
    assert opening_messages(again)[-1]["content"] == told
