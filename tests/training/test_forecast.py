"""The plan of a run: episodes, tokens and memory are told before it begins, and what will not fit, with what would."""

from __future__ import annotations

import pytest

from synth_audit_env.training.forecast import QWEN, forecast, needs
from synth_audit_env.training.plan import CARDS, CPU, Device
from synth_audit_env.training.settings import PROMPT_TOKENS, read_arguments

T4, L4, A100 = CARDS["t4"], CARDS["l4"], CARDS["a100"]
THREE = QWEN["Qwen/Qwen2.5-3B-Instruct"]


def plan(arguments: str, device: Device) -> str:
    return forecast(read_arguments(arguments.split()), device)


@pytest.mark.parametrize(
    ("arguments", "device", "told"),
    [
        ("--model a/b", T4, "The memory of a/b is not planned: it is for Qwen/Qwen2.5-0.5B-Instruct, "),
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
