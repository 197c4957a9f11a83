"""The program with a model that plays right: the full score on every tier, or a refusal before anything is played."""

import json
from pathlib import Path

import pytest

from synth_audit_env import evaluation
from synth_audit_env.comparison import run as running
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.server.world.tasks import options_of, task_of
from synth_audit_env.tests.agents.react.scripted import arguments
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server
from synth_audit_env.tests.rollouts.recorded import recorded

AGENT = f"react:{MODEL}"
SEED = task_of("test", 0).seed
AT_ONCE = 12
"""Calls of an answer."""
QWEN3 = 3.4
"""Characters of a token, as Qwen3's tokenizer counts these protocols."""


@pytest.fixture(autouse=True)
def at_a_server(monkeypatch, tmp_path, server):
    monkeypatch.setenv("ENV_BASE_URL", server.url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "draw", lambda run, folder: [])


def _tokens(request) -> int:
    chat = json.dumps([request["messages"], request.get("tools", [])], ensure_ascii=False)
    return round(len(chat) / QWEN3)


def playing_right(tier, context):
    """Answers with the heuristic's calls, several at once, and has no room for a chat that is longer than its context.

    Each name has the prefix that some models write, and each id is in small letters.
    """
    played = [turn.action for turn in recorded({**options_of(tier), "seed": SEED}).turns]
    answers = (played[at : at + AT_ONCE] for at in range(0, len(played), AT_ONCE))

    def answer(request):
        if len(request["messages"]) == 1:
            return Say("Yes.")
        tokens = _tokens(request)
        if tokens + request["max_tokens"] > context:
            return Fault(400, {"error": {"message": "context_length_exceeded"}})
        calls = [(f"functions.{one.action_type}", _loosely(arguments(one))) for one in next(answers)]
        return Say(calls=calls, usage={"prompt_tokens": tokens, "completion_tokens": 50})

    return answer


def _loosely(given):
    loose = {"proposal_id": str.lower, "patient_id": str.lower, "confidence": str}
    return {name: loose.get(name, lambda value: value)(value) for name, value in given.items()}


@pytest.mark.parametrize(
    ("tier", "context"),
    [
        *((tier, 32_768) for tier in (*evaluation.TIERS, "frontier-1")),
        pytest.param("frontier-7", 131_072, marks=pytest.mark.slow),
        pytest.param("frontier-10", 131_072, marks=pytest.mark.slow),
    ],
)
def test_who_plays_right_has_the_full_score(tier, context, capsys):
    with chat_server(playing_right(tier, context)) as model:
        flags = f"--agent {AGENT} --model-url {model.url} --episodes 1 --tier {tier}"
        assert evaluation.main([*flags.split(), "--out", "run"]) == 0
    assert capsys.readouterr().err == ""
    results = json.loads(Path("run/results.json").read_text())
    assert results["by_seed"][AGENT][tier]["score"] == [1]
    assert "missing" not in results
    (audit,) = [one for one in read_log(Path("run/episodes.jsonl")) if one.agent == AGENT]
    assert audit.tally["unreadable_turns"] == 0
