"""Train an oversight agent with GRPO: TRL's trainer, with an audit as its environment.

    python training/train_grpo.py --preset cpu-tiny                     # on a CPU: builds its own small model first
    python training/train_grpo.py --model Qwen/Qwen2.5-3B-Instruct --max-steps 200      # 4-bit QLoRA, one T4
    python training/train_grpo.py --use-vllm --max-steps 200            # vLLM generates; bf16 LoRA
    accelerate launch training/train_grpo.py --preset multi-gpu         # a vLLM beside the trainer on each card
    python training/train_grpo.py --imitate 100                         # imitates audits first

Writes to --out: the model, training_log.json with every step, episodes.jsonl with every episode, and checkpoints, from
which --resume goes on. With cpu-tiny also evaluation/, which sets the model beside
its warm start on 200 held-out episodes a tier, and pictures.

Exit status: 0 when the run was finished, 1 when it failed, 2 for what cannot work, 130 after Ctrl-C.
"""

import os
import sys
from collections.abc import Sequence

try:
    from synth_audit_env.client import ServerRefusedError
    from synth_audit_env.training.plan import Device, check
    from synth_audit_env.training.settings import PlanError, TrainingSettings, read_arguments
except ImportError as missing:
    print(f"train_grpo.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

NEEDS_EXTRA = (
    "Training needs the extra `train`, which is not installed ({}): uv run --extra train ..., or pip install "
    "-e '.[train]'."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as the arguments say. Returns the exit status."""
    settings = read_arguments(sys.argv[1:] if argv is None else argv)
    if os.environ.get("RANK", "0") == "0":
        # Before the libraries are imported, which takes long where the disk is cold.
        model = settings.model or "a small model of its own"
        steps = f"{settings.max_steps} GRPO steps of {settings.rollouts} episodes with {model}, into {settings.out}"
        print(f"train_grpo.py: {steps}. First torch and TRL are loaded.", file=sys.stderr, flush=True)
    try:
        train(settings, int(os.environ.get("WORLD_SIZE", "1")))
        return 0
    except ImportError as missing:
        why, status = NEEDS_EXTRA.format(missing), 2
    except (PlanError, ServerRefusedError, ConnectionError) as problem:
        why, status = str(problem), 2
    except KeyboardInterrupt:
        why, status = f"interrupted. What was saved is in {settings.out}: --resume goes on.", 130
    print(f"train_grpo.py: {why}", file=sys.stderr)
    return status


def train(settings: TrainingSettings, processes: int = 1) -> None:
    """Train as the settings say, in so many processes together."""
    check(settings, Device.here(), processes)
    # Here and not above, since it imports torch.
    from synth_audit_env.training.grpo_run import GrpoRun

    GrpoRun(settings, processes).train()
    if settings.model is None:
        _look_back(settings)


def _look_back(settings: TrainingSettings) -> None:
    """Set the small model beside its warm start on held-out episodes, and draw how it got there."""
    from synth_audit_env.training import evaluate, plots
    from synth_audit_env.training.tiny_start import START

    start, out = settings.out.parent / START, str(settings.out)
    asked = [str(start), out, "--tier", "easy", "--tier", "medium", "--batch", "100", "--out", f"{out}/evaluation"]
    # As the rollouts are sampled.
    asked += ["--temperature", str(settings.temperature), "--turn-tokens", str(settings.turn_tokens)]
    if evaluate.main(asked) or plots.main([out, "--out", out]):
        raise PlanError(f"The model is in {out}, but it could not be looked back on.")


if __name__ == "__main__":
    sys.exit(main())
