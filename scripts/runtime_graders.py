"""Run openenv's own runtime graders on this package, with a child process where openenv starts a container.

    uv run python scripts/runtime_graders.py

openenv's graders look at what the server answers over the wire, and do not care what it runs in. Where Linux allows us
to make a network namespace, the server runs in an empty one, as the manifest declares (`no-network`): it inherits the
listening socket, and can open no connection of its own. What only a container shows (the image, its user, its
read-only root, its memory limit) is not measured here.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from synth_audit_env.rollouts.own_server import OwnServerError, running

if TYPE_CHECKING:
    from openenv.validation.manifest import ExecutionDeclaration
    from openenv.validation.runtime.contracts import LaunchSpec

ROOT = Path(__file__).resolve().parent.parent
GRADERS = (
    "static.manifest",
    "runtime.startup",
    "runtime.reward_well_formed",
    "runtime.observation_schema",
    "runtime.state_contract",
    "runtime.network_policy",
)
NAMESPACES = (
    (["unshare", "--net"], ["nsenter", "--net"]),
    (["unshare", "--user", "--map-root-user", "--net"], ["nsenter", "--preserve-credentials", "--user", "--net"]),
)
"""Commands to enter a new network namespace and to join that of a process: as root, and as anybody."""
CONNECT = "import socket, sys; sys.exit(socket.socket().connect_ex(('127.0.0.1', int(sys.argv[1]))))"
"""Ends with the error number of a connection to a loopback port. In an empty namespace the loopback is down, so that
even this address is unreachable."""


class ChildProcess:
    """The server of the working tree, as openenv's graders ask for it: their provider and their subject in one."""

    name = "child-process"
    supported_network_modes = frozenset({"no-network"})

    def __init__(self) -> None:
        from openenv.validation.types import ProviderCapability

        # openenv asks for IMAGE_BUILD before it starts anything.
        self.capabilities = {ProviderCapability.IMAGE_BUILD}
        self._enter: list[str] = []
        for enter, self._join in NAMESPACES:
            if shutil.which("unshare") and subprocess.run([*enter, "true"], stderr=subprocess.DEVNULL).returncode == 0:
                self._enter = enter
                self.capabilities.add(ProviderCapability.NETWORK_POLICY)
                break

    def build(self, root: Path, execution: ExecutionDeclaration) -> str:
        """Name an image. There is none: the working tree is what runs."""
        return "sha256:" + "0" * 64

    def start(self, spec: LaunchSpec) -> ChildProcess:
        """Start the server and wait until it is healthy."""
        from openenv.validation.providers import StartupError

        self._exit = contextlib.ExitStack()
        # A socket stays in the namespace where it was made: the server accepts on it, and reaches nothing.
        listener = self._exit.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        self.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        uvicorn = [sys.executable, "-m", "uvicorn", "synth_audit_env.server.app:app", "--fd", str(listener.fileno())]
        command, files, timeout_s = [*self._enter, *uvicorn], [listener.fileno()], spec.startup_timeout_s
        try:
            server = running(command, self.base_url, pass_fds=files, timeout_s=timeout_s)
            self._process = self._exit.enter_context(server)
        except OwnServerError as error:
            self._exit.close()
            raise StartupError(str(error)) from error
        return self

    def inspect(self) -> dict[str, Any]:
        """What the report records about the subject."""
        return {"pid": self._process.pid, "network_namespace": bool(self._enter)}

    def measure_network(self) -> dict[str, Any]:
        """Describe the server's namespace, and try to reach a port of ours from there, and from here as the control."""
        net = Path(f"/proc/{self._process.pid}/net")
        devices, routes = ((net / name).read_text().splitlines() for name in ("dev", "route"))
        addresses = (net / "if_inet6").read_text().splitlines() if (net / "if_inet6").exists() else []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            subject = _connect(port, [*self._join, "--target", str(self._process.pid)])
            control = _connect(port, [])
        return {
            "requested_mode": "no-network",
            "subject_network_mode": "none",
            "namespace": {
                "interfaces": [line.partition(":")[0].strip() for line in devices[2:]],
                "default_route": any(line.split()[1] == "00000000" for line in routes[1:]),
                "ipv6_non_loopback": sum(line.split()[-1] != "lo" for line in addresses),
            },
            "probes": [{"kind": "tcp", "control": control, "subject": subject}],
        }

    def stop(self) -> None:
        """Stop the server by its process id."""
        self._exit.close()


def _connect(port: int, join: list[str]) -> dict[str, Any]:
    """What comes of a connection to a loopback port, from a namespace that is joined by this command."""
    number = subprocess.run([*join, sys.executable, "-c", CONNECT, str(port)], timeout=30, check=False).returncode
    if not number:
        return {"result": "reachable"}
    return {
        "result": "denied" if number in (errno.ENETUNREACH, errno.EHOSTUNREACH) else "inconclusive",
        "errno": number,
    }


def declare_execution(subject: Path) -> None:
    """Lay out what openenv reads of the package, with the execution block in the manifest."""
    manifest = yaml.safe_load((ROOT / "openenv.yaml").read_text())
    manifest["validation"] |= yaml.safe_load((ROOT / "validation" / "execution.yaml").read_text())
    (subject / "openenv.yaml").write_text(yaml.safe_dump(manifest))
    (subject / "validation").mkdir()
    for name in ("Dockerfile", "pyproject.toml", "validation/runtime.json"):
        shutil.copy(ROOT / name, subject / name)


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when every grader passed; only the network policy may be unmeasured, without a namespace."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(argv)
    # Here, since importing openenv's validation takes seconds.
    from openenv.validation import run_validation
    from openenv.validation.types import CheckStatus, Level, ProviderCapability, Verdict

    provider = ChildProcess()
    with tempfile.TemporaryDirectory() as folder:
        declare_execution(Path(folder))
        report = run_validation(Path(folder), max_level=Level.RUNTIME, provider=provider)
    results = {result.check_id: result for result in report.results if result.check_id in GRADERS}
    for name, result in results.items():
        print(f"{result.status.value.upper():5} {name}: {'; '.join(result.evidence)}")
    needed = set(GRADERS)
    if ProviderCapability.NETWORK_POLICY not in provider.capabilities:
        print("This machine allows no network namespace: runtime.network_policy is not measured.")
        needed.remove("runtime.network_policy")
    failed = needed - {name for name, result in results.items() if result.status is CheckStatus.PASS}
    if failed or report.verdict is Verdict.FAIL:
        print(f"Not passed: {', '.join(sorted(failed)) or 'openenv gives the verdict FAIL'}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
