"""What cannot work is refused with what would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.training.plan import CARDS, CPU, Device, PlanError, check, device_of, is_sharded
from synth_audit_env.training.settings import read_arguments

T4, A100 = CARDS["t4"], CARDS["a100"]


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
        ("--use-vllm", CPU, 1, "vLLM beside the trainer needs a CUDA card", "leave --use-vllm"),
        ("--preset multi-gpu", CPU, 1, "vLLM beside the trainer needs a CUDA card", "--dry-run --gpu a100"),
        ("--sft a.jsonl", A100, 2, "Audits are imitated by one process", "leave --sft out"),
        ("--beta -0.1", T4, 1, "--beta must be at least 0, but it is -0.1", "at least 0"),
        ("--beta nan", T4, 1, "--beta must be at least 0, but it is nan", "at least 0"),
        ("--beta 0.1 --sft a.jsonl --resume", T4, 1, "which no checkpoint has", "begin anew without --resume"),
        ("--prompts 3 --generations 3 --batch 2", T4, 1, "9 rollouts a step", "so that it divides them"),
        ("--prompts 2 --generations 8 --batch 2", A100, 16, "on 16 device", "so that it divides them"),
        ("--max-steps 0", T4, 1, "--max-steps must be at least 1, but it is 0", "at least 1"),
        ("--prompts 0", T4, 1, "--prompts must be", "at least 1"),
        ("--generations 1", T4, 1, "--generations must be", "at least 2"),
        ("--batch 0", T4, 1, "--batch must be", "at least 1"),
        ("--turns 0", T4, 1, "--turns must be", "at least 1"),
        ("--turn-tokens 15", T4, 1, "--turn-tokens must be", "at least 16"),
        ("--episode-tokens 255", T4, 1, "--episode-tokens must be", "at least 256"),
        ("--save-steps 0", T4, 1, "--save-steps must be", "at least 1"),
        ("--learning-rate 0", T4, 1, "--learning-rate must be", "above 0"),
        ("--learning-rate nan", T4, 1, "--learning-rate must be", "above 0"),
        ("--temperature 0", T4, 1, "--temperature must be", "above 0"),
        ("--vllm-url http://h:1", T4, 1, "--vllm-url is of a vLLM server", "--vllm-mode server"),
        ("--use-vllm --precision fp16 --vllm-url http://h:1", T4, 1, "of a vLLM server", "--vllm-mode server"),
        ("--lora-rank -1", T4, 1, "--lora-rank must be", "at least 0"),
        ("--precision bf16", replace(A100, cards=4), 1, "One process sees 4 cards", "accelerate launch"),
        ("--use-vllm", replace(A100, cards=2), 1, "One process sees 2 cards", "CUDA_VISIBLE_DEVICES=0"),
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


def test_cards_are_no_matter_where_each_has_a_process_or_the_weights_are_spread() -> None:
    check(read_arguments(["--precision", "bf16"]), replace(A100, cards=4), processes=4)
    check(read_arguments([]), replace(A100, cards=4))


def test_adapters_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="holds adapters, and no model: merge them into theirs first"):
        check(read_arguments(["--model", str(tmp_path)]), T4)


@pytest.mark.parametrize("arguments", ["--model m --chat-template {}/no", "--preset cpu-tiny --chat-template {}/there"])
def test_a_chat_template_is_a_file_and_of_a_model(arguments: str, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(
        PlanError, match=r"--chat-template goes with --model, and names a file: .*/(no|there) is to be one"
    ):
        check(read_arguments(arguments.format(tmp_path).split()), replace(CPU))
    check(read_arguments(f"--model m --chat-template {tmp_path}/there".split()), T4)


def test_split_weights_need_vllm() -> None:
    with pytest.raises(PlanError, match=r"wait for each other for ever: give --use-vllm"):
        check(read_arguments(["--precision", "bf16"]), A100, 2, sharded=True)
    check(read_arguments(["--preset", "multi-gpu"]), A100, 2, sharded=True)


@pytest.mark.parametrize(
    ("launched", "split"),
    [
        ({}, False),
        ({"ACCELERATE_USE_FSDP": "true"}, True),
        ({"ACCELERATE_USE_FSDP": "false"}, False),
        ({"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "3"}, True),
        ({"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_ZERO_STAGE": "2"}, False),
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, False),
    ],
)
def test_what_accelerate_launches(launched: dict[str, str], split: bool) -> None:
    assert is_sharded(launched) is split


@pytest.mark.parametrize(("config", "split"), [('{"zero_optimization": {"stage": 3}}', True), ("{}", False)])
def test_a_stage_that_a_file_names(config: str, split: bool, tmp_path: Path) -> None:
    file = tmp_path / "deepspeed.json"
    file.write_text(config, encoding="utf-8")
    launched = {"ACCELERATE_USE_DEEPSPEED": "true", "ACCELERATE_DEEPSPEED_CONFIG_FILE": str(file)}
    assert is_sharded(launched) is split
    file.write_text("{", encoding="utf-8")
    with pytest.raises(PlanError, match=r"DeepSpeed's configuration .*deepspeed.json cannot be read as JSON"):
        is_sharded(launched)


@pytest.mark.parametrize(
    ("arguments", "device"),
    [
        ("", T4),
        ("", CPU),
        ("--precision fp16", T4),
        ("--use-vllm --precision fp16", T4),
        ("--use-vllm", A100),
        ("--vllm-mode server", A100),
        ("--vllm-mode server --vllm-url http://h:1", A100),
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
