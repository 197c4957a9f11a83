"""What a run imitates before it explores by itself: the audits of --sft, of which those are learnt that fit an episode.

    loaded = imitate(load(settings, model), settings, grpo_config(settings))

The audits are what `evaluation.py --export sft` writes. Those of a weaker auditor (`--agent heuristic-12-calls`) leave
GRPO more to find. What comes of it is saved in --out/sft.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from synth_audit_env.training.loading import Loaded
from synth_audit_env.training.memory import longest_chat
from synth_audit_env.training.plan import PlanError
from synth_audit_env.training.settings import Settings
from synth_audit_env.training.sft import WarmStart, exported, fine_tune, tokenized

FOLDER = "sft"
BATCH = 4
"""Audits of one optimizer step."""
RATE = 10.0
"""Learning rate, as a multiple of that of GRPO."""


def imitate(loaded: Loaded, settings: Settings, config: Any) -> Loaded:
    """Fine-tune a model on the audits that the settings name.

    Args:
        loaded: The model, or its name, and what is to be put on it.
        settings: Of the run.
        config: Its `GRPOConfig`, which knows the number formats of the device.

    Returns:
        The model with what it has learnt: its adapters are on it, where it has some.

    Raises:
        PlanError: There are no audits in the file, or none that fits.
    """
    assert settings.sft is not None, "there is something to imitate"
    longest = longest_chat(settings)
    try:
        audits = list(exported(settings.sft))
        examples = tokenized(loaded.tokenizer, audits, longest)
    except (OSError, ValueError, KeyError) as problem:
        raise PlanError(f"{settings.sft} holds no audits to imitate: {problem}") from problem
    print(
        f"Imitating {len(examples)} of the {len(audits)} audits in {settings.sft}: "
        f"{len(audits) - len(examples)} have more than {longest} tokens and are left out.",
        flush=True,
    )
    how = WarmStart(learning_rate=RATE * settings.learning_rate, batch=settings.batch, seed=settings.seed)
    trainer = fine_tune(
        loaded.model,
        loaded.tokenizer,
        examples,
        how,
        settings.out / FOLDER,
        loaded.adapters,
        loaded.quantization,
        gradient_accumulation_steps=max(1, BATCH // settings.batch),
        model_init_kwargs=config.model_init_kwargs,
        use_cpu=config.use_cpu,
        fp16=config.fp16,
        bf16=config.bf16,
        gradient_checkpointing=config.gradient_checkpointing,
    )
    return replace(loaded, model=trainer.model, adapters=None, quantization=None)
