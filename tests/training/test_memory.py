"""What a run takes is told before a card is rented, and what of it will not fit."""

from __future__ import annotations

import re

import pytest

from synth_audit_env.training.memory import PROMPT_TOKENS, QWEN, arithmetic, needs, shortfalls
from synth_audit_env.training.plan import CARDS, CPU, Device
from synth_audit_env.training.settings import PRESETS, read_arguments

T4, A100 = CARDS["t4"], CARDS["a100"]
THREE, SEVEN = QWEN["Qwen/Qwen2.5-3B-Instruct"], QWEN["Qwen/Qwen2.5-7B-Instruct"]


OF_LAST_PHASE = (
    "WILL NOT FIT: an audit of 11 proposals (phase adversarial) takes about 4070 tokens when each is checked, and "
    "--episode-tokens 3072 holds 8 of them: what comes after is cut off."
)


def test_the_default_fits_a_t4_but_for_its_longest_audits() -> None:
    told = arithmetic(PRESETS["t4"], T4, THREE)
    assert [line for line in told.splitlines() if "WILL NOT FIT" in line] == [OF_LAST_PHASE]
    assert "200 steps of 16 episodes: 2 seeds, each played 8 times." in told


@pytest.mark.parametrize(
    ("arguments", "device"),
    [("", T4), ("--precision fp16", T4), ("--use-vllm", CARDS["l4"]), ("--precision bf16 --lora-rank 0", A100)],
)
def test_seven_billion_weights_do_not_fit_everywhere(arguments: str, device: Device) -> None:
    told = arithmetic(read_arguments(arguments.split()), device, SEVEN)
    assert f"WILL NOT FIT: {device.name} has {device.memory_gib:.1f} GiB, and the run takes" in told
    assert "--generations" in told


def test_seven_billion_weights_fit_a_large_card() -> None:
    assert "a100 has" not in arithmetic(PRESETS["t4"], A100, SEVEN)
    assert shortfalls(PRESETS["multi-gpu"], A100, SEVEN) == []


def test_an_episode_longer_than_the_models_context_is_told() -> None:
    told = arithmetic(read_arguments(["--episode-tokens", "40000"]), A100, SEVEN)
    assert f"WILL NOT FIT: prompt and episode are {PROMPT_TOKENS + 40_000} tokens, and the model's context" in told


def test_the_parts_are_the_sum() -> None:
    *parts, total = [float(one) for one in re.findall(r"([\d.]+) GiB  ", arithmetic(PRESETS["t4"], T4, THREE))]
    assert total == pytest.approx(sum(parts), abs=0.05)


def test_a_cpu_has_no_memory_to_plan() -> None:
    told = arithmetic(read_arguments(["--precision", "fp32"]), CPU, SEVEN)
    assert "cpu has" not in told


def test_every_phase_is_told_with_its_last_step() -> None:
    told = arithmetic(PRESETS["t4"], T4, THREE)
    assert "To step 120, warm-up: 4 to 6 proposals, 1480 to 2220 tokens when each is checked." in told
    assert "To step 200, adversarial: 8 to 11 proposals" in told


def test_an_adaptive_run_has_no_phases_that_could_be_too_long() -> None:
    assert shortfalls(read_arguments(["--curriculum", "adaptive"]), T4, THREE) == []


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("--batch 1", "--batch 2"),
        ("--episode-tokens 2048", "--episode-tokens 3072"),
        ("--generations 4", "--generations 8"),
        ("--lora-rank 8", "--lora-rank 64"),
        ("--precision 4bit", "--precision fp16"),
        ("--precision fp16", "--precision fp32"),
        ("--vllm-mode server", "--use-vllm"),
        ("--lora-rank 64 --precision bf16", "--lora-rank 0 --precision bf16"),
        ("--precision bf16 --lora-rank 0", "--precision fp32 --lora-rank 0 --batch 2"),
    ],
)
def test_more_of_anything_takes_more(less: str, more: str) -> None:
    small, large = (
        sum(need.gib for need in needs(read_arguments(arguments.split()), THREE)) for arguments in (less, more)
    )
    assert small < large


def test_four_bits_take_the_published_room() -> None:
    """QLoRA of 3 B weights: 2.2 GB of NF4 with the embedding in 16 bits, adapters and Adam below 0.5 GB."""
    _, weights, trained, *_ = needs(PRESETS["t4"], THREE)
    assert weights.gib == pytest.approx(1.9, abs=0.2)
    assert trained.gib < 0.5


def test_adapters_are_counted_from_above_and_not_by_much() -> None:
    """Those of rank 16 on all linear layers of Qwen2.5-3B are 29,933,568 weights, by its widths."""
    trained = needs(PRESETS["t4"], THREE)[2]
    assert 1.0 <= trained.gib * 2**30 / 16 / 29_933_568 < 1.1
