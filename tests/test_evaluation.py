"""The program as people run it: what it prints, its exit status, and what it says to invalid requests."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth_audit_env import comparison, evaluation
from synth_audit_env.comparison import run as running
from synth_audit_env.comparison.agents import KEYLESS
from synth_audit_env.comparison.pages import BEGIN, BEGIN_SCORES, END, END_SCORES
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
AGENT = f"react:{MODEL}"
FEW = "--episodes 2 --tier easy"
OF_FEW = Path("outputs/runs/test")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """Away from the tree's own outputs and the caller's environment, and without plots, which have their own tests."""
    for name in ("ENV_BASE_URL", "API_BASE_URL", "MODEL_NAME", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "draw", lambda run, folder: [])


@pytest.fixture
def program(capsys):
    """Runs it with flags in a sentence, checks its exit status, and returns what it prints."""

    def run(flags, status=0):
        try:
            ended = evaluation.main(flags.split())
        except SystemExit as exit_:
            ended = exit_.code
        printed = capsys.readouterr()
        assert ended == status, printed
        return printed

    return run


@pytest.fixture
def refused(program):
    """What is said, in one sentence, to flags that end it with status 2."""

    def run(flags):
        printed = program(flags, 2)
        assert printed.out == ""
        return printed.err.strip().splitlines()[-1]

    return run


@pytest.fixture
def play(program, server, monkeypatch):
    """The program where a server is named."""
    monkeypatch.setenv("ENV_BASE_URL", server.url)
    return program


def report_at_once(request):
    return Say(calls=[("submit_audit_report", {"report": "None."})])  # 100 tokens in, 10 out


def test_the_main_job(server, program, refused):
    printed = program(f"{FEW} --agent heuristic --agent approve-all --base-url {server.url}")
    assert printed.err == ""
    assert "\x1b" not in printed.out
    table = printed.out.split("Score by tier")[0]
    assert "(test split, 2 episodes of each of easy)" in table
    assert [line.split()[0] for line in table.splitlines()[3:] if line] == ["flag-all", "heuristic", "approve-all"]
    assert "\nWorse than flagging everything (skill below 0, the whole 95 % interval): " in printed.out
    assert "\nCaution: 2 episodes of a tier are few, and the intervals too narrow" in printed.out
    assert f"The rest is in {OF_FEW}" in printed.out
    results = json.loads((OF_FEW / "results.json").read_text())
    assert list(results["figures"]) == ["flag-all", "heuristic", "approve-all"]
    assert results["made"]["command"].startswith("uv run python evaluation.py --episodes 2 --tier easy --agent heur")
    assert results["figures"]["heuristic"]["easy"]["score"] == [1.0, 1.0, 1.0]
    before = (OF_FEW / "episodes.jsonl").read_bytes()
    again = f"{FEW} --agent heuristic --agent approve-all --base-url {server.url}"
    assert "holds a run: --resume goes on with it, --out names another folder" in refused(again)
    program(f"{again} --resume")
    assert (OF_FEW / "episodes.jsonl").read_bytes() == before


@pytest.mark.parametrize(("key", "password"), [("secret-key", ""), (None, "user:secret-word@")])
def test_a_model_at_an_endpoint_beside_a_baseline(key, password, play, monkeypatch):
    """And no secret is written anywhere."""
    monkeypatch.setenv("TEST_KEY", "secret-key")
    with chat_server(report_at_once, api_key=key) as models:
        url = models.url.replace("://", f"://{password}")
        printed = play(f"{FEW} --agent {AGENT} --model-url {url} --api-key-env TEST_KEY").out
    lines = printed.splitlines()
    at = lines.index("Language models, means of an episode, mean of the tiers")
    told = lines[at + 2].split()
    assert (told[:6], told[-1]) == ([AGENT, "1.0", "0.0", "0.0", "0.00", "110"], "–")
    assert f"--model-url {models.url} " in (OF_FEW / "table.md").read_text()
    asked = {"tool_format": "native", "max_tokens": 4_096, "temperature": None}
    settings = json.loads((OF_FEW / "results.json").read_text())["settings"]
    assert settings == {AGENT: {**asked, "endpoint": "127.0.0.1/v1"}}
    written = [path for path in OF_FEW.rglob("*") if path.is_file()]
    assert any(path.parent.name == "transcripts" for path in written)
    assert not any("secret" in path.read_text(encoding="utf-8") for path in written)


@pytest.mark.parametrize("useless", [3, 6])
def test_audits_that_were_ended_are_counted_and_a_run_fails_if_all_were(useless, play):
    """After three answers without a call."""
    answers = iter([Say("Yes."), *[Say("All is well.", usage=None)] * useless, *[report_at_once({})] * 2])
    with chat_server(lambda request: next(answers)) as models:
        flags = f"{FEW} --agent {AGENT} --model-url {models.url} --tool-format native"
        printed = play(flags, int(useless == 6))
    ended = f"evaluation.py: {useless // 3} of the 2 audits of {AGENT} were ended for it: gave_up in episodes.jsonl"
    assert printed.err == f"{ended} says why.\n"


def test_levels_of_the_frontier_are_tiers_where_they_are_asked_for(play):
    play("--episodes 1 --tier frontier-2 --tier oversight_frontier-1 --tier easy --agent oracle")
    folder = Path("outputs/runs/test")
    results = json.loads((folder / "results.json").read_text())
    assert results["seeds"] == {tier: [1_000_000] for tier in ("easy", "frontier-1", "frontier-2")}
    assert results["figures"]["oracle"]["frontier-2"]["score"] == [1.0, 1.0, 1.0]
    lines = [json.loads(line) for line in (folder / "episodes.jsonl").read_text().splitlines()]
    of_agent = [(one["task"], one["options"].get("level")) for one in lines if one["agent"] == "oracle"]
    assert of_agent == [("oversight_easy", None), ("oversight_frontier-1", 1), ("oversight_frontier-2", 2)]


def test_runs_are_merged_into_a_leaderboard(play, refused):
    for out, agent in (("a", "heuristic"), ("b", "random"), ("longer", "no-op --episodes 3")):
        play(f"{FEW} --agent {agent} --out {out}")
    rows = re.findall(r"^\| ([a-z-]+) \|", (board := play("leaderboard a b").out), re.M)
    assert rows[:2] == ["agent", "heuristic"]
    assert {"random", "flag-all", "approve-all"} < set(rows)
    assert "evaluation.py --episodes 2 --tier easy --agent random --out b` (" in board
    assert "a and longer are not on the same episodes" in refused("leaderboard a longer")


@pytest.fixture
def pages():
    """The pages that the command writes, with nothing between their marks."""
    Path("docs").mkdir()
    Path("README.md").write_text(f"Scores.\n{BEGIN_SCORES}\n{END_SCORES}\n")
    Path("docs/results.md").write_text(f"Results.\n{BEGIN}\n{END}\n")


def test_the_readme_is_written(play, refused, pages):
    for split in ("test --episodes 1", "reference"):
        play(f"--split {split} --agent no-op --out outputs/eval/{split.split()[0]}")
    play("readme")
    assert "Caution: 1 episode of a tier is few" in Path("docs/results.md").read_text()
    for page in ("README.md", "docs/results.md"):
        assert "evaluation.py --split test --episodes 1 --agent no-op" in Path(page).read_text()
        Path(page).write_text("Nothing.")
    assert "docs/results.md has no place for results" in refused("readme")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        *(
            (f"--agent {name}", f"There is no agent '{name}': they are no-op, random,")
            for name in ("nobody", "Heuristic", "react", "react:")
        ),
        ("--model gpt", "name it as --agent react:gpt."),
        (
            "--split test --tier nightmare",
            "there is no tier 'nightmare' in the test split: easy, medium, hard, expert, frontier-1 to",
        ),
        ("--tier expert", "there is no tier 'expert' in the reference split: easy, medium, hard, frontier-1 to"),
        ("--split reference --episodes 3", "--episodes is not for the reference split"),
        ("--episodes 0", "--episodes must be from 1 to 100000, but it is 0."),
        ("--concurrency 0", "--concurrency must be from 1 to 64, but it is 0."),
        ("--base-url localhost:8000", "--base-url must start with http"),
        ("readme", "outputs/eval/test holds no results"),
        ("leaderboard a", "a holds no results: results.json cannot be read (No such file or directory)."),
    ],
)
def test_invalid_requests(flags, words, refused):
    assert words in refused(flags)
    assert not Path("outputs").exists()


def test_nobody_listens(program):
    said = program(f"{FEW} --agent no-op --base-url http://127.0.0.1:9", 2).err.splitlines()
    assert said[0].startswith("evaluation.py: No environment answers at http://127.0.0.1:9")
    assert said[1] == "What was played is kept: --resume goes on."


def test_without_a_flag_all_play_that_need_no_key():
    asked = evaluation._read([])
    assert asked.agents == tuple(KEYLESS)
    assert (asked.split, asked.tiers) == ("reference", ("easy", "medium", "hard"))
    asked = evaluation._read(["--split", "test"])
    assert (asked.episodes, asked.tiers) == (200, ("easy", "medium", "hard", "expert"))
    assert (asked.baseline, asked.base_url) == ("flag-all", None)
    assert evaluation._read(["--agent", "all", "--agent", "react:m"]).agents == (*KEYLESS, "react:m")


def test_without_the_extra_no_figure_is_another_and_a_sentence_says_what_it_would_add(play, monkeypatch):
    find, told = comparison.find_spec, {}
    for out, hidden in (("with", ""), ("without", "sklearn")):
        monkeypatch.setattr(comparison, "find_spec", lambda name, hidden=hidden: None if name == hidden else find(name))
        told[out] = play(f"--episodes 3 --tier hard --agent random --out {out}").out.split("The rest is in ")[1]
    assert told["with"] == "with: table.md, results.json, episodes.jsonl and score.png.\n"
    assert told["without"].startswith("without: table.md, results.json, episodes.jsonl.\n\nThe picture score.png")
    results = [json.loads(Path(out, "results.json").read_text()) for out in told]
    assert results[0]["figures"] == results[1]["figures"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_says_how_to_go_on():
    command, log = (
        [sys.executable, str(ROOT / "evaluation.py"), *"--agent heuristic --out broken".split()],
        Path("broken/episodes.jsonl"),
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        while not (log.exists() and log.stat().st_size):
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=PATIENCE_S)
    assert (out, run.returncode) == ("", 130)
    assert err == "evaluation.py: interrupted.\nWhat was played is kept: --resume goes on.\n"
