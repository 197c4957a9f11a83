"""One GRPO run, put together: model, episodes, environment, reward, log and checkpoints around TRL's trainer.

run = GrpoRun(settings)
run.train()
"""

import importlib.util
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from ..episode_line import WORLD_VERSION
from .audit_env import environment_factory
from .dataset import training_rows
from .loading import load, train_in_float32
from .reward import Reward
from .run_folder import LOG, EpisodesFile, checkpoint_of, keep, write
from .settings import PlanError, TrainingSettings
from .sft import imitate
from .tiny_start import START, tiny_start

PREFILL_CHUNK = 256
"""Tokens of a prompt that are read at a time: a turn reads the whole episode of all rollouts again."""
VLLM_SHARE = 0.45
"""Share of the card's memory that vLLM takes beside the trainer."""


class GrpoRun:
    """A run: model, episodes, reward, log and trainer."""

    def __init__(self, settings: TrainingSettings, processes: int = 1) -> None:
        """Load the model and put the trainer together. What comes first is trained: a warm start, and --imitate.

        Raises:
            PlanError: Something is missing, the folder holds another run, or the model cannot be had.
        """
        if settings.use_vllm and importlib.util.find_spec("vllm") is None:
            remedy = "uv run --extra train --extra vllm ..., or pip install -e '.[train,vllm]'; or leave --use-vllm out"
            raise PlanError(f"vLLM is not installed: {remedy}.")
        self.settings = settings
        self.checkpoint = checkpoint_of(settings)
        episodes = EpisodesFile(settings.out, self.checkpoint)
        # The small model goes on from its warm start, which is made where there is none yet.
        loaded = load(settings, settings.model or str(tiny_start(settings.out.parent / START)))
        config = grpo_config(settings, processes)
        # What a run that is resumed has imitated is in its checkpoint.
        if settings.imitate and self.checkpoint is None:
            loaded = imitate(loaded, settings, config)
        if not isinstance(loaded.model, str):
            # TRL has nothing to load by them, and would warn that it does not.
            config.model_init_kwargs = None
        rows = training_rows(settings.phases, settings.max_steps, settings.prompts, settings.seed)
        self.trainer = GRPOTrainer(
            **loaded.arguments,
            args=config,
            train_dataset=Dataset.from_list(rows),
            reward_funcs=[Reward(settings.reward, settings.seed, episodes.add)],
            environment_factory=environment_factory(settings.env_url),
            callbacks=[_Log(settings)],
        )
        train_in_float32(self.trainer.model)

    def train(self) -> None:
        """Train to the end, from the checkpoint where there is one, and save the model with its tokenizer."""
        if self.trainer.is_world_process_zero():
            keep(self.settings)
        self.trainer.train(resume_from_checkpoint=self.checkpoint)
        self.trainer.save_model(str(self.settings.out))


def grpo_config(settings: TrainingSettings, processes: int = 1) -> GRPOConfig:
    """The settings as TRL takes them, for so many processes that share the rollouts of a step."""
    import torch

    cuda = torch.cuda.is_available()
    half = {"4bit": "fp16", "fp32": ""}.get(settings.precision, settings.precision)
    if settings.precision == "4bit" and cuda and torch.cuda.is_bf16_supported(False):
        half = "bf16"
    if settings.use_vllm:
        generation: dict[str, Any] = {"max_tokens": settings.turn_tokens}
    else:
        # Every turn reads the whole episode again; at once that would take more memory than all else.
        generation = {"max_new_tokens": settings.turn_tokens, "prefill_chunk_size": PREFILL_CHUNK}
        if not cuda:
            # A cache that grows is copied whole for every token: half of the time of a step, by the profile.
            generation["cache_implementation"] = "static"
    dtype = {"fp16": "float16", "bf16": "bfloat16"}[half] if cuda and half else "float32"
    return GRPOConfig(
        output_dir=str(settings.out),
        max_steps=settings.max_steps,
        num_generations=settings.generations,
        per_device_train_batch_size=settings.batch,
        gradient_accumulation_steps=settings.rollouts // (settings.batch * processes),
        max_completion_length=settings.episode_tokens,
        max_tool_calling_iterations=settings.turns,
        # Without a cap on the turn a model that runs on takes all tokens of its episode.
        generation_kwargs=generation,
        # TRL loads what it quantizes in float32, keys and values included, unless it is told otherwise.
        model_init_kwargs={"dtype": dtype} if settings.precision == "4bit" else None,
        temperature=settings.temperature,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="constant",
        beta=settings.beta,
        loss_type="dapo",
        scale_rewards="group",
        # The rows are in the order of the steps.
        shuffle_dataset=False,
        use_vllm=settings.use_vllm,
        vllm_mode="colocate",
        # Its own defaults are the context of the model, whose cache fits no small card, and three tenths of the card.
        vllm_max_model_length=settings.longest_chat(),
        vllm_gpu_memory_utilization=VLLM_SHARE,
        # By default TRL weighs a whole audit by the product over all its tokens of how far the trainer's probabilities
        # are from vLLM's, which rounding alone drives to 0 in a thousand tokens (trl issue 5814). Token by token it
        # stays near 1.
        vllm_importance_sampling_mode="token_truncate",
        use_cpu=not cuda,
        fp16=cuda and half == "fp16",
        bf16=cuda and half == "bf16",
        gradient_checkpointing=cuda,
        logging_steps=1,
        save_steps=settings.save_steps,
        save_total_limit=2,
        report_to=settings.report_to,
        seed=settings.seed,
    )


class _Log(TrainerCallback):  # type: ignore[misc]  # of a library without types
    """Keeps the log of a run on disk."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._out = settings.out

    def on_log(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Write all steps so far: a run that is killed leaves its log."""
        if state.is_world_process_zero:
            write(self._out / LOG, [{**row, "version": WORLD_VERSION} for row in state.log_history])
