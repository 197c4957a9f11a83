"""Sees to it that TRL reads the calls that a chat template writes, and refuses a template that cannot be trained with.

TRL knows some templates by their bytes. By any other a chat with a tool in it (`chat/tool_probe.py`) is written and its
call read, in each of the ways that TRL has. Whether a model has learnt to write calls so is not known here.
"""

from __future__ import annotations

import json
from typing import Any

from ..chat.local_model import for_template
from ..chat.tool_probe import PROBE, PROBE_TOOL, PROBED
from .settings import PlanError, Settings
from .tiny_model import CHAT_TEMPLATE


def make_readable(tokenizer: Any, settings: Settings, model: str) -> None:
    """Tell a tokenizer of a model how calls are read. Raises PlanError where its template cannot be trained with."""
    from trl.chat_template_utils import add_response_schema, qwen2_5_chat_template

    if settings.chat_template is None and _is_qwen25(tokenizer, model):
        # Copies of its template differ from TRL's in white space.
        tokenizer.chat_template = qwen2_5_chat_template
    try:
        add_response_schema(tokenizer)
    except ValueError:
        if fault := _fault(tokenizer, settings.sft is not None):
            raise PlanError(
                f"The chat template of {settings.chat_template or model} {fault}: give another as --chat-template, "
                "such as training/chatml.jinja for a model with the tokens <|im_start|> and <|im_end|>."
            ) from None


def _is_qwen25(tokenizer: Any, model: str) -> bool:
    """Whether it is one by its config and its tokens for calls. Merges may make such words, as the small model's do."""
    from transformers import AutoConfig

    try:
        kind: str = AutoConfig.from_pretrained(model).model_type
    except (OSError, ValueError):
        return False  # That there is none is told when the weights are loaded.
    return kind == "qwen2" and {"<|im_start|>", "<|im_end|>", "<tool_call>"} <= set(tokenizer.get_added_vocab())


def _fault(tokenizer: Any, imitates: bool) -> str | None:
    """What a template lacks that TRL does not know; None where it lacks nothing, and calls are read from then on."""
    from jinja2 import TemplateError
    from trl.chat_template_utils import has_generation_markers

    def write(messages: int, **more: Any) -> str:
        chat = [for_template(message) for message in PROBE[:messages]]
        return str(tokenizer.apply_chat_template(chat, tools=[PROBE_TOOL], tokenize=False, **more))

    try:
        asked, called, answered = write(2, add_generation_prompt=True), write(3), write(4)
    except (TemplateError, TypeError, ValueError) as problem:
        return f"fails on a chat with a tool in it ({problem})"  # or there is none
    # The small model knows its tools by heart.
    if PROBE_TOOL["function"]["description"] not in asked and tokenizer.chat_template != CHAT_TEMPLATE:
        return "does not tell the model which tools there are"
    if PROBE[-1]["content"] not in answered:
        return "leaves out what a tool answers"
    if not (called.startswith(asked) and answered.startswith(called)):
        return "writes a message otherwise once others follow"
    if not _reads(tokenizer, asked, called.removeprefix(asked)):
        return "writes no calls that TRL can read"
    if imitates and not has_generation_markers(tokenizer.chat_template):
        return "has no {% generation %} around what the assistant says, which --sft needs"
    return None


def _reads(tokenizer: Any, asked: str, said: str) -> bool:
    """Whether the call is found in what the assistant said, in one of TRL's ways, which the tokenizer keeps."""
    from trl import chat_template_utils as ways

    prefix, turn = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (asked, said))
    for tokenizer.response_template in (ways.qwen3_template, ways.qwen3_5_template, ways.llama3_template):
        calls = ways.parse_response(tokenizer, turn, prefix=prefix).get("tool_calls") or ()
        if [(call["function"]["name"], json.dumps(call["function"]["arguments"])) for call in calls] == [PROBED]:
            return True
    return False
