"""TRL's AsyncGRPOTrainer plays a logged episode: its own trainer and rollout worker, and a stub in the place of vLLM.

The trainer is put together by the program of docs/integrations/trl_async_grpo.md. The worker pickles the factory,
spawns the process that generates, and scores there. Two questions of TRL are answered for it, since it would go no
further on this machine: whether vLLM is installed, and how fast the card is. What is left out is the training itself,
whose attention is a kernel for cards, and the transfer of the weights.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import queue
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from synth_audit_env.agents.react.prompts import answer_text, opening_messages
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import first_episodes
from synth_audit_env.tests.integrations.logged import SPLIT, calls_of, logged
from synth_audit_env.tests.patience import PATIENCE_S, wait_until
from synth_audit_env.training.demonstrations import NONE, demonstrate

(EPISODE,) = first_episodes(SPLIT, "easy", 1)
RECORD = logged("easy")
PAGE = Path(__file__).parents[2] / "docs" / "integrations" / "trl_async_grpo.md"
MISSING = [name for name in ("trl", "aiohttp") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.filterwarnings("ignore:You are importing from 'trl.experimental'"),
    pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Untrained, with a tokenizer and a chat template."""
    from synth_audit_env.training.tiny_model import build_model, build_tokenizer

    folder: Path = tmp_path_factory.mktemp("made") / "model"
    shown = demonstrate(SynthAuditEnvironment(), {"seed": 7, "task_id": "oversight_easy"}, NONE, Random(0))
    tokenizer = build_tokenizer([shown])
    build_model(len(tokenizer), context=8_192, seed=0).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def vllm(model: str) -> Iterator[str]:
    """A server that generates the calls of the logged episode, a turn each, and then a word: its URL."""
    import uvicorn
    from fastapi import FastAPI

    from synth_audit_env.training.loading import load_tokenizer
    from synth_audit_env.training.settings import TrainingSettings

    tokenizer, script = load_tokenizer(TrainingSettings(), model), calls_of(RECORD)

    async def completions(body: dict[str, Any]) -> dict[str, Any]:
        turn = tokenizer.decode(body["prompt"]).count("<tool_response>")
        said = "Done."
        if turn < len(script):
            name, arguments = script[turn]
            said = f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"
        tokens = tokenizer(f"{said}<|im_end|>")["input_ids"]
        return {"choices": [{"token_ids": tokens, "logprobs": {"token_logprobs": [-1.0] * len(tokens)}}]}

    app = FastAPI()
    app.post("/v1/completions")(completions)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        wait_until(lambda: server.started, "the server does not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(PATIENCE_S)


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    from trl.experimental.async_grpo import async_grpo_trainer, async_rollout_worker, weight_transfer

    for module in (async_rollout_worker, weight_transfer):
        monkeypatch.setattr(module, "is_vllm_available", lambda **_: True)
    monkeypatch.setattr(async_grpo_trainer, "get_peak_flops_per_device", lambda *_: None)


@pytest.mark.usefixtures("no_card")
def test_a_logged_episode_comes_out_with_the_same_reward(model: str, vllm: str, tmp_path: Path) -> None:
    from synth_audit_env.training.dataset import prompt

    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    page: dict[str, Any] = {"__name__": "page"}
    exec(program, page)
    rows = [{"prompt": prompt(), **EPISODE}]
    config = {"output_dir": str(tmp_path), "max_steps": 1, "vllm_server_base_url": vllm, "report_to": "none"}
    few = {"num_generations": 2, "max_inflight_tasks": 2, "use_cpu": True, "bf16": False}
    worker = page["trainer"](model, rows, **config, **few).rollout_worker
    worker.start()
    try:
        samples = [worker.rollout_buffer.get(timeout=PATIENCE_S) for _ in range(2)]
    finally:
        stop(worker)
    for sample in samples:
        assert sample.metrics["reward"] == RECORD.outcome.return_
        assert sample.metrics["tools/call_frequency"] == len(RECORD.turns)
        assert sample.metrics["tools/failure_frequency"] == 0.0
        assert sample.prompt == opening_messages(RECORD.opening)
        answered = [message["content"] for message in sample.completion if message["role"] == "tool"]
        assert answered == [answer_text(turn.observation) for turn in RECORD.turns]


def stop(worker: Any) -> None:
    """Stop it, reading on: its process ends when all that it has made is read."""
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    while stopping.is_alive():
        try:
            worker.rollout_buffer.get(timeout=0.1)
        except queue.Empty:
            continue


def test_an_episode_that_is_left_open_is_ended_for_its_reward() -> None:
    from synth_audit_env.integrations.trl_async_grpo import environment_factory

    environment = environment_factory()()
    environment.reset(**EPISODE)
    environment.approve("PROP-001")
    reward = environment.get_reward()
    assert reward == environment._finish().return_ < 0
