"""Checkpoints are loaded and complete several chats as they do one; of those that cannot be run a sentence says why.

They are real ones, and torch is 2 GB: .ci/run runs them in the environment of the training tests.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.settings import ReactSettings, local_auditor
from synth_audit_env.chat.local_model import LocalModel, LocalModelError
from synth_audit_env.tests.tiny_checkpoint import (
    CONTEXT,
    FIRST,
    PLAIN_TEMPLATE,
    THEN,
    TOOLS_TEMPLATE,
    checkpoint,
    hasty_adapter,
)

pytestmark = [
    pytest.mark.slow,
    # peft asks transformers by an older name.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
]
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
CHAT = [{"role": "system", "content": "You audit."}, {"role": "user", "content": "Audit this."}]
LONGER = [*CHAT[:1], {"role": "user", "content": "Audit this trial. " * 40}]
ANSWERED = [
    *CHAT,
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": str(place), "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
            for place, (name, given) in enumerate(FIRST)
        ],
    },
    {"role": "tool", "tool_call_id": "0", "content": "It says that all is well."},
]
SMALL = Budget(CONTEXT, 64)


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("native"), TOOLS_TEMPLATE)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("plain"), PLAIN_TEMPLATE)


def _calls(completion: Any) -> list[tuple[str, Any]]:
    return [(call.name, json.loads(call.arguments)) for call in completion.calls]


def test_chats_together_are_completed_as_each_alone(native):
    model = LocalModel(native)
    chats = [CHAT, ANSWERED, LONGER]
    together = model.complete_all(chats, tool_schemas(), 64)
    assert [_calls(completion) for completion in together] == [FIRST, THEN, FIRST]
    assert together == [model.complete(chat, tool_schemas(), 64) for chat in chats]
    first, then, longer = [completion.usage for completion in together]
    assert first.prompt_tokens < then.prompt_tokens < longer.prompt_tokens
    assert (first.completion_tokens, then.completion_tokens) == (3, 2)
    assert {completion.finish_reason for completion in together} == {"tool_calls"}


def test_the_chat_template_decides_how_tools_are_called(native, plain):
    assert LocalModel(native).calls_tools()
    assert not LocalModel(plain).calls_tools()
    with pytest.raises(LocalModelError, match="takes no tools: leave --tool-format out"):
        local_auditor(ReactSettings(model=str(plain), tool_format="native", budget=SMALL))
    with pytest.raises(LocalModelError, match=f"a context of {CONTEXT} tokens: give a --max-context of no more, not 3"):
        local_auditor(ReactSettings(model=str(native)))
    model, _ = local_auditor(ReactSettings(model=str(plain), budget=SMALL))
    assert json.loads(model.complete(CHAT).text) == [{"action_type": name, **given} for name, given in FIRST]


def test_a_template_of_a_file_takes_the_place_of_the_checkpoints_own(native, plain, tmp_path):
    file = tmp_path / "tools.jinja"
    file.write_text(TOOLS_TEMPLATE, encoding="utf-8")
    assert LocalModel(plain, chat_template=file).calls_tools()
    _, auditor = local_auditor(ReactSettings(model=str(plain), budget=SMALL, chat_template=file))
    assert (auditor.settings["tool_format"], auditor.settings["chat_template"]) == ("auto", file.as_posix())
    with pytest.raises(LocalModelError, match=r"cannot be loaded: .*no\.jinja"):
        LocalModel(native, chat_template=tmp_path / "no.jinja")
    file.write_text("{{ raise_exception('No system here') }}", encoding="utf-8")
    with pytest.raises(LocalModelError, match="refuses the chat: No system here"):
        LocalModel(native, chat_template=file).complete(CHAT)
    assert LocalModel(native).calls_tools(), "the checkpoint itself is as it was"


def test_an_adapter_is_loaded_on_top_of_its_base(native, tmp_path):
    pytest.importorskip("peft")
    adapter = hasty_adapter(native, tmp_path)
    assert _calls(LocalModel(native).complete(CHAT, tool_schemas(), 64)) == FIRST
    assert _calls(LocalModel(adapter).complete(CHAT, tool_schemas(), 64)) == THEN


def test_weights_that_are_missing(native, tmp_path):
    peft = pytest.importorskip("peft")
    safetensors = pytest.importorskip("safetensors.torch")

    def without(name: str, weights: Path) -> None:
        kept = {key: value for key, value in safetensors.load_file(weights).items() if name not in key}
        safetensors.save_file(kept, weights, {"format": "pt"})

    adapter = hasty_adapter(native, tmp_path)
    without("lora_B", adapter / peft.utils.SAFETENSORS_WEIGHTS_NAME)
    with pytest.raises(LocalModelError, match="cannot be loaded: Found missing adapter keys"):
        LocalModel(adapter)
    folder = shutil.copytree(native, tmp_path / "lacking")
    without("o_proj", folder / "model.safetensors")
    with pytest.raises(LocalModelError, match="lacks 1 of its model's weights, such as model.layers.0.self_attn.o_pr"):
        LocalModel(folder)


def test_a_folder_that_is_no_checkpoint(native, tmp_path):
    with pytest.raises(LocalModelError, match="holds no checkpoint"):
        LocalModel(tmp_path)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LocalModelError, match="cannot be loaded"):
        LocalModel(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    pytest.importorskip("peft")
    with pytest.raises(LocalModelError, match="names no base model"):
        LocalModel(tmp_path)


def test_a_thought_that_the_template_opens_holds_no_call(native, tmp_path):
    folder = shutil.copytree(native, tmp_path / "thinking")
    template = folder / "chat_template.jinja"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("assistant\n", "assistant\n<think>\n"), encoding="utf-8")
    model = LocalModel(folder)
    assert model.calls_tools()
    completion = model.complete(CHAT, tool_schemas(), 64)
    assert completion.usage.completion_tokens > 1
    assert (completion.text, completion.calls) == ("", ())


@pytest.fixture(scope="module")
def quantized(native, tmp_path_factory):
    """The checkpoint with its layers in 4 bits, as Unsloth's are that a Colab trains on."""
    pytest.importorskip("bitsandbytes")
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    folder = tmp_path_factory.mktemp("quantized")
    four_bits = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    model = AutoModelForCausalLM.from_pretrained(native, quantization_config=four_bits, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(native).save_pretrained(folder)
    return folder


def test_a_quantized_checkpoint(quantized, tmp_path):
    assert _calls(LocalModel(quantized).complete(CHAT, tool_schemas(), 64)) == FIRST
    adapted = LocalModel(hasty_adapter(quantized, tmp_path))
    assert _calls(adapted.complete(CHAT, tool_schemas(), 64)) == THEN
