"""Train an oversight agent with GRPO on one small card: Unsloth's 4-bit model, and a vLLM that shares its weights.

    python training/train_colab.py                                   # Qwen2.5-3B-Instruct on a free Colab T4
    python training/train_colab.py --sft outputs/eval/sft/sft.jsonl  # imitates these audits first
    python training/train_colab.py --preset cpu-tiny                 # the same program on a CPU, without Unsloth

Episodes, environment, reward, settings and output are those of train_grpo.py. Only the model is Unsloth's: vLLM
generates from the trainer's own 4-bit weights, so none have to be sent, where TRL's own vLLM fails with 4 bits.
Where vLLM is not installed, Unsloth generates by itself. A free Colab may end before the run does: --resume goes on.

NOT RUN ON A GPU YET. The calls of Unsloth were compared with the source of its release 2026.10.9, and the settings of
the trainers that it generates with TRL's; everything else here has been run on a CPU, with cpu-tiny.
notebooks/train_colab.ipynb runs it from top to bottom.

Exit status: 0 when the run was finished, 1 when it failed, 2 for what cannot work, 3 when --dry-run warns of something,
130 after Ctrl-C.
"""

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

try:
    from synth_audit_env.training.plan import CPU, Device, check, no_card
    from synth_audit_env.training.settings import PlanError, Settings, add_run, chosen
    from synth_audit_env.training.train_grpo import NEEDS_EXTRA, run_program
except ImportError as missing:
    print(f"train_colab.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

NEEDS_UNSLOTH = (
    "Unsloth is not installed ({}): uv run --extra unsloth --extra vllm ..., or pip install -e '.[unsloth,vllm]'; or "
    "run training/train_grpo.py, which trains in 4 bits without it."
)
COLAB_PRESETS = ("t4", "t4-evening", "cpu-tiny")
HAS_FLASHINFER = (8, 0)
"""The least CUDA capability on which vLLM takes FlashInfer's sampler."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    settings = read_arguments(sys.argv[1:] if argv is None else argv)
    needs = NEEDS_UNSLOTH if settings.precision == "4bit" else NEEDS_EXTRA
    return run_program("train_colab.py", settings, lambda settings, _: train(settings), needs, refuse)


def read_arguments(arguments: Sequence[str]) -> Settings:
    """Read a command line: a preset, and what it says otherwise."""
    parser = argparse.ArgumentParser(prog="train_colab.py", description="Train an oversight agent with Unsloth.")
    add_run(parser, COLAB_PRESETS)
    given = vars(parser.parse_args(arguments))
    own_folder = given["preset"] == "t4" and given["out"] is None
    settings = chosen(given)
    if own_folder:
        settings = replace(settings, out=Path("outputs/train/colab"))
    # Few prompts may be fewer rollouts than one backward pass takes.
    return replace(settings, batch=min(settings.batch, settings.rollouts))


def refuse(settings: Settings, device: Device, processes: int = 1, sharded: bool = False) -> None:
    """Refuse what cannot work with Unsloth either. Raises PlanError; ImportError where torch is not installed."""
    check(settings, device, processes, sharded)
    if settings.precision != "4bit":
        return
    if settings.beta and settings.sft is not None:
        raise PlanError(
            "Unsloth's trainer would hold the model to the one from before the audits that it imitates: leave --beta "
            "or --sft out, or run training/train_grpo.py."
        )
    if device is CPU:  # without a card Unsloth cannot even be imported
        if settings.gpu is not None:
            raise PlanError(f"Unsloth needs a CUDA card, and --gpu {settings.gpu} is none: plan for one such as t4.")
        import torch

        raise PlanError(
            f"Unsloth needs a CUDA card: {no_card(torch.version.cuda)} --preset cpu-tiny runs this program on a CPU."
        )


def train(settings: Settings) -> Any:
    """Train as the settings say: 4-bit ones take Unsloth and a CUDA card, others neither. Returns the trainer.

    Raises:
        PlanError: It cannot work, and why.
        ImportError: A library is not installed.
    """
    refuse(settings, Device.here())
    four_bits = settings.precision == "4bit"
    # Before anything that imports trl, whose classes it replaces while it is imported.
    unsloth = _unsloth() if four_bits else None
    from synth_audit_env.training.grpo_run import GrpoRun, started_and_loaded
    from synth_audit_env.training.loading import Loaded, load_tokenizer

    def unsloths(settings: Settings) -> Loaded:
        # The tokenizer of the project's other runs, with the chat template by which TRL reads calls of tools.
        return Loaded(unsloth_model(unsloth, settings), load_tokenizer(settings, str(settings.model)))

    if four_bits and importlib.util.find_spec("vllm") is not None:
        # The trainer is told in the config; check is not, as it refuses TRL's own vLLM with 4 bits.
        settings = replace(settings, vllm="colocate")
    run = GrpoRun(settings, load=unsloths if four_bits else started_and_loaded)
    run.train()
    run.push()
    return run.trainer


def _unsloth() -> Any:
    """The library. Raises ImportError where it is not installed."""
    import torch

    if torch.cuda.get_device_capability(0) < HAS_FLASHINFER:
        # Unsloth has vLLM sample by FlashInfer wherever that can be compiled, and vLLM refuses it on these cards.
        os.environ.setdefault("UNSLOTH_VLLM_NO_FLASHINFER", "1")
    import unsloth

    return unsloth


def unsloth_model(unsloth: Any, settings: Settings) -> Any:
    """A model in 4 bits with adapters to train."""
    model, _ = unsloth.FastLanguageModel.from_pretrained(
        model_name=settings.model,
        max_seq_length=settings.longest_chat(),
        load_in_4bit=True,
        fast_inference=settings.vllm is not None,
        max_lora_rank=settings.lora_rank,
        random_state=settings.seed,
    )
    return unsloth.FastLanguageModel.get_peft_model(
        model,
        r=settings.lora_rank,
        lora_alpha=2 * settings.lora_rank,
        use_gradient_checkpointing="unsloth",
        random_state=settings.seed,
    )


if __name__ == "__main__":
    sys.exit(main())
