"""What is trained is loaded as the settings say, by a T4's way too, and templates are judged by what they write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.chat.chat_template import own_tokenizer
from synth_audit_env.tests.tiny_checkpoint import PLAIN_TEMPLATE, TOOLS_TEMPLATE, checkpoint
from synth_audit_env.tests.training import by_name
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training import loading
from synth_audit_env.training.loading import load_tokenizer
from synth_audit_env.training.settings import PlanError, TrainingSettings, read_arguments

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS
OURS = Path(loading.__file__).with_name("chatml.jinja")


def test_a_model_goes_from_a_name_in_the_cache_to_merged_weights(tmp_path: Path) -> None:
    """In 4 bits, with adapters, trained, saved, read back and merged."""
    pytest.importorskip("bitsandbytes")
    pytest.importorskip("peft")
    by_name.build(tmp_path)
    done = subprocess.run(
        [sys.executable, by_name.__file__, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_template_whose_calls_trl_cannot_read_is_refused_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would train all the same, and take every call for plain text."""
    monkeypatch.setattr(loading, "_weights", lambda *given: pytest.fail("the model is loaded"))
    folder = str(checkpoint(tmp_path, PLAIN_TEMPLATE))
    with pytest.raises(PlanError, match=f"TRL cannot read calls of tools that the chat template of {folder} writes"):
        loading.load(read_arguments(["--precision", "fp32"]), folder)
    with pytest.raises(PlanError, match="The tokenizer of .* cannot be had"):
        load_tokenizer(TrainingSettings(), str(tmp_path / "nothing"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose name says Qwen2.5 and whose own template has no tools."""
    return checkpoint(tmp_path_factory.mktemp("made") / "qwen2.5-like", PLAIN_TEMPLATE)


@pytest.fixture
def tokenizer_with(model: Path, tmp_path: Path) -> Callable[..., Any]:
    """Load the checkpoint's tokenizer with a template, as training does."""

    def load(template: str | None, *arguments: str) -> Any:
        settings = read_arguments(arguments)
        if template is not None:
            (file := tmp_path / "given.jinja").write_text(template, encoding="utf-8")
            settings = read_arguments([*arguments, "--chat-template", str(file)])
        return load_tokenizer(settings, str(model))

    return load


PROBE_TOOL = {"type": "function", "function": {"name": "probe_tool", "description": "Look up.", "parameters": {}}}


def call_read(tokenizer: Any, said: str) -> Any:
    """What TRL makes of an answer of the model."""
    from trl.chat_template_utils import parse_response

    chat = [{"role": "user", "content": "What is it?"}]
    asked = tokenizer.apply_chat_template(chat, tools=[PROBE_TOOL], add_generation_prompt=True, return_dict=False)
    ids = tokenizer(said, add_special_tokens=False)["input_ids"]
    return parse_response(tokenizer, ids, prefix=asked).get("tool_calls")


MARKUP = '<tool_call>\n{"name": "probe_tool", "arguments": {"word": "sword"}}\n</tool_call><|im_end|>'


@pytest.mark.parametrize("template", [TOOLS_TEMPLATE, OURS.read_text(encoding="utf-8")], ids=["tools", "ours"])
def test_calls_are_read_by_a_template_that_trl_does_not_know(template: str, tokenizer_with: Callable[..., Any]) -> None:
    tokenizer = tokenizer_with(template)
    (call,) = call_read(tokenizer, MARKUP)
    assert call["function"] == {"name": "probe_tool", "arguments": {"word": "sword"}}
    assert not call_read(tokenizer, "It is a sword.<|im_end|>")


def changed(*change: str) -> str:
    assert TOOLS_TEMPLATE.count(change[0]) >= 1, change
    return TOOLS_TEMPLATE.replace(*change)


@pytest.mark.parametrize(
    "template",
    [
        PLAIN_TEMPLATE,
        changed("+ message.content + '\n</tool_response>", "+ '\n</tool_response>"),
        changed("tool_call>\n{", "call>\n{"),
        changed("{%- if message.content %}", "{%- if loop.last %}{{ ' last' }}{% endif %}{%- if message.content %}"),
    ],
    ids=["no calls", "no answers", "other markup", "changes its prefix"],
)
def test_a_template_that_cannot_be_trained_with_is_refused(template: str, tokenizer_with: Callable[..., Any]) -> None:
    with pytest.raises(PlanError, match=r"such as training/chatml\.jinja"):
        tokenizer_with(template)


def test_audits_are_imitated_only_where_the_assistants_words_are_marked(tokenizer_with: Callable[..., Any]) -> None:
    with pytest.raises(PlanError, match=r"--sft needs a chat template with {% generation %}"):
        tokenizer_with(TOOLS_TEMPLATE, "--sft", "sft.jsonl")
    tokenizer_with(OURS.read_text(encoding="utf-8"), "--sft", "sft.jsonl")


@pytest.mark.parametrize(("kind", "replaced"), [("qwen2", True), ("llama", False)])
def test_qwens_template_goes_by_config_and_vocabulary(kind: str, replaced: bool, model: Path, tmp_path: Path) -> None:
    """Whatever the folder is called."""
    from tokenizers import AddedToken
    from trl.chat_template_utils import qwen2_5_chat_template

    tokenizer = own_tokenizer(str(model))
    tokenizer.chat_template = TOOLS_TEMPLATE
    tokenizer.add_tokens([AddedToken(token, special=False) for token in ("<tool_call>", "</tool_call>")])
    tokenizer.save_pretrained(tmp_path)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": kind}), encoding="utf-8")
    loaded = load_tokenizer(TrainingSettings(), str(tmp_path))
    assert loaded.chat_template == (qwen2_5_chat_template if replaced else TOOLS_TEMPLATE)
    given = load_tokenizer(read_arguments(["--chat-template", str(OURS)]), str(tmp_path))
    assert given.chat_template == OURS.read_text(encoding="utf-8")
