"""Two servers behind nginx with the shipped deploy/nginx.conf: one that is killed loses its own sessions and no others.

nginx's log says how many sessions each server had, and a run in this process says what each episode should pay.
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
from collections import Counter
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
SEEDS = range(3)
SESSIONS, LATER = 12, 3


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


async def audit(env, seed, after_a_step=None):
    """What the steps of an episode pay."""
    auditor, rewards = HeuristicAuditor(), []
    result = await env.reset(seed=seed, task_id=TASK)
    while not result.done:
        result = await env.step(auditor.act(result.observation))
        rewards.append(result.reward or 0.0)
        if len(rewards) == 1 and after_a_step:
            await after_a_step()
    return rewards


async def session(base_url, in_the_middle=None):
    """The episodes of a session that were lost, and what all of them paid: a lost one is audited again, once."""
    lost, paid = [], {}
    async with SynthAuditEnv(base_url=base_url) as env:
        for seed in SEEDS:
            try:
                paid[seed] = await audit(env, seed, in_the_middle if seed == SEEDS[1] else None)
            except SessionLostError:
                lost.append(seed)
                paid[seed] = await audit(env, seed)
    return lost, paid


async def audit_while_a_server_dies(base_url, victim):
    """Kill a server when all sessions are amid their second episode. More sessions come when these have ended."""
    all_sessions = asyncio.Barrier(SESSIONS)

    async def lose_the_server():
        if await all_sessions.wait() == 0:
            victim.kill()
        await all_sessions.wait()

    amid = await asyncio.gather(*(session(base_url, lose_the_server) for _ in range(SESSIONS)))
    return amid, await asyncio.gather(*(session(base_url) for _ in range(LATER)))


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
        amid, later = asyncio.run(audit_while_a_server_dies(base_url, process))
    half = SESSIONS // 2  # nginx gives each server the same share
    assert sorted(lost for lost, _ in amid) == [[]] * half + [[SEEDS[1]]] * half
    assert [lost for lost, _ in later] == [[]] * LATER
    assert all(paid == due for _, paid in (*amid, *later))
    # The log is whole, since nginx has ended. Of a handshake that was tried on both servers, the last one had it.
    had = re.findall(r' 101 (?:\S+, )?\S*:(\d+) [\d.]+ "/ws"$', (tmp_path / "sessions.log").read_text(), re.MULTILINE)
    assert Counter(map(int, had)) == {victim: half, survivor: half + half + LATER}
