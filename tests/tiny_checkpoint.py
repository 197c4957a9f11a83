"""A checkpoint made on the spot: a Qwen2 of one layer whose weights are set by hand, and its tokenizer.

    checkpoint(folder, TOOLS_TEMPLATE)      # a folder as training leaves it, at once and without training

In any episode it answers a chat's opening with FIRST and what comes then with THEN. Each piece of an answer is a token
of its own, so that one token calls for the next; and one attention head, which looks at all of the chat alike, sees
whether FIRST was said in it before. torch and transformers are needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.rollouts.sft_messages import conversation
from synth_audit_env.tests.comparison.real_run import record

CONTEXT = 16_384
FIRST = [("review_proposal", {"proposal_id": "PROP-001"}), ("approve", {"proposal_id": "PROP-002"})]
THEN = [("submit_audit_report", {"report": "Done."})]
PLAIN_TEMPLATE = """{%- for message in messages -%}
{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif -%}"""
TOOLS_TEMPLATE = """{%- if tools %}
{{- '<|im_start|>system\n' + messages[0].content + '\n\n<tools>' }}
{%- for tool in tools %}{{ '\n' + (tool | tojson) }}{% endfor %}
{{- '\n</tools>\nCall them as <tool_call>{"name": <name>, "arguments": <object>}</tool_call>.<|im_end|>\n' }}
{%- set messages = messages[1:] %}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
{{- '<|im_start|>user\n<tool_response>\n' + message.content + '\n</tool_response><|im_end|>\n' }}
{%- else %}
{{- '<|im_start|>' + message.role }}
{%- if message.content %}{{ '\n' + message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}
{{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
{{- (call.function.arguments | tojson) + '}\n</tool_call>' }}
{%- endfor %}
{{- '<|im_end|>\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"""
"""In the manner of Qwen2.5's."""


_ASKED, _BEGUN, _SAID = 0, 1, 2
"""Directions of the model's states: an answer is asked for; FIRST begins here; FIRST was begun somewhere before."""


def checkpoint(folder: Path, template: str) -> Path:
    """Build and save it."""
    pieces = _pieces(native=template == TOOLS_TEMPLATE)
    tokenizer = _tokenizer(template, pieces)
    model = _model(tokenizer, pieces)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def hasty_adapter(base: Path, folder: Path) -> Path:
    """A LoRA adapter with which it says THEN at once."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    config = peft.LoraConfig(r=1, lora_alpha=1, target_modules=["lm_head"], task_type="CAUSAL_LM")
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    head = model.base_model.model.lm_head
    then = AutoTokenizer.from_pretrained(base).convert_tokens_to_ids(_pieces(native=True)[-1])
    with torch.no_grad():
        head.lora_A["default"].weight.zero_()[0, _ASKED] = 1.0
        head.lora_B["default"].weight.zero_()[then, 0] = 1_000.0
    # The head is what it changes: without a word peft would save the whole of it beside the adapter, with a warning.
    model.save_pretrained(folder, save_embedding_layers=False)
    return folder


def _pieces(native: bool) -> list[str]:
    """Those of FIRST in order, then THEN."""
    if not native:
        return [json.dumps([{"action_type": name, **given} for name, given in calls]) for calls in (FIRST, THEN)]
    said = [json.dumps({"name": name, "arguments": given}) for name, given in [*FIRST, *THEN]]
    first, *more, then = [f"<tool_call>\n{call}\n</tool_call>" for call in said]
    return [first, *(f"\n{call}" for call in more), then]


def _tokenizer(template: str, pieces: Sequence[str]) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=3_000,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # A whole audit, so that one that is imitated has no more tokens than an episode may have.
    audit = conversation(record("heuristic", HeuristicAuditor(), "easy", 42))
    texts = (text for message in audit for text in (message["content"], json.dumps(message.get("tool_calls"))))
    inner.train_from_iterator(texts, trainer)
    inner.add_tokens([AddedToken(piece, normalized=False) for piece in pieces])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=template
    )


def _model(tokenizer: Any, pieces: Sequence[str]) -> Any:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    *first, then = tokenizer.convert_tokens_to_ids(list(pieces))
    end, pad = tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    (newline,) = tokenizer("\n")["input_ids"]
    # Layers in four bits have to be 64 wide for bitsandbytes on processors with bfloat16 of their own.
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        eos_token_id=end,
        pad_token_id=pad,
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.fill_(1.0 if "norm" in name else 0.0)
        said, head = model.model.embed_tokens.weight, model.lm_head.weight
        attention = model.model.layers[0].self_attn
        # With queries and keys of zero the head averages over the chat: one token in thousands, made much of.
        attention.v_proj.weight[_SAID, _BEGUN] = 1e5
        attention.o_proj.weight.fill_diagonal_(1.0)
        said[newline, _ASKED] = 1.0
        head[first[0], _ASKED] = 1.0
        head[then, _SAID] = 1.0
        # One direction for each piece, which calls for the next far louder than anything is said above.
        for place, (piece, following) in enumerate(zip([*first, then], [*first[1:], end, end], strict=True)):
            direction = _BEGUN if place == 0 else _SAID + place
            said[piece, direction] = 1.0
            head[following, direction] = 1e6
    return model
