"""A checkpoint in this process, which completes several chats in one generation. `evaluate.py` asks it.

    model = LocalModel("outputs/train/run/checkpoint-200", temperature=0.0)
    completions = model.complete_all([chat, other_chat], tools, max_tokens=512)

What is in a chat is not known here.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..chat.completion import Chat, Completion, Tools, Usage
from ..chat.written_calls import read_calls
from .loading import load_weights, saved_tokenizer
from .settings import PlanError


class LocalModel:
    """A model. Without sampling each answer follows from its own chat alone, as far as rounding goes.

    With sampling the same chats in the same order get the same answers from a model that was just loaded.
    """

    def __init__(self, name: str, temperature: float, chat_template: Path | None = None) -> None:
        """Load one.

        Args:
            name: Its folder, or its name on the Hugging Face hub, such as Qwen/Qwen2.5-3B-Instruct.
            temperature: Of sampling, 0 for none.
            chat_template: A file; None for the template that is saved with the tokenizer.

        Raises:
            PlanError: It cannot be loaded.
        """
        import torch
        import transformers

        # Its bars would stand among the lines of a run.
        transformers.utils.logging.disable_progress_bar()
        cuda = torch.cuda.is_available()
        # A card without bf16 would emulate it.
        dtype = "auto" if not cuda or torch.cuda.is_bf16_supported(False) else torch.float16
        torch.manual_seed(0)
        self.name = name
        self._tokenizer = saved_tokenizer(name, chat_template)
        self._model = load_weights(name, dtype, device_map="cuda" if cuda else "cpu").eval()
        self._generation = _generation(self._model, self._tokenizer, temperature)

    @property
    def context_length(self) -> int:
        """Tokens that it was made for."""
        return int(self._model.config.get_text_config().max_position_embeddings)

    def calls_tools(self) -> bool:
        """True if its chat template writes calls of tools."""
        return "tool_calls" in str(self._tokenizer.chat_template)

    def complete_all(self, chats: Sequence[Chat], tools: Tools, max_tokens: int) -> list[Completion]:
        """Continue each chat by one message, all in one generation.

        Raises:
            PlanError: They do not fit into memory, or the template refuses one.
        """
        import torch

        prompts = [self.prompt(chat, tools) for chat in chats]
        batch = self._tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        batch = batch.to(self._model.device)
        generation, longest = copy.copy(self._generation), batch["input_ids"].shape[1]
        generation.max_new_tokens = max_tokens
        try:
            with torch.inference_mode():
                rows = self._model.generate(**batch, generation_config=generation)
        except torch.OutOfMemoryError:
            raise PlanError(f"A batch of {len(prompts)} does not fit into memory: give a smaller --batch.") from None
        taken = batch["attention_mask"].sum(dim=1).tolist()
        answers = rows[:, longest:].tolist()
        return [self._completion(*each, tools) for each in zip(prompts, answers, taken, strict=True)]

    def tokens(self, chat: Chat, tools: Tools) -> int:
        """How many tokens a chat takes. Raises PlanError where the template refuses it."""
        return len(self._tokenizer(self.prompt(chat, tools), add_special_tokens=False)["input_ids"])

    def prompt(self, chat: Chat, tools: Tools) -> str:
        """The text of a chat, up to where the model goes on."""
        from jinja2 import TemplateError

        try:
            prompt: str = self._tokenizer.apply_chat_template(
                [_for_template(message) for message in chat],
                tools=list(tools) or None,
                add_generation_prompt=True,
                tokenize=False,
            )
        except (TemplateError, TypeError, ValueError) as problem:
            # A template is a program: it has no other way to say that it knows no system's message, or no tools.
            raise PlanError(f"The chat template of {self.name} refuses the chat: {problem}.") from problem
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


def _for_template(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as templates take it: arguments of calls are objects there, and JSON text in OpenAI's format."""
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls", ())
    ]
    return {**message, **({"tool_calls": calls} if calls else {})}


def _generation(model: Any, tokenizer: Any, temperature: float) -> Any:
    """The checkpoint's generation config with the temperature that is asked for, and with its tokens as lists."""
    config = model.generation_config
    config.do_sample = temperature > 0
    # As in a trainer's rollouts, and not as a checkpoint's own config has it; transformers would cut at 50 tokens.
    config.temperature, config.top_k, config.top_p = (temperature, 0, 1.0) if config.do_sample else (None, None, None)
    config.min_p, config.repetition_penalty = None, 1.0
    ends = tokenizer.eos_token_id if config.eos_token_id is None else config.eos_token_id
    config.eos_token_id = list(ends) if isinstance(ends, list) else [ends]
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = config.eos_token_id[0]
    config.pad_token_id = tokenizer.pad_token_id
    return config
