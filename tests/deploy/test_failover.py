"""Two servers behind nginx with the shipped deploy/nginx.conf: one that is killed loses its own sessions and no others.

nginx's log says which server had which session, and a run in this process says what each episode should pay.
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.client import SessionLostError, SynthAuditEnv
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
# Debian puts it where only root's PATH leads.
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
TASK = "oversight_medium"
SEEDS = range(4)
SESSIONS = 12


@dataclass
class AuditedEpisode:
    seed: int
    begun_after: bool
    """After the server was killed."""
    lost: bool = False
    rewards: list[float] = field(default_factory=list)
    port: int = 0
    """The client's, on its connection to nginx."""


@contextlib.contextmanager
def nginx_before(servers, folder):
    """Run nginx before two servers, which are given by their ports. Its log goes to the folder."""
    port = free_port()
    site = SHIPPED.read_text()
    changes = {
        "listen 127.0.0.1:8000;": f"listen 127.0.0.1:{port};",
        "/var/log/nginx/synth-audit.log": f"{folder}/sessions.log",
        "server 127.0.0.1:8001 ": f"server 127.0.0.1:{servers[0]} ",
        "server 127.0.0.1:8002 ": f"server 127.0.0.1:{servers[1]} ",
    }
    for shipped, ours in changes.items():
        assert shipped in site
        site = site.replace(shipped, ours)
    (folder / "site.conf").write_text(site)
    shutil.copy(Path(__file__).with_name("nginx.conf"), folder)
    base_url = f"http://127.0.0.1:{port}"
    with running([NGINX, "-p", str(folder), "-e", "stderr", "-c", f"{folder}/nginx.conf"], base_url):
        yield base_url


def sessions_in(log):
    """By the client's port, the port of the server that had each WebSocket session."""
    line = r'^\S+ \S+:(\d+) 101 \S*:(\d+) [\d.]+ "/ws"$'
    found = re.findall(line, re.sub(r"\S+, ", "", log.read_text()), re.MULTILINE)  # less the tries that failed
    assert len({port for port, _ in found}) == len(found), (
        "a port was used twice, so the log cannot tell two sessions apart"
    )
    return {int(port): int(server) for port, server in found}


async def audit(env, episode, in_the_middle):
    """Play an episode to its end, or until its session is lost. After the first step, wait for `in_the_middle`."""
    auditor = HeuristicAuditor()
    try:
        episode.port = env._ws.local_address[1]
        result = await env.reset(seed=episode.seed, task_id=TASK)
        # After a lost session, `reset` has opened another connection.
        episode.port = env._ws.local_address[1]
        while not result.done:
            result = await env.step(auditor.act(result.observation))
            episode.rewards.append(result.reward or 0.0)
            if len(episode.rewards) == 1:
                await in_the_middle()
    except SessionLostError:
        episode.lost = True


async def audit_while_a_server_dies(base_url, victim):
    """Play on many sessions, kill the server when all are amid their third episode, and let more sessions come."""
    played, killed = [], asyncio.Event()
    all_sessions = asyncio.Barrier(SESSIONS)

    async def go_on():
        pass

    async def lose_the_server():
        if await all_sessions.wait() == 0:
            victim.kill()
            killed.set()
        await killed.wait()

    async def session():
        async with SynthAuditEnv(base_url=base_url) as env:
            for seed in SEEDS:
                for attempt in range(2):  # a lost episode is played again, as a trainer would
                    first_time = seed == SEEDS[2] and attempt == 0 and not killed.is_set()
                    episode = AuditedEpisode(seed, killed.is_set())
                    await audit(env, episode, lose_the_server if first_time else go_on)
                    played.append(episode)
                    if not episode.lost:
                        break

    async with asyncio.TaskGroup() as tasks:
        for _ in range(SESSIONS):
            tasks.create_task(session())
        await killed.wait()
        for _ in range(SESSIONS // 4):
            tasks.create_task(session())
    return played


@pytest.mark.slow
@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: it is Debian's package nginx-light.")
def test_a_killed_server_loses_its_own_sessions_and_no_others(tmp_path):
    due = {}
    for seed in SEEDS:
        environment = SynthAuditEnvironment()
        turns = play(HeuristicAuditor(), environment.reset(seed=seed, task_id=TASK), environment.step)
        due[seed] = [turn.reward for turn in turns]
    victim, survivor = ports = free_port(), free_port()
    serve = [sys.executable, *"-m synth_audit_env.server.app --host 127.0.0.1 --max-sessions 64 --port".split()]
    with (
        running([*serve, str(victim)], f"http://127.0.0.1:{victim}") as process,
        running([*serve, str(survivor)], f"http://127.0.0.1:{survivor}"),
        nginx_before(ports, tmp_path) as base_url,
    ):
        played = asyncio.run(audit_while_a_server_dies(base_url, process))
    servers = sessions_in(tmp_path / "sessions.log")  # whole, since nginx has ended

    assert {servers[one.port] for one in played if not one.begun_after} == {victim, survivor}
    lost = [one for one in played if one.lost]
    assert {servers[one.port] for one in lost} == {victim}
    assert len(lost) == SESSIONS // 2  # nginx gives each server the same share
    came_later = [one for one in played if one.begun_after and not one.lost]
    assert {servers[one.port] for one in came_later} == {survivor}
    for one in played:
        assert one.lost or one.rewards == due[one.seed]
