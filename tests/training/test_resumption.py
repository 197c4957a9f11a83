"""A run is gone on with by the settings that it was begun with, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth_audit_env.training.resumption import SETTINGS, checkpoint_of, keep
from synth_audit_env.training.settings import PlanError, Settings, read_arguments

pytest.importorskip("transformers")


@pytest.fixture
def begun(tmp_path: Path) -> Settings:
    settings = read_arguments(["--preset", "cpu-tiny", "--out", str(tmp_path), "--env-url", "http://me:secret@h:1"])
    (tmp_path / "checkpoint-20").mkdir()
    keep(settings)
    return settings


def again(begun: Settings, arguments: str = "") -> str | None:
    asked = ["--preset", "cpu-tiny", "--out", str(begun.out), "--resume", *arguments.split()]
    return checkpoint_of(read_arguments(asked))


def test_the_same_settings_go_on(begun: Settings) -> None:
    assert again(begun) == str(begun.out / "checkpoint-20")


@pytest.mark.parametrize("arguments", ["--max-steps 60", "--save-steps 5", "--report-to wandb", "--env-url http://o:2"])
def test_what_has_no_part_in_a_step_may_change(arguments: str, begun: Settings) -> None:
    assert again(begun, arguments) is not None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--reward skill", "reward was dense, not skill"),
        ("--seed 1", "seed was 0, not 1"),
        ("--prompts 2 --generations 16", "prompts was 4, not 2; generations was 8, not 16"),
    ],
)
def test_other_settings_are_named(arguments: str, told: str, begun: Settings) -> None:
    with pytest.raises(PlanError) as refused:
        again(begun, arguments)
    assert str(refused.value) == (
        f"The run in {begun.out} was begun with other settings ({told}): resume it with those, or choose another --out."
    )


def test_a_password_is_not_kept(begun: Settings) -> None:
    assert "secret" not in (begun.out / SETTINGS).read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [None, "{"])
def test_a_run_whose_settings_are_not_known(content: str | None, begun: Settings) -> None:
    (begun.out / SETTINGS).unlink()
    if content is not None:
        (begun.out / SETTINGS).write_text(content, encoding="utf-8")
    with pytest.raises(PlanError, match="What the run in .* was asked for cannot be read"):
        again(begun)


def test_settings_are_kept_as_json(begun: Settings) -> None:
    kept = json.loads((begun.out / SETTINGS).read_text(encoding="utf-8"))
    assert (kept["reward"], kept["phases"][0]["name"]) == ("dense", "easy and medium")
