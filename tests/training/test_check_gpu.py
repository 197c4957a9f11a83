"""The checklist of a card: without one it says so; its checks are run on a CPU, but for vLLM's; its table is read."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest

from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training import check_gpu

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "model"
    check_gpu.tiny(folder)
    return folder


def test_without_a_card_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert check_gpu.main([]) == 2
    assert capsys.readouterr().err.startswith("check_gpu.py: no CUDA card can be used: there is none here")


def test_a_model_in_four_bits(model: Path, tmp_path: Path) -> None:
    check_gpu.four_bits(model, tmp_path)


def test_three_steps_are_taken_and_merged(model: Path, tmp_path: Path) -> None:
    check_gpu.grpo_steps("fp32", model, tmp_path / "run")
    assert (tmp_path / "run" / "merged" / "model.safetensors").is_file()
    before = (model / "model.safetensors").read_bytes()
    assert before != (tmp_path / "run" / "merged" / "model.safetensors").read_bytes()


@pytest.mark.parametrize(("capability", "bf16"), [((7, 5), "not for this card"), ((8, 0), "passed")])
def test_the_table(
    capability: tuple[int, int],
    bf16: str,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ran(command: list[str], **given: object) -> types.SimpleNamespace:
        assert command[:2] == [sys.executable, "-c"]
        name = next(name for name in check_gpu.CHECKS if f"one('{name}', " in command[2])
        if name == "fp16":
            raise subprocess.TimeoutExpired(command, check_gpu.LONGEST_S)
        failed = name == "vllm"
        told = "No module named 'vllm'" if failed else ""
        return types.SimpleNamespace(returncode=int(failed), stdout="loading\n0.31 GiB\n", stderr=f"Traceback\n{told}")

    monkeypatch.setattr(check_gpu.subprocess, "run", ran)
    assert check_gpu.every(model, "a card", capability) == 1
    first, *rows = capsys.readouterr().out.splitlines()
    assert first == f"a card, CUDA capability {capability[0]}.{capability[1]}"
    assert [row.split()[0] for row in rows[:3]] == ["passed", "FAILED", "FAILED"]
    assert "0.31 GiB" in rows[0]
    assert rows[3].strip().startswith(bf16)
    assert "No module named 'vllm'" in rows
    assert f"It took longer than {check_gpu.LONGEST_S} s." in rows
