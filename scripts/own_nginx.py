"""deploy/nginx.conf at work: an nginx of one's own before some servers, for as long as a `with` block.

    with own_nginx(folder, servers=(8001, 8002)) as nginx:
        env = SynthAuditEnv(base_url=nginx.base_url)
    print(nginx.sessions())        # which server had which connection

It is a child process on a free loopback port with everything that it writes in a folder of the caller's. It has nothing
to do with an nginx that the machine runs. The file is the one that is shipped: only addresses and places are changed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth_audit_env.rollouts.own_server import free_port, running

SHIPPED = Path(__file__).resolve().parent.parent / "deploy" / "nginx.conf"
SHIPPED_SERVERS = (8001, 8002)
"""The ports of the servers that the file names, on 127.0.0.1."""
LOG = "sessions.log"
NOT_FOUND = "nginx is not installed: it is Debian's package nginx-light."
_MAIN = """
daemon off;
{user}
worker_processes 2;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}}
"""
"""What Debian's nginx.conf would be. Several worker processes, as they have to count connections together."""
_LOGGED = re.compile(r'^\S+ \S+:(?P<port>\d+) 101 (?P<servers>[^"]+) [\d.]+ "/ws"$')


class NginxError(RuntimeError):
    """nginx is not there, or does not take its configuration."""


@dataclass(frozen=True)
class OwnNginx:
    """A running nginx."""

    base_url: str
    log: Path
    """A line for every connection that has ended."""

    def sessions(self) -> dict[int, int]:
        """Of each WebSocket session that has ended: the client's port, and that of the server that had it."""
        found: dict[int, int] = {}
        for line in self.log.read_text().splitlines():
            logged = _LOGGED.match(line)
            if logged is None:
                continue
            port = int(logged["port"])
            if port in found:
                raise NginxError(f"Two sessions came from port {port}: the log does not tell them apart.")
            # With tries that failed before it, separated by commas.
            found[port] = int(logged["servers"].rsplit(":", 1)[1])
        return found


@contextlib.contextmanager
def own_nginx(folder: Path, servers: Sequence[int]) -> Iterator[OwnNginx]:
    """Start nginx before two servers, named by their ports, yield it once /health answers through it, and stop it.

    All that it writes goes into the folder. Its log is there also afterwards.

    Raises:
        NginxError: It is not installed.
        OwnServerError: It did not come up.
    """
    port = free_port()
    command = _configured(folder, port, servers)
    base_url = f"http://127.0.0.1:{port}"
    with running(command, base_url):
        yield OwnNginx(base_url, folder / LOG)


def check(folder: Path, shipped: Path = SHIPPED) -> None:
    """Have nginx read the configuration, and start nothing; it may write in the folder.

    Raises:
        NginxError: It is not installed, or finds something wrong.
    """
    command = _configured(folder, free_port(), SHIPPED_SERVERS, shipped)
    told = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    if told.returncode:
        raise NginxError(told.stderr.strip())


def find() -> str | None:
    """Where nginx is; None where it is not installed."""
    # Debian puts it where only root's PATH leads.
    return shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin")


def site(port: int, servers: Sequence[int], log: Path, shipped: Path = SHIPPED) -> str:
    """The shipped configuration with addresses and places of our own.

    Raises:
        NginxError: It does not have what is to be changed, so that something else would be run.
    """
    text = shipped.read_text()
    changes = {
        "listen 127.0.0.1:8000;": f"listen 127.0.0.1:{port};",
        "access_log /var/log/nginx/synth-audit.log ": f"access_log {log} ",
        **{
            f"server 127.0.0.1:{theirs} ": f"server 127.0.0.1:{own} "
            for theirs, own in zip(SHIPPED_SERVERS, servers, strict=True)
        },
    }
    for theirs, own in changes.items():
        if theirs not in text:
            raise NginxError(f"{shipped.name} does not say {theirs!r} any more.")
        text = text.replace(theirs, own)
    return text


def _configured(folder: Path, port: int, servers: Sequence[int], shipped: Path = SHIPPED) -> list[str]:
    """Write the configuration. Returns the command that runs nginx by it."""
    nginx = find()
    if nginx is None:
        raise NginxError(NOT_FOUND)
    (folder / "site.conf").write_text(site(port, servers, folder / LOG, shipped))
    # Started by root, its worker processes would be somebody who may not enter the folder.
    (folder / "nginx.conf").write_text(_MAIN.format(user="user root;" if os.geteuid() == 0 else ""))
    return [nginx, "-p", str(folder), "-e", "stderr", "-c", "nginx.conf"]
