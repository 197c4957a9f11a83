"""Audits of --sft are imitated before the first step, by all weights or by adapters, and what does not fit is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth_audit_env.comparison import export_sft
from synth_audit_env.tests.comparison.real_run import records
from synth_audit_env.tests.training.by_name import NAME, REVISION, build
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import TINY
from synth_audit_env.training import train_grpo
from synth_audit_env.training.settings import read_arguments

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS
ASKED = "--reward random --max-steps 1 --prompts 1 --generations 2 --batch 2 --turns 1 --turn-tokens 16"


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six of the easy tier, as the first step is taken at a rate of 0, and one that is too long for easy episodes."""
    path = tmp_path_factory.mktemp("made") / "sft.jsonl"
    easy, expert = ([one for one in records() if one.task == f"oversight_{tier}"] for tier in ("easy", "expert"))
    export_sft.write([*easy[-1:] * 6, *expert[-1:]], path, 0.0)
    return path


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Qwen2 with the template of Qwen2.5."""
    home = tmp_path_factory.mktemp("made") / "home"
    build(home)
    return home / "hub" / f"models--{NAME.replace('/', '--')}" / "snapshots" / REVISION


@pytest.mark.parametrize("precision", ["4bit", "bf16"])
def test_adapters_imitate_and_explore(
    precision: str, named: Path, audits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from synth_audit_env.training.grpo_run import GrpoRun

    asked = f"{ASKED} --model {named} --precision {precision} --lora-rank 4 --learning-rate 1e-3 --episode-tokens 6000"
    run = GrpoRun(read_arguments([*asked.split(), "--sft", str(audits), "--out", str(tmp_path / "run")]))
    told = capsys.readouterr().out
    assert f"Imitating 6 of the 7 audits in {audits}: 1 has more than 6000 tokens after the prompt, or more" in told
    assert "more than 8950 with it, and is left out." in told
    assert run.trainer.args.model_init_kwargs is None
    trained = {name: weight for name, weight in run.trainer.model.named_parameters() if weight.requires_grad}
    assert {str(weight.dtype) for weight in trained.values()} == {"torch.float32"}
    # The second matrix of an adapter is 0 until something is learnt.
    assert any(weight.abs().max() > 0 for name, weight in trained.items() if "lora_B" in name)
    assert (tmp_path / "run" / "sft" / "adapter_config.json").is_file()
    before = {name: weight.detach().clone() for name, weight in trained.items()}
    run.train()
    assert run.trainer.state.global_step == 1
    assert run.trainer.state.log_history[0]["reward_std"] > 0
    assert any(not torch.equal(before[name], weight) for name, weight in trained.items())


def test_the_program_takes_them(start: Path, audits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = f"{TINY} --model {start} --max-steps 1 --turns 1 --sft {audits} --out {tmp_path / 'run'}"
    assert train_grpo.main(asked.split()) == 0
    # The seventh is within prompt and episode together, since this prompt describes no tools.
    told = capsys.readouterr().out
    assert f"Imitating 6 of the 7 audits in {audits}: 1 has more than 1536 tokens after the prompt," in told
    weights = [(folder / "model.safetensors").read_bytes() for folder in (start, tmp_path / "run" / "sft")]
    assert weights[0] != weights[1]


@pytest.mark.parametrize("content", ["", "no json", "{}", "[]"])
def test_a_file_without_audits(content: str, start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audits = tmp_path / "sft.jsonl"
    audits.write_text(content, encoding="utf-8")
    assert train_grpo.main(f"{TINY} --model {start} --sft {audits} --out {tmp_path / 'run'}".split()) == 2
    assert f"{audits} holds no audits to imitate" in capsys.readouterr().err
