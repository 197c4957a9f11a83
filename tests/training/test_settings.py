"""Command lines and presets: what belongs together stays together, and what is said otherwise wins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.tests.training.untrained import A100, T4
from synth_audit_env.training.plan import CPU, Device, check
from synth_audit_env.training.settings import PRESETS, TrainingSettings, read_arguments

MACHINES: dict[str, tuple[Device, int]] = {
    "t4": (T4, 1),
    "t4-evening": (T4, 1),
    "multi-gpu": (A100, 8),
    "cpu-tiny": (CPU, 1),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_is_what_it_gives_and_can_work_where_it_is_meant_for(preset: str) -> None:
    settings = read_arguments(["--preset", preset])
    assert settings == PRESETS[preset]
    check(settings, *MACHINES[preset])
    assert read_arguments([]) == PRESETS["t4"] == TrainingSettings()


def test_what_is_said_wins_over_the_preset() -> None:
    arguments = "--preset cpu-tiny --model m --max-steps 3 --temperature 0.0 --resume --env-url http://h:1 --out o"
    changed = {"model": "m", "max_steps": 3, "temperature": 0.0, "resume": True, "out": Path("o")}
    assert read_arguments(arguments.split()) == replace(PRESETS["cpu-tiny"], **changed, env_url="http://h:1")


@pytest.mark.parametrize("preset", PRESETS)
def test_vllm_never_leaves_four_bits_unless_they_are_asked_for(preset: str) -> None:
    settings = read_arguments(["--preset", preset, "--use-vllm"])
    assert settings.use_vllm
    assert settings.precision == {"4bit": "bf16"}.get(PRESETS[preset].precision, PRESETS[preset].precision)
    assert read_arguments(["--preset", preset, "--use-vllm", "--precision", "4bit"]).precision == "4bit"


def test_what_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--preset", "t5"], ["--max-steps", "many"], ["--max-steps", "0"], ["--beta", "nan"]):
        with pytest.raises(SystemExit) as stopped:
            read_arguments(arguments)
        assert stopped.value.code == 2
        assert arguments[0] in capsys.readouterr().err
