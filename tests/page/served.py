"""The server with its page, in a process of its own that a test may kill and start again on the same port.

    with PageServer(folder) as server:
        httpx.get(server.url)
        server.kill()
        server.start()

Its folder has a small `outputs/`, and the episode log in `episodes/`.
"""

import contextlib
import os
import shutil
import sys
from pathlib import Path

import httpx

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.tests.rollouts.recorded import recorded

OUTPUTS = Path(__file__).parents[2] / "outputs"
SHOWN = ("eval/reference", "certificate.json", "small-model", "train/cpu-tiny/dense-0", "train/cpu-tiny/start")
"""What the results view has to show, out of what is kept of evaluations and training."""
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

    def open_sessions(self) -> int:
        """As its metrics count them."""
        told = httpx.get(f"{self.url}/metrics", trust_env=False).text
        [line] = [line for line in told.splitlines() if line.startswith("synth_audit_sessions ")]
        return int(float(line.split()[1]))

    def __enter__(self) -> "PageServer":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def furnish(folder: Path) -> None:
    """Put results and an episode log there: a small model's two audits, the heuristic's and flag-all's of one seed."""
    for name in SHOWN:
        source, target = OUTPUTS / name, folder / "outputs" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    (folder / "episodes").mkdir()
    options = {"task_id": "oversight_medium", "seed": 900_123, "split": "validation"}
    lines = [recorded(options, auditor).line() for auditor in (HeuristicAuditor(), baseline("flag-all"))]
    model = (OUTPUTS / "small-model" / "episodes.jsonl").read_text(encoding="utf-8")
    log = folder / "episodes" / "episodes-20260131T120000.000000Z-4711.jsonl"
    log.write_text(model + "".join(lines), encoding="utf-8")
