"""The program with a language model behind an endpoint: what it keeps, and what it says where that fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synth_audit_env import inference
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.tests.agents.react.scripted import arguments, right_actions
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server
from synth_audit_env.tests.rollouts import weak_model
from synth_audit_env.tests.rollouts.recorded import replayed
from synth_audit_env.tests.transcript_lines import check_transcript

pytestmark = pytest.mark.usefixtures("hasty")


def _calling(task: str, seed: int = 42, at_once: int = 4) -> list[Say]:
    """An audit that is right, as a model's answers."""
    right = right_actions(task, seed)
    return [
        Say(calls=[(action.action_type, arguments(action)) for action in right[at : at + at_once]])
        for at in range(0, len(right), at_once)
    ]


def _flags(url: str, log: Path, *tasks: str) -> list[str]:
    """What has a model audit these tasks on a server, into a log."""
    return ["--mode", "react", "--split", "reference", "--task", *tasks, "--base-url", url, "--log", str(log)]


@pytest.mark.parametrize("by", ["flags", "variables"])
def test_a_model_audits(by, server, tmp_path, capsys, monkeypatch):
    log = tmp_path / "log.jsonl"
    script = [Say("Yes."), Fault(429, headers={"Retry-After": "0.01"}), *_calling("easy"), *_calling("hard")]
    with chat_server(script, api_key="sk-secret") as model:
        given = ["--model-url", model.url, "--model", MODEL, "--api-key-env", "MY_KEY"]
        monkeypatch.setenv("MY_KEY" if by == "flags" else "HF_TOKEN", "sk-secret")
        if by == "variables":
            given = []
            monkeypatch.setenv("API_BASE_URL", model.url)
            monkeypatch.setenv("MODEL_NAME", MODEL)
        assert inference.main([*_flags(server.url, log, "easy", "hard"), *given]) == 0
    printed = capsys.readouterr()
    transcript = [line.replace(MODEL, "heuristic") for line in printed.out.splitlines() if line.startswith("[")]
    check_transcript(transcript, ["oversight_easy", "oversight_hard"])
    answers = len(script) - 2
    assert printed.out.splitlines()[-1] == f"tokens {100 * answers:,} in, {10 * answers} out; cost unknown"
    assert printed.err == "inference.py: Retrying request in 0.010000 seconds (retry 1 of 2)\n"
    assert "sk-secret" not in printed.out + printed.err + log.read_text(encoding="utf-8")
    records = read_log(log)
    assert [record.agent for record in records] == [MODEL, MODEL]
    assert replayed(records) == log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "There is no endpoint: give --model-url or set API_BASE_URL."),
        (["--model-url", "URL", "--model", MODEL, "--api-key-env", "MY_KEY"], "The endpoint URL refuses the key (401"),
        (["--model-url", "http://127.0.0.1:9/v1", "--model", MODEL], "The endpoint http://127.0.0.1:9/v1 cannot"),
    ],
)
def test_a_model_that_cannot_be_had(flags, sentence, capsys, monkeypatch):
    """One sentence, status 2, and no episode: least of all of another agent."""
    monkeypatch.setattr(inference, "own_server", lambda: pytest.fail("no episode is to be started"))
    monkeypatch.setenv("MY_KEY", "sk-wrong")
    with chat_server([], api_key="sk-right") as model:
        assert inference.main(["--mode", "react", *[flag.replace("URL", model.url) for flag in flags]]) == 2
    printed = capsys.readouterr()
    *retries, last = printed.err.replace(model.url, "URL").splitlines()
    assert (printed.out, last.startswith(f"inference.py: {sentence}")) == ("", True)
    assert all(line.startswith("inference.py: Retrying request") for line in retries)
    assert "sk-" not in printed.err


def test_what_a_model_wrote_is_kept(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MY_KEY", weak_model.KEY)
    log, kept = tmp_path / "runs" / "weak.jsonl", tmp_path / "runs" / "weak.transcripts"
    log.parent.mkdir()
    logged: list[int] = []

    def answer(request):
        logged.append(log.read_text(encoding="utf-8").count("\n"))
        return weak_model.answer(request)

    with chat_server(answer, api_key=weak_model.KEY) as model:
        flags = ["--mode", "react", "--task", "easy", "--seed", "137", "--episodes", "2", "--base-url", server.url]
        flags += ["--model-url", model.url, "--model", MODEL, "--api-key-env", "MY_KEY", "--log", str(log)]
        # The first word with it is no answer of an audit.
        monkeypatch.setattr("synth_audit_env.chat.endpoint.Endpoint.check", lambda *_: None)
        assert inference.main(flags) == 0
        assert logged == [0] * 5 + [1] * 5, "an episode is in the file before the next one begins"
        whole, printed = log.read_text(encoding="utf-8"), capsys.readouterr()
        assert printed.out.splitlines()[-2] == "answers 10, unreadable 2"
        files = sorted(kept.iterdir())
        assert [record.transcript for record in read_log(log)] == [f"weak.transcripts/{file.name}" for file in files]
        for text in (whole, *(file.read_text(encoding="utf-8") for file in files), printed.out, printed.err):
            assert weak_model.KEY not in text
    assert replayed(read_log(log)) == whole


@pytest.mark.parametrize("others", [[], ["medium"]])
def test_a_run_in_which_a_model_never_calls_a_tool_fails_if_no_other_audit_was_its_own(
    others, server, tmp_path, capsys
):
    log = tmp_path / "log.jsonl"
    script = [Say("Yes."), *[Say("All is well.")] * 3, *(answer for task in others for answer in _calling(task))]
    with chat_server(script) as model:
        flags = [*_flags(server.url, log, "easy", *others), "--model-url", model.url, "--model", MODEL]
        assert inference.main(flags) == (0 if others else 1)
    assert len(model.requests) == len(script)
    printed = capsys.readouterr()
    assert re.findall("success=[a-z]+", printed.out) == ["success=false", *["success=true"] * len(others)]
    ended, *whole = read_log(log)
    first, *last = printed.err.splitlines()
    assert first.startswith("The model called no tool in 3 answers in a row")
    assert first == ended.turns[0].action.report == ended.gave_up
    assert [record.gave_up for record in whole] == [None] * len(others)
    assert last == ([] if others else ["inference.py: no audit was the model's own: each was ended for it."])
    assert f"\naudits ended for the model, as said above and in the log: 1 of {1 + len(others)}\n" in printed.out


def test_a_chat_that_the_endpoint_refuses_ends_its_episode_only(server, tmp_path, capsys):
    log = tmp_path / "log.jsonl"
    flags = [*_flags(server.url, log, "easy", "medium"), "--quiet"]
    refused = Fault(400, {"error": {"message": "The prompt was filtered by our content policy."}})
    with chat_server([Say("Yes."), _calling("easy")[0], refused, *_calling("medium")]) as model:
        assert inference.main([*flags, "--model-url", model.url, "--model", MODEL]) == 0
    printed = capsys.readouterr()
    assert [line.split(" ")[1] for line in printed.out.splitlines() if line.startswith("[END]")] == [
        "success=false",
        "success=true",
    ]
    assert printed.err.startswith("The model could not be asked on, so its audit was ended for it. The endpoint ")
    ended, whole = read_log(log)
    assert ended.turns[-1].action.report == "The model could not be asked on, so its audit was ended for it."
    assert (ended.gave_up, whole.gave_up) == (printed.err.strip(), None)
