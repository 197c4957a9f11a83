"""The program as people run it: what it prints, its exit status, and what it says to invalid requests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env import evaluation
from synth_audit_env.comparison import run as running
from synth_audit_env.comparison.agents import KEYLESS
from synth_audit_env.comparison.readme import BEGIN, BEGIN_SCORES, END, END_SCORES
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[1]
FEW = ["--episodes", "2", "--tier", "easy", "--agent", "heuristic", "--agent", "approve-all"]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Away from the tree's own outputs and the caller's environment, and without plots, which have their own tests."""
    for name in ("ENV_BASE_URL", "API_BASE_URL", "MODEL_NAME", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "draw", lambda run, folder: [])


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said, in one sentence, to flags that end it with status 2."""
    try:
        status = evaluation.main(arguments)
    except SystemExit as ended:
        status = ended.code
    printed = capsys.readouterr()
    assert status == 2, printed
    assert printed.out == ""
    return printed.err.strip().splitlines()[-1]


def report_at_once(request: dict[str, Any]) -> Say:
    return Say(calls=[("submit_audit_report", {"report": "None."})])  # 100 tokens in, 10 out


def written() -> list[Path]:
    """Files of a run with a model: one at least is a transcript."""
    files = [path for path in Path("outputs/eval/test-2-easy").rglob("*") if path.is_file()]
    assert any(path.parent.name == "transcripts" for path in files)
    return files


def test_the_main_job(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluation.main([*FEW, "--base-url", server.url]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "\x1b" not in printed.out
    table = printed.out.split("Score by tier")[0]
    assert "(test split, 2 episodes of each of easy)" in table
    assert [line.split()[0] for line in table.splitlines()[3:] if line] == ["flag-all", "heuristic", "approve-all"]
    out = Path("outputs/eval/test-2-easy")
    assert f"The rest is in {out}" in printed.out
    results = json.loads((out / "results.json").read_text())
    assert list(results["figures"]) == ["flag-all", "heuristic", "approve-all"]
    assert results["made"]["command"].startswith("uv run python evaluation.py --episodes 2 --tier easy --agent heur")
    assert results["figures"]["heuristic"]["easy"]["score"] == [1.0, 1.0, 1.0]


def test_flag_all_and_approve_all_play_whoever_is_asked_for(
    server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ["--episodes", "3", "--tier", "medium", "--agent", "heuristic-12-calls", "--baseline", "heuristic-12-calls"]
    assert evaluation.main([*flags, "--base-url", server.url]) == 0
    printed = capsys.readouterr().out
    agents = [line.split()[0] for line in printed.splitlines() if line.startswith(("flag", "approve", "heuristic"))]
    assert agents == ["flag-all", "approve-all", "heuristic-12-calls"] * 3, "the same in every table"
    assert "\nBelow flag-all in score (paired, the whole 95 % interval): " in printed
    assert "\nBelow approve-all in score" in printed
    assert "\nCaution: 3 episodes of a tier are few, and the intervals too narrow" in printed, "not in the file alone"


def test_a_model_at_an_endpoint_beside_a_baseline(
    server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", "secret-key")
    with chat_server(report_at_once, api_key="secret-key") as models:
        flags = ["--agent", f"react:{MODEL}", "--model-url", models.url, "--api-key-env", "TEST_KEY"]
        flags += ["--price", "3", "10", "--base-url", server.url]
        assert evaluation.main([*FEW[:4], *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Language models, means of an episode, mean of the tiers")
    heading, row = lines[at + 1 : at + 3]
    assert heading.endswith("answers unreadable repeats given up tokens seconds    US$"), "none is cut"
    told = row.split()
    assert (told[:6], told[-1]) == ([f"react:{MODEL}", "1.0", "0.0", "0.0", "0.00", "110"], "0.0004")
    assert float(told[-2]) >= 0.0
    assert "tokens" not in lines[2], "of models alone"
    for path in written():
        assert "secret-key" not in path.read_text(encoding="utf-8")


def but_for_seconds(read: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in read.items() if name != "seconds"}


def run_but_for_times(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """What it writes of a run, without how it was made and how long a model took."""
    results = json.loads((folder / "results.json").read_text(), object_hook=but_for_seconds)
    return (folder / "episodes.jsonl").read_bytes(), {**results, "made": None}


def test_sixteen_audits_at_once_come_to_the_same_bytes_as_one_after_the_other(server: Any) -> None:
    def audit(request: dict[str, Any]) -> Say:
        # The sooner an episode is begun, the later it is over.
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        call = ("submit_audit_report", {"report": "None."}) if turn else ("approve", {"proposal_id": "PROP-001"})
        return Say(calls=[call], delay_s=0.1 / len(models.requests))

    with chat_server(audit) as models:
        flags = ["--tier", "all", "--episodes", "4", "--agent", f"react:{MODEL}", "--model-url", models.url]
        for out, at_once in (("one", "1"), ("many", "16")):
            assert evaluation.main([*flags, "--base-url", server.url, "--out", out, "--concurrency", at_once]) == 0
    one, many = (run_but_for_times(Path(out)) for out in ("one", "many"))
    assert one == many
    assert list(one[1]["seeds"]) == ["easy", "medium", "hard", "expert"]


def test_a_limit_of_money_stops_a_run_that_goes_on_with_more(
    server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "secret-key")
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "cost": 0.3}
    report = Say(calls=[("submit_audit_report", {"report": "None."})], usage=usage)
    with chat_server(lambda request: report, api_key="secret-key") as models:
        flags = ["--tier", "easy", "--episodes", "8", "--agent", f"react:{MODEL}", "--concurrency", "4"]
        flags += ["--provider", "openrouter", "--model-url", models.url, "--base-url", server.url, "--out", "run"]
        assert evaluation.main([*flags, "--max-cost", "1.0"]) == 3
        (stopped,) = capsys.readouterr().err.splitlines()
        why = "--max-cost 1 may not do for another audit: 19 of 24 audits, about 0:0"
        assert stopped.startswith(f"evaluation.py: {why}")
        assert stopped.endswith("left, US$ 0.90 of about 2.40. Go on with --resume and a higher one.")
        asked = len(models.requests)
        assert asked == 1 + 3, "the check, and three audits of one question"
        assert evaluation.main([*flags, "--max-cost", "1.1", "--resume"]) == 3
        assert len(models.requests) == asked
        capsys.readouterr()
        assert evaluation.main([*flags, "--max-cost", "2.4", "--resume"]) == 0
        assert len(models.requests) == asked + 5
    results = json.loads(Path("run/results.json").read_text())
    assert results["by_seed"][f"react:{MODEL}"]["easy"]["cost"] == [0.3] * 8


def test_runs_become_a_leaderboard(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for out, agent in (("a", "heuristic"), ("b", "random")):
        assert evaluation.main([*FEW[:4], "--agent", agent, "--base-url", server.url, "--out", out]) == 0
    capsys.readouterr()
    assert evaluation.main(["leaderboard", "a", "b", "--out", "board"]) == 0
    printed = capsys.readouterr()
    rows = [line.split()[0] for line in printed.out.splitlines() if line.startswith(("heur", "rand", "flag", "best"))]
    assert rows[0] == "heuristic"
    assert {"random", "flag-all", "best"} < set(rows)
    assert "board has it: README.md, leaderboard.md and score.png." in printed.out
    assert printed.err == ""
    assert "evaluation.py --episodes 2 --tier easy --agent random" in Path("board/README.md").read_text()
    assert evaluation.main([*FEW[2:4], "--episodes", "3", "--agent", "no-op", "--base-url", server.url]) == 0
    capsys.readouterr()
    other = refused(["leaderboard", "a", "outputs/eval/test-3-easy", "--out", "other"], capsys)
    assert other.endswith("test-3-easy are not on the same episodes, but differ in episodes (2 easy / 3 easy).")
    assert not Path("other").exists()


def test_a_model_that_was_never_asked_is_no_result(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with chat_server(report_at_once) as models:
        flags = ["--agent", f"react:{MODEL}", "--model-url", models.url, "--base-url", server.url]
        assert evaluation.main([*FEW[:4], *flags, "--max-context", "700", "--max-tokens", "200"]) == 1
    printed = capsys.readouterr()
    (said,) = printed.err.splitlines()
    assert said.startswith(
        f"evaluation.py: react:{MODEL} answered nothing, as all 2 of its audits were ended before it could: "
        "The opening of the audit takes about "
    )
    rows = [line.split() for line in printed.out.splitlines() if line.startswith("react:")]
    assert [f"react:{MODEL}", "0.0", "0.0", "0.0", "1.00", "0", "0.0", "0.0000"] in rows
    assert "| given up |" in Path("outputs/eval/test-2-easy/table.md").read_text()


def test_audits_that_were_ended_are_counted(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter([Say("Yes."), *[Say("All is well.", usage=None)] * 3, report_at_once({})])
    with chat_server(lambda request: next(answers)) as models:
        flags = ["--agent", f"react:{MODEL}", "--model-url", models.url, "--base-url", server.url]
        flags += ["--tool-format", "native"]
        assert evaluation.main([*FEW[:4], *flags]) == 0
    assert capsys.readouterr().err == (
        f"evaluation.py: 1 of the 2 audits of react:{MODEL} were ended for it: gave_up in episodes.jsonl says why.\n"
    )


def test_a_run_of_which_no_audit_was_the_models_own_fails(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with chat_server(lambda request: Say("All is well.")) as models:
        flags = ["--agent", f"react:{MODEL}", "--model-url", models.url, "--base-url", server.url]
        assert evaluation.main([*FEW[:4], *flags, "--tool-format", "native"]) == 1
    assert f"2 of the 2 audits of react:{MODEL} were ended for it" in capsys.readouterr().err


def test_the_same_with_the_reference_seeds(server: Any) -> None:
    assert evaluation.main(["--split", "reference", "--agent", "no-op", "--base-url", server.url]) == 0
    results = json.loads(Path("outputs/eval/reference/results.json").read_text())
    assert results["seeds"] == {tier: [42, 137, 256, 512, 1024] for tier in ("easy", "medium", "hard")}
    assert "trained model | 0.287" in Path("outputs/eval/reference/table.md").read_text()


def test_a_second_run_does_not_replace_the_first(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    again = [*FEW, "--base-url", server.url]
    assert evaluation.main(again) == 0
    before = Path("outputs/eval/test-2-easy/episodes.jsonl").read_bytes()
    capsys.readouterr()
    assert "holds a run: --resume goes on with it" in refused(again, capsys)
    assert evaluation.main([*again, "--resume"]) == 0
    assert Path("outputs/eval/test-2-easy/episodes.jsonl").read_bytes() == before


def test_agents_that_are_in_one_run_only_are_named(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for out, agent in (("a", "heuristic"), ("b", "random")):
        assert evaluation.main([*FEW[:4], "--agent", agent, "--base-url", server.url, "--out", out]) == 0
    capsys.readouterr()
    assert evaluation.main(["compare", "a", "b"]) == 0
    printed = capsys.readouterr()
    assert "flag-all: means" in printed.out
    assert printed.err == (
        "evaluation.py compare: in one run only, and so not compared: heuristic of a, random of b. "
        "--agent A B sets an agent of the first run against one of the second.\n"
    )
    assert evaluation.main(["compare", "a", "b", "--agent", "heuristic", "random"]) == 0
    assert capsys.readouterr().err == ""


def test_the_readme_is_written(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for split in (["test", "--episodes", "1"], ["reference"]):
        flags = ["--split", *split, "--agent", "no-op", "--base-url", server.url, "--out", f"outputs/eval/{split[0]}"]
        assert evaluation.main(flags) == 0
    capsys.readouterr()
    Path("README.md").write_text("Nothing.")
    assert "docs/results.md has no place for results" in refused(["readme"], capsys)
    pages_with_marks()
    Path("docs/training-results.md").unlink()
    assert evaluation.main(["readme"]) == 0
    assert not Path("docs/training-results.md").exists(), "a page that is not there is not made"
    assert "Caution: 1 episode of a tier is few" in Path("docs/results.md").read_text()
    for page in ("README.md", "docs/results.md"):
        assert "evaluation.py --split test --episodes 1 --agent no-op" in Path(page).read_text()


def pages_with_marks() -> None:
    """The pages that the command writes, with nothing between their marks."""
    Path("docs").mkdir()
    Path("README.md").write_text(f"Scores.\n{BEGIN_SCORES}\n{END_SCORES}\n")
    Path("docs/results.md").write_text(f"Results.\n{BEGIN}\n{END}\n")
    Path("docs/training-results.md").write_text("No trained models.\n")


def test_the_readme_is_played_anew_by_one_command(
    server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluation, "EPISODES", 1)
    monkeypatch.setattr(evaluation, "KEYLESS", ("no-op",))
    monkeypatch.setenv("ENV_BASE_URL", server.url)
    pages_with_marks()
    for split in ("test", "reference"):
        Path("outputs/eval", split).mkdir(parents=True)
        Path("outputs/eval", split, "episodes.jsonl").write_text("of another run\n")
    assert evaluation.main(["readme", "--play"]) == 0
    assert "`uv run python evaluation.py --split test --concurrency 2`" in Path("README.md").read_text()


def test_two_runs_are_compared(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        assert evaluation.main([*FEW, "--base-url", server.url, "--out", name]) == 0
    capsys.readouterr()
    assert evaluation.main(["compare", "a", "b", "--agent", "heuristic"]) == 0
    printed = capsys.readouterr().out
    assert "first: a, 20" in printed
    assert "approve-all: means" not in printed
    assert [line.split()[4] for line in printed.splitlines() if line.startswith("score ")] == ["+0.000", "+0.000"]


def test_a_cheap_run_is_compared_with_a_longer_one(server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a split a run of N episodes has the first N."""
    for episodes, out in (("3", "long"), ("2", "short")):
        flags = ["--episodes", episodes, "--agent", "heuristic", "--base-url", server.url, "--out", out]
        assert evaluation.main(flags if out == "long" else [*flags, "--tier", "easy", "--tier", "hard"]) == 0
    capsys.readouterr()
    assert evaluation.main(["compare", "long", "short"]) == 0
    printed = capsys.readouterr()
    assert printed.out.count(", on the seeds that both have (easy 2, hard 2)") == 6, "three agents, two tables each"
    assert printed.err == ""


def help_of(capsys: pytest.CaptureFixture[str]) -> str:
    """What --help prints, in one line."""
    with pytest.raises(SystemExit, match="0"):
        evaluation.main(["--help"])
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("flags", "folder"), [([], "test"), (["--episodes", "3"], "test-3"), (["--tier", "easy"], "test-easy")]
)
def test_the_folder_is_the_one_that_the_help_tells(
    flags: list[str], folder: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    told = help_of(capsys)
    assert "(default outputs/eval/<split>, with other --episodes or fewer tiers in its name: test-3-easy)" in told
    assert evaluation._read(flags).out == Path("outputs/eval") / folder
    assert evaluation._read(["--episodes", "3", "--tier", "easy"]).out.name == "test-3-easy"


def test_the_help_offers_nothing_of_inference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    told = help_of(capsys)
    assert "--model " not in told
    assert "--mode " not in told
    assert "MODEL_NAME" not in told
    assert "a language model as an agent (--agent react:MODEL, --agent local:PATH):" in told
    assert "--model-url URL" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--agent", "nobody"], "There is no agent 'nobody': they are no-op, random,"),
        (["--baseline", "nobody"], "There is no agent 'nobody'"),
        (["--agent", "local:nowhere"], "checkpoint"),
        (["--agent", "react:gpt"], "There is no endpoint: give --model-url or set API_BASE_URL."),
        (["--model", "gpt"], "name it as --agent react:gpt or local:gpt"),
        (["--tier", "nightmare"], "there is no tier 'nightmare' in this split: easy, medium, hard, expert."),
        (["--split", "reference", "--tier", "expert"], "there is no tier 'expert' in this split: easy, medium, hard."),
        (["--split", "training"], "invalid choice"),
        (["--export", "sft"], "The test split is held out"),
        (["--split", "reference", "--episodes", "3"], "--episodes is not for the reference split"),
        (["--episodes", "0"], "--episodes must be from 1 to 100000, but it is 0."),
        (["--episodes", "100001"], "--episodes must be from 1 to 100000"),
        (["--concurrency", "0"], "--concurrency must be from 1 to 64, but it is 0."),
        (["--workers", "65"], "--concurrency must be from 1 to 64"),
        (["--concurrency", "2", "--agent", "local:nowhere"], "--concurrency must be 1 beside local:PATH"),
        (["--max-cost", "0", "--price", "1", "2"], "--max-cost must be more than 0 dollars"),
        (["--max-cost", "5", "--provider", "openai"], "--max-cost needs --price IN OUT"),
        (["--min-score", "2"], "--min-score must be from 0 to 1"),
        (["--base-url", "localhost:8000"], "--base-url must start with http"),
        (["--base-url", "http://[::1"], "--base-url is no URL (Invalid IPv6 URL)"),
        (["--base-url", "http://127.0.0.1:8000/v1"], "the model's is --model-url"),
        (["--export", "csv"], "invalid choice"),
        (["compare", "a", "b", "--agent", "x", "y", "z"], "--agent takes one name, or one of A and one of B."),
        (["readme"], "outputs/eval/test holds no results"),
        (["compare", "a"], "the following arguments are required: B"),
        (["leaderboard", "a"], "the following arguments are required: --out"),
        (["leaderboard", "a", "--out", "b"], "a holds no results: results.json cannot be read"),
        (["compare", "a", "b"], "a holds no results: results.json cannot be read (No such file or directory)."),
    ],
)
def test_invalid_requests(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert words in refused(arguments, capsys)
    assert not Path("outputs").exists()


def test_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluation.main([*FEW, "--base-url", "http://127.0.0.1:9"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("evaluation.py: No environment answers at http://127.0.0.1:9")
    assert said[1] == "What was played is kept: --resume goes on."


@pytest.mark.parametrize("arguments", [["readme"], ["compare", "a", "a"], ["leaderboard", "a", "--out", "b"]])
def test_where_nothing_is_played_nothing_is_said_to_be_kept(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(evaluation.results, "read", full)
    assert evaluation.main(arguments) == 1
    assert capsys.readouterr().err == "evaluation.py: No space left on device\n"


def test_a_password_in_a_url_is_written_nowhere(server: Any) -> None:
    with chat_server(report_at_once) as models:
        flags = ["--agent", f"react:{MODEL}", "--model-url", models.url.replace("://", "://user:secret-word@")]
        assert evaluation.main([*FEW[:4], *flags, "--base-url", server.url]) == 0
    out = Path("outputs/eval/test-2-easy")
    assert f"--model-url {models.url} " in (out / "table.md").read_text()
    assert json.loads((out / "results.json").read_text())["settings"] == {
        f"react:{MODEL}": {
            "tool_format": "auto",
            "max_context": 32_768,
            "max_tokens": 4_096,
            "temperature": None,
            "endpoint": "127.0.0.1/v1",
        }
    }
    for path in written():
        assert "secret-word" not in path.read_text(encoding="utf-8")


def test_names_are_printed_as_they_are(
    server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as what rich takes them for: a colour, a picture."""
    name = "react:apple:[red]7b"
    monkeypatch.setattr("synth_audit_env.tests.chat_server.MODEL", name.removeprefix("react:"))
    with chat_server(report_at_once) as models:
        flags = ["--agent", name, "--model-url", models.url, "--base-url", server.url]
        assert evaluation.main([*FEW[:4], *flags]) == 0
    assert sum(line.startswith(f"{name} ") for line in capsys.readouterr().out.splitlines()) == 4


def test_without_an_agent_all_play_that_need_no_key() -> None:
    asked = evaluation._read([])
    assert asked.agents == tuple(KEYLESS)
    assert (asked.split, asked.episodes, asked.tiers) == ("test", 200, ("easy", "medium", "hard", "expert"))
    assert (asked.baseline, asked.out, asked.base_url) == ("flag-all", Path("outputs/eval/test"), None)
    assert evaluation._read(["--agent", "all", "--agent", "react:m"]).agents == (*KEYLESS, "react:m")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(server: Any) -> None:
    """And its workers do not outlive it, though nobody could tell them."""
    flags = [*"--episodes 12 --tier hard --agent random --agent heuristic --base-url".split(), server.url]
    assert evaluation.main([*flags, "--out", "whole"]) == 0
    command = [sys.executable, str(ROOT / "evaluation.py"), *flags, "--workers", "2", "--out", "broken"]
    log = Path("broken/episodes.jsonl")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
        while not (log.exists() and log.stat().st_size):
            assert killed.poll() is None
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
    server.wait_for_sessions(0)
    assert 0 < log.stat().st_size < Path("whole/episodes.jsonl").stat().st_size
    assert evaluation.main([*flags, "--out", "broken", "--resume"]) == 0
    assert log.read_bytes() == Path("whole/episodes.jsonl").read_bytes()
    whole, broken = (json.loads(Path(name, "results.json").read_text()) for name in ("whole", "broken"))
    assert {**whole, "made": None} == {**broken, "made": None}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_says_how_to_go_on() -> None:
    command = [sys.executable, str(ROOT / "evaluation.py"), "--agent", "heuristic", "--out", "run"]
    log = Path("run/episodes.jsonl")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        while not (log.exists() and log.stat().st_size):
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 130, err
    assert out == ""
    assert err == "evaluation.py: interrupted.\nWhat was played is kept: --resume goes on.\n"
