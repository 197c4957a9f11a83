"""Loads the tokenizer of a checkpoint as it was saved.

    tokenizer = own_tokenizer("outputs/train/start")

`AutoTokenizer` goes by the type of the model: a Qwen2 with a tokenizer of its own gets Qwen2's way of cutting text up
before its merges, and so other tokens than it was trained on, without a word. Where a folder says that its tokenizer is
none of a model's, it is loaded as what it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""What a tokenizer is saved as that is a `tokenizers` file and no more."""


def own_tokenizer(model: str, chat_template: Path | None = None) -> Any:
    """Load it from a folder, or by name from the hub or its cache, with padding on the left, as generation wants it.

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
