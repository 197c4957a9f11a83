"""Run openenv's own runtime graders on this package, with a child process where openenv starts a container.

    uv run python scripts/runtime_graders.py

openenv's graders look at what the server answers over the wire, and do not care what it runs in. Where Linux
lets us make a network namespace, the server runs in an empty one, as the manifest declares (`no-network`): it
inherits the listening socket, and can open no connection of its own. What only a container shows (the image,
its user, its read-only root, its memory limit) is not measured here.
"""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from openenv.validation import ValidationReport, run_validation
from openenv.validation.manifest import ExecutionDeclaration
from openenv.validation.providers import ExecResult, ProviderError, StartupError
from openenv.validation.runtime.contracts import LaunchSpec
from openenv.validation.types import CheckStatus, Level, ProviderCapability, Verdict
from rich.console import Console
from rich.table import Table

from synth_audit_env.rollouts.own_server import OwnServerError, running

ROOT = Path(__file__).resolve().parent.parent
GRADERS = (
    "static.manifest",
    "runtime.startup",
    "runtime.reward_well_formed",
    "runtime.observation_schema",
    "runtime.state_contract",
    "runtime.network_policy",
)

# Ways to enter a new network namespace, and to join that of a process: as root, and as anybody.
NAMESPACES = (
    (("unshare", "--net"), ("nsenter", "--net")),
    (
        ("unshare", "--user", "--map-root-user", "--net"),
        ("nsenter", "--preserve-credentials", "--user", "--net"),
    ),
)

# Run in the namespace of the server, and once outside as the control. argv: the port of a loopback listener.
# An empty namespace has its loopback down, so even that address is unreachable: no route leads anywhere.
PROBE = """
import errno, json, socket, sys
def outcome():
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=3).close()
        return {"result": "reachable"}
    except OSError as error:
        denied = error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH)
        return {"result": "denied" if denied else "inconclusive", "errno": error.errno}
routes = [line.split() for line in open("/proc/net/route").read().splitlines()[1:]]
try:
    addresses = [line.split() for line in open("/proc/net/if_inet6").read().splitlines()]
except FileNotFoundError:
    addresses = []
print(json.dumps({
    "namespace": {
        "interfaces": [name for _, name in socket.if_nameindex()],
        "default_route": any(route[1] == "00000000" for route in routes),
        "ipv6_non_loopback": sum(address[-1] != "lo" for address in addresses),
    },
    "tcp": outcome(),
}))
"""


def usable_namespace() -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The first way to make an empty network namespace that this machine allows."""
    for enter, join in NAMESPACES:
        if shutil.which(enter[0]) and shutil.which(join[0]):
            tried = subprocess.run([*enter, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return enter, join
    return None


class ChildProcessSubject:
    """The running server, as openenv's graders ask for it."""

    def __init__(self, spec: LaunchSpec, namespace: tuple[tuple[str, ...], tuple[str, ...]] | None) -> None:
        enter, self._join = namespace or ((), ())
        self._exit = contextlib.ExitStack()
        listener = self._exit.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        self.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # A socket stays in the namespace where it was made: the server accepts on it, and reaches nothing.
        uvicorn = (sys.executable, "-m", "uvicorn", "synth_audit_env.server.app:app")
        command = (*enter, *uvicorn, "--fd", str(listener.fileno()))
        server = running(
            command,
            self.base_url,
            pass_fds=[listener.fileno()],
            env={**os.environ, **spec.env_vars},
            timeout_s=spec.startup_timeout_s,
        )
        try:
            self._process = self._exit.enter_context(server)
        except OwnServerError as error:
            self._exit.close()
            raise StartupError(str(error)) from error

    def inspect(self) -> dict[str, Any]:
        """What the report records about the subject."""
        return {"pid": self._process.pid, "network_namespace": bool(self._join)}

    def logs(self, max_bytes: int = 65536) -> str:
        """Part of openenv's protocol that no grader of 0.10 uses."""
        raise ProviderError(f"the last {max_bytes} bytes of a child process's log are printed when it fails")

    def exec(self, argv: list[str], timeout_s: float) -> ExecResult:
        """Part of openenv's protocol that no grader of 0.10 uses."""
        raise ProviderError(f"a child process has no sandbox to run {argv} in for {timeout_s} s")

    def measure_network(self) -> dict[str, Any]:
        """Reach for a listener of ours from the server's namespace, and from outside as the control."""
        with _listener() as port:
            join = [*self._join, "--target", str(self._process.pid)]
            inside = _probe(join, port)
            outside = _probe([], port)
        return {
            "requested_mode": "no-network",
            "subject_network_mode": "none",
            "namespace": inside["namespace"],
            "probes": [{"kind": "tcp", "control": outside["tcp"], "subject": inside["tcp"]}],
        }

    def stop(self) -> None:
        """Stop the server by its process id."""
        self._exit.close()


class ChildProcessProvider:
    """Starts the working tree as a child process; the interface is openenv's `ValidationProvider`."""

    name = "child-process"
    supported_network_modes = frozenset({"no-network"})

    def __init__(self) -> None:
        self._namespace = usable_namespace()
        measured = {ProviderCapability.NETWORK_POLICY} if self._namespace else set()
        # openenv asks for IMAGE_BUILD before it starts anything; our "image" is the working tree.
        self.capabilities = frozenset({ProviderCapability.IMAGE_BUILD, *measured})

    def build(self, root: Path, execution: ExecutionDeclaration) -> str:
        """Name the working tree the way an image is named: by a digest."""
        named = f"{root.resolve()}:{execution.dockerfile}"
        return "sha256:" + hashlib.sha256(named.encode()).hexdigest()

    def start(self, spec: LaunchSpec) -> ChildProcessSubject:
        """Start the server and wait until it is healthy."""
        return ChildProcessSubject(spec, self._namespace)


@contextlib.contextmanager
def _listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=4) as listener:

        def accept() -> None:
            # Ends when the listener is shut down.
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _probe(join: list[str], port: int) -> dict[str, Any]:
    probed = subprocess.run(
        [*join, sys.executable, "-c", PROBE, str(port)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if probed.returncode:
        raise ProviderError(f"network probe failed: {probed.stderr.strip()[-500:]}")
    measured: dict[str, Any] = json.loads(probed.stdout)
    return measured


def declare_execution(subject: Path) -> None:
    """Lay out what openenv reads of the package, with the execution block in the manifest."""
    manifest = yaml.safe_load((ROOT / "openenv.yaml").read_text())
    manifest["validation"] |= yaml.safe_load((ROOT / "validation" / "execution.yaml").read_text())
    (subject / "openenv.yaml").write_text(yaml.safe_dump(manifest))
    (subject / "validation").mkdir()
    for name in ("Dockerfile", "pyproject.toml", "validation/runtime.json"):
        shutil.copy(ROOT / name, subject / name)


def print_table(report: ValidationReport) -> None:
    """Print one row for each grader that openenv 0.10 has."""
    table = Table("grader", "status", "evidence", title="openenv runtime graders, on a child process")
    for result in report.results:
        if result.check_id in GRADERS:
            table.add_row(result.check_id, result.status.value.upper(), "\n".join(result.evidence))
    Console(width=110).print(table)


def main() -> int:
    """Return 0 when every grader passed; only the network policy may be unmeasured, without a namespace."""
    provider = ChildProcessProvider()
    with tempfile.TemporaryDirectory() as folder:
        subject = Path(folder)
        declare_execution(subject)
        report = run_validation(subject, max_level=Level.RUNTIME, provider=provider)
    print_table(report)
    status = {result.check_id: result.status for result in report.results}
    unmeasured = set() if ProviderCapability.NETWORK_POLICY in provider.capabilities else {"runtime.network_policy"}
    if unmeasured:
        print("This machine allows no network namespace: runtime.network_policy is not measured.")
    failed = [name for name in GRADERS if name not in unmeasured and status.get(name) is not CheckStatus.PASS]
    if failed or report.verdict is Verdict.FAIL:
        print(f"Not passed: {', '.join(failed) or 'openenv gives the verdict FAIL'}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
