"""What is trained is loaded as the settings say, and the T4's way is gone to its last line that needs no CUDA."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.models import ACTION_TYPES
from synth_audit_env.tests.tiny_checkpoint import PLAIN_TEMPLATE, TOOLS_TEMPLATE, checkpoint
from synth_audit_env.tests.training import by_name
from synth_audit_env.tests.training.scripted import NOT_CORE
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training.settings import PlanError, Settings, read_arguments

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the Hugging Face libraries, with a tiny model in its cache."""
    folder = tmp_path_factory.mktemp("home")
    by_name.build(folder)
    return folder


@pytest.fixture(scope="module")
def found(home: Path) -> dict[str, Any]:
    """What was met on the way from a name in the cache to a merged model."""
    pytest.importorskip("bitsandbytes")
    pytest.importorskip("peft")
    done = subprocess.run(
        [sys.executable, by_name.__file__, str(home)],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_a_model_by_name_is_loaded_in_four_bits_with_adapters_on_it(found: dict[str, Any]) -> None:
    assert found["precision"] == "4bit"
    assert found["layers"] == ["Linear4bit"]
    assert found["adapted"] == ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]


def test_only_adapters_are_trained_and_in_float32(found: dict[str, Any]) -> None:
    """The gradient scaler of fp16 fails on adapters in half precision, which is what TRL makes of them."""
    assert found["only adapters"]
    assert found["trained"] == ["torch.float32"]


def test_it_is_given_the_tools_and_the_template_that_trl_knows(found: dict[str, Any]) -> None:
    assert found["template is TRL's"]
    assert found["tools"] == sorted(set(ACTION_TYPES) - set(NOT_CORE))


def test_steps_move_the_adapters_and_nothing_else(found: dict[str, Any]) -> None:
    assert (found["steps"], found["moved"], found["frozen stays"]) == (2, 1.0, True)
    assert found["adapters do"] > 0.01


def test_saved_adapters_are_the_trained_ones_when_they_are_loaded_again(found: dict[str, Any]) -> None:
    assert found["saved"] == ["adapter_config.json", "adapter_model.safetensors"]
    assert found["reloaded"] < 1e-5


def test_a_merged_model_answers_as_its_adapters_do(found: dict[str, Any]) -> None:
    assert found["merged"] < 1e-4
    assert found["merged and saved"] < 1e-4
    assert found["answer of merged"] == found["answer of trained"] != ""


@pytest.mark.parametrize(("precision", "dtype"), [("fp16", "float16"), ("bf16", "bfloat16"), ("fp32", "float32")])
def test_weights_are_loaded_as_asked_for(precision: str, dtype: str, start: Path) -> None:
    from synth_audit_env.training.loading import load

    loaded = load(read_arguments(["--precision", precision, "--lora-rank", "8"]), str(start))
    assert {weight.dtype for weight in loaded.model.parameters()} == {getattr(torch, dtype)}
    assert loaded.quantization is None
    assert (loaded.adapters.r, loaded.adapters.lora_alpha, loaded.adapters.target_modules) == (8, 16, "all-linear")


def test_four_bits_are_left_to_trl_to_load(start: Path) -> None:
    from synth_audit_env.training.loading import load

    loaded = load(read_arguments([]), str(start))
    assert loaded.model == str(start)
    assert loaded.quantization.load_in_4bit
    assert loaded.quantization.bnb_4bit_quant_type == "nf4"


def test_all_weights_are_trained_where_there_are_no_adapters(start: Path) -> None:
    from synth_audit_env.training.loading import load

    assert load(read_arguments(["--preset", "cpu-tiny"]), str(start)).adapters is None


def test_what_is_no_model_is_told(tmp_path: Path, start: Path) -> None:
    from synth_audit_env.training.loading import load, load_tokenizer

    with pytest.raises(PlanError, match="The tokenizer of .* cannot be had"):
        load_tokenizer(Settings(), str(tmp_path))
    (start_copy := tmp_path / "no-weights").mkdir()
    for file in start.glob("*token*"):
        (start_copy / file.name).write_bytes(file.read_bytes())
    (start_copy / "chat_template.jinja").write_bytes((start / "chat_template.jinja").read_bytes())
    with pytest.raises(PlanError, match="The model .* cannot be had"):
        load(read_arguments(["--preset", "cpu-tiny"]), str(start_copy))


def test_weights_without_their_tokenizer(tmp_path: Path) -> None:
    """transformers makes up an empty one, and where "Qwen2.5" is in the name TRL's template would go with it."""
    from synth_audit_env.training.loading import load_tokenizer

    folder = checkpoint(tmp_path / "qwen2.5-merged", TOOLS_TEMPLATE)
    for file in (*folder.glob("*token*"), folder / "chat_template.jinja"):
        file.unlink()
    with pytest.raises(PlanError, match="has no tokenizer: save that of the model"):
        load_tokenizer(Settings(), str(folder))


def test_a_template_whose_calls_trl_cannot_read_is_refused_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would train all the same, and take every call for plain text."""
    from synth_audit_env.training import loading

    monkeypatch.setattr(loading, "_weights", lambda *given: pytest.fail("the model is loaded"))
    folder = str(checkpoint(tmp_path, PLAIN_TEMPLATE))
    with pytest.raises(PlanError, match=f"The chat template of {folder} does not tell the model which tools"):
        loading.load(read_arguments(["--precision", "fp32"]), folder)
    missing = read_arguments(["--precision", "fp32", "--chat-template", str(tmp_path / "no.jinja")])
    with pytest.raises(PlanError, match=r"The tokenizer of .* cannot be had: .*no\.jinja"):
        loading.load(missing, folder)
