"""Supervised fine-tuning on demonstrations: the warm start from which GRPO goes on, of any model by --imitate.

    examples = tokenized(tokenizer, ((messages, None) for messages in demonstrations))
    fine_tune(Loaded(model, tokenizer), examples, WarmStart(), Path("outputs/sft"))

The loss is on what the assistant says, never on what the tools answer. Rows are token ids from here on: as columns of a
table, calls of different tools would be given each other's arguments, with null in them.
"""

import gc
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..tool_records import tool_schemas
from .demonstrations import Weakness, demonstrations
from .loading import Loaded, train_in_float32
from .settings import PlanError, TrainingSettings

IMITATED = ("oversight_easy", "oversight_medium")
"""The tasks of the audits that --imitate has a model imitate."""
FOLDER = "sft"
"""The folder of a run with what came of that."""
BATCH = 4
"""Audits of one optimizer step; --batch, where that is more."""
OF_DEVICE = ("model_init_kwargs", "use_cpu", "fp16", "bf16", "gradient_checkpointing")
"""Settings that the two trainers have in common."""
RATE = 10.0
"""Learning rate, as a multiple of that of GRPO."""

Conversation = tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]] | None]
"""Messages, and the tools that the prompt describes; None where it describes none."""


@dataclass(frozen=True, slots=True)
class WarmStart:
    """How long and how hard to train."""

    epochs: float = 1.0
    learning_rate: float = 2e-3
    """At its peak; cosine from there to a tenth."""
    batch: int = 4
    """Episodes a step."""
    seed: int = 0


def tokenized(
    tokenizer: Any, conversations: Iterable[Conversation], longest: float = math.inf, after: float = math.inf
) -> Any:
    """Make the training set.

    Args:
        tokenizer: Its chat template marks what the assistant says, or is one that TRL knows how to mark.
        conversations: To learn from.
        longest: Tokens; what is longer is left out.
        after: Tokens from the first of the assistant's on, where the prompt ends; what has more is left out too.

    Returns:
        A `datasets.Dataset` with `input_ids` and `assistant_masks`.

    Raises:
        ValueError: Nothing is left.
    """
    from datasets import Dataset
    from trl.chat_template_utils import get_training_chat_template, has_generation_markers

    template = tokenizer.chat_template
    if not has_generation_markers(template):
        template = get_training_chat_template(tokenizer)
    rows = []
    for messages, tools in conversations:
        tokens = tokenizer.apply_chat_template(
            list(messages),
            tools=list(tools) if tools else None,
            chat_template=template,
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        ids, learnt = tokens["input_ids"], tokens["assistant_masks"]
        prompt = learnt.index(1) if 1 in learnt else len(ids)
        if len(ids) <= longest and len(ids) - prompt <= after:
            rows.append({"input_ids": ids, "assistant_masks": learnt})
    if not rows:
        raise ValueError(f"No conversation is within {longest} tokens, and {after} after its prompt: raise the limit.")
    return Dataset.from_list(rows)


def imitate(loaded: Loaded, settings: TrainingSettings, config: Any) -> Loaded:
    """Fine-tune a model on as many audits as the settings say; the `GRPOConfig` knows the device's number formats.

    GRPO only reinforces behaviour that the model already samples. The auditor that is imitated is weak, so that GRPO
    has something to improve.

    Returns:
        The model with what it has learnt: its adapters are on it, where it has some.

    Raises:
        PlanError: The chat template does not mark what the assistant says, or no audit fits an episode.
    """
    import torch

    longest, after = settings.longest_chat(), settings.episode_tokens
    shown = demonstrations(dict.fromkeys(IMITATED, settings.imitate), Weakness(), settings.seed)
    try:
        examples = tokenized(loaded.tokenizer, ((messages, tool_schemas()) for messages in shown), longest, after)
    except ValueError as problem:
        raise PlanError(
            f"The audits of --imitate cannot be learnt: {problem} A chat template that TRL does not know has to have "
            "{% generation %} around what the assistant says, as --chat-template training/chatml.jinja has."
        ) from problem
    print(
        f"Imitating {len(examples)} of {len(IMITATED) * settings.imitate} audits. The others have more than {after} "
        f"tokens after the prompt, or more than {longest} with it.",
        flush=True,
    )
    how = WarmStart(learning_rate=RATE * settings.learning_rate, batch=settings.batch, seed=settings.seed)
    trainer = fine_tune(
        loaded,
        examples,
        how,
        settings.out / FOLDER,
        gradient_accumulation_steps=max(1, BATCH // settings.batch),
        **{name: getattr(config, name) for name in OF_DEVICE},
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
    return Loaded(model, loaded.tokenizer)


def fine_tune(loaded: Loaded, examples: Any, how: WarmStart, out: Path, **settings: Any) -> Any:
    """Train a model on examples from `tokenized`; save it and its tokenizer.

    Further settings are those of `trl.SFTConfig`, such as `use_cpu`.

    Returns:
        The trainer, with the log of its steps in `state.log_history`.
    """
    from trl import SFTConfig, SFTTrainer

    arguments = SFTConfig(
        output_dir=str(out),
        num_train_epochs=how.epochs,
        learning_rate=how.learning_rate,
        per_device_train_batch_size=how.batch,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=0.1,  # below 1 it is a share of the steps
        max_length=None,
        # Of like length together: padding would be a quarter of what is computed for batches that chance puts together.
        train_sampling_strategy="group_by_length",
        logging_steps=10,
        report_to="none",
        save_strategy="no",
        seed=how.seed,
        **settings,
    )
    trainer = SFTTrainer(**loaded.arguments, args=arguments, train_dataset=examples)
    train_in_float32(trainer.model)
    collate = trainer.data_collator
    trainer.data_collator = lambda rows: seen_through(collate(rows))
    trainer.train()
    trainer.save_model(str(out))
    return trainer


def seen_through(batch: dict[str, Any]) -> dict[str, Any]:
    """The batch without a mask over its padding.

    Padding stands on the right, where causal attention does not look; a mask that says so takes the fast path of
    attention away and half of the speed with it.
    """
    return {**batch, "attention_mask": batch["attention_mask"].new_ones(batch["attention_mask"].shape)}
