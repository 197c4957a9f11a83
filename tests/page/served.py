"""The server with its page, in a process of its own that a test may kill and start again on the same port.

    with PageServer(folder) as server:
        httpx.get(server.url)
        server.kill()
        server.start()

Its folder has a small `outputs/`, and the episode log in `episodes/`.
"""

import contextlib
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.chat.completion import Usage
from synth_audit_env.episode_line import WORLD_VERSION
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.tests.rollouts.recorded import recorded

OUTPUTS = Path(__file__).parents[2] / "outputs"
SHOWN = ("eval/reference", "certificate.json")
"""What the results view has to show, out of what is kept."""
STEPS = [
    {"step": step, "reward": step / 8, "audit/skill": (step * 7 % 11) / 10 - 0.5, "version": WORLD_VERSION}
    for step in range(1, 11)
]
"""The log of a training run that was never run."""
_PROGRAM = "from synth_audit_env.server import app; app.main()"


class PageServer:
    """A server in a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, *flags: str, program: str = _PROGRAM, **variables: str) -> None:
        """Prepare a server.

        Args:
            folder: Where it runs.
            flags: Of its command line, such as "--max-sessions", "1".
            program: Python that serves, given --port.
            variables: Environment variables.
        """
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.flags = list(flags)
        self.program = program
        self._variables = {**os.environ, "EPISODE_LOG": str(folder / "episodes"), **variables}
        self._lives = contextlib.ExitStack()

    def start(self) -> None:
        command = [sys.executable, "-c", self.program, "--port", str(self.port), *self.flags]
        self.process = self._lives.enter_context(running(command, self.url, env=self._variables, cwd=str(self.folder)))

    def stop(self) -> None:
        """As an operator does: each session is told."""
        self._lives.close()

    def kill(self) -> None:
        """As a power cut does."""
        self.process.kill()
        self._lives.close()

    def __enter__(self) -> "PageServer":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def models_of(run: dict, version: str = WORLD_VERSION) -> dict:
    """An evaluation of a model and its start that were never trained, on the easy and medium episodes of a run."""
    tiers, agents = ("easy", "medium"), {"start": "flag-low-confidence", "dense-0": "heuristic-12-calls"}
    figures = {
        f"outputs/train/tiny/{name}": {tier: run["figures"][agent][tier] for tier in (*tiers, "overall")}
        for name, agent in agents.items()
    }
    return {
        "made": {**run["made"], "version": version},
        "split": run["split"],
        "baseline": "outputs/train/tiny/start",
        "seeds": {tier: run["seeds"][tier] for tier in tiers},
        "figures": figures,
    }


def put(folder: Path, path: str, content: object) -> None:
    """Write JSON, or a text as it is, below the outputs of a server."""
    file = folder / "outputs" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def furnish(folder: Path) -> None:
    """Put results and an episode log there: two audits as of a model, the heuristic's and flag-all's of one seed."""
    for name in SHOWN:
        source, target = OUTPUTS / name, folder / "outputs" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    put(folder, "train/tiny/dense-0/training_log.json", STEPS)
    test = json.loads((OUTPUTS / "eval/test/results.json").read_text(encoding="utf-8"))
    put(folder, "train/tiny/dense-0/evaluation/results.json", models_of(test))
    (folder / "episodes").mkdir()
    options = {"task_id": "oversight_medium", "seed": 900_123, "split": "validation"}
    records = [recorded(options, auditor) for auditor in (HeuristicAuditor(), baseline("flag-all"))]
    of_model = {
        "agent": "react:small",
        "usage": Usage(13_330, 412, None),
        "gave_up": "The model made a call 5 times in a row that brought nothing new, so its audit was ended for it.",
    }
    for seed in (900_000, 900_002):
        easy = {"task_id": "oversight_easy", "seed": seed, "split": "validation"}
        records.insert(0, replace(recorded(easy, baseline("approve-all")), **of_model))
    log = folder / "episodes" / "episodes-20260131T120000.000000Z-4711.jsonl"
    log.write_text("".join(record.line() for record in records), encoding="utf-8")
