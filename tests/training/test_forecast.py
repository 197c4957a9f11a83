"""The plan of a run: episodes, tokens and memory are told before it begins, and what will not fit, with what would."""

from __future__ import annotations

import pytest

from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.training.forecast import QWEN, Sizes, doubts, forecast, needs
from synth_audit_env.training.plan import CARDS, CPU, Device
from synth_audit_env.training.settings import PRESETS, PROMPT_TOKENS, read_arguments

T4, L4, A100 = CARDS["t4"], CARDS["l4"], CARDS["a100"]
SEVEN = "--model Qwen/Qwen2.5-7B-Instruct "
THREE = QWEN["Qwen/Qwen2.5-3B-Instruct"]
SMALL = Sizes(134_515_008, 28_311_552, 30, 576, 11_904, 384, 49_152, 8_192)
"""SmolLM2-135M."""
LARGEST = max(tier.proposals[1] for tier in TIERS.values())


def plan(arguments: str, device: Device) -> str:
    return forecast(read_arguments(arguments.split()), device)


@pytest.mark.parametrize("preset", ["t4", "t4-evening"])
def test_what_is_meant_for_a_t4_fits_one(preset: str) -> None:
    assert not list(doubts(PRESETS[preset], T4, QWEN[PRESETS[preset].model]))


@pytest.mark.parametrize(
    ("arguments", "device", "told"),
    [
        ("", T4, "200 steps of 16 episodes: 2 seeds, each played 8 times.\n"),
        ("", T4, "To step 120, warm-up: 4 to 6 proposals, 2280 to 3420 tokens when each is checked.\n"),
        ("--preset cpu-tiny", CPU, "To step 30, easy and medium: 4 to 9 proposals.\n"),
        ("--preset cpu-tiny", CPU, "An episode has up to 3072 tokens after its prompt; a turn up to 160, and there"),
        ("--episode-tokens 4096", T4, "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 6270"),
        (
            "--episode-tokens 40000",
            A100,
            f"WILL NOT FIT: prompt and episode are {PROMPT_TOKENS + 40_000} tokens, and the model's context has 32768.",
        ),
        ("--tools core", T4, "only cohort_analysis shows"),
    ],
)
def test_what_the_plan_says(arguments: str, device: Device, told: str) -> None:
    assert told in plan(arguments, device)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("--batch 1", "--batch 2"),
        ("--episode-tokens 2048", "--episode-tokens 3072"),
        ("--generations 4", "--generations 8"),
        ("--lora-rank 8", "--lora-rank 64"),
        ("--precision 4bit", "--precision fp16"),
        ("--precision fp16", "--precision fp32"),
        ("--lora-rank 64 --precision bf16", "--lora-rank 0 --precision bf16"),
        ("--lora-rank 0 --precision bf16", "--lora-rank 0 --precision bf16 --beta 0.1"),
    ],
)
def test_more_of_anything_takes_more_memory(less: str, more: str) -> None:
    small, large = (sum(needs(read_arguments(arguments.split()), THREE).values()) for arguments in (less, more))
    assert small < large


def test_four_bits_take_the_published_room() -> None:
    """QLoRA of 3 B weights: 2.2 GB of NF4 with the embedding in 16 bits, adapters and Adam below 0.5 GB."""
    _, weights, trained, *_ = needs(PRESETS["t4"], THREE).values()
    assert weights == pytest.approx(1.9, abs=0.2)
    assert trained < 0.5
    # Those of rank 16 on all linear layers are 29,933,568 weights, by its widths: counted from above, not by much.
    assert 1.0 <= trained * 2**30 / 16 / 29_933_568 < 1.1
