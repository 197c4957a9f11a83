"""What of the training stack works on this card, in minutes: a tiny model of its own goes through all that a run does.

    python training/check_gpu.py

Loads it in 4 bits, generates by vLLM, takes three GRPO steps in fp16 and, where the card has it, in bf16, merges the
adapters, and reads back what was saved. Each check is a process of its own, so that a crash ends no other. Prints a
table of what passed, with the memory that torch had on the card, and under it the last lines of what failed.

NOT RUN ON A GPU YET: on a CPU, tests/training/test_check_gpu.py runs the loading in 4 bits, and the steps in fp32.

Exit status: 0 when all passed, 1 when something failed, 2 where there is no card.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

try:
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
    from synth_audit_env.training.demonstrations import NONE, demonstrate
    from synth_audit_env.training.plan import no_card
    from synth_audit_env.training.settings import PRESETS, Precision
except ImportError as missing:
    print(f"check_gpu.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

STEPS = 3
ONE = "from synth_audit_env.training.check_gpu import one"
LONGEST_S = 300
"""Seconds that a check may take."""
HAS_BF16 = 8
"""The least CUDA capability of a card that does not emulate it."""


def tiny(folder: Path) -> None:
    """Build the model, untrained, and its tokenizer."""
    from synth_audit_env.training.tiny_model import build_model, build_tokenizer

    shown = demonstrate(SynthAuditEnvironment(), {"seed": 7, "task_id": "oversight_easy"}, NONE, Random(0))
    tokenizer = build_tokenizer([shown])
    build_model(len(tokenizer), context=8_192, seed=0).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def four_bits(model: Path, out: Path) -> None:
    """Load it in 4 bits, and have it write."""
    from transformers import AutoModelForCausalLM

    from synth_audit_env.training.loading import load

    settings = replace(PRESETS["t4"], model=str(model))
    loaded = load(settings, str(model))
    quantized = AutoModelForCausalLM.from_pretrained(model, quantization_config=loaded.quantization)
    asked = loaded.tokenizer("Audit each proposal.", return_tensors="pt").to(quantized.device)
    assert quantized.generate(**asked, max_new_tokens=8, do_sample=False).shape[1] > asked["input_ids"].shape[1]


def generated(model: Path, out: Path) -> None:
    """Generate by vLLM, from weights in 4 bits."""
    # In this process: torch has looked at the card, after which vLLM's own could not be forked.
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    from vllm import LLM, SamplingParams

    how = {"dtype": "float16", "quantization": "bitsandbytes", "enforce_eager": True}
    engine = LLM(model=str(model), max_model_len=2_048, gpu_memory_utilization=0.3, **how)
    (answer,) = engine.generate(["Audit each proposal."], SamplingParams(max_tokens=8, ignore_eos=True))
    assert len(answer.outputs[0].token_ids) == 8


def grpo_steps(precision: Precision, model: Path, out: Path) -> None:
    """Three GRPO steps with adapters, played in this environment; saved, merged and read back."""
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM

    from synth_audit_env.training.grpo_run import GrpoRun

    settings = replace(PRESETS["cpu-tiny"], model=str(model), out=out, precision=precision, max_steps=STEPS)
    settings = replace(settings, prompts=1, generations=4, batch=4, turns=4, turn_tokens=64, save_steps=STEPS)
    # An untrained model earns the same in every rollout, so rewards that know nothing are paid.
    run = GrpoRun(replace(settings, episode_tokens=1_024, lora_rank=8, reward="random"))
    run.train()
    norms = [row["grad_norm"] for row in run.trainer.state.log_history if "grad_norm" in row]
    assert len(norms) == STEPS, "a step is missing"
    # In fp16 the first steps may be left out, until the scale of the gradients has come down.
    assert any(0 < one < math.inf for one in norms), f"norms of the gradients: {norms}"
    adapted = AutoPeftModelForCausalLM.from_pretrained(out, dtype=torch.float32)
    ids = torch.arange(8)[None]
    expected = adapted(input_ids=ids).logits
    adapted.merge_and_unload().save_pretrained(out / "merged")
    merged = AutoModelForCausalLM.from_pretrained(out / "merged", dtype=torch.float32)
    torch.testing.assert_close(merged(input_ids=ids).logits, expected, atol=1e-3, rtol=1e-3)


CHECKS: Mapping[str, tuple[str, Callable[[Path, Path], None]]] = {
    "4bit": ("a model in 4 bits (bitsandbytes)", four_bits),
    "vllm": ("generation by vLLM, in 4 bits", generated),
    "fp16": (f"{STEPS} GRPO steps in fp16, saved, merged, read back", partial(grpo_steps, "fp16")),
    "bf16": (f"{STEPS} GRPO steps in bf16, saved, merged, read back", partial(grpo_steps, "bf16")),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    argparse.ArgumentParser(prog="check_gpu.py", description=__doc__.splitlines()[0]).parse_args(argv)
    try:
        import torch
    except ImportError as missing:
        print(f"check_gpu.py: {missing}: uv run --extra train ..., or pip install -e '.[train]'.", file=sys.stderr)
        return 2
    if not torch.cuda.is_available():
        print(f"check_gpu.py: no CUDA card can be used: {no_card(torch.version.cuda)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tiny(Path(folder) / "model")
        return every(Path(folder), torch.cuda.get_device_name(0), torch.cuda.get_device_capability(0))


def one(name: str, folder: str) -> None:
    """Make one check, with the model that is in the folder, and tell the memory that it took."""
    import torch

    CHECKS[name][1](Path(folder) / "model", Path(folder) / name)
    print(f"{torch.cuda.max_memory_allocated() / 2**30:.2f} GiB")


def every(folder: Path, card: str, capability: tuple[int, int]) -> int:
    """Make all checks that are for such a card, and print the table. Returns the exit status."""
    print(f"{card}, CUDA capability {capability[0]}.{capability[1]}", flush=True)
    failures = []
    for name, (what, _) in CHECKS.items():
        if name == "bf16" and capability[0] < HAS_BF16:
            print(f"  not for this card  {what}", flush=True)
            continue
        command = [sys.executable, "-c", f"{ONE}; one({name!r}, {str(folder)!r})"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            failures.append((what, f"It took longer than {LONGEST_S} s."))
        else:
            if done.returncode == 0:
                print(f"  passed {done.stdout.splitlines()[-1]:>11}  {what}", flush=True)
                continue
            failures.append((what, "\n".join(done.stderr.splitlines()[-5:])))
        print(f"  FAILED              {what}", flush=True)
    for what, told in failures:
        print(f"\n{what}:\n{told}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
