"""Loads what is trained: a model by name with its tokenizer, 4-bit where asked, or the small one of the project.

loaded = load(settings)
GRPOTrainer(loaded.model, processing_class=loaded.tokenizer, peft_config=loaded.adapters, ...)

Nothing is downloaded that the Hugging Face cache has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..chat.own_tokenizer import own_tokenizer
from .chat_template import make_readable
from .settings import PlanError, Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `GRPOTrainer` is given."""

    model: Any
    """A name, where TRL is to load it quantized, else a model."""
    tokenizer: Any
    adapters: Any
    """A `peft.LoraConfig`; None where all weights are trained."""
    quantization: Any
    """A `BitsAndBytesConfig`; None where nothing is quantized."""


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
    try:
        tokenizer = own_tokenizer(model, settings.chat_template)
    except (OSError, ValueError) as problem:
        raise PlanError(f"The tokenizer of {model} cannot be had: {problem}") from problem
    if not tokenizer("word")["input_ids"]:
        # Where a folder has a config.json alone, transformers makes up an empty one of its kind.
        raise PlanError(f"{model} has no tokenizer: save that of the model which it was made from beside the weights.")
    make_readable(tokenizer, settings, model)
    return tokenizer


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
