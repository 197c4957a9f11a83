"""Episodes that are built in other processes, and what becomes of these processes."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server import build_process
from synth_audit_env.server.build_process import build_aside
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.patience import wait_until

psutil = pytest.importorskip("psutil")


@pytest.mark.parametrize("tier", TIERS)
async def test_it_is_the_same_episode(tier):
    here, aside = build_scenario(TIERS[tier], 8, "train"), await build_aside(TIERS[tier], 8, "train", None)
    assert repr(aside) == repr(here)
    assert aside == here
    assert vars(aside)["protocol_text"] == here.protocol_text, "which is written there"


async def test_who_leaves_has_nothing_built_that_was_not_begun(monkeypatch):
    begun = []
    one_at_a_time = build_process.ThreadPoolExecutor(1)
    monkeypatch.setattr(build_process, "_threads", one_at_a_time)
    monkeypatch.setattr(build_process, "_built", begun.append)
    may_go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    held = one_at_a_time.submit(lambda: asyncio.run_coroutine_threadsafe(may_go_on.wait(), loop).result())
    leaves, stays = (asyncio.create_task(build_aside(TIERS["easy"], seed, "train", None)) for seed in (1, 2))
    await asyncio.sleep(0)
    leaves.cancel()
    may_go_on.set()
    await stays
    assert held.result() is True
    assert [seed for _, seed, *_ in begun] == [2]
    one_at_a_time.shutdown()


async def processes():
    """Of this process, those that build."""
    await build_aside(TIERS["easy"], 8, "train", None)
    return [one for one in psutil.Process().children() if build_process.__name__ in one.cmdline()]


async def test_a_process_that_is_killed_at_work_is_replaced():
    stopped = await processes()
    for process in stopped:
        process.suspend()
    building = asyncio.create_task(build_aside(TIERS["easy"], 10, "train", None))
    await asyncio.sleep(0.05)
    for process in stopped:
        process.kill()
    assert (await building).seed == 10


async def test_where_none_can_be_had_the_reset_is_refused_in_a_sentence(monkeypatch, tmp_path, caplog):
    environment = SynthAuditEnvironment(aside=True)
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("#!/bin/sh\nprintf 'cbuiltins\\nint\\n(Vten\\ntR.'; cat > /dev/null\n")
    nonsense.chmod(0o700)
    running_on = await environment.reset_async(seed=3, task_id="oversight_easy")
    with monkeypatch.context() as broken:
        broken.setattr(build_process, "_threads", build_process.ThreadPoolExecutor(1))
        for program in (tmp_path / "missing", "/bin/false", nonsense):
            broken.setattr(sys, "executable", str(program))
            with pytest.raises(EpisodeError, match="The process that makes episodes has ended"):
                await environment.reset_async(seed=991_827, task_id="oversight_easy")
        build_process._threads.shutdown()
    given_up = [record.getMessage() for record in caplog.records if record.name == build_process.__name__]
    assert len(given_up) == 2 * 3
    assert "invalid literal for int" in given_up[-1]
    assert environment.begun.seed == 3
    assert len(running_on.actor_proposals) > 0
    assert (await environment.reset_async(seed=991_827, task_id="oversight_easy")).done is False


def is_over(process):
    """Whether it has ended, seen by its parent or not."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform == "win32", reason="its signals are others")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_server(number, tmp_path, talk):
    port = free_port()
    words = tmp_path / "words"
    program = f"exec {sys.executable} -m synth_audit_env.server.app --port {port} >{words} 2>&1"
    with running(["sh", "-c", program], f"http://127.0.0.1:{port}") as server:
        assert talk(f"ws://127.0.0.1:{port}/ws").reset(task_id="oversight_easy", seed=1)["type"] == "observation"
        children = psutil.Process(server.pid).children()
        assert any(build_process.__name__ in one.cmdline() for one in children)
        for _ in range(20):  # which are built while it ends
            talk(f"ws://127.0.0.1:{port}/ws").send({"type": "reset", "data": {"task_id": "oversight_frontier"}})
        server.send_signal(number)
        server.wait()
    wait_until(lambda: all(map(is_over, children)), "it runs on")
    told = Path(words).read_text()
    assert "Traceback" not in told
    assert "Exception ignored" not in told
