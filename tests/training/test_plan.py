"""A card is known by its name, freed memory is used again, and what cannot work is refused with what would."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.rollouts.own_server import free_port
from synth_audit_env.training.plan import (
    CARDS,
    CPU,
    Device,
    check,
    check_prerequisites,
    check_sessions,
    device_of,
)
from synth_audit_env.training.settings import PlanError, read_arguments

T4, A100 = CARDS["t4"], CARDS["a100"]


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
        ("--sft a.jsonl", A100, 2, "Audits are imitated by one process", "leave --sft out"),
        ("--beta 0.1 --sft a.jsonl --resume", T4, 1, "which no checkpoint has", "begin anew without --resume"),
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


def test_a_server_needs_room_for_all_and_is_left_as_it_was(serve):
    server = serve(max_sessions=3)
    check_sessions(server.url, 3)
    server.wait_for_sessions(0)
    with pytest.raises(PlanError, match="has room for 3 sessions, and a step plays 5 .* --max-sessions 5"):
        check_sessions(server.url, 5)
    server.wait_for_sessions(0)
    with pytest.raises(PlanError, match="No environment answers at"):
        check_sessions(f"http://127.0.0.1:{free_port()}", 1)


def test_weights_are_not_split_over_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(PlanError, match="launch without FSDP and DeepSpeed"):
        check(read_arguments(["--preset", "multi-gpu"]), A100, 2)


def test_what_a_run_needs_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audits = tmp_path / "sft.jsonl"
    with pytest.raises(PlanError, match=r"There is no file .*sft\.jsonl with audits to imitate: write it by"):
        check_prerequisites(read_arguments(["--sft", str(audits)]))
    check_prerequisites(read_arguments(["--sft", str(audits), "--resume"]))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PlanError, match="vLLM is not installed: uv run --extra train --extra vllm"):
        check_prerequisites(read_arguments(["--use-vllm"]))


def test_a_card_is_known_by_name() -> None:
    assert device_of(read_arguments(["--gpu", "T4"])) is CARDS["t4"]
    assert device_of(read_arguments(["--gpu", "cpu"])) is CPU
    with pytest.raises(PlanError, match="no card 'gtx' to plan for: there are cpu, t4, l4, a10g, a100, h100"):
        device_of(read_arguments(["--gpu", "gtx"]))
