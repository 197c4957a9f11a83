"""The program as people run it: its lines, its exit status, its log, and that it leaves no server behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from synth_audit_env import inference
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.rollouts.recorded import replayed
from synth_audit_env.tests.transcript_lines import END, check_transcript

ROOT = Path(__file__).parents[1]
UNSET = ("ENV_BASE_URL", "API_BASE_URL", "MODEL_NAME", "HF_TOKEN")


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a process in which nothing is configured."""
    return {**{name: value for name, value in os.environ.items() if name not in UNSET}, "NO_PROXY": "127.0.0.1"}


def test_the_main_job(environment):
    """`python inference.py --mode heuristic`: three tasks, seven tools, a table, and nothing on stderr."""
    command = [sys.executable, str(ROOT / "inference.py"), "--mode", "heuristic"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    transcript = [line for line in done.stdout.splitlines() if line.startswith("[")]
    tools = check_transcript(transcript, ["oversight_easy", "oversight_medium", "oversight_hard"])
    assert len(tools) == 7, "only expert notes quote the cohort"
    table = done.stdout.split(transcript[-1])[1]
    assert all(f"oversight_{level}" in table for level in ("easy", "medium", "hard"))
    assert "flag all" in table
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("program", "commands"),
    [
        ("inference.py", ["pip install uv && uv run python inference.py --mode heuristic", "uv run pytest"]),
        ("evaluation.py", ["pip install uv && uv run python evaluation.py"]),
    ],
)
def test_without_an_install_the_commands_are_said_that_make_one(program, commands):
    """Isolated and without site packages, as a Python is in which nothing has been installed."""
    bare = [sys.executable, "-I", "-S", ROOT / program]
    ran = subprocess.run(bare, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"{program}: No module named 'synth_audit_env'. ")
    assert all(command in ran.stderr for command in commands)
    assert "Traceback" not in ran.stderr


def test_the_log_replays_to_the_same_bytes(tmp_path, server, capsys, monkeypatch):
    log = tmp_path / "episodes.jsonl"
    log.touch()  # an empty one may be written
    flags = ["--task", "easy", "oversight_expert", "frontier-2", "frontier", "--split", "test", "--episodes", "2"]
    monkeypatch.setenv("ENV_BASE_URL", server.url)
    monkeypatch.setattr(inference, "own_server", lambda: pytest.fail("it has a server already"))
    assert inference.main([*flags, "--quiet", "--log", str(log)]) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert len(printed) == 8
    assert all(END.fullmatch(line) for line in printed)
    records = read_log(log)
    assert [(record.task, record.seed, record.split, record.options.get("level")) for record in records] == [
        (f"oversight_{name}", seed, "test", level)
        for name, level in (("easy", None), ("expert", None), ("frontier-2", 2), ("frontier", None))
        for seed in (1_000_000, 1_000_001)
    ]
    assert replayed(records) == log.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a pipe that nobody reads is of POSIX")
def test_a_reader_that_leaves_ends_it_without_a_word(server):
    command = [sys.executable, str(ROOT / "inference.py"), "--base-url", server.url, "--split", "train"]
    with subprocess.Popen(
        [*command, "--episodes", "5000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as run:
        run.stdout.readline()
        run.stdout.close()
        assert run.wait(PATIENCE_S) == 141
        assert run.stderr.read() == ""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_stops_the_server_too(number, status, environment):
    command = [sys.executable, str(ROOT / "inference.py"), "--split", "train", "--episodes", "5000"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as run:
        # The first step says that the server is up and an episode under way.
        while not run.stdout.readline().startswith("[STEP]"):
            assert run.poll() is None
        (child,) = psutil.Process(run.pid).children()
        run.send_signal(number)
        out, err = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == status, err
    assert "Traceback" not in err
    assert [line for line in out.splitlines() if line.startswith("[")][-1].startswith("[END] ")
    assert not child.is_running()


def test_a_server_that_goes_away_ends_the_episode_in_words(serve, capsys):
    """The session is ended under an episode: the line that readers wait for comes all the same."""
    started = serve()
    slow = inference.HeuristicAuditor.act

    def dawdle(auditor: inference.HeuristicAuditor, observation: Any) -> Any:
        if observation.steps_taken == 3:
            started.end_sessions()
        return slow(auditor, observation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference.HeuristicAuditor, "act", dawdle)
        assert inference.main(["--task", "easy", "--base-url", started.url]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1].startswith("[END] success=false steps=3 score=0.00 rewards=0.00,")
    assert printed.err.startswith("inference.py: The session "), "is gone, or has ended"


def test_nobody_listens(capsys):
    assert inference.main(["--task", "easy", "--base-url", "http://127.0.0.1:9"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("inference.py: No environment answers at http://127.0.0.1:9: ")


def test_the_last_of_a_session_of_adaptive_episodes_replays_alone(server, tmp_path, capsys):
    log = tmp_path / "whole.jsonl"
    flags = ["--task", "adaptive", "--split", "train", "--episodes", "7", "--quiet", "--base-url", server.url]
    assert inference.main([*flags, "--log", str(log)]) == 0
    records = read_log(log)
    assert len({record.opening.difficulty for record in records}) > 1, "they are of one session"
    # What the session's scores made of the episode is pinned in its line, so that the last replays without the others.
    assert replayed(records[-1:]) == records[-1].line()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--task", "nightmare"], "invalid choice: 'nightmare' (choose from "),
        (["--episodes", "0"], "--episodes must be at least 1"),
        (["--episodes", "6"], "the reference split has 5 episodes"),
        (["--seed", "-1"], "--seed must be at least 0"),
        (["--model", "gpt"], "a model is given, but --mode heuristic asks none"),
    ],
)
def test_bad_flags(flags, words, capsys):
    with pytest.raises(SystemExit) as ended:
        inference.main(flags)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_log_is_neither_lost_nor_written_over(tmp_path, capsys):
    assert inference.main(["--log", str(tmp_path / "none" / "log.jsonl")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    log = tmp_path / "log.jsonl"
    log.write_text("precious\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        inference.main(["--log", str(log)])
    assert f"--log: {log} holds something already: name another file." in capsys.readouterr().err
    assert log.read_text(encoding="utf-8") == "precious\n"
