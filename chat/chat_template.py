"""The tokenizer of a checkpoint as it was saved, and messages as its chat template takes them.

tokenizer = own_tokenizer("outputs/train/start")
text = tokenizer.apply_chat_template([*map(for_template, chat)], tools=tools, tokenize=False)
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""What a tokenizer is saved as that is a `tokenizers` file and no more."""


def own_tokenizer(model: str, chat_template: Path | None = None) -> Any:
    """Load it from a folder, or by name from the hub or its cache, with padding on the left, as generation wants it.

    `AutoTokenizer` goes by the type of the model: a Qwen2 with a tokenizer of its own gets Qwen2's way of cutting text
    up before its merges, and so other tokens than it was trained on, without a word. Where a folder says that its
    tokenizer is none of a model's, it is loaded as what it is.

    Raises:
        OSError, ValueError: It cannot be loaded, nor the file with another chat template.
    """
    import transformers  # of an extra

    config = Path(model) / "tokenizer_config.json"
    saved_as = json.loads(config.read_text(encoding="utf-8")).get("tokenizer_class") if config.is_file() else None
    kind = transformers.PreTrainedTokenizerFast if saved_as in GENERIC else transformers.AutoTokenizer
    tokenizer = kind.from_pretrained(model, padding_side="left")
    if chat_template is not None:
        tokenizer.chat_template = chat_template.read_text(encoding="utf-8")
    return tokenizer


def for_template(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as templates take it: arguments of calls are objects there, and JSON text in OpenAI's format."""
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls", ())
    ]
    return {**message, **({"tool_calls": calls} if calls else {})}
