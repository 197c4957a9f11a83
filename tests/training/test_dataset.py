"""Which episodes a run plays: phases at their boundaries, train seeds only, and a curriculum that goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from synth_audit_env.agents.react.prompts import opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.training.audit_env import as_given
from synth_audit_env.training.dataset import PHASES, Phase, prompt, training_rows
from synth_audit_env.training.settings import TINY_PHASES

ANY = (Phase(("oversight_easy",), (4, 6), 1.0),)


def test_the_phases_change_at_their_share_of_the_steps_which_are_the_published_ones() -> None:
    tasks = [row["task_id"] for row in training_rows(PHASES, steps=20, prompts_a_step=2, seed=0)]
    assert tasks == ["oversight_easy"] * 24 + ["oversight_medium"] * 10 + ["oversight_expert"] * 6
    assert [phase.proposals for phase in PHASES] == [(4, 6), (6, 8), (8, 11)]
    assert [len(training_rows(PHASES, steps, 3, seed=0)) for steps in (1, 2, 3, 7)] == [3, 6, 9, 21]


@pytest.mark.parametrize("phases", [PHASES, (Phase(("oversight_easy",), (5, 5), 1.0),)])
def test_every_episode_has_as_many_proposals_as_its_phase_asks_for(phases: Sequence[Phase]) -> None:
    environment, by_task = SynthAuditEnvironment(), {task: phase for phase in phases for task in phase.task_ids}
    for row in training_rows(phases, steps=20, prompts_a_step=2, seed=1):
        fewest, most = by_task[row["task_id"]].proposals
        assert fewest <= len(environment.reset(**as_given(row)).actor_proposals) <= most


def test_a_run_plays_the_same_again_and_another_run_plays_others() -> None:
    first, second = ({row["seed"] for row in training_rows(ANY, 20, 4, seed)} for seed in (0, 1))
    assert training_rows(PHASES, 8, 2, seed=5) == training_rows(PHASES, 8, 2, seed=5)
    assert len(first | second) > 155
    # What a run that is resumed for more steps goes on from.
    assert training_rows(TINY_PHASES, 6, 2, seed=0)[:8] == training_rows(TINY_PHASES, 4, 2, seed=0)


def test_the_prompt_is_the_react_agents_but_for_what_the_episode_is_about() -> None:
    system, user = opening_messages(SynthAuditEnvironment().reset(seed=7, task_id="oversight_easy"))
    assert prompt() == [system, {**user, "content": ""}]
    rows = training_rows(ANY, steps=1, prompts_a_step=2, seed=0)
    # The trainer appends to the user's message in place: no two rows may share it.
    assert rows[0]["prompt"] == rows[1]["prompt"]
    assert rows[0]["prompt"][1] is not rows[1]["prompt"][1]
