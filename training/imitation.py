"""What a run imitates before it explores by itself: the audits of --sft, of which those are learnt that fit an episode.

    loaded = imitate(load(settings, model), settings, grpo_config(settings))

The audits are what `evaluation.py --export sft` writes. Those of a weaker auditor leave GRPO more to find:
`--agent heuristic-12-calls`, which is faultless in the easy tier too, and weaker from the medium one on. What comes of
it is saved in --out/sft.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

from .audit_env import NOT_CORE
from .loading import Loaded
from .settings import PlanError, Settings
from .sft import WarmStart, exported, fine_tune, tokenized
from .sizes import longest_chat

FOLDER = "sft"
BATCH = 4
"""Audits of one optimizer step; --batch, where that is more."""
RATE = 10.0
"""Learning rate, as a multiple of that of GRPO."""


def imitate(loaded: Loaded, settings: Settings, config: Any) -> Loaded:
    """Fine-tune a model on the audits that the settings name; the `GRPOConfig` knows the device's number formats.

    Returns:
        The model with what it has learnt: its adapters are on it, where it has some.

    Raises:
        PlanError: There are no audits in the file, or none that fits.
    """
    import torch

    assert settings.sft is not None, "there is something to imitate"
    longest, after = longest_chat(settings), settings.episode_tokens
    try:
        audits = list(exported(settings.sft, NOT_CORE if settings.tools == "core" else ()))
        examples = tokenized(loaded.tokenizer, audits, longest, after)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise PlanError(f"{settings.sft} holds no audits to imitate: {problem}") from problem
    left = len(audits) - len(examples)
    have, are = ("has", "is") if left == 1 else ("have", "are")
    print(
        f"Imitating {len(examples)} of the {len(audits)} audits in {settings.sft}: {left} {have} more than {after} "
        f"tokens after the prompt, or more than {longest} with it, and {are} left out.",
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
    model = trainer.model
    if settings.beta and not settings.lora_rank:
        # TRL loads the model that --beta holds it to from where its config says that it is.
        model.config._name_or_path = str(settings.out / FOLDER)
    # What is left of the optimizer and the activations: vLLM takes its share of the card as it finds it.
    del trainer
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return replace(loaded, model=model, adapters=None, quantization=None)
