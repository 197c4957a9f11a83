"""Carry out the Dockerfile's own steps where there is no Docker engine, then ask the server for its health.

    uv run python scripts/check_dockerfile.py

Each stage is a folder that plays the image's root. `FROM python:X` becomes a fresh virtual environment in its
`usr/local`, COPY copies (minding .dockerignore), RUN runs in a shell with the stage's ENV and WORKDIR, and
absolute paths of the image are read as paths in that folder. Before CMD runs, the build stage is deleted:
nothing may point back into it.
"""

import contextlib
import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth_audit_env.rollouts.own_server import free_port, running

ROOT = Path(__file__).resolve().parent.parent
NOT_CHECKED = """Not checked, for want of a Docker engine:
- the base image: that it can be pulled, what it holds (a virtual environment stands in for its Python);
- layers, caching and the size of the image;
- limits at run time: dropped capabilities, memory, processes;
- when HEALTHCHECK is run (its command is run here, once)."""

CHOWN = re.compile(r"\s*&&\s*chown (\S+) (/\S+)")
ANOTHER_LOOPBACK = "127.0.0.2"
"""Answers where every interface is listened on, and not where 127.0.0.1 alone is."""
EPISODES = "/episodes"

# Of the machine's own environment a container sees nothing, and a build needs no more than this.
PASSED_ON = ("LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "UV_CACHE_DIR", "TMPDIR")


@dataclass
class Stage:
    """One FROM: the folder that plays its root, and what its instructions have set."""

    root: Path
    env: dict[str, str]
    workdir: str = "/"
    user: str = "root"
    cmd: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    """To whom folders were given."""

    def outside(self, path: str) -> Path:
        """Where a path of the image lies on this machine."""
        return self.root / os.path.join(self.workdir, path).lstrip("/")


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, continued lines joined, comments dropped."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    split = [line.strip().split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(name.upper(), rest) for name, rest in split]


class Build:
    """The stages of one Dockerfile, carried out in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stages: dict[str, Stage] = {}
        self.stage = Stage(folder, {})

    def carry_out(self, name: str, rest: str) -> None:
        """Carry out one instruction; an instruction that nobody taught this script is an error."""
        steps = {
            "FROM": self._from,
            "RUN": self._run,
            "COPY": self._copy,
            "ENV": self._env,
            "WORKDIR": self._workdir,
            "USER": self._user,
            "CMD": self._cmd,
            "HEALTHCHECK": self._healthcheck,
            "EXPOSE": self._expose,
        }
        if name not in steps:
            raise SystemExit(f"check_dockerfile.py knows no instruction {name}: teach it, or leave it out")
        print(f"{name} {rest}"[:110], flush=True)
        steps[name](rest)

    def _from(self, rest: str) -> None:
        image, _, alias = rest.partition(" AS ")
        version = re.fullmatch(r"python:(3\.\d+)-slim", image)
        if version is None:
            raise SystemExit(f"only python:3.x-slim can be stood in for, not {image!r}")
        root = self.folder / f"stage-{len(self.stages)}"
        run_whole([_python(version[1]), "-m", "venv", str(root / "usr/local")])
        (root / "tmp").mkdir()
        system = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        path = f"{root}/usr/local/bin:/usr/local/bin:/usr/bin:/bin"
        self.stage = Stage(root, {**system, "PATH": path, "HOME": str(root / "tmp")})
        self.stages[alias or root.name] = self.stage

    def _run(self, rest: str) -> None:
        if rest.startswith(("[", "--")):
            raise SystemExit("only RUN in shell form, without flags, is understood")
        # All is made by one user here, who then plays that of the image: what it is given belongs to it already.
        self.stage.owners.update({folder: owner for owner, folder in CHOWN.findall(rest)})
        rest = CHOWN.sub("", rest)
        cwd = self.stage.outside(self.stage.workdir)
        run_whole(["/bin/sh", "-c", self._paths(rest)], cwd=str(cwd), env=self.stage.env)

    def _copy(self, rest: str) -> None:
        words = shlex.split(rest)
        source_root, ignored = ROOT, _dockerignore(ROOT)
        source_stage = None
        if words[0].startswith("--from="):
            source_stage = self.stages[words.pop(0).removeprefix("--from=")]
            source_root, ignored = source_stage.root, []
        *sources, target = words
        for source in sources:
            origin = source_root / source.lstrip("/")
            destination = self.stage.outside(target)
            if origin.is_dir():
                _copy_folder(origin, destination, ignored)
            else:
                into_folder = target.endswith("/") or target == "."
                destination = destination / origin.name if into_folder else destination
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, destination)
            if source_stage is not None:
                _rename_root(destination, source_stage.root, self.stage.root)

    def _env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            mapped = ":".join(self._path(part) for part in value.split(":"))
            self.stage.env[name] = mapped.replace("$PATH", self.stage.env["PATH"])

    def _workdir(self, rest: str) -> None:
        self.stage.workdir = rest
        self.stage.outside(rest).mkdir(parents=True, exist_ok=True)

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _cmd(self, rest: str) -> None:
        self.stage.cmd = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        _, _, command = rest.partition("CMD ")
        self.stage.healthcheck = json.loads(command)

    def _expose(self, rest: str) -> None:
        if rest != self.stage.env.get("PORT"):
            raise SystemExit(f"EXPOSE {rest}, but PORT is {self.stage.env.get('PORT')}")

    def _path(self, value: str) -> str:
        return f"{self.stage.root}{value}" if value.startswith("/") else value

    def _paths(self, command: str) -> str:
        """A shell command with its absolute paths read inside the stage."""
        return re.sub(r"(?<![\w.:/-])/(?=\w)", f"{self.stage.root}/", command)


def run_whole(command: Sequence[str], *, cwd: str | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a command to its end; where we are stopped before it, all that it has started is stopped with it.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    # Until there is a process to stop, a SIGTERM waits: one that came while it starts would leave it behind.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    # A group of its own: what a shell has started would outlive the shell, and go on writing to the folder.
    with subprocess.Popen(command, cwd=cwd, env=env, start_new_session=True, preexec_fn=_heed_sigterm) as process:
        try:
            _heed_sigterm()
            status = process.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if status:
        raise subprocess.CalledProcessError(status, command)


def _heed_sigterm() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _python(version: str) -> str:
    """A Python of the base image's version, or else the one that runs this script."""
    known = (shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    for found in known:
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(found)
    print(f"  (no Python {version} here: {sys.version.split()[0]} stands in for it)")
    return sys.executable


def _dockerignore(root: Path) -> list[str]:
    lines = (line.strip() for line in (root / ".dockerignore").read_text().splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    if negated := [pattern for pattern in patterns if pattern.startswith("!")]:
        raise SystemExit(f"negated patterns of .dockerignore are not understood: {negated}")
    return patterns


def _is(path: Path, pattern: str) -> bool:
    """Whether a pattern means this path: as for Docker, a star goes no further than to the next slash."""
    parts, wanted = path.parts, pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatch, parts, wanted))


def _copy_folder(origin: Path, destination: Path, ignored: list[str]) -> None:
    def leave_out(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(origin)
        # A leading "**/" means a name at any depth; any other pattern is a path from the root.
        anywhere = [pattern.removeprefix("**/") for pattern in ignored if pattern.startswith("**/")]
        by_path = [pattern for pattern in ignored if not pattern.startswith("**/")]
        by_name = {name for pattern in anywhere for name in fnmatch.filter(names, pattern)}
        return by_name | {name for name in names if any(_is(inside / name, pattern) for pattern in by_path)}

    shutil.copytree(origin, destination, symlinks=True, ignore=leave_out, dirs_exist_ok=True)


def _rename_root(folder: Path, old: Path, new: Path) -> None:
    """Where a copied script or link names its own stage, name the new one: in an image both are `/`."""
    for path in folder.rglob("*"):
        if path.is_symlink():
            target = os.readlink(path)
            if target.startswith(str(old)):
                path.unlink()
                path.symlink_to(target.replace(str(old), str(new), 1))
        elif path.is_file() and (path.parent.name == "bin" or path.name == "pyvenv.cfg"):
            content = path.read_bytes()
            if bytes(old) in content[:65536]:
                path.write_bytes(content.replace(bytes(old), bytes(new)))


def confinement(user: str) -> list[str]:
    """A prefix that runs a command as the image's user with no rights of root's, where Linux lets us."""
    uid, _, gid = user.partition(":")
    prefix = ["unshare", "--user", f"--map-user={uid}", f"--map-group={gid or uid}"]
    if not shutil.which(prefix[0]):
        return []
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else []


def set_writable(folder: Path, writable: bool) -> None:
    """Give or take the owner's right to write to a folder and to all folders in it."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200 if writable else path.stat().st_mode & ~0o222)


def files(folder: Path) -> set[Path]:
    """Every file below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}


def main() -> int:
    """Build, serve, ask for health; return 0 when all of it worked."""
    # So that a terminated job unwinds, and takes along its server and the folder of the image.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as name:
        build = Build(Path(name))
        for instruction, rest in instructions((ROOT / "Dockerfile").read_text()):
            build.carry_out(instruction, rest)
        stage = build.stage
        for other in build.stages.values():
            if other is not stage:
                shutil.rmtree(other.root)

        if stage.user.split(":")[0] in ("root", "0"):
            raise SystemExit("the image would run as root")
        if installed := [path.name for path in stage.root.rglob("torch") if path.is_dir()]:
            raise SystemExit(f"the image holds what only training needs: {installed}")
        if flags := stage.cmd[1:]:
            raise SystemExit(f"{flags} would be lost where a command is given: set variables with ENV")

        port = free_port()
        stage.env.update(PORT=str(port), EPISODE_LOG=str(stage.outside(EPISODES)))
        confined = confinement(stage.user)
        who = f"user {stage.user}" if confined else "this user, since this machine lets nobody be another"
        print(f"CMD runs as {who}, on port {port}, with everything but /tmp and what it owns read-only", flush=True)
        before = files(stage.root)
        set_writable(stage.root, False)
        writable = ["/tmp", *(folder for folder, owner in stage.owners.items() if owner == stage.user)]
        for folder in writable:
            set_writable(stage.outside(folder), True)
        command = [shutil.which(stage.cmd[0], path=stage.env["PATH"]) or stage.cmd[0], *stage.cmd[1:]]
        cwd = str(stage.outside(stage.workdir))
        try:
            with running([*confined, *command], f"http://127.0.0.1:{port}", env=stage.env, cwd=cwd):
                print("/health answers 200")
                run_whole(stage.healthcheck, cwd=cwd, env=stage.env)
                print("HEALTHCHECK passes")
                socket.create_connection((ANOTHER_LOOPBACK, port), timeout=10).close()
                print("every interface is listened on")
        finally:
            set_writable(stage.root, True)
        # Root writes where it may not; then only this tells.
        allowed = set().union(*(files(stage.outside(folder)) for folder in writable))
        if written := files(stage.root) - before - allowed:
            raise SystemExit(f"the server wrote outside {writable}: {sorted(map(str, written))[:5]}")
        print(f"nothing was written outside {' and '.join(writable)}, and an episode log could be")
    print(NOT_CHECKED)
    return 0


if __name__ == "__main__":
    sys.exit(main())
