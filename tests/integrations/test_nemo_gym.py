"""NeMo Gym plays a logged episode through the adapter: its own agent, its own sessions, and a stub model.

The three servers of a run are on loopback ports, in a thread. What is left out of NeMo Gym is the command that starts
them, which makes a Python environment for each.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from synth_audit_env.agents.audit_tools import tool_schemas
from synth_audit_env.agents.react.prompts import answer_text, opening_messages
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS
from synth_audit_env.tests.integrations.logged_episode import SEED, SPLIT, TASK, calls_of, logged_episode
from synth_audit_env.tests.patience import PATIENCE_S, wait_until
from synth_audit_env.training.audit_env import OVER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("nemo_gym") is None, reason="NeMo Gym is not installed"),
    # Of libraries that NeMo Gym imports.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
SERVERS = {"audits": "resources_servers", "agent": "responses_api_agents", "model": "responses_api_models"}
Calls = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> EpisodeRecord:
    return logged_episode(tmp_path_factory.mktemp("log"))


def model_app(script: Calls) -> Any:
    """A stub model: one call of the script in each turn, and a message when there are no more."""
    from fastapi import FastAPI

    async def responses(body: dict[str, Any]) -> dict[str, Any]:
        turn = sum(item.get("type") == "function_call_output" for item in body["input"])
        if turn < len(script):
            name, arguments = script[turn]
            said = {"type": "function_call", "name": name, "arguments": json.dumps(arguments), "call_id": f"call{turn}"}
        else:
            text = {"type": "output_text", "text": "Done.", "annotations": []}
            said = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [text]}
        known = {"id": "r", "object": "response", "created_at": 0, "model": "stub", "tool_choice": "auto"}
        return {**known, "tools": body["tools"], "parallel_tool_calls": True, "output": [said]}

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


def row_of(seed: int = SEED, tier: str = "expert") -> dict[str, Any]:
    from synth_audit_env.integrations.nemo_gym import rows

    (line,) = rows({tier: [seed]})
    row: dict[str, Any] = json.loads(line)
    return row


def answers(rollout: dict[str, Any]) -> list[str]:
    return [item["output"] for item in rollout["response"]["output"] if item["type"] == "function_call_output"]


def test_a_row_names_its_episode_and_holds_what_every_agent_reads_first(record: EpisodeRecord) -> None:
    row = row_of()
    assert {name: row[name] for name in ("seed", "task_id", "split")} == {"seed": SEED, "task_id": TASK, "split": SPLIT}
    asked = row["responses_create_params"]
    assert asked["input"] == opening_messages(record.opening)
    assert [tool["name"] for tool in asked["tools"]] == [schema["function"]["name"] for schema in tool_schemas()]


def test_a_logged_episode_comes_out_with_the_same_rewards(rollout: Any, record: EpisodeRecord) -> None:
    played = rollout(row_of(), calls_of(record))
    assert played["rewards"] == [turn.reward for turn in record.turns]
    assert played["reward"] == record.outcome.return_
    assert (played["score"], played["skill"]) == (record.outcome.score, record.outcome.skill)
    assert answers(played) == [answer_text(turn.observation) for turn in record.turns]
    assert played["seed"] == SEED, "what the row says is in the results"


def test_rollouts_do_not_meet(rollout: Any, record: EpisodeRecord) -> None:
    calls = calls_of(record)
    first = rollout(row_of(), calls)
    assert rollout(row_of(seed=8, tier="easy"), [])["reward"] < 0
    assert rollout(row_of(), calls)["rewards"] == first["rewards"]


def test_an_episode_that_is_left_open_is_ended_without_a_report(rollout: Any) -> None:
    environment = SynthAuditEnvironment()
    environment.reset(seed=SEED, task_id=TASK)
    played = rollout(row_of(), [("approve", {"proposal_id": "PROP-001"})])
    environment.step(SynthAuditAction(action_type="approve", proposal_id="PROP-001"))
    environment.step(SynthAuditAction(action_type="submit_audit_report", report=""))
    assert environment.state.outcome is not None
    assert played["reward"] == environment.state.outcome.return_


def test_what_a_model_gets_wrong_is_told_to_it(rollout: Any) -> None:
    report = ("submit_audit_report", {"report": "None."})
    calls: Calls = [
        ("guess", {"proposal_id": "PROP-001"}),
        ("approve", {"proposal_id": 7}),
        ("approve", {"proposal_id": "PROP-001", "confidence": None}),
        ("seed_session", {"seed": SEED, "task_id": TASK, "split": SPLIT}),
        ("verify", {}),
        report,
        report,
    ]
    played = rollout(row_of(), calls)
    told = answers(played)
    # A tool that does not exist costs what it costs every agent; what cannot be read reaches no episode.
    assert "There is no action_type 'guess'" in told[0]
    assert "The call of approve cannot be read: proposal_id" in told[1]
    assert "PROP-001 approved" in told[2]
    assert "This rollout has an episode." in told[3]
    assert "Field required" in told[4]
    assert told[6] == OVER
    assert len(played["rewards"]) == 3
    assert played["rewards"][0] == -0.053


def test_a_model_that_asks_for_its_reward_cannot_change_it_after(rollout: Any, record: EpisodeRecord) -> None:
    """NeMo Gym's agent calls any path that a model names: the episode is over then, as it stands."""
    row, calls = row_of(), calls_of(record)
    asked = {"responses_create_params": {"input": "?"}, "response": {**rollout(row, [])["response"], "output": []}}
    played = rollout(row, [*calls[:3], ("verify", asked), *calls[3:]])
    told = json.loads(answers(played)[3])
    assert set(answers(played)[4:]) == {OVER}
    assert (played["reward"], played["rewards"]) == (told["reward"], told["rewards"])
    assert len(played["rewards"]) == 4


def test_a_row_that_names_no_episode_ends_in_a_sentence(rollout: Any) -> None:
    with pytest.raises(AssertionError, match="seed 1000004 is of split .*test.*, not .*train"):
        rollout({**row_of(), "split": "train"}, [])


def test_the_folder_is_what_nemo_gym_looks_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from omegaconf import OmegaConf

    from synth_audit_env.integrations import nemo_gym

    nemo_gym.main([str(tmp_path), "--split", "validation", "--tier", "easy", "hard", "--rows", "2"])
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert sorted(capsys.readouterr().out.split()) == [str(path) for path in written]
    folder = tmp_path / "resources_servers" / "synth_audit"
    chosen = OmegaConf.load(folder / "configs" / "synth_audit.yaml")
    assert (folder / chosen.synth_audit.resources_servers.synth_audit.entrypoint).is_file()
    assert (folder / "requirements.txt").read_text() == f"-e {Path(nemo_gym.__file__).parents[1]}\n"
    agent = chosen.synth_audit_agent.responses_api_agents.simple_agent
    assert agent.max_steps > max(tier.steps for tier in TIERS.values())
    lines = (folder / "data" / "validation.jsonl").read_text().splitlines()
    named = [(row["task_id"], row["seed"]) for row in map(json.loads, lines)]
    easy, hard = "oversight_easy", "oversight_hard"
    assert named == [(easy, 900_000), (easy, 900_001), (hard, 900_000), (hard, 900_001)]
