"""What cannot work on a card or a CPU is refused, with what would."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth_audit_env.tests.training.untrained import A100, T4
from synth_audit_env.training.plan import CPU, Device, check
from synth_audit_env.training.settings import PlanError, read_arguments


@pytest.mark.parametrize(
    ("arguments", "device", "processes", "why", "instead"),
    [
        ("--use-vllm --precision 4bit", A100, 1, "4-bit weights with TRL's vLLM", "--precision bf16 or fp16"),
        ("--lora-rank 0", T4, 1, "Weights in 4 bits or fp16 are frozen", "--lora-rank of 1 or more"),
        ("--precision bf16", T4, 1, "t4 has no bf16", "--precision 4bit or fp16"),
        ("--use-vllm", T4, 1, "t4 has no bf16", "--precision fp16 with a model of 1.5B weights or fewer"),
        ("--preset cpu-tiny", CPU, 2, "trained by one process", "give --model"),
        ("--precision fp16", CPU, 1, "fp16 needs a CUDA card", "--precision fp32 or bf16"),
        ("--use-vllm", CPU, 1, "vLLM beside the trainer needs a CUDA card", "leave --use-vllm"),
        ("--imitate 9", A100, 2, "Audits are imitated by one process", "leave --imitate out"),
        ("--beta 0.1 --imitate 9 --resume", T4, 1, "which no checkpoint has", "begin anew without --resume"),
        ("--prompts 3 --generations 3 --batch 2", T4, 1, "9 rollouts a step", "so that it divides them"),
        ("--precision bf16", replace(A100, cards=4), 1, "One process sees 4 cards", "accelerate launch"),
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


def test_weights_are_not_split_over_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(PlanError, match="launch without FSDP and DeepSpeed"):
        check(read_arguments(["--preset", "multi-gpu"]), A100, 2)
