"""The Colab program: what it refuses, that it is the run of train_grpo.py without Unsloth, and what it asks of Unsloth.

No test has a GPU. Unsloth is a stand-in, and what it is called with is held against the real signatures where the
extra `unsloth` is installed.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from unittest.mock import Mock, create_autospec

import pytest

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.tiny_checkpoint import TOOLS_TEMPLATE, checkpoint
from synth_audit_env.tests.training.upstream import trains
from synth_audit_env.tests.training.watched import log_of
from synth_audit_env.training import train_colab, train_grpo
from synth_audit_env.training.demonstrations import NONE, demonstrate
from synth_audit_env.training.plan import CARDS, Device
from synth_audit_env.training.settings import PRESETS, PROMPT_TOKENS
from synth_audit_env.training.tiny_model import CHAT_TEMPLATE


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that calls tools by the way its weights are set, in the markup of the project's small model."""
    folder = checkpoint(tmp_path / "model", TOOLS_TEMPLATE)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    return folder


@pytest.mark.parametrize("preset", train_colab.COLAB_PRESETS)
def test_settings_are_the_presets_but_for_what_is_said(preset: str, tmp_path: Path) -> None:
    said = ["--preset", preset, "--max-steps", "3", "--reward", "skill", "--resume", "--out", str(tmp_path)]
    settings = train_colab.read_arguments(said)
    assert settings == replace(PRESETS[preset], max_steps=3, reward="skill", resume=True, out=tmp_path)
    assert train_colab.read_arguments([]).out == Path("outputs/train/colab")
    few = train_colab.read_arguments(["--preset", "cpu-tiny", "--prompts", "1"])
    assert few.batch == few.rollouts == 8, "few rollouts are one backward pass"
    for option in ("--use-vllm", "--precision"):
        with pytest.raises(SystemExit):
            train_colab.read_arguments([option])


@pytest.mark.parametrize(("arguments", "status"), [([], 0), (["--episode-tokens", "2000"], 3)])
def test_a_dry_run_is_that_of_train_grpo(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--preset", "t4-evening", "--gpu", "t4", "--dry-run", *arguments]
    assert train_colab.main(asked) == status
    told = capsys.readouterr().out
    assert "Qwen2.5" not in told
    assert " GiB  in all\n" in told
    assert train_grpo.main(asked) == status
    assert capsys.readouterr().out == told


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[int, int]], None]:
    """Make torch say that there is a card of a capability."""

    def there(capability: tuple[int, int]) -> None:
        import torch

        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
        monkeypatch.setattr(Device, "here", lambda: CARDS["t4"])

    return there


@trains
def test_without_a_card_or_unsloth_it_ends_with_a_sentence(
    card: Callable[[tuple[int, int]], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert train_colab.main([]) == 2
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .startswith("train_colab.py: Unsloth needs a CUDA card: there is none here")
    )
    card((7, 5))
    monkeypatch.setitem(sys.modules, "unsloth", None)
    assert train_colab.main([]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("train_colab.py: Unsloth is not installed (")


@trains
def test_unsloth_comes_before_what_it_patches(tmp_path: Path) -> None:
    """In a process of its own: in this one trl has been imported long since."""
    patched = ("trl", "transformers", "peft")
    (tmp_path / "unsloth.py").write_text(
        f"import sys; raise SystemExit([name for name in {patched} if name in sys.modules] or 40)", encoding="utf-8"
    )
    program = (
        "import torch; torch.cuda.is_available = lambda: True\n"
        "torch.cuda.get_device_capability = lambda device: (7, 5)\n"
        "from synth_audit_env.training import train_colab\n"
        "from synth_audit_env.training.plan import CARDS, Device\n"
        "Device.here = lambda: CARDS['t4']\n"
        "train_colab.main([])"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert ran.returncode == 40, ran.stderr


@trains
@pytest.mark.parametrize(("capability", "said"), [((7, 5), "1"), ((8, 0), None)])
def test_vllm_is_kept_from_a_sampler_that_it_refuses_on_old_cards(
    capability: tuple[int, int],
    said: str | None,
    card: Callable[[tuple[int, int]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unsloth reads the variable when it loads a model."""
    card(capability)
    monkeypatch.delenv("UNSLOTH_VLLM_NO_FLASHINFER", raising=False)
    monkeypatch.setitem(sys.modules, "unsloth", types.ModuleType("unsloth"))
    train_colab._unsloth()
    assert os.environ.pop("UNSLOTH_VLLM_NO_FLASHINFER", None) == said


@trains
def test_without_unsloth_it_is_the_run_of_train_grpo(model: Path, tmp_path: Path) -> None:
    asked = ["--preset", "cpu-tiny", "--model", str(model), "--prompts", "1", "--max-steps", "1", "--seed", "3"]
    assert train_colab.main([*asked, "--out", str(tmp_path / "colab")]) == 0
    assert train_grpo.main([*asked, "--batch", "8", "--out", str(tmp_path / "grpo")]) == 0
    step, *_ = told = log_of(tmp_path / "colab")
    assert told == log_of(tmp_path / "grpo")
    assert step["tools/call_frequency"] > 0
    weights = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("colab", "grpo")]
    assert weights[0] == weights[1]
    assert (tmp_path / "colab" / "tokenizer.json").is_file()


@pytest.fixture
def audits(tmp_path: Path) -> Path:
    """To imitate: more than one batch, as the learning rate of the first step is 0."""
    options = {"seed": 7, "task_id": "oversight_easy"}
    messages = demonstrate(SynthAuditEnvironment(), options, NONE, Random(0))
    path = tmp_path / "sft.jsonl"
    row = {"messages": messages, "tools": None, "task": "oversight_easy"}
    path.write_text((json.dumps(row) + "\n") * 9, encoding="utf-8")
    return path


@trains
@pytest.mark.parametrize("imitates", [False, True])
def test_beta_holds_a_model_to_the_one_that_grpo_starts_from(
    imitates: bool, model: Path, audits: Path, tmp_path: Path
) -> None:
    asked = ["--preset", "cpu-tiny", "--model", str(model), "--prompts", "1", "--beta", "0.1", "--max-steps", "1"]
    asked += ["--out", str(tmp_path / "run"), *(["--sft", str(audits)] if imitates else [])]
    assert train_colab.main(asked) == 0
    (divergence,) = [one["kl"] for one in log_of(tmp_path / "run") if "kl" in one]
    assert divergence == pytest.approx(0.0, abs=1e-6), "before the first step it is the very model"


def stand_in() -> Mock:
    """Unsloth, as far as it is called."""
    unsloth = Mock()
    unsloth.FastLanguageModel.from_pretrained.return_value = ("loaded", "its tokenizer")
    unsloth.FastLanguageModel.get_peft_model.return_value = "loaded, with adapters"
    return unsloth


@trains
@pytest.mark.parametrize("vllm", [True, False])
def test_the_trainer_gets_unsloths_model_and_the_settings_of_the_other_runs(
    vllm: bool, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl

    from synth_audit_env.training import grpo_run
    from synth_audit_env.training.reward import Reward

    unsloth, trainer, find = stand_in(), create_autospec(trl.GRPOTrainer), importlib.util.find_spec
    trainer.return_value.model, trainer.return_value.processing_class = Mock(parameters=list), Mock()
    monkeypatch.setattr(train_colab, "_unsloth", lambda: unsloth)
    monkeypatch.setattr(Device, "here", lambda: CARDS["t4"])
    monkeypatch.setattr(grpo_run, "GRPOTrainer", trainer)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: vllm or None if name == "vllm" else find(name, *more)
    )
    settings = replace(PRESETS["t4"], model=str(model), max_steps=2, out=tmp_path)
    train_colab.train(settings)
    loading = unsloth.FastLanguageModel.from_pretrained.call_args.kwargs
    assert (loading["model_name"], loading["load_in_4bit"], loading["fast_inference"]) == (str(model), True, vllm)
    # vLLM makes room for adapters of this rank, and no larger.
    assert unsloth.FastLanguageModel.get_peft_model.call_args.kwargs["r"] <= loading["max_lora_rank"]
    assert loading["max_seq_length"] >= PROMPT_TOKENS + settings.episode_tokens
    given = trainer.call_args.kwargs
    assert given["model"] == "loaded, with adapters"
    assert given["processing_class"].response_template is not None
    config = given["args"]
    assert isinstance(config, trl.GRPOConfig)
    assert (config.use_vllm, config.vllm_mode) == (vllm, "colocate")
    assert config.generation_kwargs["max_tokens" if vllm else "max_new_tokens"] == settings.turn_tokens
    assert len(given["train_dataset"]) == settings.max_steps * settings.prompts
    assert [type(reward) for reward in given["reward_funcs"]] == [Reward]
    assert "Audit each proposal" in given["environment_factory"]().reset(**given["train_dataset"][0])


def parameters_of(file: Path, kind: str, name: str) -> set[str]:
    """Those that a method names, without what it takes as **kwargs."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    (method,) = (node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return {one.arg for one in (*method.args.args, *method.args.kwonlyargs)}


@pytest.mark.skipif(importlib.util.find_spec("unsloth") is None, reason="Unsloth is not installed")
def test_unsloth_is_called_with_arguments_that_it_has() -> None:
    unsloth = stand_in()
    train_colab.unsloth_model(unsloth, PRESETS["t4"])
    found = importlib.util.find_spec("unsloth")
    assert found is not None
    assert found.origin is not None
    models = Path(found.origin).parent / "models"
    loading = parameters_of(models / "loader.py", "FastLanguageModel", "from_pretrained")
    # FastLanguageModel's own hands everything on to it.
    adapting = parameters_of(models / "llama.py", "FastLlamaModel", "get_peft_model")
    assert unsloth.FastLanguageModel.from_pretrained.call_args.kwargs.keys() <= loading
    assert unsloth.FastLanguageModel.get_peft_model.call_args.kwargs.keys() <= adapting
