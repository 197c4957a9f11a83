"""What cannot work is refused with what would, and what it takes is told before a card is rented."""

from __future__ import annotations

import re

import pytest

from synth_audit_env.training.plan import (
    CARDS,
    CPU,
    PROMPT_TOKENS,
    QWEN,
    Device,
    PlanError,
    arithmetic,
    check,
    device_of,
    needs,
)
from synth_audit_env.training.settings import PRESETS, read_arguments

T4, A100 = CARDS["t4"], CARDS["a100"]
THREE, SEVEN = QWEN["Qwen/Qwen2.5-3B-Instruct"], QWEN["Qwen/Qwen2.5-7B-Instruct"]


@pytest.mark.parametrize(
    ("arguments", "device", "processes", "why", "instead"),
    [
        ("--use-vllm --precision 4bit", A100, 1, "4-bit weights with TRL's vLLM", "--precision bf16 or fp16"),
        ("--vllm-mode server --precision 4bit", A100, 1, "4-bit weights with TRL's vLLM", "training/train_colab.py"),
        ("--lora-rank 0", T4, 1, "4-bit weights are frozen", "--lora-rank of 1 or more"),
        ("--precision bf16", T4, 1, "t4 has no bf16", "--precision 4bit or fp16"),
        ("--use-vllm", T4, 1, "t4 has no bf16", "--precision fp16 with a model of 1.5B weights or fewer"),
        ("--vllm-mode server --prompts 4", A100, 2, "each other's rollouts", "--vllm-mode colocate"),
        ("--preset cpu-tiny", CPU, 2, "trained by one process", "give --model"),
        ("--precision fp16", CPU, 1, "fp16 needs a CUDA card", "--precision fp32 or bf16"),
        ("--precision fp16 --lora-rank 0", T4, 1, "fp16 cannot be trained", "--lora-rank of 1 or more"),
        ("--use-vllm", CPU, 1, "vLLM beside the trainer needs a CUDA card", "leave --use-vllm out"),
        ("--prompts 3 --generations 3 --batch 2", T4, 1, "9 rollouts a step", "so that it divides them"),
        ("--prompts 2 --generations 8 --batch 2", A100, 16, "on 16 device", "so that it divides them"),
        ("--max-steps 0", T4, 1, "--max-steps must be at least 1, but it is 0", "at least 1"),
        ("--prompts 0", T4, 1, "--prompts must be", "at least 1"),
        ("--generations 1", T4, 1, "--generations must be", "at least 2"),
        ("--batch 0", T4, 1, "--batch must be", "at least 1"),
        ("--turns 0", T4, 1, "--turns must be", "at least 1"),
        ("--turn-tokens 15", T4, 1, "--turn-tokens must be", "at least 16"),
        ("--episode-tokens 255", T4, 1, "--episode-tokens must be", "at least 256"),
        ("--lora-rank -1", T4, 1, "--lora-rank must be", "at least 0"),
    ],
)
def test_what_cannot_work_is_refused_with_what_would(
    arguments: str, device: Device, processes: int, why: str, instead: str
) -> None:
    with pytest.raises(PlanError) as refused:
        check(read_arguments(arguments.split()), device, processes)
    sentence = str(refused.value)
    assert why in sentence
    assert instead in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("arguments", "device"),
    [
        ("", T4),
        ("", CPU),
        ("--precision fp16", T4),
        ("--use-vllm --precision fp16", T4),
        ("--use-vllm", A100),
        ("--vllm-mode server", A100),
        ("--precision bf16 --lora-rank 0", A100),
        ("--precision fp32 --lora-rank 0", CPU),
        ("--prompts 3 --generations 4 --batch 6", T4),
    ],
)
def test_what_a_refusal_recommends_is_let_pass(arguments: str, device: Device) -> None:
    check(read_arguments(arguments.split()), device)


def test_a_card_is_known_by_name() -> None:
    assert device_of(read_arguments(["--gpu", "T4"])) is T4
    assert device_of(read_arguments(["--gpu", "cpu"])) is CPU
    with pytest.raises(PlanError, match="no card 'gtx' to plan for: there are cpu, t4, l4, a10g, a100, h100"):
        device_of(read_arguments(["--gpu", "gtx"]))


def test_the_default_fits_a_t4() -> None:
    told = arithmetic(PRESETS["t4"], T4, THREE)
    assert "WILL NOT FIT" not in told
    assert "200 steps of 16 episodes: 2 seeds, each played 8 times." in told


@pytest.mark.parametrize(
    ("arguments", "device"),
    [("", T4), ("--precision fp16", T4), ("--use-vllm", CARDS["l4"]), ("--precision bf16 --lora-rank 0", A100)],
)
def test_seven_billion_weights_do_not_fit_everywhere(arguments: str, device: Device) -> None:
    told = arithmetic(read_arguments(arguments.split()), device, SEVEN)
    assert f"WILL NOT FIT: {device.name} has {device.memory_gib:.1f} GiB" in told
    assert "--generations" in told


def test_seven_billion_weights_fit_a_large_card() -> None:
    assert "WILL NOT FIT" not in arithmetic(PRESETS["t4"], A100, SEVEN)


def test_an_episode_longer_than_the_models_context_is_told() -> None:
    told = arithmetic(read_arguments(["--episode-tokens", "40000"]), A100, SEVEN)
    assert f"WILL NOT FIT: that is {PROMPT_TOKENS + 40_000}, and the model's context has 32768." in told


def test_the_parts_are_the_sum() -> None:
    *parts, total = [float(one) for one in re.findall(r"([\d.]+) GiB  ", arithmetic(PRESETS["t4"], T4, THREE))]
    assert total == pytest.approx(sum(parts), abs=0.05)


def test_a_cpu_has_no_memory_to_plan() -> None:
    told = arithmetic(read_arguments(["--precision", "fp32"]), CPU, SEVEN)
    assert told.count("WILL NOT FIT") == 0


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
