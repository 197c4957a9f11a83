"""The way of a model on a T4, on a CPU: by name out of a Hugging Face cache, 4-bit, adapters, saved, loaded and merged.

    build(folder)                                                   # an untrained Qwen2 in a cache made by hand
    HF_HOME=FOLDER HF_HUB_OFFLINE=1 python by_name.py FOLDER

A program of its own, since the libraries read where their cache is, and that there is no network, when they are
imported. It fails where something is not as it has to be.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from synth_audit_env.tests.training.untrained import untrained

NAME = "Audit/Qwen2.5-Tiny-Instruct"
REVISION = "0" * 40
ASKED = (
    f"--model {NAME} --reward random --max-steps 2 --prompts 1 --generations 4 --batch 2 --turns 2 "
    "--turn-tokens 16 --episode-tokens 256 --learning-rate 1e-2 --lora-rank 4"
)


def build(home: Path) -> None:
    """Save the model into a cache."""
    cached = home / "hub" / f"models--{NAME.replace('/', '--')}"
    snapshot = cached / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(REVISION, encoding="ascii")
    untrained(snapshot)


def train(home: Path) -> None:
    """Go the way, and check what is met on it."""
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoTokenizer
    from trl.chat_template_utils import qwen2_5_chat_template

    from synth_audit_env.training.grpo_run import GrpoRun
    from synth_audit_env.training.local_model import LocalModel
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

    # As docs/training.md has it.
    AutoPeftModelForCausalLM.from_pretrained(out).merge_and_unload().save_pretrained(home / "merged")
    AutoTokenizer.from_pretrained(out).save_pretrained(home / "merged")
    chat = [{"role": "user", "content": "Audit this."}]
    models = [LocalModel(name, temperature=0.0) for name in (NAME, str(out), str(home / "merged"))]
    plain, adapted, merged = (completion.text for model in models for completion in model.complete_all([chat], (), 8))
    assert adapted == merged != plain


if __name__ == "__main__":
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    train(Path(sys.argv[1]))
