"""Imitates the audits of --sft before a run explores by itself; those that do not fit an episode are left out.

    loaded = imitate(load(settings, model), settings, grpo_config(settings))

The audits are what `evaluation.py --export sft` writes. Those of a weaker auditor leave GRPO more to find:
`--agent heuristic-12-calls`, which is faultless in the easy tier too, and weaker from the medium one on. What comes of
it is saved in --out/sft.

The file has a turn for each call and ends with the report. Turns are what an episode's tokens and a model's time go
into, so calls that no answer had to be awaited for are made together; and a trainer asks on after the report.
"""

import gc
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..server.world.tasks import FRONTIER, TIERS
from .audit_env import NOT_CORE
from .demonstrations import DONE, Message
from .loading import Loaded
from .settings import PlanError, TrainingSettings
from .sft import Conversation, WarmStart, fine_tune, tokenized

FOLDER = "sft"
BATCH = 4
"""Audits of one optimizer step; --batch, where that is more."""
OF_DEVICE = ("model_init_kwargs", "use_cpu", "fp16", "bf16", "gradient_checkpointing")
"""Settings that the two trainers have in common."""
RATE = 10.0
"""Learning rate, as a multiple of that of GRPO."""
REPORT, FILED = "submit_audit_report", "The report is filed."
RESTS_ON_EVIDENCE = ("flag_error", "approve", REPORT)


def imitate(loaded: Loaded, settings: TrainingSettings, config: Any) -> Loaded:
    """Fine-tune a model on the audits that the settings name; the `GRPOConfig` knows the device's number formats.

    Returns:
        The model with what it has learnt: its adapters are on it, where it has some.

    Raises:
        PlanError: There are no audits in the file, or none that fits.
    """
    import torch

    assert settings.sft is not None, "there is something to imitate"
    longest, after = settings.longest_chat(), settings.episode_tokens
    try:
        audits = list(exported(settings.sft, NOT_CORE if settings.tools == "core" else ()))
        examples = tokenized(loaded.tokenizer, audits, longest, after)
    except (OSError, ValueError, LookupError, TypeError) as problem:
        raise PlanError(f"{settings.sft} holds no audits to imitate: {problem}") from problem
    print(
        f"Imitating {len(examples)} of the {len(audits)} audits in {settings.sft}. The others have more than {after} "
        f"tokens after the prompt, or more than {longest} with it.",
        flush=True,
    )
    trainer = fine_tune(
        loaded,
        examples,
        WarmStart(learning_rate=RATE * settings.learning_rate, batch=settings.batch, seed=settings.seed),
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


def exported(path: Path, without: Collection[str] = ()) -> Iterator[Conversation]:
    """The conversations of a file that `evaluation.py --export sft` wrote, in few turns and with a last word.

    Args:
        path: Of the file.
        without: Names of tools that the model is not given. They are not described, calls of them are left out with
            their answers, and so are audits of the expert tier and the frontier, which rest on what those show.
    """
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if without and row["task"].startswith((TIERS["expert"].task_id, FRONTIER)):
                continue
            tools = row["tools"] and [tool for tool in row["tools"] if tool["function"]["name"] not in without]
            yield together(_ended(_without(row["messages"], without))), tools


def _without(messages: Sequence[Message], names: Collection[str]) -> list[Message]:
    """The chat of a call a turn without the calls of some tools and the answers to them."""
    kept, dropped = [], False
    for message in messages:
        if message["role"] == "assistant":
            dropped = any(call["function"]["name"] in names for call in message.get("tool_calls") or ())
        if not dropped:
            kept.append(message)
    return kept


def _ended(messages: Sequence[Message]) -> list[Message]:
    """The chat, which ends with the call of a report, with the answer to it and a word after that."""
    # What the tool says is not learnt, so the score, which the file has not got as the tool tells it, may be missing.
    call = messages[-1]["tool_calls"][-1]
    filed = {"role": "tool", "name": REPORT, "content": FILED, "tool_call_id": call["id"]}
    return [*messages, filed, {"role": "assistant", "content": DONE}]


def together(messages: Sequence[Message]) -> list[Message]:
    """The same calls and answers in the same order, in fewer turns. Words are kept, and begin a turn.

    A decision rests on the look-ups before it, so it begins a turn; what follows goes with it, up to the next decision
    that comes after a look-up: begin, look up | decide, look up, look up | decide, report.
    """
    joined: list[Message] = []
    turn: Message | None = None
    for message in messages:
        if not message.get("tool_calls"):
            joined.append(message)
            # Whoever has spoken without a call is answered, so no call joins one of before.
            turn = turn if message["role"] == "tool" else None
        elif turn is None or message["content"] or (_decides(message, 0) and not _decides(turn, -1)):
            turn = {**message, "tool_calls": list(message["tool_calls"])}
            joined.append(turn)
        else:
            # The turn is under way: its calls stand together, before their answers.
            turn["tool_calls"] += message["tool_calls"]
    return joined


def _decides(message: Message, place: int) -> bool:
    """True if the call at a place of a message rests on evidence."""
    return message["tool_calls"][place]["function"]["name"] in RESTS_ON_EVIDENCE
