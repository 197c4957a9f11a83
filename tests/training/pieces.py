"""A tokenizer that is nearly Qwen2.5's, where there is none: the pieces of a text within which it joins letters.

    len(Pieces()("Age 44, PROP-001", add_special_tokens=False)["input_ids"])      # each digit is one, as it is a token

No token of Qwen2.5 is longer than a piece, and of these texts most are one. With its tokenizer at hand, by the variable
QWEN_TOKENIZER, `test_token_budget.py` holds the factor between the two against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

TOKENS_A_PIECE = 1.09
"""Of whole audits, on the high side: 1.07 to 1.09 by the tier."""
_SPECIAL = re.compile(r"<\|im_start\|>|<\|im_end\|>|</?tool_call>")
_PIECE = re.compile(r"(?:[^\r\n\w]|_)?[^\W\d_]+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
"""As in tokenizer.json of Qwen2.5, whose classes of letters and numbers `re` does not know by their names."""


class Pieces:
    """What is asked of a tokenizer to count the tokens of a chat, with the markup of Qwen2.5."""

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[str]]:
        """Cut a text."""
        assert not add_special_tokens
        words = [piece for part in _SPECIAL.split(text) for piece in _PIECE.findall(part)]
        return {"input_ids": [*_SPECIAL.findall(text), *words]}

    def apply_chat_template(
        self, messages: Sequence[Mapping[str, Any]], tools: None, add_generation_prompt: bool, tokenize: bool
    ) -> str:
        """Write a chat. The descriptions of tools are not written: no episode after its prompt has any."""
        assert (tools, tokenize) == (None, False)
        roles = [message["role"] for message in messages]
        told = []
        for before, message, after in zip(["", *roles], messages, [*roles[1:], ""], strict=False):
            if message["role"] == "tool":
                answer = f"\n<tool_response>\n{message['content']}\n</tool_response>"
                start, end = "" if before == "tool" else "<|im_start|>user", "" if after == "tool" else "<|im_end|>\n"
                told.append(f"{start}{answer}{end}")
            else:
                calls = [
                    f"\n<tool_call>\n{json.dumps(call['function'], ensure_ascii=False)}\n</tool_call>"
                    for call in message.get("tool_calls", ())
                ]
                words = f"\n{message['content']}" if message["content"] or not calls else ""
                told.append(f"<|im_start|>{message['role']}{words}{''.join(calls)}<|im_end|>\n")
        return "".join([*told, "<|im_start|>assistant\n"] if add_generation_prompt else told)
