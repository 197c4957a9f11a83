"""Loads what is trained: a model by name with its tokenizer, 4-bit where asked, or the small one of the project.

    loaded = load(settings, model)
    GRPOTrainer(**loaded.arguments, ...)

Nothing is downloaded that the Hugging Face cache has. TRL knows some chat templates by their bytes. Any other has to
write calls of tools as Hermes and Qwen do; a chat with a call in it is written and read back, and a template that fails
there is refused. Whether a model has learnt to write calls so is not known here.
"""

from dataclasses import dataclass
from typing import Any

from ..chat.chat_template import own_tokenizer
from .settings import PlanError, TrainingSettings
from .tiny_model import CHAT_TEMPLATE


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


def load_tokenizer(settings: TrainingSettings, model: str) -> Any:
    """The tokenizer of a model, with what TRL needs in order to read the calls of tools in its answers.

    Raises:
        PlanError: There is none, or its chat template cannot be trained with.
    """
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers, qwen2_5_chat_template

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
    if not _reads_calls(tokenizer):
        raise PlanError(
            f"TRL cannot read calls of tools that the chat template of {settings.chat_template or model} writes: give "
            "another as --chat-template, such as training/chatml.jinja for a model with the tokens <|im_start|> and "
            "<|im_end|>."
        )
    if settings.sft is not None and not has_generation_markers(tokenizer.chat_template):
        try:
            get_training_chat_template(tokenizer)
        except ValueError as problem:
            raise PlanError(
                "--sft needs a chat template with {% generation %} around what the assistant says, or one that TRL "
                f"knows: give --chat-template, such as training/chatml.jinja. ({problem})"
            ) from problem
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


def _weights(model: str, settings: TrainingSettings) -> Any:
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
