"""GRPO on a small model: calls are read and played, only what was generated is learnt, runs resume or are shared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.training.upstream import TRAINS
from synth_audit_env.tests.training.watched import TINY, Watched, log_of, watch
from synth_audit_env.training import train_grpo
from synth_audit_env.training.run_folder import EPISODES, SETTINGS

torch = pytest.importorskip("torch")
pytest.importorskip("trl")
pytestmark = TRAINS


def weights_of(folder: Path) -> dict[str, Any]:
    safetensors = pytest.importorskip("safetensors.torch")
    return safetensors.load_file(folder / "model.safetensors")


def test_steps_and_episodes_are_logged_and_calls_of_tools_are_read_and_played(run: Watched) -> None:
    episodes = [json.loads(line) for line in (run.folder / EPISODES).read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in episodes] == [1] * 8 + [2] * 8 + [3] * 8
    steps = [row for row in log_of(run.folder) if "reward" in row]
    assert [row["step"] for row in steps] == [1, 2, 3]
    figures = {"audit/score", "audit/skill", "audit/decided", "audit/finished", "audit/dead_groups"}
    for number, (step, rollouts, batch) in enumerate(zip(steps, run.rollouts, run.batches, strict=True)):
        lines = episodes[8 * number : 8 * number + 8]
        assert [row["reward"] for row in lines] == rollouts["rewards"]
        assert [row["score"] for row in lines] == [outcome.score for outcome in rollouts["outcomes"]]
        assert [row["seed"] for row in lines] == rollouts["seed"]
        # What tools have said counts too; the batch has the rollouts in another order.
        assert sorted(row["tokens"] for row in lines) == sorted(batch["completion_mask"].sum(1).tolist())
        assert step["audit/tokens"] == pytest.approx(sum(row["tokens"] for row in lines) / 8)
        assert step["audit/reward"] == pytest.approx(sum(rollouts["rewards"]) / 8)
        assert step["reward"] == pytest.approx(step["audit/reward"], abs=1e-6)
        assert figures | {"entropy", "loss", "grad_norm"} <= step.keys()
        # The start was shown easy episodes only.
        assert step["tools/call_frequency"] > 0 or set(rollouts["task_id"]) == {"oversight_medium"}
    assert any(
        shown.decision != "pending" for out in run.rollouts for end in out["outcomes"] for shown in end.proposals
    )


def segments(ids: Any, kept: Any, mask: Any) -> list[tuple[int, list[int]]]:
    """Stretches of tokens that are generated (1) or told by tools (0), in order, without the padding."""
    found: list[tuple[int, list[int]]] = []
    for token, real, own in zip(ids.tolist(), kept.tolist(), mask.tolist(), strict=True):
        if not real:
            continue
        if not found or found[-1][0] != own:
            found.append((own, []))
        found[-1][1].append(token)
    return found


def test_what_tools_say_is_masked_and_all_that_is_generated_is_not(run: Watched) -> None:
    tokenizer = run.trainer.processing_class
    told_by_tools = 0
    for batch, rollouts in zip(run.batches, run.rollouts, strict=True):
        rows = zip(batch["completion_ids"], batch["completion_mask"], batch["tool_mask"], strict=True)
        answers = []
        for ids, kept, mask in rows:
            parts = [(own, tokenizer.decode(tokens)) for own, tokens in segments(ids, kept, mask)]
            assert [own for own, _ in parts] == [1, 0] * (len(parts) // 2) + [1] * (len(parts) % 2)
            told_by_tools += sum(own == 0 for own, _ in parts)
            answers.append([text for own, text in parts if own == 0])
        # TRL shuffles a batch before it splits it up for the backward passes.
        assert sorted(answers) == sorted(written(completion) for completion in rollouts["completions"])
    assert told_by_tools > 0


def written(completion: list[dict[str, Any]]) -> list[str]:
    """What stands between two turns of the assistant: the answers as the chat template writes them."""
    turns: list[list[str]] = []
    for message in completion:
        if message["role"] == "assistant":
            turns.append([])
        else:
            turns[-1].append(f"\n<tool_response>\n{message['content']}\n</tool_response>")
    return [f"\n<|im_start|>user{''.join(turn)}<|im_end|>\n<|im_start|>assistant\n" for turn in turns if turn]


def test_a_resumed_run_takes_the_same_step_to_the_same_weights(start: Path, run: Watched, tmp_path: Path) -> None:
    """As if it had been stopped after its second step."""
    folder = tmp_path / "resumed"
    shutil.copytree(run.folder / "checkpoint-2", folder / "checkpoint-2")
    shutil.copy(run.folder / SETTINGS, folder)
    # With the third step, which is taken again.
    shutil.copy(run.folder / EPISODES, folder)
    resumed = watch(folder, f"--model {start} --max-steps 3 --save-steps 2 --resume")
    straight, again = log_of(run.folder), log_of(resumed.folder)
    assert [row["step"] for row in again] == [row["step"] for row in straight]
    assert again[:3] == straight[:3]
    lines = (run.folder / EPISODES).read_text(encoding="utf-8").splitlines()
    assert (resumed.folder / EPISODES).read_text(encoding="utf-8").splitlines() == lines
    # It has taken no other: it would else have come to the same by beginning anew.
    (rollouts,) = resumed.rollouts
    assert rollouts == run.rollouts[-1]
    before, straight, again = (weights_of(folder) for folder in (start, run.folder, resumed.folder))
    assert before.keys() == straight.keys()
    assert any(not torch.equal(before[name], straight[name]) for name in before)
    assert all(torch.equal(straight[name], again[name]) for name in straight)


LAUNCH = "-m accelerate.commands.launch --cpu --num_processes 2 --num_machines 1 --mixed_precision no"


def test_two_processes_take_a_step_together(start: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = f"{TINY} --model {start} --max-steps 2 --save-steps 1 --out {out}"
    ran = subprocess.run(
        [sys.executable, *LAUNCH.split(), train_grpo.__file__, *asked.split()],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert [row["step"] for row in log_of(out) if "reward" in row] == [1, 2]
    # Two groups a step, each played by both processes together, and each rollout written once.
    episodes = [json.loads(line) for line in (out / EPISODES).read_text(encoding="utf-8").splitlines()]
    assert sorted(Counter(episode["seed"] for episode in episodes).values()) == [4] * 4
    assert (out / "model.safetensors").is_file()
