"""SkyRL-Gym plays a logged episode to the same rewards, in the loop that its generator runs.

It is no part of the project's own environment: `.ci/run` has one with it.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

if importlib.util.find_spec("skyrl_gym") is None:
    pytest.skip("SkyRL-Gym is not installed", allow_module_level=True)

import skyrl_gym
from skyrl_gym.metrics import aggregate_for_environment

from synth_audit_env.integrations.skyrl_gym import ENV_ID, rows
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import first_episodes
from synth_audit_env.tests.integrations.logged import APPROVE, REPORT, UNKNOWN, Call, calls_of, logged, rewards


def as_json(*calls: Call) -> str:
    return "I will look.\n" + json.dumps([{"action_type": name, **given} for name, given in calls])


def played(
    extras: Mapping[str, Any], answers: Iterable[str], prompt: list[Any] | None = None
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], dict[str, Any]]:
    """The chat, what each turn brought, and the metrics, when the model says that."""
    env = skyrl_gym.make(ENV_ID, env_config={}, extras=dict(extras))
    chat, _ = env.init(prompt or [])
    chat, brought = list(chat), []
    for answer in answers:
        brought.append(env.step(answer))
        chat += [{"role": "assistant", "content": answer}, *brought[-1]["observations"]]
        if brought[-1]["done"]:
            break
    metrics = env.get_metrics()
    env.close()
    return chat, brought, metrics


@pytest.mark.parametrize("remote", [False, True])
def test_a_logged_episode_comes_to_the_same_rewards(serve: Callable[..., Any], remote: bool) -> None:
    record = logged()
    server = serve() if remote else None
    (row,) = rows("test", "hard", 1, server.url if server else None)
    prompt = row.pop("prompt")
    assert {name: row[name] for name in ("seed", "task_id")} == record.options
    chat, brought, metrics = played(row, map(as_json, calls_of(record)), prompt)
    assert [turn["reward"] for turn in brought] == rewards(record)
    assert [turn["done"] for turn in brought] == [False] * (len(record.turns) - 1) + [True]
    assert chat[: len(prompt)] == prompt
    # One message a turn, with what is new in it.
    assert [len(turn["observations"]) for turn in brought] == [1] * (len(record.turns) - 1) + [0]
    for turn, logged_turn in zip(brought[:-1], record.turns, strict=False):
        assert logged_turn.observation.feedback in turn["observations"][0]["content"]
    assert metrics["score"] == record.outcome.score
    assert metrics["skill"] == record.outcome.skill
    assert metrics["return"] == record.outcome.return_
    if server:
        server.wait_for_sessions(0)


def test_a_refused_call_and_an_answer_without_one_are_told_and_the_audit_goes_on() -> None:
    (options,) = first_episodes("test", "easy", 1)
    _, brought, _ = played(options, [as_json(UNKNOWN), "Hm.", as_json(REPORT)])
    assert "PROP-099" in brought[0]["observations"][0]["content"]
    assert brought[0]["reward"] < -0.05
    assert brought[1]["observations"][0]["content"]
    assert brought[1]["reward"] == 0
    assert [turn["done"] for turn in brought] == [False, False, True]


def test_an_audit_that_is_cut_off_has_metrics_all_the_same() -> None:
    """SkyRL asks for them when an episode grew longer than it allows, and steps no more."""
    (options,) = first_episodes("test", "easy", 1)
    _, _, one = played(options, [as_json(APPROVE)])
    _, _, other = played(options, [as_json(APPROVE, REPORT)])
    assert one["undecided"] == other["undecided"] == len(SynthAuditEnvironment().reset(**options).actor_proposals) - 1
    both = aggregate_for_environment(ENV_ID, [one, other])
    assert both["score"] == (one["score"] + other["score"]) / 2


@pytest.mark.parametrize("tier", ["medium", "frontier-2"])
def test_the_rows_are_what_skyrl_reads(tier: str) -> None:
    """It takes the prompt and the class out of a row, and gives the rest to the environment."""
    told = list(rows("train", tier, 2))
    assert json.loads(json.dumps(told)) == told
    assert [row["env_class"] for row in told] == [ENV_ID, ENV_ID]
    options = [{name: of for name, of in row.items() if name not in ("prompt", "env_class")} for row in told]
    assert options == first_episodes("train", tier, 2)
    for row in told:
        chat, *_ = played(row, [], row["prompt"])
        assert chat == row["prompt"]
