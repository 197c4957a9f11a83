"""The program: what it refuses before it loads anything, and what it says on its way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synth_audit_env.comparison.jobs import seeds
from synth_audit_env.tests.training.upstream import INSTALLED, trains
from synth_audit_env.tests.training.watched import TINY
from synth_audit_env.training import train_grpo

BEGUN = "train_grpo.py: 200 GRPO steps of 16 episodes with {}, into {}. First torch and TRL are loaded.\n"


@pytest.mark.skipif(INSTALLED, reason="the extra `train` is installed")
def test_without_the_extra_it_says_how_to_install_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert train_grpo.main([]) == 2
    printed = capsys.readouterr().err
    printed = printed.removeprefix(BEGUN.format("Qwen/Qwen2.5-3B-Instruct", "outputs/train/run"))
    assert printed.startswith(
        "train_grpo.py: Training needs the extra `train`, which is not installed (No module named"
    )
    assert printed.endswith("pip install -e '.[train]'.\n")


@trains
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("--precision fp32 --lora-rank 0 --batch 3", "16 rollouts a step"),
        ("--model {}/model --precision fp32", "The tokenizer of {}/model cannot be had"),
        # Found out when the first episode begins: by then the model is there.
        ("--preset cpu-tiny --model {start} --max-steps 1 --env-url http://127.0.0.1:9", "Failed to connect"),
    ],
)
def test_what_cannot_work_ends_with_a_sentence(
    arguments: str, why: str, start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = arguments.replace("{start}", str(start)).replace("{}", str(tmp_path))
    assert train_grpo.main([*asked.split(), "--out", str(tmp_path / "run")]) == 2
    assert f"train_grpo.py: {why.replace('{}', str(tmp_path))}" in capsys.readouterr().err.splitlines()[-1]


@trains
def test_the_small_preset_trains_and_says_what_it_is_at(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """From a start that has learnt little, with fewer episodes. `start` is what the program makes first."""
    from synth_audit_env.training import evaluate, grpo_run

    out = tmp_path / "run"
    shutil.copytree(start, tmp_path / "start")
    monkeypatch.setattr(grpo_run, "tiny_start", lambda folder: folder)
    monkeypatch.setattr(evaluate, "seeds", lambda split, tiers, _: seeds(split, tiers, 2))
    assert train_grpo.main([*TINY.split(), "--max-steps", "1", "--out", str(out)]) == 0
    assert (out / "evaluation" / "table.md").is_file()
    printed = capfd.readouterr().err
    stages = (
        f"train_grpo.py: 1 GRPO steps of 8 episodes with a small model of its own, into {out}. First torch and TRL",
        f"{out}, medium: 100%",
    )
    places = [printed.find(stage) for stage in stages]
    assert -1 not in places, printed
    assert places == sorted(places)
    assert places[0] == 0, "before what the libraries say"


def test_ctrl_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_grpo, "train", interrupted)
    assert train_grpo.main(["--preset", "cpu-tiny", "--out", "somewhere"]) == 130
    assert "What was saved is in somewhere: --resume goes on." in capsys.readouterr().err
