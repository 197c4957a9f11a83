"""The way of a model on a T4, on a CPU: by name out of a Hugging Face cache, 4-bit, adapters, saved, loaded and merged.

    build(folder)                                                   # a tiny Qwen2 in a cache made by hand
    HF_HOME=FOLDER HF_HUB_OFFLINE=1 python by_name.py FOLDER

A program of its own, since the libraries read where their cache is, and that there is no network, when they are
imported. It fails where something is not as it has to be.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

NAME = "Audit/Qwen2.5-Tiny-Instruct"
REVISION = "0" * 40
ASKED = (
    f"--model {NAME} --tools core --reward random --max-steps 2 --prompts 1 --generations 4 --batch 2 --turns 2 "
    "--turn-tokens 16 --episode-tokens 256 --learning-rate 1e-2 --lora-rank 4"
)


def build(home: Path) -> None:
    """Save the model as a download would have left it."""
    from tokenizers import AddedToken
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer
    from trl.chat_template_utils import qwen2_5_chat_template

    from synth_audit_env.agents.react.prompts import SYSTEM
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

    opening = SynthAuditEnvironment().reset(seed=8, task_id="oversight_easy")
    empty = Qwen2Tokenizer(vocab={"<|endoftext|>": 0}, merges=[])
    tokenizer = empty.train_new_from_iterator([SYSTEM, opening.protocol_excerpt or "", opening.feedback], 1_000)
    tokenizer.add_special_tokens(
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "additional_special_tokens": ["<|im_start|>"]}
    )
    tokenizer.add_tokens([AddedToken(token, special=False) for token in ("<tool_call>", "</tool_call>")])
    # Copies differ from TRL's in white space at the end of lines, and TRL knows templates by their bytes.
    tokenizer.chat_template = qwen2_5_chat_template + "\n"
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
    cached = home / "hub" / f"models--{NAME.replace('/', '--')}"
    snapshot = cached / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(REVISION, encoding="ascii")
    Qwen2ForCausalLM(config).save_pretrained(snapshot)
    tokenizer.save_pretrained(snapshot)


def train(home: Path) -> None:
    """Go the way, and check what is met on it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM
    from trl.chat_template_utils import qwen2_5_chat_template

    from synth_audit_env.chat.local_model import LocalModel
    from synth_audit_env.training.grpo_run import GrpoRun
    from synth_audit_env.training.loading import load
    from synth_audit_env.training.settings import read_arguments

    torch.set_num_threads(1)
    torch.manual_seed(0)
    out = home / "trained"
    settings = read_arguments([*ASKED.split(), "--out", str(out)])
    assert settings.precision == "4bit"
    run = GrpoRun(settings)
    model = run.trainer.model
    assert {type(layer).__name__ for name, layer in model.named_modules() if "base_layer" in name} == {"Linear4bit"}
    weights = dict(model.named_parameters())
    trained = {name for name, weight in weights.items() if weight.requires_grad}
    # The gradient scaler of fp16 fails on adapters in half precision, which is what TRL makes of them.
    assert {weights[name].dtype for name in trained} == {torch.float32}
    tokenizer = run.trainer.processing_class
    assert tokenizer.chat_template == qwen2_5_chat_template
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    run.train()
    moved = {name for name, weight in model.named_parameters() if not torch.equal(before[name], weight)}
    assert moved == trained == {name for name in weights if "lora_" in name}
    assert {file.name for file in out.glob("adapter_*")} == {"adapter_config.json", "adapter_model.safetensors"}

    loaded = load(settings, NAME)
    ids = torch.tensor([loaded.tokenizer("Age 44, 45 to 79: no. PROP-001")["input_ids"]])

    def logits(of: Any) -> Any:
        with torch.no_grad():
            return of.eval()(ids).logits.float()

    def are_close(one: Any, other: Any, within: float) -> bool:
        return float((one - other).abs().max()) < within

    four_bits = AutoModelForCausalLM.from_pretrained(NAME, quantization_config=loaded.quantization)
    assert are_close(logits(PeftModel.from_pretrained(four_bits, str(out))), logits(model), 1e-5)
    base = AutoModelForCausalLM.from_pretrained(NAME, dtype=torch.float32)
    plain = logits(base)
    adapted = PeftModel.from_pretrained(base, str(out))
    with_adapters = logits(adapted)
    assert not are_close(with_adapters, plain, 0.01)
    merged = adapted.merge_and_unload()
    merged.save_pretrained(home / "merged")
    tokenizer.save_pretrained(home / "merged")
    assert are_close(logits(AutoModelForCausalLM.from_pretrained(home / "merged")), with_adapters, 1e-4)
    chat = [{"role": "user", "content": "Audit this."}]
    answers = {LocalModel(home / name, temperature=0.0).complete(chat, (), 8).text for name in ("trained", "merged")}
    assert len(answers - {""}) == len(answers) == 1


if __name__ == "__main__":
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    train(Path(sys.argv[1]))
