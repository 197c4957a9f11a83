"""Which episodes a run plays: phases at their boundaries, proposal counts, and seeds of the train split only."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import REFERENCE_SEEDS, num_tasks, split_of
from synth_audit_env.training import dataset
from synth_audit_env.training.audit_env import as_given
from synth_audit_env.training.dataset import PHASES, Phase, prompt, training_rows
from synth_audit_env.training.settings import TINY_PHASES

ANY = (Phase("all", ("oversight_easy",), (4, 6), 1.0),)


def test_the_phases_change_at_their_share_of_the_steps() -> None:
    phases = [row["phase"] for row in training_rows(PHASES, steps=20, prompts_a_step=2, seed=0)]
    assert phases == ["warm-up"] * 24 + ["scaling"] * 10 + ["adversarial"] * 6


def test_the_boundaries_are_the_published_ones() -> None:
    assert [(phase.name, phase.until, phase.proposals) for phase in PHASES] == [
        ("warm-up", 0.60, (4, 6)),
        ("scaling", 0.85, (6, 8)),
        ("adversarial", 1.00, (8, 11)),
    ]


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_a_short_run_has_all_its_rows(steps: int) -> None:
    assert len(training_rows(PHASES, steps, 3, seed=0)) == 3 * steps


def test_every_episode_has_as_many_proposals_as_its_phase_asks_for() -> None:
    environment = SynthAuditEnvironment()
    bounds = {phase.name: phase for phase in PHASES}
    counts: dict[str, set[int]] = {name: set() for name in bounds}
    for row in training_rows(PHASES, steps=20, prompts_a_step=2, seed=1):
        opening = environment.reset(**as_given(row))
        counts[row["phase"]].add(len(opening.actor_proposals))
        assert row["task_id"] in bounds[row["phase"]].task_ids
    for name, phase in bounds.items():
        assert phase.proposals[0] <= min(counts[name])
        assert max(counts[name]) <= phase.proposals[1]


def test_only_seeds_with_so_many_proposals_are_taken() -> None:
    environment = SynthAuditEnvironment()
    for row in training_rows((Phase("five", ("oversight_easy",), (5, 5), 1.0),), steps=6, prompts_a_step=2, seed=0):
        assert len(environment.reset(**as_given(row)).actor_proposals) == 5


def test_tasks_of_a_phase_come_in_turn_step_by_step() -> None:
    rows = training_rows(TINY_PHASES, steps=3, prompts_a_step=2, seed=0)
    assert [row["task_id"] for row in rows] == ["oversight_easy"] * 2 + ["oversight_medium"] * 2 + [
        "oversight_easy"
    ] * 2


def test_seeds_are_of_the_train_split_only() -> None:
    rows = training_rows(ANY, steps=2_000, prompts_a_step=2, seed=0)
    assert {split_of(row["seed"])[0] for row in rows} == {"train"}


def test_the_ends_of_the_train_split_are_no_other_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every index of the split may be drawn: the first, the last, and those beside the reference seeds."""
    last = num_tasks("train") - 1
    drawn = [0, *(seed - place for place, seed in enumerate(REFERENCE_SEEDS)), last]

    class Fixed:
        def __init__(self, seed: str) -> None:
            self._left = iter(drawn)

        def randrange(self, stop: int) -> int:
            assert stop == last + 1
            return next(self._left)

    monkeypatch.setattr(dataset.random, "Random", Fixed)
    seeds = [row["seed"] for row in training_rows(ANY, steps=len(drawn), prompts_a_step=1, seed=0)]
    assert {split_of(seed)[0] for seed in seeds} == {"train"}
    assert (seeds[0], seeds[-1]) == (0, 899_999)


def test_a_run_plays_the_same_again_and_another_run_plays_others() -> None:
    def seeds(seed: int) -> list[int]:
        return [row["seed"] for row in training_rows(ANY, steps=20, prompts_a_step=4, seed=seed)]

    assert training_rows(PHASES, 8, 2, seed=5) == training_rows(PHASES, 8, 2, seed=5)
    assert len({*seeds(0), *seeds(1)}) > 155


def test_a_longer_run_of_one_phase_begins_as_a_shorter_one() -> None:
    """What a run that is resumed for more steps goes on from."""
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
