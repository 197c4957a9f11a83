"""The warm start of the small model: made once, known by its recipe, of seeds that are for training."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from synth_audit_env.server.world.tasks import split_of
from synth_audit_env.tests.training.upstream import trains
from synth_audit_env.training import demonstrations as module
from synth_audit_env.training.demonstrations import NONE, Weakness, demonstrations
from synth_audit_env.training.settings import PlanError
from synth_audit_env.training.sft import WarmStart
from synth_audit_env.training.tiny_start import LOG, RECIPE, WEIGHTS, Recipe, tiny_start

SMALL = Recipe(episodes={"oversight_easy": 12, "oversight_medium": 4}, vocabulary_from=4)


def test_demonstrations_are_of_different_train_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    played = []

    def demonstrate(environment: object, options: dict, weakness: object, draws: object) -> dict:
        played.append(options)
        return options

    monkeypatch.setattr(module, "demonstrate", demonstrate)
    assert list(demonstrations(Recipe().episodes, NONE, 0)) == played
    for task_id, count in Recipe().episodes.items():
        seeds = [row["seed"] for row in played if row["task_id"] == task_id]
        assert len(set(seeds)) == len(seeds) == count
        assert {split_of(seed)[0] for seed in seeds} == {"train"}


def recipe_as_json(recipe: Recipe) -> dict:
    return json.loads(json.dumps(asdict(recipe)))


@pytest.mark.parametrize(
    "other", [replace(SMALL, seed=1), replace(SMALL, imitating=WarmStart(batch=3))], ids=["seed", "imitating"]
)
def test_a_start_of_another_recipe_and_files_that_are_no_start_are_refused(other: Recipe, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_text("half", encoding="utf-8")
    with pytest.raises(PlanError, match="holds files that are no warm start: move them away"):
        tiny_start(tmp_path, other)
    (tmp_path / RECIPE).write_text(json.dumps(recipe_as_json(SMALL)), encoding="utf-8")
    with pytest.raises(PlanError, match="holds a warm start of another recipe: move it away, or choose another --out"):
        tiny_start(tmp_path, other)
    assert (tmp_path / WEIGHTS).read_text(encoding="utf-8") == "half"


@trains
def test_a_start_is_not_made_twice_and_has_learnt(start: Path) -> None:
    recipe = json.loads((start / RECIPE).read_text(encoding="utf-8"))
    parts = {"imitating": WarmStart(**recipe["imitating"]), "weakness": Weakness(**recipe["weakness"])}
    known = Recipe(**{**recipe, **parts})
    written = (start / WEIGHTS).stat().st_mtime_ns
    assert tiny_start(start, known) == start
    assert (start / WEIGHTS).stat().st_mtime_ns == written
    losses = [row["loss"] for row in json.loads((start / LOG).read_text(encoding="utf-8")) if "loss" in row]
    assert losses[-1] < losses[0] / 3
