"""A transformers checkpoint in this process, which completes several chats in one generation.

    model = LocalModel(Path("outputs/grpo/checkpoint-200"), temperature=0.0)
    completions = model.complete_all([chat, other_chat], tools, max_tokens=512)

A folder with a LoRA adapter is loaded on top of the base model that it names. torch, transformers and peft are imported
when a model is loaded: the extra `local` brings them. What is in a chat is not known here.
"""

import copy
import hashlib
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .chat_template import for_template, own_tokenizer
from .completion import Chat, Completion, Tools, Usage
from .written_calls import read_calls

ADAPTER = "adapter_config.json"
"""By which a folder that holds a LoRA adapter is known."""

MAX_TOKENS = 1_024
"""Of an answer, where nothing else is said: a checkpoint itself mostly has no limit, or one of 20."""


class LocalModelError(RuntimeError):
    """A checkpoint cannot be run. The sentence says why."""


class LocalModel:
    """A `ChatModel`. What it answers follows from the chats of a batch, and from nothing that was asked before.

    Without sampling each answer follows from its own chat alone, as far as rounding goes.
    """

    def __init__(self, path: Path, temperature: float | None = None, chat_template: Path | None = None) -> None:
        """Load one.

        Args:
            path: Its folder, or its name on the Hugging Face hub, such as Qwen/Qwen2.5-3B-Instruct.
            temperature: Of sampling, 0 for none; None for what the checkpoint's own generation config says.
            chat_template: A file; None for the template that is saved with the tokenizer.

        Raises:
            LocalModelError: It cannot be loaded, or has no chat template.
        """
        self.name = path.as_posix()
        """As it was given: the last part alone would be the same for checkpoints of several runs."""
        self._torch, transformers, self._template_error = _libraries(path)
        self._device = self._torch.device("cuda" if self._torch.cuda.is_available() else "cpu")
        self._model, self._tokenizer = _load(path, chat_template, self._torch, transformers, self._device)
        self._generation = _generation(self._model, self._tokenizer, temperature)
        if not self._tokenizer.chat_template:
            raise LocalModelError(f"The tokenizer in {path} has no chat template: give one as --chat-template.")

    @property
    def context_length(self) -> int | None:
        """Tokens that it was made for; None where its config does not say."""
        return getattr(self._model.config.get_text_config(), "max_position_embeddings", None)

    def calls_tools(self) -> bool:
        """True if its chat template writes calls of tools."""
        return "tool_calls" in str(self._tokenizer.chat_template)

    def complete(self, messages: Chat, tools: Tools = (), max_tokens: int | None = None) -> Completion:
        """Continue a chat by one message; see `ChatModel`."""
        (completion,) = self.complete_all([messages], tools, MAX_TOKENS if max_tokens is None else max_tokens)
        return completion

    def complete_all(self, chats: Sequence[Chat], tools: Tools = (), max_tokens: int = MAX_TOKENS) -> list[Completion]:
        """Continue each chat by one message, all in one generation.

        Raises:
            LocalModelError: They do not fit into memory, or the template refuses one.
        """
        prompts = [self._prompt(chat, tools) for chat in chats]
        batch = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(self._device)
        generation = copy.copy(self._generation)
        longest, room = batch["input_ids"].shape[1], self.context_length
        generation.max_new_tokens = max_tokens if room is None else max(1, min(max_tokens, room - longest))
        # Other chats are other draws, and the same chats the same ones, whatever was asked before.
        seed = int.from_bytes(hashlib.sha256(json.dumps(prompts).encode()).digest()[:8], "big")
        try:
            devices = [self._device] if self._device.type == "cuda" else []
            with self._torch.random.fork_rng(devices), self._torch.inference_mode():
                self._torch.manual_seed(seed)
                rows = self._model.generate(**batch, generation_config=generation)
        except self._torch.OutOfMemoryError:
            raise LocalModelError(
                f"A batch of {len(prompts)} does not fit into memory: fewer chats at once or shorter ones take less."
            ) from None
        taken = batch["attention_mask"].sum(dim=1).tolist()
        answers = rows[:, batch["input_ids"].shape[1] :].tolist()
        return [self._completion(*each, tools) for each in zip(prompts, answers, taken, strict=True)]

    def _prompt(self, chat: Chat, tools: Tools) -> str:
        try:
            prompt: str = self._tokenizer.apply_chat_template(
                [for_template(message) for message in chat],
                tools=list(tools) or None,
                add_generation_prompt=True,
                tokenize=False,
            )
        except (self._template_error, TypeError) as problem:
            # A template is a program: it has no other way to say that it knows no system's message, or no tools.
            raise LocalModelError(f"The chat template of {self.name} refuses the chat: {problem}.") from problem
        return prompt

    def _completion(self, prompt: str, tokens: Sequence[int], asked: int, tools: Tools) -> Completion:
        ends = [place for place, token in enumerate(tokens) if token in self._generation.eos_token_id]
        answer = tokens[: ends[0]] if ends else tokens
        # Some templates open the thoughts themselves: what a model then writes has only their end, if it comes to it.
        text = ("<think>" if prompt.rstrip().endswith("<think>") else "") + self._tokenizer.decode(answer)
        text, calls = read_calls(text, tools) if tools else (text, ())
        reason = ("tool_calls" if calls else "stop") if ends else "length"
        # What it costs to run is not known here.
        return Completion(text, calls, Usage(asked, len(answer) + bool(ends), None), reason)


def _libraries(path: Path) -> tuple[Any, Any, type[Exception]]:
    """torch, transformers and what chat templates raise; peft is there too where an adapter needs it."""
    try:
        import jinja2
        import torch
        import transformers

        if (path / ADAPTER).is_file():
            import peft  # noqa: F401
    except ImportError as problem:
        raise LocalModelError(
            f"A checkpoint needs the extra `local`, which is not installed ({problem}): uv run --extra local ..., or "
            "pip install -e '.[local]'."
        ) from None
    # Its bars would stand among the lines of a run.
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers, jinja2.TemplateError


def _load(path: Path, chat_template: Path | None, torch: Any, transformers: Any, device: Any) -> tuple[Any, Any]:
    """The model, on its device and ready to be asked, and its tokenizer."""
    adapter = (path / ADAPTER).is_file()
    named = not path.exists() and not path.is_absolute() and len(path.parts) == 2
    if not adapter and not named and not (path / "config.json").is_file():
        raise LocalModelError(f"{path} holds no checkpoint: there is neither a config.json nor an {ADAPTER}.")
    try:
        base = str(path)
        if adapter:
            base = json.loads((path / ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path")
            if not base:
                raise LocalModelError(f"its {ADAPTER} names no base model.")
        own = (path / "tokenizer_config.json").is_file()
        tokenizer = own_tokenizer(str(path) if own else base, chat_template)
        # A card without bf16 would emulate it.
        dtype = "auto" if device.type == "cpu" or torch.cuda.is_bf16_supported(False) else torch.float16
        model, loading = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=dtype, output_loading_info=True)
        if adapter:
            import peft

            with warnings.catch_warnings():
                # Of weights that the adapter lacks; peft would leave them at their start, which does nothing.
                warnings.filterwarnings("error", message="Found missing adapter keys")
                model = peft.PeftModel.from_pretrained(model, str(path))
        if getattr(model, "quantization_method", None) is None:  # else it is on the card already
            model.to(device)
    except Exception as problem:
        # The formats that a checkpoint is made of have errors of their own each.
        words = " ".join(str(problem).split())[:300]
        raise LocalModelError(f"{path} cannot be loaded: {words}") from problem
    if loading["missing_keys"]:
        # transformers would make them up.
        lacking = sorted(loading["missing_keys"])
        raise LocalModelError(f"{path} lacks {len(lacking)} of its model's weights, such as {lacking[0]}.")
    return model.eval(), tokenizer


def _generation(model: Any, tokenizer: Any, temperature: float | None) -> Any:
    """The checkpoint's generation config with the temperature that is asked for, and with its tokens as lists."""
    config = model.generation_config
    if temperature is not None:
        config.do_sample = temperature > 0
        config.temperature = temperature if temperature > 0 else None
        # As in a trainer's rollouts, and not as a checkpoint's own config has it; transformers would cut at 50 tokens.
        config.top_k, config.top_p, config.min_p, config.repetition_penalty = 0, 1.0, None, 1.0
    if not config.do_sample:
        config.temperature = config.top_p = config.top_k = None
    ends = config.eos_token_id if config.eos_token_id is not None else tokenizer.eos_token_id
    if ends is None:
        raise LocalModelError("Neither model nor tokenizer says by which token an answer ends.")
    config.eos_token_id = list(ends) if isinstance(ends, list) else [ends]
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = config.eos_token_id[0]
    config.pad_token_id = tokenizer.pad_token_id
    return config
