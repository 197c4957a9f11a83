"""The plan of a run in words, as --dry-run prints it: episodes, tokens, memory, and what will not fit.

    print(forecast(settings, CARDS["t4"]))

Nothing is loaded, and on a card nothing was measured: docs/training.md says what the arithmetic assumes. A run of which
a sentence says that it will not fit is begun all the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..server.world.tasks import TIERS
from .plan import CPU, GIB, Device
from .settings import TrainingSettings

NO_FIT = "WILL NOT FIT: "
USABLE = 0.95
"""Share of a card's memory that a run can use."""

PROPOSAL_TOKENS = 570
"""Tokens of Qwen2.5 (docs/training.md), of a proposal whose note, record, timeline and decision come in two turns, on
average."""

SCORED_TOKENS = 4_096
"""TRL computes the logits of so many tokens at a time, and of eight times as many words (`trl.kernels`)."""
PREFILL_CHUNK = 256
"""Tokens of a prompt that are read at a time: a turn reads the whole episode of all rollouts again."""
VLLM_ROLLOUTS = 16
"""That it should be able to play at a time, for its speed to be worth having."""
VLLM_SHARE = 0.45
"""Share of the card's memory that vLLM takes beside the trainer."""
CUDA_GIB = 0.8
"""GiB of the libraries on a card, and of what is lost between blocks; a guess."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a model, from its config."""

    parameters: int
    embedding: int
    """Parameters of the embedding, which is not quantized."""
    layers: int
    hidden: int
    kept: int
    """Numbers that autograd keeps of one token in one layer: ten hidden states and four of the MLP's, as counted."""
    kv_width: int
    """Numbers that one token keeps in the cache of one layer: keys and values of all heads."""
    vocabulary: int
    context: int


QWEN: Mapping[str, Sizes] = {
    "Qwen/Qwen2.5-0.5B-Instruct": Sizes(494_032_768, 136_134_656, 24, 896, 28_416, 256, 151_936, 32_768),
    "Qwen/Qwen2.5-1.5B-Instruct": Sizes(1_543_714_304, 233_373_696, 28, 1536, 51_200, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-3B-Instruct": Sizes(3_085_938_688, 311_164_928, 36, 2048, 64_512, 512, 151_936, 32_768),
    "Qwen/Qwen2.5-7B-Instruct": Sizes(7_615_616_512, 1_089_994_752, 28, 3584, 111_616, 1024, 152_064, 32_768),
}
"""The models whose memory is planned."""


def needs(settings: TrainingSettings, sizes: Sizes) -> dict[str, float]:
    """Memory of one card, for a run in one process: GiB, by what takes it."""
    linear = sizes.parameters - sizes.embedding
    length = settings.longest_chat()
    # All weights are loaded in float32 where all are trained.
    wide = 4.0 if settings.precision == "fp32" or not settings.lora_rank else 2.0
    weights = (linear * (0.516 if settings.precision == "4bit" else wide) + sizes.embedding * wide) / GIB
    found = {"CUDA's own": CUDA_GIB, "weights": weights}
    if settings.lora_rank:
        # Two thin matrices for each of the seven of a layer; those of the MLP are more than five times as wide as long.
        adapters = settings.lora_rank * sizes.layers * sizes.hidden * 27 * 16 / GIB
        found["adapters, their gradients and Adam, in float32"] = adapters
    else:
        found["gradients and Adam, in float32"] = sizes.parameters * 12 / GIB
        if settings.beta:  # with adapters it is the model without them
            found["the model of the start, for --beta"] = sizes.parameters * 4 / GIB
    states = settings.batch * length * (sizes.layers * sizes.hidden + sizes.kept)
    found["hidden states kept for the backward pass"] = states * wide / GIB
    tile = (min(settings.batch * settings.episode_tokens, SCORED_TOKENS) + sizes.hidden) * SCORED_TOKENS * 8
    found["logits, a tile at a time"] = tile * wide / GIB
    cache = length * sizes.layers * sizes.kv_width * wide / GIB
    if settings.use_vllm:
        rollouts = min(settings.rollouts, VLLM_ROLLOUTS)
        found["weights once more, vLLM's"] = weights
        found[f"keys and values of {rollouts} rollouts, vLLM's; the others wait"] = rollouts * cache
    else:
        read = settings.rollouts * PREFILL_CHUNK * sizes.kept * wide / GIB
        found["keys and values of all rollouts while they are generated"] = settings.rollouts * cache
        found[f"hidden states while {PREFILL_CHUNK} tokens of all rollouts are read at a time"] = read
    return found


def forecast(settings: TrainingSettings, device: Device) -> str:
    """The plan."""
    lines = [
        f"On {device.name}:",
        f"{settings.max_steps} steps of {settings.rollouts} episodes: {settings.prompts} seeds, each played "
        f"{settings.generations} times.",
        *_episodes(settings),
    ]
    if device is CPU:
        lines.append("The memory of a CPU is not planned: give --gpu to plan for a card.")
    elif sizes := QWEN.get(settings.model or ""):
        found = needs(settings, sizes)
        lines += [f"{gib:7.2f} GiB  {use}" for use, gib in {**found, "in all": sum(found.values())}.items()]
    elif settings.model is not None:
        lines.append(f"The memory of {settings.model} is not planned: it is for {', '.join(QWEN)}.")
    return "\n".join([*lines, *doubts(settings, device)])


def _episodes(settings: TrainingSettings) -> Iterator[str]:
    is_small = settings.model is None  # Its tokens are not known: its tokenizer is its own.
    for phase in settings.phases:
        fewest, most = phase.proposals
        step = round(phase.until * settings.max_steps)
        tokens = f", {fewest * PROPOSAL_TOKENS} to {most * PROPOSAL_TOKENS} tokens when each is checked"
        yield f"To step {step}, {phase.name}: {fewest} to {most} proposals{'' if is_small else tokens}."
    prompt = f"{settings.longest_chat() - settings.episode_tokens} tokens of prompt and "
    yield (
        f"An episode has up to {'' if is_small else prompt}{settings.episode_tokens} "
        f"{'tokens after its prompt' if is_small else 'after it'}; "
        f"a turn up to {settings.turn_tokens}, and there are up to {settings.turns} turns with calls."
    )
    if not is_small and settings.model not in QWEN:
        yield f"Tokens are those of Qwen2.5's tokenizer: that of {settings.model} may make more or fewer."
    if settings.tools == "core" and TIERS["expert"].task_id in settings.task_ids:
        yield (
            "The expert tier and the frontier have statistics and groups that only cohort_analysis shows, and --tools "
            "core leaves it out: what the model decides of them will be a guess."
        )


def doubts(settings: TrainingSettings, device: Device) -> Iterator[str]:
    """The warnings of a plan: a sentence for each thing that will not fit."""
    sizes = QWEN.get(settings.model or "")
    if sizes is None:
        return
    if (longest := settings.longest_chat()) > sizes.context:
        yield f"{NO_FIT}prompt and episode are {longest} tokens, and the model's context has {sizes.context}."
    for phase in settings.phases:
        if (most := phase.proposals[1]) * PROPOSAL_TOKENS > settings.episode_tokens:
            yield (
                f"{NO_FIT}an audit of {most} proposals (phase {phase.name}) takes about {most * PROPOSAL_TOKENS} "
                f"tokens when each is checked, and --episode-tokens {settings.episode_tokens} holds "
                f"{settings.episode_tokens // PROPOSAL_TOKENS} of them, on average and when look-ups share a turn: "
                "what comes after is cut off."
            )
    if device is not CPU and (taken := sum(needs(settings, sizes).values())) > USABLE * device.memory_gib:
        yield (
            f"{NO_FIT}{device.name} has {device.memory_gib:.1f} GiB, and the run takes {taken:.1f}. Fewer "
            "--generations or --prompts, a smaller --batch or fewer --episode-tokens take less; where the weights take "
            "most of it, a smaller --model does, or --precision 4bit without --use-vllm."
        )
