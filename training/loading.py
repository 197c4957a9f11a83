"""Loads what is trained: a model by name with its tokenizer, 4-bit where asked, or the small one of the project.

    loaded = load(settings, model)
    GRPOTrainer(**loaded.arguments, ...)

Nothing is downloaded that the Hugging Face cache has. TRL is told how to read the calls that a chat template writes,
and a template that cannot be trained with is refused. TRL knows some templates by their bytes. By any other a chat with
a tool in it (`chat/chat_template.py`) is written and its call read, in each of the ways that TRL has. Whether a model
has learnt to write calls so is not known here.
"""

import json
from dataclasses import dataclass
from typing import Any

from ..chat.chat_template import PROBE, PROBE_TOOL, PROBED, for_template, own_tokenizer
from .settings import PlanError, Settings
from .tiny_model import CHAT_TEMPLATE


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a trainer of TRL is given."""

    model: Any
    """A name, where TRL is to load it quantized, else a model."""
    tokenizer: Any
    adapters: Any = None
    """A `peft.LoraConfig`; None where all weights are trained, or adapters are on the model."""
    quantization: Any = None
    """A `BitsAndBytesConfig`; None where nothing is quantized."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the trainer, by its names."""
        given = {"model": self.model, "processing_class": self.tokenizer, "peft_config": self.adapters}
        return given if self.quantization is None else {**given, "quantization_config": self.quantization}


def load(settings: Settings, model: str) -> Loaded:
    """Load a model, by its name on the hub or in its local cache, or from a folder, as the settings say.

    Raises:
        PlanError: It cannot be had.
    """
    tokenizer = load_tokenizer(settings, model)
    return Loaded(
        model=model if settings.precision == "4bit" else _weights(model, settings),
        tokenizer=tokenizer,
        adapters=_adapters(settings.lora_rank) if settings.lora_rank else None,
        quantization=_four_bits() if settings.precision == "4bit" else None,
    )


def load_tokenizer(settings: Settings, model: str) -> Any:
    """The tokenizer of a model, with what TRL needs in order to read the calls of tools in its answers.

    Raises:
        PlanError: There is none, or its chat template cannot be trained with.
    """
    from trl.chat_template_utils import add_response_schema, qwen2_5_chat_template

    try:
        tokenizer = own_tokenizer(model, settings.chat_template)
    except (OSError, ValueError) as problem:
        raise PlanError(f"The tokenizer of {model} cannot be had: {problem}") from problem
    if not tokenizer("word")["input_ids"]:
        # Where a folder has a config.json alone, transformers makes up an empty one of its kind.
        raise PlanError(f"{model} has no tokenizer: save that of the model which it was made from beside the weights.")
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
    return tokenizer


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


def train_in_float32(model: Any) -> None:
    """Widen the weights of a model that are trained, in place.

    TRL makes adapters in bf16, which the gradient scaler of fp16 cannot unscale (trl issue 4901).
    """
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


def _weights(model: str, settings: Settings) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}[settings.precision]
    if not settings.lora_rank:
        # What is trained is kept in float32: an update is smaller than the last digit of a weight in bf16.
        dtype = torch.float32
    try:
        return AutoModelForCausalLM.from_pretrained(model, dtype=dtype)
    except (OSError, ValueError) as problem:
        raise PlanError(f"The model {model} cannot be had: {problem}") from problem


def _four_bits() -> Any:
    import torch
    from transformers import BitsAndBytesConfig

    half = torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported(False) else torch.float16
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=half if torch.cuda.is_available() else torch.float32,
    )


def _adapters(rank: int) -> Any:
    from peft import LoraConfig

    # Not the head, which is tied to the embedding: merged into it, an adapter of one would change the other.
    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
