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

from .chat_template import PROBE, PROBE_TOOL, PROBED, for_template, own_tokenizer
from .completion import Chat, Completion, Tools, Usage
from .written_calls import find_calls, read_calls

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
        """Whether its chat template has tools, and writes calls as they are read here."""
        try:
            written = self._prompt(PROBE, [PROBE_TOOL])
        except LocalModelError:
            # It refuses such a chat, which is an answer too.
            return False
        calls = [(call.name, call.arguments) for call in find_calls(written, [PROBE_TOOL])]
        return PROBED in calls and PROBE[-1]["content"] in written

    def complete(self, messages: Chat, tools: Tools = (), max_tokens: int | None = None) -> Completion:
        """Continue a chat by one message; see `ChatModel`."""
        (completion,) = self.complete_all([messages], tools, MAX_TOKENS if max_tokens is None else max_tokens)
        return completion

    def complete_all(self, chats: Sequence[Chat], tools: Tools = (), max_tokens: int = MAX_TOKENS) -> list[Completion]:
        """Continue each chat by one message, those that have the same room to answer in one generation.

        A chat that leaves the model's context no room for an answer gets an empty one, cut off at its length.

        Raises:
            LocalModelError: They do not fit into memory, or the template refuses one.
        """
        prompts = [self._prompt(chat, tools) for chat in chats]
        taken = [len(ids) for ids in self._tokenizer(prompts, add_special_tokens=False)["input_ids"]]
        room = self.context_length
        limits = [max_tokens if room is None else max(0, min(max_tokens, room - tokens)) for tokens in taken]
        done: dict[int, Completion] = {}
        for limit in sorted(set(limits)):
            places = [place for place, own in enumerate(limits) if own == limit]
            answers = self._generate([prompts[place] for place in places], limit)
            for place, answer in zip(places, answers, strict=True):
                done[place] = self._completion(prompts[place], answer, taken[place], tools)
        return [done[place] for place in range(len(chats))]

    def _generate(self, prompts: Sequence[str], max_tokens: int) -> list[list[int]]:
        """The tokens that follow on each prompt."""
        if max_tokens == 0:
            return [[] for _ in prompts]
        batch = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False).to(self._device)
        generation = copy.copy(self._generation)
        generation.max_new_tokens = max_tokens
        # Other chats are other draws, and the same chats the same ones, whatever was asked before.
        seed = int.from_bytes(hashlib.sha256(json.dumps(prompts).encode()).digest()[:8], "big")
        try:
            devices = [self._device] if self._device.type == "cuda" else []
            with self._torch.random.fork_rng(devices), self._torch.inference_mode():
                self._torch.manual_seed(seed)
                rows = self._model.generate(**batch, generation_config=generation)
        except self._torch.OutOfMemoryError:
            told = f"A batch of {len(prompts)} does not fit into memory: fewer chats at once or shorter ones take less."
            raise LocalModelError(told) from None
        answers: list[list[int]] = rows[:, batch["input_ids"].shape[1] :].tolist()
        return answers

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
        spoken = tokens[: ends[0]] if ends else tokens
        # Some templates open the thoughts themselves: what a model then writes has only their end, if it comes to it.
        text = ("<think>" if prompt.rstrip().endswith("<think>") else "") + self._tokenizer.decode(spoken)
        text, calls = read_calls(text, tools) if tools else (text, ())
        reason = ("tool_calls" if calls else "stop") if ends else "length"
        # What it costs to run is not known here.
        return Completion(text, calls, Usage(asked, len(spoken) + bool(ends), None), reason)


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
        model, loading = transformers.AutoModelForCausalLM.from_pretrained(base, dtype="auto", output_loading_info=True)
        if adapter:
            import peft

            with warnings.catch_warnings():
                # Of weights that the adapter lacks; peft would leave them at their start, which does nothing.
                warnings.filterwarnings("error", message="Found missing adapter keys")
                model = peft.PeftModel.from_pretrained(model, str(path))
        _place(model, torch, device)
    except Exception as problem:
        # The formats that a checkpoint is made of have errors of their own each.
        words = " ".join(str(problem).split())[:300]
        raise LocalModelError(f"{path} cannot be loaded: {words}") from problem
    if loading["missing_keys"]:
        # transformers would make them up.
        lacking = sorted(loading["missing_keys"])
        raise LocalModelError(f"{path} lacks {len(lacking)} of its model's weights, such as {lacking[0]}.")
    return model.eval(), tokenizer


def _place(model: Any, torch: Any, device: Any) -> None:
    """Put a model on its device, in its own format, but 16 bits that a card does not have become the ones it has."""
    emulated = device.type == "cuda" and model.dtype == torch.bfloat16 and not torch.cuda.is_bf16_supported(False)
    if getattr(model, "quantization_method", None) is None:
        model.to(device, torch.float16 if emulated else model.dtype)
        return
    # What is quantized is on the card already, and transformers refuses to cast such a model: only what it is not is.
    for weight in model.parameters() if emulated else ():
        if weight.dtype == torch.bfloat16 and not hasattr(weight, "quant_state"):
            weight.data = weight.data.half()
    for layer in model.modules() if emulated else ():
        if getattr(layer, "compute_dtype", None) == torch.bfloat16:
            layer.compute_dtype = torch.float16


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
