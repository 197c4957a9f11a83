"""Every program tells its flags, and refuses a mistyped one, before it imports what takes seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

from synth_audit_env.tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
HEAVY = frozenset("sklearn scipy openai torch trl transformers datasets gradio pandas matplotlib inspect_ai".split())
SCRIPTS = (
    "evaluation.py",
    "inference.py",
    *(f"training/{name}.py" for name in ("train_grpo", "evaluate", "plots")),
    *(f"benchmarks/{name}.py" for name in ("document", "environments", "floods", "server")),
    "scripts/soak.py",
)
MODULES = ("server.app", "validation.certify")
SUBCOMMANDS = tuple(("evaluation.py", name) for name in ("leaderboard", "readme"))
PROGRAMS = (*((name,) for name in SCRIPTS), *(("-m", f"synth_audit_env.{name}") for name in MODULES), *SUBCOMMANDS)


@pytest.mark.parametrize(("flag", "status"), [("--help", 0), ("--no-such-flag", 2)])
@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
def test_flags_are_read_before_what_is_heavy_is_imported(program, flag, status):
    command = [sys.executable, "-X", "importtime", *program, flag]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    lines = ran.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert ran.returncode == status, ran.stderr[-500:]
    assert "argparse" in imported
    assert {name for name in imported if name.partition(".")[0] in HEAVY} == set()
    assert "usage: " in ran.stdout + ran.stderr
