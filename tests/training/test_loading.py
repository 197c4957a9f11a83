"""What is trained is loaded as the settings say, by a T4's way too, and templates are judged by what they write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.tests.training import by_name
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.training import loading
from synth_audit_env.training.loading import load_tokenizer
from synth_audit_env.training.settings import PlanError, TrainingSettings, read_arguments

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS
OURS = Path(loading.__file__).with_name("chatml.jinja").read_text(encoding="utf-8")


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


@pytest.fixture
def tokenizer_with(model: Path, tmp_path: Path) -> Callable[[str], Any]:
    """Load the model's tokenizer with a template, as training does."""

    def load(template: str) -> Any:
        (file := tmp_path / "given.jinja").write_text(template, encoding="utf-8")
        return load_tokenizer(read_arguments(["--chat-template", str(file)]), str(model))

    return load


PROBE_TOOL = {"type": "function", "function": {"name": "probe_tool", "description": "Look up.", "parameters": {}}}


def call_read(tokenizer: Any, answer: str) -> Any:
    """What TRL makes of an answer of the model."""
    from trl.chat_template_utils import parse_response

    chat = [{"role": "user", "content": "What is it?"}]
    asked = tokenizer.apply_chat_template(chat, tools=[PROBE_TOOL], add_generation_prompt=True, return_dict=False)
    ids = tokenizer(answer, add_special_tokens=False)["input_ids"]
    return parse_response(tokenizer, ids, prefix=asked).get("tool_calls")


def test_calls_are_read_by_a_template_that_trl_does_not_know(tokenizer_with: Callable[[str], Any]) -> None:
    tokenizer = tokenizer_with(OURS)
    markup = '<tool_call>\n{"name": "probe_tool", "arguments": {"word": "sword"}}\n</tool_call><|im_end|>'
    (call,) = call_read(tokenizer, markup)
    assert call["function"] == {"name": "probe_tool", "arguments": {"word": "sword"}}
    assert not call_read(tokenizer, "It is a sword.<|im_end|>")


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("message.tool_calls or []", "[]"),
        ("+ message.content + '\\n</tool_response>", "+ '\\n</tool_response>"),
        ('<tool_call>\\n{"name": "\' +', '<call>\\n{"name": "\' +'),
        ("{{- message.content }}", "{{- message.content }}{%- if loop.last %}{{- ' last' }}{%- endif %}"),
        ("+ tool.function | tojson", "+ tool.function.name"),
    ],
    ids=["no calls", "no answers", "other markup", "changes its prefix", "no descriptions"],
)
def test_a_template_that_cannot_be_trained_with_is_refused(
    place: str, change: str, tokenizer_with: Callable[[str], Any]
) -> None:
    """It would train all the same, and take every call for plain text."""
    assert place in OURS
    with pytest.raises(
        PlanError, match=r"given\.jinja writes: give another as --chat-template, such as training/chatm"
    ):
        tokenizer_with(OURS.replace(place, change))


@pytest.mark.parametrize(("kind", "replaced"), [("qwen2", True), ("llama", False)])
def test_qwens_template_goes_by_config_and_vocabulary(kind: str, replaced: bool, model: Path, tmp_path: Path) -> None:
    """Whatever the folder is called. A template that is given stays."""
    from trl.chat_template_utils import qwen2_5_chat_template

    folder = shutil.copytree(model, tmp_path / "model")
    (folder / "chat_template.jinja").write_text(OURS, encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": kind}), encoding="utf-8")
    loaded = load_tokenizer(TrainingSettings(), str(folder))
    assert loaded.chat_template == (qwen2_5_chat_template if replaced else OURS)
    given = load_tokenizer(read_arguments(["--chat-template", str(folder / "chat_template.jinja")]), str(folder))
    assert given.chat_template == OURS
