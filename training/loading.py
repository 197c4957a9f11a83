"""Loads models and tokenizers: one that is trained, 4-bit where asked, and one that is evaluated.

    loaded = load(settings, model)
    GRPOTrainer(**loaded.arguments, ...)
    weights = load_weights("outputs/train/run", "auto")              # adapters are put on the model that they name

Nothing is downloaded that the Hugging Face cache has. TRL knows some chat templates by their bytes. Any other has to
write calls of tools as Hermes and Qwen do; a chat with a call in it is written and read back, and a template that fails
there is refused. Whether a model has learnt to write calls so is not known here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .settings import PlanError, TrainingSettings
from .tiny_model import CHAT_TEMPLATE

GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""Names under which a tokenizer is saved that is a `tokenizers` file and no more."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and its tokenizer as a trainer of TRL takes them."""

    model: Any
    """A name, where TRL is to load it quantized, else a model."""
    tokenizer: Any
    adapters: Any = None
    """A `peft.LoraConfig`; None where all weights are trained, or adapters are on the model."""
    quantization: Any = None
    """A `BitsAndBytesConfig`; None where nothing is quantized."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the trainer, by its names."""
        given = {"model": self.model, "processing_class": self.tokenizer, "peft_config": self.adapters}
        return given if self.quantization is None else {**given, "quantization_config": self.quantization}


def load(settings: TrainingSettings, model: str) -> Loaded:
    """Load a model to train, by its name on the hub or in its local cache, or from a folder, as the settings say.

    Raises:
        PlanError: It cannot be had.
    """
    import torch

    tokenizer = load_tokenizer(settings, model)
    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(settings.precision, torch.float32)
    if not settings.lora_rank:
        # What is trained is kept in float32: an update is smaller than the last digit of a weight in bf16.
        dtype = torch.float32
    return Loaded(
        model=model if settings.precision == "4bit" else load_weights(model, dtype),
        tokenizer=tokenizer,
        adapters=_adapters(settings.lora_rank) if settings.lora_rank else None,
        quantization=_four_bits() if settings.precision == "4bit" else None,
    )


def load_weights(model: str, dtype: Any, **options: Any) -> Any:
    """A model of transformers, with the adapters of the folder on it, if it holds some.

    Raises:
        PlanError: It cannot be loaded.
    """
    from transformers import AutoModelForCausalLM

    try:
        weights, info = AutoModelForCausalLM.from_pretrained(model, dtype=dtype, output_loading_info=True, **options)
    except Exception as problem:
        # The formats that a checkpoint is made of have errors of their own each.
        raise PlanError(f"{model} cannot be loaded: {' '.join(str(problem).split())[:300]}") from problem
    if info["missing_keys"]:
        # transformers would make them up.
        lacking = sorted(info["missing_keys"])
        raise PlanError(f"{model} lacks {len(lacking)} of its model's weights, such as {lacking[0]}.")
    return weights


def saved_tokenizer(model: str, chat_template: Path | None = None) -> Any:
    """Load a tokenizer from a folder, or by name from the hub or its cache, with padding on the left, for generation.

    `AutoTokenizer` goes by the type of the model: a Qwen2 with a tokenizer of its own gets Qwen2's way of cutting text
    up before its merges, and so other tokens than it was trained on, without a word. Where a folder says that its
    tokenizer is none of a model's, it is loaded as what it is.

    Raises:
        PlanError: It cannot be loaded, nor the file with another chat template.
    """
    import transformers

    config = Path(model) / "tokenizer_config.json"
    try:
        saved_as = json.loads(config.read_text(encoding="utf-8")).get("tokenizer_class") if config.is_file() else None
        kind = transformers.PreTrainedTokenizerFast if saved_as in GENERIC else transformers.AutoTokenizer
        tokenizer = kind.from_pretrained(model, padding_side="left")
        if chat_template is not None:
            tokenizer.chat_template = chat_template.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise PlanError(f"The tokenizer of {model} cannot be had: {problem}") from problem
    return tokenizer


def load_tokenizer(settings: TrainingSettings, model: str) -> Any:
    """The tokenizer of a model, with what TRL needs in order to read the calls of tools in its answers.

    Raises:
        PlanError: There is none, or its chat template cannot be trained with.
    """
    from trl.chat_template_utils import qwen2_5_chat_template

    tokenizer = saved_tokenizer(model, settings.chat_template)
    if settings.chat_template is None and _is_qwen25(tokenizer, model):
        # Copies of its template differ from TRL's in white space.
        tokenizer.chat_template = qwen2_5_chat_template
    if not _reads_calls(tokenizer):
        raise PlanError(
            f"TRL cannot read calls of tools that the chat template of {settings.chat_template or model} writes: give "
            "another as --chat-template, such as training/chatml.jinja for a model with the tokens <|im_start|> and "
            "<|im_end|>."
        )
    return tokenizer


def _is_qwen25(tokenizer: Any, model: str) -> bool:
    """True for a Qwen2.5 by its config and its tokens for calls. The small model's merges may make such words too."""
    from transformers import AutoConfig

    try:
        kind: str = AutoConfig.from_pretrained(model).model_type
    except (OSError, ValueError):
        return False  # That there is none is told when the weights are loaded.
    return kind == "qwen2" and {"<|im_start|>", "<|im_end|>", "<tool_call>"} <= set(tokenizer.get_added_vocab())


def _reads_calls(tokenizer: Any) -> bool:
    """True if the chat template shows tools, and TRL reads the calls that it writes; from then on TRL does."""
    from jinja2 import TemplateError
    from trl import chat_template_utils as trl

    try:
        trl.add_response_schema(tokenizer)
    except ValueError:
        # TRL does not know the template. Those that write calls as Hermes does are read as Qwen3's are.
        tokenizer.response_template = trl.qwen3_template
        tool = {"type": "function", "function": {"name": "probe", "description": "Look up.", "parameters": {}}}
        call = {"type": "function", "function": {"name": "probe", "arguments": {"word": "quillon"}}}
        chat = [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
        try:
            if not (trl.supports_tool_calling(tokenizer) and trl.is_chat_template_prefix_preserving(tokenizer)):
                return False
            asked = tokenizer.apply_chat_template(chat[:1], tools=[tool], add_generation_prompt=True, return_dict=False)
            written = tokenizer.apply_chat_template(chat, tools=[tool], return_dict=False)
        except (TemplateError, TypeError, ValueError):
            return False
        # The small model learns its tools from its warm start.
        if "Look up." not in tokenizer.decode(asked) and tokenizer.chat_template != CHAT_TEMPLATE:
            return False
        parsed = trl.parse_response(tokenizer, written[len(asked) :], prefix=asked)
        return [call["function"] for call in parsed.get("tool_calls", ())] == [call["function"]]
    return True


def train_in_float32(model: Any) -> None:
    """Widen the weights of a model that are trained, in place.

    TRL makes adapters in bf16, which the gradient scaler of fp16 cannot unscale (trl issue 4901).
    """
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


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
