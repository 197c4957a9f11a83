"""What GRPO steps of a model of 135 million weights really take on a CPU, beside what --dry-run says of them.

    python tests/training/measured_steps.py                         # the table of docs/training.md, in about an hour
    python tests/training/measured_steps.py --model DIR --chat-template training/chatml.jinja

The model has the shape of SmolLM2-135M and random weights, which are as slow and as large as trained ones. It never
ends its turn, so each rollout is as long as it may be. Each row is a process of its own and takes two steps, since the
moments of Adam are there from the second on. Seconds are of the processor, on one thread, so that what else the machine
does matters little.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from synth_audit_env.training.settings import Settings

COMMON = "--preset t4-evening --precision fp32 --max-steps 2 --save-steps 9"
RUNS = (
    "--lora-rank 0 --prompts 2 --generations 2 --batch 1 --episode-tokens 256",
    "--lora-rank 0 --prompts 2 --generations 2 --batch 2 --episode-tokens 256",
    "--lora-rank 16 --prompts 2 --generations 2 --batch 1 --episode-tokens 768",
    "--lora-rank 16 --prompts 2 --generations 8 --batch 1 --episode-tokens 256",
)
GIB = 2**30


def build(folder: Path) -> Path:
    """Save the model, and a tokenizer of few tokens a text, so that a chat is short and a step takes minutes."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from synth_audit_env.agents.audit_tools import tool_schemas
    from synth_audit_env.agents.react.prompts import opening_messages
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
    from synth_audit_env.training.tiny_model import build_tokenizer

    openings = [opening_messages(SynthAuditEnvironment().reset(seed=seed)) for seed in range(40)]
    tools = [{"role": "user", "content": json.dumps(tool["function"])} for tool in tool_schemas()]
    tokenizer = build_tokenizer([*openings, *[tools] * 20])
    config = LlamaConfig(
        vocab_size=49_152,
        hidden_size=576,
        intermediate_size=1_536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8_192,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def measure(arguments: list[str]) -> dict[str, Any]:
    """Take the steps in this process."""
    import torch
    from transformers import TrainerCallback

    from synth_audit_env.training.device import keep_freed_memory
    from synth_audit_env.training.grpo_run import GrpoRun
    from synth_audit_env.training.settings import read_arguments

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.ticks: list[float] = []

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.ticks.append(time.process_time())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.ticks.append(time.process_time())

    torch.set_num_threads(1)
    settings = read_arguments(arguments)
    keep_freed_memory()
    run = GrpoRun(settings)
    clock = Clock()
    run.trainer.add_callback(clock)
    run.train()
    written = [row["completions/mean_length"] for row in run.trainer.state.log_history if "reward" in row]
    assert min(written) > 0.95 * settings.episode_tokens, f"rollouts of {written} tokens are not the longest"
    return {
        "gib": peak(),
        "seconds": (clock.ticks[3] - clock.ticks[0] - (clock.ticks[2] - clock.ticks[1])) / 2,
        **said(settings),
    }


def said(settings: Settings) -> dict[str, float]:
    """What the plan says of a step in which each rollout is one turn of --episode-tokens."""
    from synth_audit_env.training.run_costs import LOOK_UPS, Audit, needs, step_time
    from synth_audit_env.training.sizes import FLAG, LOOK_UP, PROPOSAL_TOKENS, REPORT, sizes_for

    sizes = sizes_for(settings)
    audit = Audit("oversight_easy", settings.episode_tokens / PROPOSAL_TOKENS / sizes.density, turns=0)
    took = step_time(settings, sizes, audit, cores=1)
    calls = (audit.proposals * (LOOK_UPS * LOOK_UP + FLAG) + REPORT) * sizes.density
    prompt = (sizes.prompt or 0) / ((sizes.prompt or 0) + settings.episode_tokens / 2)
    seconds = took.learning + took.reading * prompt + took.writing * settings.episode_tokens / calls
    return {"said_gib": sum(needs(settings, sizes, cpu=True).values()), "said_seconds": seconds}


def peak() -> float:
    """The most memory that the process has had, in GiB."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / GIB


def main(given: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = given or ["--model", str(build(Path(folder) / "model")), "--chat-template", "training/chatml.jinja"]
        print("| settings | GiB said | measured | off | s a step said | measured | off |\n|---|" + 6 * "--:|")
        for place, run in enumerate(RUNS):
            tokens = run.split()[-1]
            asked = [*COMMON.split(), *run.split(), "--turn-tokens", tokens, *model, "--out", f"{folder}/{place}"]
            done = subprocess.run(
                [sys.executable, __file__, "--one", *asked],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"},
            )
            found = json.loads(done.stdout.splitlines()[-1])
            pairs = [(found[f"said_{what}"], found[what]) for what in ("gib", "seconds")]
            cells = [f"{said:.1f} | {took:.1f} | {said / took - 1:+.0%}" for said, took in pairs]
            print(f"| `{run}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2:])))
    else:
        main(sys.argv[1:])
