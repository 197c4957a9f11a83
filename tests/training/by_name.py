"""The way of a model on a T4, on a CPU: by name out of a Hugging Face cache, 4-bit, adapters, saved, loaded and merged.

    build(folder)                                                   # a tiny Qwen2 in a cache made by hand
    HF_HOME=FOLDER HF_HUB_OFFLINE=1 python by_name.py FOLDER

A program of its own, since the libraries read where their cache is, and that there is no network, when they are
imported. It prints what it found as JSON on its last line; `test_loading.py` says what that has to be.
"""

from __future__ import annotations

import json
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


def train(home: Path) -> dict[str, Any]:
    """Go the way, and tell what was met on it."""
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
    run = GrpoRun(settings)
    model = run.trainer.model
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    before = {name: weight.detach().clone() for name, weight in trained.items()}
    frozen = {name: weight.detach().clone() for name, weight in model.named_parameters() if not weight.requires_grad}
    found: dict[str, Any] = {
        "precision": settings.precision,
        "layers": sorted({type(layer).__name__ for name, layer in model.named_modules() if "base_layer" in name}),
        "adapted": sorted({name.split(".lora_")[0].rsplit(".", 1)[-1] for name in trained}),
        "trained": sorted({str(weight.dtype) for weight in trained.values()}),
        "only adapters": all("lora_" in name for name in trained),
    }
    run.train()
    found["steps"] = sum("reward" in one for one in run.trainer.state.log_history)
    found["moved"] = sum(not torch.equal(before[name], weight) for name, weight in trained.items()) / len(trained)
    found["frozen stays"] = all(
        torch.equal(frozen[name], weight) for name, weight in model.named_parameters() if name in frozen
    )
    found["saved"] = sorted(file.name for file in out.glob("adapter_*"))
    tokenizer = run.trainer.processing_class
    found["tools"] = sorted(tool.__name__ for tool in run.trainer.tools)
    found["template is TRL's"] = tokenizer.chat_template == qwen2_5_chat_template

    loaded = load(settings, NAME)
    ids = torch.tensor([loaded.tokenizer("Age 44, 45 to 79: no. PROP-001")["input_ids"]])

    def logits(of: Any) -> Any:
        with torch.no_grad():
            return of.eval()(ids).logits

    four_bits = AutoModelForCausalLM.from_pretrained(NAME, quantization_config=loaded.quantization)
    found["reloaded"] = apart(logits(PeftModel.from_pretrained(four_bits, str(out))), logits(model))
    base = AutoModelForCausalLM.from_pretrained(NAME, dtype=torch.float32)
    plain = logits(base)
    adapted = PeftModel.from_pretrained(base, str(out))
    with_adapters = logits(adapted)
    found["adapters do"] = apart(with_adapters, plain)
    merged = adapted.merge_and_unload()
    found["merged"] = apart(logits(merged), with_adapters)
    merged.save_pretrained(home / "merged")
    tokenizer.save_pretrained(home / "merged")
    found["merged and saved"] = apart(logits(AutoModelForCausalLM.from_pretrained(home / "merged")), with_adapters)
    chat = [{"role": "user", "content": "Audit this."}]
    for name in ("trained", "merged"):
        answer = LocalModel(home / name, temperature=0.0).complete(chat, (), 8)
        found[f"answer of {name}"] = answer.text
    return found


def apart(one: Any, other: Any) -> float:
    """The largest difference between logits."""
    return float((one.float() - other.float()).abs().max())


if __name__ == "__main__":
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    print(json.dumps(train(Path(sys.argv[1]))))
