"""Kill one of two servers behind nginx under load, and see who notices.

    uv run python scripts/failover.py

Two servers of this package, nginx with deploy/nginx.conf before them, and sessions of the project's client that audit
one episode after the other. Midway one server is killed (SIGKILL: it says goodbye to nobody). Then its sessions have to
fail with `SessionLostError`, the others have to go on to their end with the very rewards of a quiet run, and whoever
comes after that, the lost ones included, has to land on the survivor. nginx's log says which server had which session.
Writes outputs/bench/failover.json; exit status 1 if any of it is not so. Needs nginx (Debian's nginx-light).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.client import ServerRefusedError, SessionLostError, SynthAuditEnv
from synth_audit_env.comparison.provenance import made
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.scripts.own_nginx import NginxError, own_nginx
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

ROOT = Path(__file__).resolve().parent.parent
TASK = "oversight_medium"
SEEDS = range(8)
EPISODES = 4
"""That every session plays, one after the other."""
TRIES = 2
"""Of an episode that is lost. Only one server dies."""
NEWCOMERS = 4
"""Every so many sessions, one more that comes after the kill."""
NOWHERE = 0
"""The port of who did not get in."""
FINISHED, LOST = "finished", "lost"


@dataclass(frozen=True)
class Episode:
    """What became of an episode."""

    port: int
    """The client's, on its connection to nginx."""
    after: bool
    """Whether it was begun after the kill."""
    ended: str
    """FINISHED, LOST, or what else the client raised."""
    rewards: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    """What the same actions pay in a quiet process."""
    waits_s: tuple[float, ...] = ()
    """From each action to its answer."""

    @property
    def undisturbed(self) -> bool:
        """Whether it went as in a quiet run."""
        return self.ended == FINISHED and self.rewards == self.expected


def quiet_rewards(seed: int) -> tuple[float, ...]:
    """What the auditor is paid, step by step, where nothing is in its way."""
    environment = SynthAuditEnvironment()
    opening = environment.reset(seed=seed, task_id=TASK)
    return tuple(turn.reward for turn in play(HeuristicAuditor(), opening, environment.step))


@dataclass
class Load:
    """The sessions, and what has become of their episodes so far."""

    base_url: str
    expected: Mapping[int, tuple[float, ...]]
    """Of each seed."""
    kill_after: int
    """Episodes."""
    episodes: list[Episode] = field(default_factory=list)
    killed: bool = False
    midway: asyncio.Event = field(default_factory=asyncio.Event)

    async def session(self, number: int, episodes: int) -> None:
        """Play so many episodes, in one session unless it is lost: then the lost one again, as a trainer would."""
        env = SynthAuditEnv(base_url=self.base_url)
        try:
            await env.connect()
            for index in range(episodes):
                seed = SEEDS[(number + index) % len(SEEDS)]
                for _ in range(TRIES):
                    episode = await self._episode(env, seed)
                    self._keep(episode)
                    if episode.ended != LOST:
                        break
        except (ServerRefusedError, OSError) as problem:
            self._keep(Episode(NOWHERE, self.killed, _told(problem)))
        finally:
            await env.close()

    def _keep(self, episode: Episode) -> None:
        self.episodes.append(episode)
        if len(self.episodes) >= self.kill_after:
            self.midway.set()

    async def _episode(self, env: SynthAuditEnv, seed: int) -> Episode:
        after, port = self.killed, _port(env)
        auditor, rewards, waits = HeuristicAuditor(), [], []
        ended = FINISHED
        try:
            result = await env.reset(seed=seed, task_id=TASK)
            # A session that was lost before is on another connection from here on.
            port = _port(env)
            while not result.done:
                action, asked = auditor.act(result.observation), time.perf_counter()
                result = await env.step(action)
                waits.append(time.perf_counter() - asked)
                rewards.append(float(result.reward or 0.0))
        except SessionLostError:
            ended = LOST
        except (ServerRefusedError, OSError) as problem:
            ended = _told(problem)
        return Episode(port, after, ended, tuple(rewards), self.expected[seed], tuple(waits))


def _told(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"


def _port(env: SynthAuditEnv) -> int:
    # openenv keeps the connection to itself, and its port is what nginx's log knows a session by.
    assert env._ws is not None, "it was connected"
    port: int = env._ws.local_address[1]
    return port


async def drive(load: Load, sessions: int, victim: subprocess.Popen[bytes]) -> None:
    """Run the sessions, and kill a server while they are at it."""
    async with asyncio.TaskGroup() as tasks:
        for number in range(sessions):
            tasks.create_task(load.session(number, EPISODES))
        await load.midway.wait()
        victim.kill()
        load.killed = True
        for number in range(-(-sessions // NEWCOMERS)):
            tasks.create_task(load.session(number, 1))


def report(
    episodes: Sequence[Episode], servers: Mapping[int, int], victim: int, survivor: int, sessions: int
) -> dict[str, Any]:
    """Counts, ratios, and under "checks" what has to be true.

    The servers, the killed one among them, are named by their ports: by the port of a connection, that of the server
    which had it. The sessions are those of before the kill.
    """
    on = {port: [one for one in episodes if servers.get(one.port) == port] for port in (victim, survivor)}
    before = {port: [one for one in of if not one.after] for port, of in on.items()}
    # A session that was lost between two episodes learns of it by its next reset, on the connection that it had.
    after = [one for one in episodes if one.after and one.ended != LOST]
    lost = [one for one in episodes if one.ended == LOST]
    checks = {
        "nginx knows the server of every session": all(one.port in servers for one in episodes),
        "both servers had sessions": all(of for of in before.values()),
        "sessions were lost with their server": bool(lost),
        "each of them was on the killed server": all(servers.get(one.port) == victim for one in lost),
        "what else that server had was finished before": all(
            one.undisturbed or one.ended == LOST for one in on[victim]
        ),
        "the survivor's episodes went as in a quiet run": all(one.undisturbed for one in before[survivor]),
        "whoever came later landed on the survivor": bool(after)
        and all(servers.get(one.port) == survivor for one in after),
        "and was served as in a quiet run": all(one.undisturbed for one in after),
    }
    return {
        "sessions": sessions,
        "connections": {"killed server": _connections(on[victim]), "survivor": _connections(on[survivor])},
        "episodes": {
            "finished on the killed server": sum(one.undisturbed for one in on[victim]),
            "lost with it": len(lost),
            "finished on the survivor, begun before the kill": sum(one.undisturbed for one in before[survivor]),
            "finished on the survivor, begun after it": sum(one.undisturbed for one in after),
            "failed otherwise": sorted({one.ended for one in episodes} - {FINISHED, LOST}),
        },
        "median wait of the survivor, after the kill to before it": _ratio(on[survivor]),
        "checks": checks,
    }


def _connections(episodes: Sequence[Episode]) -> int:
    return len({one.port for one in episodes})


def _ratio(episodes: Sequence[Episode]) -> float | None:
    waits = {after: [wait for one in episodes if one.after is after for wait in one.waits_s] for after in (False, True)}
    if not all(waits.values()):
        return None
    return round(statistics.median(waits[True]) / statistics.median(waits[False]), 2)


def print_table(found: Mapping[str, Any]) -> None:
    """Print what came of it."""
    title = f"{found['sessions']} sessions behind nginx, one of two servers killed"
    table = Table("what", "", title=title, min_width=80)
    for group in ("connections", "episodes"):
        for name, count in found[group].items():
            table.add_row(f"{group}: {name}", str(count or 0))
    for name, holds in found["checks"].items():
        table.add_row(name, "yes" if holds else "NO")
    Console(width=100).print(table)


def main() -> int:
    """Return 0 when everything was so."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=int, default=64, help="before the kill (default 64)")
    parser.add_argument("--out", type=Path, default=ROOT / "outputs" / "bench" / "failover.json")
    chosen = parser.parse_args()
    ports = free_port(), free_port()
    # Each has to have room for all of them.
    variables = {**os.environ, "MAX_SESSIONS": str(4 * chosen.sessions), "HOST": "127.0.0.1"}
    serve = [sys.executable, "-m", "synth_audit_env.server.app", "--port"]
    load = Load("", {seed: quiet_rewards(seed) for seed in SEEDS}, kill_after=chosen.sessions * EPISODES // 2)
    with tempfile.TemporaryDirectory() as folder:
        with (
            running([*serve, str(ports[0])], f"http://127.0.0.1:{ports[0]}", env=variables) as victim,
            running([*serve, str(ports[1])], f"http://127.0.0.1:{ports[1]}", env=variables),
        ):
            try:
                with own_nginx(Path(folder), ports) as nginx:
                    load.base_url = nginx.base_url
                    asyncio.run(drive(load, chosen.sessions, victim))
            except NginxError as problem:
                print(problem, file=sys.stderr)
                return 1
        # nginx has ended, so its log is whole.
        found = report(load.episodes, nginx.sessions(), *ports, sessions=chosen.sessions)
    print_table(found)
    command = f"uv run python scripts/failover.py --sessions {chosen.sessions}"
    found = {"made": {**asdict(made(())), "command": command}, **found}
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    return 0 if all(found["checks"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
