"""A run is gone on with by the settings that it was begun with, its episodes too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.training.run_folder import EPISODES, SETTINGS, EpisodesFile, checkpoint_of, keep
from synth_audit_env.training.settings import PlanError, TrainingSettings, read_arguments


@pytest.fixture
def begun(tmp_path: Path) -> TrainingSettings:
    pytest.importorskip("transformers")
    settings = read_arguments(["--preset", "cpu-tiny", "--out", str(tmp_path), "--env-url", "http://me:secret@h:1"])
    (tmp_path / "checkpoint-20").mkdir()
    keep(settings)
    return settings


def again(begun: TrainingSettings, arguments: str = "") -> str | None:
    asked = ["--preset", "cpu-tiny", "--out", str(begun.out), "--resume", *arguments.split()]
    return checkpoint_of(read_arguments(asked))


def test_what_has_no_part_in_a_step_may_change_and_other_settings_are_named(begun: TrainingSettings) -> None:
    assert "secret" not in (begun.out / SETTINGS).read_text(encoding="utf-8")
    for arguments in ("", "--max-steps 60 --save-steps 5 --report-to wandb --env-url http://o:2"):
        assert again(begun, arguments) == str(begun.out / "checkpoint-20")
    with pytest.raises(PlanError) as refused:
        again(begun, "--prompts 2 --reward skill")
    assert str(refused.value) == (
        f"The run in {begun.out} was begun with other settings (reward was dense, not skill; prompts was 4, not 2): "
        "resume it with those, or choose another --out."
    )


def test_a_run_is_not_begun_over_another_nor_resumed_from_nothing(begun: TrainingSettings) -> None:
    sentence = f"{begun.out} holds checkpoints of another run: go on with it by --resume"
    with pytest.raises(PlanError, match=sentence):
        checkpoint_of(read_arguments(["--preset", "cpu-tiny", "--out", str(begun.out)]))
    (begun.out / "checkpoint-20").rmdir()
    assert checkpoint_of(read_arguments(["--out", str(begun.out)])) is None
    sentence = f"There is no checkpoint in {begun.out} to resume from: leave --resume out."
    with pytest.raises(PlanError, match=sentence):
        again(begun)


def rollout(step: int, seed: int = 1) -> dict[str, Any]:
    return {"step": step, "seed": seed, "score": 0.5}


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / EPISODES).read_text(encoding="utf-8").splitlines()]


def test_steps_follow_on_each_other_and_those_after_the_checkpoint_are_written_anew(tmp_path: Path) -> None:
    file = EpisodesFile(tmp_path, None)
    for step in (1, 2, 3):
        file.add([rollout(step), rollout(step, seed=2)])
    with (tmp_path / EPISODES).open("a", encoding="utf-8") as torn:
        torn.write('{"step": 4, "se')
    EpisodesFile(tmp_path, str(tmp_path / "checkpoint-2")).add([rollout(3, seed=9)])
    assert lines_of(tmp_path) == [rollout(1), rollout(1, 2), rollout(2), rollout(2, 2), rollout(3, seed=9)]
    EpisodesFile(tmp_path, None).add([rollout(1)])
    assert lines_of(tmp_path) == [rollout(1)]
