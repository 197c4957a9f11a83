"""NeMo Gym plays a logged episode through the adapter: its own agent, its own sessions, and a stub model.

The three servers of a run are on loopback ports, in a thread. What is left out of NeMo Gym is the command that starts
them, which makes a Python environment for each.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import re
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from synth_audit_env.agents.react.prompts import answer_text
from synth_audit_env.models import SynthAuditAction, SynthAuditObservation
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import ALL_TIERS, first_episodes
from synth_audit_env.tests.integrations.logged import SPLIT, calls_of, logged, paid
from synth_audit_env.tests.patience import PATIENCE_S, wait_until
from synth_audit_env.training.audit_env import OVER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("nemo_gym") is None, reason="NeMo Gym is not installed"),
    # Of libraries that NeMo Gym imports.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
(EPISODE,) = first_episodes(SPLIT, "hard", 1)
RECORD = logged()
SERVERS = {"audits": "resources_servers", "agent": "responses_api_agents", "model": "responses_api_models"}
PAGE = Path(__file__).parents[2] / "docs" / "integrations" / "nemo_gym.md"
Calls = list[tuple[str, dict[str, Any]]]


def text(said: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": said, "annotations": []}]
    return {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}


def response(output: dict[str, Any]) -> dict[str, Any]:
    known = {"id": "r", "object": "response", "created_at": 0, "model": "stub", "tool_choice": "auto", "tools": []}
    return {**known, "parallel_tool_calls": True, "output": [output]}


def model_app(script: Calls) -> Any:
    """A stub model: one call of the script in each turn, and a message when there are no more."""
    from fastapi import FastAPI

    async def responses(body: dict[str, Any]) -> dict[str, Any]:
        turn = sum(item.get("type") == "function_call_output" for item in body["input"])
        if turn == len(script):
            return response(text("Done."))
        name, arguments = script[turn]
        call = {"name": name, "arguments": json.dumps(arguments), "call_id": f"call{turn}"}
        return response({"type": "function_call", **call})

    app = FastAPI()
    app.post("/v1/responses")(responses)
    return app


@pytest.fixture(scope="module")
def rollout() -> Iterator[Callable[[dict[str, Any], Calls], dict[str, Any]]]:
    """Has NeMo Gym's agent play a row with a stub model that makes these calls: what /run of the agent answers."""
    import uvicorn
    from nemo_gym.base_resources_server import BaseResourcesServerConfig
    from nemo_gym.config_types import BaseServerConfig
    from nemo_gym.server_utils import GlobalAIOHTTPAsyncClientConfig, ServerClient, set_global_aiohttp_client
    from omegaconf import OmegaConf
    from responses_api_agents.simple_agent.app import SimpleAgent, SimpleAgentConfig

    from synth_audit_env.integrations.nemo_gym import AuditServer

    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in SERVERS}
    places = {name: {"host": "127.0.0.1", "port": one.getsockname()[1]} for name, one in sockets.items()}
    known = OmegaConf.create({name: {kind: {"any": places[name]}} for name, kind in SERVERS.items()})
    client = ServerClient(head_server_config=BaseServerConfig(host="127.0.0.1", port=1), global_config_dict=known)

    def config(kind: Any, name: str, **more: Any) -> Any:
        return kind(name=name, entrypoint="app.py", domain="agent", **places[name], **more)

    script: Calls = []
    audits = AuditServer(config=config(BaseResourcesServerConfig, "audits"), server_client=client)
    of = {name: {"type": SERVERS[name], "name": name} for name in ("audits", "model")}
    chosen = config(SimpleAgentConfig, "agent", resources_server=of["audits"], model_server=of["model"], max_steps=130)
    agent = SimpleAgent(config=chosen, server_client=client)
    apps = {"audits": audits.setup_webserver(), "agent": agent.setup_webserver(), "model": model_app(script)}
    for gyms in (audits, agent):
        gyms.setup_exception_middleware(apps[gyms.config.name])  # as it does where it is started
    run_by = {name: uvicorn.Server(uvicorn.Config(app, log_level="warning")) for name, app in apps.items()}

    async def serve() -> None:
        # NeMo Gym's client, of which a process has one. It would else be made from the settings of a command line.
        async with set_global_aiohttp_client(GlobalAIOHTTPAsyncClientConfig()):
            await asyncio.gather(*(server.serve(sockets=[sockets[name]]) for name, server in run_by.items()))

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    wait_until(lambda: all(one.started for one in run_by.values()), "the servers do not start")

    def run(row: dict[str, Any], calls: Calls) -> dict[str, Any]:
        script[:] = calls
        url = f"http://127.0.0.1:{places['agent']['port']}/run"
        answer = httpx.post(url, json=row, timeout=PATIENCE_S, trust_env=False)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    with contextlib.ExitStack() as after:
        after.callback(thread.join, PATIENCE_S)
        for one in run_by.values():
            after.callback(setattr, one, "should_exit", True)
        yield run


def row_of(tier: str = "hard") -> dict[str, Any]:
    from synth_audit_env.integrations.nemo_gym import rows

    (row,) = rows(SPLIT, tier, 1)
    return row


def answers(rollout: dict[str, Any]) -> list[str]:
    return [item["output"] for item in rollout["response"]["output"] if item["type"] == "function_call_output"]


def test_a_logged_episode_comes_out_with_the_same_rewards(rollout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    paid, step = [], SynthAuditEnvironment.step

    def watched(environment: SynthAuditEnvironment, action: SynthAuditAction) -> SynthAuditObservation:
        seen = step(environment, action)
        paid.append(seen.reward)
        return seen

    monkeypatch.setattr(SynthAuditEnvironment, "step", watched)
    played = rollout(row_of(), calls_of(RECORD))
    assert paid == [turn.reward for turn in RECORD.turns]
    end = RECORD.outcome
    assert (played["reward"], played["score"], played["skill"]) == (end.return_, end.score, end.skill)
    assert answers(played) == [answer_text(turn.observation) for turn in RECORD.turns]
    assert played["seed"] == EPISODE["seed"], "what the row says is in the results"


def test_what_a_model_gets_wrong_is_told_to_it(rollout: Any) -> None:
    calls: Calls = [
        ("guess", {"proposal_id": "PROP-001"}),
        ("approve", {"proposal_id": 7}),
        ("approve", {"proposal_id": "PROP-001", "confidence": None}),
        ("seed_session", {**EPISODE, "split": SPLIT}),
        ("submit_audit_report", {"report": "None."}),
        ("submit_audit_report", {"report": "None."}),
    ]
    played = rollout(row_of(), calls)
    told = answers(played)
    # A tool that does not exist costs what it costs every agent; what cannot be read reaches no episode.
    assert "There is no action_type 'guess'" in told[0]
    assert "The call of approve cannot be read. proposal_id: " in told[1]
    assert "PROP-001 approved" in told[2]
    assert "This rollout has had its episode." in told[3]
    assert told[5] == OVER
    assert played["reward"] == pytest.approx(sum(paid(EPISODE, *(calls[number] for number in (0, 2, 4)))))


def test_a_model_that_asks_for_its_reward_cannot_change_it_after(rollout: Any) -> None:
    """NeMo Gym's agent calls any path that a model names: the episode is over then, as it stands."""
    calls = calls_of(RECORD)
    asked = {"responses_create_params": {"input": "?"}, "response": response(text("Done."))}
    played = rollout(row_of(), [*calls[:3], ("verify", asked), *calls[3:]])
    told = json.loads(answers(played)[3])
    assert all("No episode is running" in answer for answer in answers(played)[4:])
    assert played["reward"] == told["reward"] < RECORD.outcome.return_
    again = ("seed_session", {**EPISODE, "split": SPLIT})
    assert "has had its episode" in answers(rollout(row_of(), [("verify", asked), again]))[1]


def test_the_page_says_how_nemo_gym_is_given_them(tmp_path: Path) -> None:
    """Its commands, but for those that start NeMo Gym, make the folder that NeMo Gym looks into."""
    from omegaconf import OmegaConf

    block = next(one for one in re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL) if "--rows" in one)
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ") and " gym " not in line]
    script = "\n".join(commands).replace("--rows 200", "--rows 2").replace("python ", f"{sys.executable} ")
    home = {**os.environ, "HOME": str(tmp_path), "REPOSITORY": str(PAGE.parents[2])}
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=home, check=True)
    (folder,) = (path.parent for path in tmp_path.rglob("app.py"))
    assert folder.parts[-2:] == ("resources_servers", "synth_audit")
    chosen = OmegaConf.load(folder / "configs" / "synth_audit.yaml")
    assert (folder / chosen.synth_audit.resources_servers.synth_audit.entrypoint).is_file()
    assert (folder / "requirements.txt").read_text() == f"-e {PAGE.parents[2]}\n"
    agent = chosen.synth_audit_agent.responses_api_agents.simple_agent
    assert agent.max_steps > max(tier.steps for tier in ALL_TIERS.values())
    rows = map(json.loads, (folder / "data" / "train.jsonl").read_text().splitlines())
    assert [(row["task_id"], row["seed"]) for row in rows] == [("oversight_easy", 0), ("oversight_easy", 1)]
    assert "AuditServer" in runpy.run_path(str(folder / "app.py"), run_name="app")
