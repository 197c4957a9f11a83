"""What the tests train on: cards by what is known of them, and a tiny Qwen2 that has learnt nothing, in a folder.

untrained(folder)                       # with the template of Qwen2.5
untrained(folder, CHAT_TEMPLATE)        # with another
"""

from __future__ import annotations

from pathlib import Path

from synth_audit_env.agents.react.prompts import SYSTEM
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.training.plan import Device

T4, A100 = Device("t4", 7.5), Device("a100", 8.0)


def untrained(folder: Path, template: str | None = None) -> Path:
    """Build it, and save it as a download would have left it."""
    import torch
    from tokenizers import AddedToken
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer
    from trl.chat_template_utils import qwen2_5_chat_template

    opening = SynthAuditEnvironment().reset(seed=8, task_id="oversight_easy")
    empty = Qwen2Tokenizer(vocab={"<|endoftext|>": 0}, merges=[])
    tokenizer = empty.train_new_from_iterator([SYSTEM, opening.protocol_excerpt or "", opening.feedback], 1_000)
    tokenizer.add_special_tokens(
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "additional_special_tokens": ["<|im_start|>"]}
    )
    tokenizer.add_tokens([AddedToken(token, special=False) for token in ("<tool_call>", "</tool_call>")])
    # Copies differ from TRL's in white space at the end of lines, and TRL knows templates by their bytes.
    tokenizer.chat_template = template or qwen2_5_chat_template + "\n"
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        initializer_range=0.08,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
