"""inference.py with a real model behind a real local server.

torch is 2 GB, so .ci/run leaves the slow ones out: docs/how-to/run-a-language-model.md has the command.
"""

from __future__ import annotations

import os
import re
import sys

import pytest

from synth_audit_env import inference
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.tests.tiny_checkpoint import CONTEXT, TOOLS_TEMPLATE, checkpoint

FLAGS = ["--task", "easy", "medium", "--episodes", "2", "--max-context", str(CONTEXT), "--max-tokens", "64"]
STEPS = ["review_proposal(PROP-001)", "approve(PROP-002)", "submit_audit_report()"]
"""What the checkpoint does, in any episode."""


def _needed(*libraries: str) -> None:
    for library in libraries:
        pytest.importorskip(library)


def _actions(printed: str) -> list[str]:
    return [line.split("action=")[1].split(" ")[0] for line in printed.splitlines() if line.startswith("[STEP]")]


@pytest.mark.slow
@pytest.mark.usefixtures("hasty")
def test_a_checkpoint_behind_transformers_serve(server, tmp_path, capsys):
    _needed("torch", "transformers", "typer")
    folder = checkpoint(tmp_path / "tiny", TOOLS_TEMPLATE)
    port = free_port()
    program = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", program, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with running(command, url, env={**os.environ, "HF_HUB_OFFLINE": "1"}):
        flags = ["--mode", "react", "--model-url", f"{url}/v1", "--model", str(folder), "--base-url", server.url]
        assert inference.main([*FLAGS, *flags]) == 0
        printed = capsys.readouterr()
        assert _actions(printed.out) == STEPS * 4
        assert re.fullmatch(r"tokens [1-9][\d,]* in, [1-9][\d,]* out; cost unknown", printed.out.splitlines()[-1])
        assert inference.main([*FLAGS, *flags, "--model", "another"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"inference.py: The endpoint {url}/v1 ")
