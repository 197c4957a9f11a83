"""A run is evaluated with the tokens that it was trained with, and its base alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth_audit_env.training.resumption import SETTINGS, keep
from synth_audit_env.training.settings import PlanError, read_arguments
from synth_audit_env.training.trained_with import TrainedWith, trained_with

BASE = Path("Qwen/Qwen2.5-3B-Instruct")


def run(folder: Path, arguments: str = "", context: int | None = None) -> Path:
    keep(read_arguments([*arguments.split(), "--out", str(folder)]))
    if context is not None:
        (folder / "config.json").write_text(json.dumps({"max_position_embeddings": context}), encoding="utf-8")
    return folder


def test_without_a_run_there_are_defaults(tmp_path: Path) -> None:
    assert trained_with([BASE, tmp_path]) == TrainedWith(4_096, 640, 50)


def test_a_t4s_run_and_its_base_have_what_it_was_trained_with(tmp_path: Path) -> None:
    assert trained_with([BASE, run(tmp_path)]) == TrainedWith(2_950 + 4_608, 640, 16)


def test_a_checkpoint_has_what_its_run_was_trained_with(tmp_path: Path) -> None:
    checkpoint = run(tmp_path / "run", "--episode-tokens 8192") / "checkpoint-25"
    checkpoint.mkdir()
    assert trained_with([BASE, checkpoint]) == trained_with([tmp_path / "run"])
    (checkpoint / "config.json").write_text('{"max_position_embeddings": 4096}', encoding="utf-8")
    assert trained_with([checkpoint]).context == 4_096


def test_the_small_model_has_no_more_than_its_context(tmp_path: Path) -> None:
    made = run(tmp_path / "run", "--preset cpu-tiny", context=4_096)
    assert trained_with([tmp_path / "start", made]) == TrainedWith(4_096, 160, 32)


def test_of_several_runs_the_most_tokens_and_the_fewest_episodes(tmp_path: Path) -> None:
    one = run(tmp_path / "one", "--episode-tokens 8192 --turn-tokens 100")
    other = run(tmp_path / "other", "--generations 4 --turn-tokens 300")
    assert trained_with([BASE, one, other]) == TrainedWith(2_950 + 8_192, 300, 8)


def test_many_rollouts_over_many_cards_are_not_that_many_on_one(tmp_path: Path) -> None:
    assert trained_with([run(tmp_path, "--preset multi-gpu")]).at_once == 50


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"episode_tokens": "many", "prompts": 1, "generations": 2}'])
def test_settings_that_cannot_be_read_are_told(content: str, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text(content, encoding="utf-8")
    with pytest.raises(PlanError, match="What the models were trained with cannot be read: "):
        trained_with([tmp_path])
