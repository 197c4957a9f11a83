"""Inspect AI plays a logged episode to the same rewards, by a model that is asked over HTTP as any other."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval as play
from inspect_ai.log import EvalSample, read_eval_log
from inspect_ai.model import get_model

from synth_audit_env.agents.react.call_format import NO_CALL
from synth_audit_env.integrations.inspect_ai import audit
from synth_audit_env.models import action_of
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, ChatServer, Script, chat_server
from synth_audit_env.tests.integrations.logged import APPROVE, REPORT, UNKNOWN, compare, logged, same_again, say

pytestmark = [
    # Upstream, by name: Inspect retries by an argument that tenacity has another name for, and leaves a stream open.
    pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObjectReceiveStream:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _nothing_left_for_other_tests() -> Iterator[None]:
    yield
    gc.collect()


def played(
    tmp_path: Path, script: Script, message_limit: int | None = None, **settings: Any
) -> tuple[EvalSample, ChatServer]:
    """The one sample of a task, and what the model was asked."""
    with chat_server(script) as server:
        model = get_model(f"openai-api/stub/{MODEL}", base_url=server.url, api_key="none")
        asked = audit(limit=1, **settings)
        (log,) = play(asked, model=model, log_dir=str(tmp_path), display="none", message_limit=message_limit)
    assert log.status == "success", log.error
    (sample,) = read_eval_log(log.location).samples or []
    return sample, server


def score_of(sample: EvalSample) -> Any:
    assert sample.scores is not None
    return sample.scores["outcome"]


@pytest.mark.parametrize("remote", [False, True])
def test_a_logged_episode_comes_to_the_same_rewards(tmp_path: Path, serve: Callable[..., Any], remote: bool) -> None:
    record = logged()
    environment = serve() if remote else None
    sample, model = played(tmp_path, same_again(record), tier="hard", base_url=environment.url if environment else None)
    score = score_of(sample)
    compare(record, sample.store["rewards"], sample.store["outcome"], model)
    assert score.value["score"] == record.outcome.score
    assert score.value["skill"] == record.outcome.skill
    if environment:
        environment.wait_for_sessions(0)


def test_a_refused_call_is_told_and_the_audit_goes_on(tmp_path: Path) -> None:
    typo = ("flag_error", {"proposal_id": "PROP-001", "error_type": "typo", "reason": "A reason."})
    sample, model = played(tmp_path, [say(UNKNOWN, typo, UNKNOWN), say(text="Hm."), say(REPORT)])
    env = SynthAuditEnvironment()
    env.reset(**sample.metadata)
    refused = env.step(action_of(*UNKNOWN))
    first, second, third, thought, nudge = model.requests[-1]["messages"][3:]
    assert refused.error in first["content"] and refused.error in third["content"]  # noqa: PT018
    # Inspect reads arguments by their schema itself: what does not fit takes no step.
    assert "typo" in second["content"]
    assert (thought["content"], nudge["content"]) == ("Hm.", NO_CALL)
    assert sample.store["rewards"][:2] == [refused.reward, refused.reward]
    assert len(sample.store["rewards"]) == 3


def test_a_limit_of_inspect_ends_an_audit_as_its_step_budget_would(tmp_path: Path) -> None:
    sample, model = played(tmp_path, lambda _: say(APPROVE), message_limit=4)
    assert sample.limit is not None
    assert len(model.requests) == 1
    assert len(sample.store["rewards"]) == 2
    assert score_of(sample).value["return"] == sample.store["outcome"]["return_"]


@pytest.mark.slow
def test_the_command_finds_the_task(tmp_path: Path) -> None:
    with chat_server(lambda _: say(REPORT)) as server:
        command = [Path(sys.executable).with_name("inspect"), "eval", "synth_audit_env/audit", "-T", "limit=2"]
        flags = ["--model", f"openai-api/stub/{MODEL}", "--model-base-url", server.url, "--log-dir", str(tmp_path)]
        done = subprocess.run(
            [*command, *flags, "--display", "plain"],
            env={"STUB_API_KEY": "none", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(server.requests) == 2
