"""A whole evaluation: what it writes, that going on after a break changes nothing of it, and what it refuses."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison import run as running
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.jobs import PlayError, jobs, seeds
from synth_audit_env.comparison.results import OVERALL
from synth_audit_env.comparison.run import EPISODES, EvaluationRequest, RunFolder, evaluate
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.comparison.made_up import MADE, written_but_for_times
from synth_audit_env.tests.comparison.real_run import play_here

AGENTS = ("flag-all", "heuristic-12-calls", "heuristic", "oracle")


@pytest.fixture
def request_(server, tmp_path):
    return EvaluationRequest(
        split="test",
        tiers=("easy", "hard"),
        episodes=3,
        agents=AGENTS,
        baseline="flag-all",
        react=ReactSettings(),
        out=tmp_path / "run",
        resume=False,
        concurrency=1,
        base_url=server.url,
    )


@pytest.fixture
def undrawn(monkeypatch):
    """Without plots, which take seconds and have tests of their own."""
    monkeypatch.setattr(running, "draw", lambda run, folder: [])


def test_what_it_writes(request_):
    run = evaluate(request_, MADE)
    folder = request_.out
    assert {"results.json", "table.md", "episodes.jsonl", "score.png"} <= {path.name for path in folder.iterdir()}
    records, seeds = read_log(folder / "episodes.jsonl"), (1_000_000, 1_000_001, 1_000_002)
    assert [(record.agent, record.opening.difficulty, record.seed) for record in records] == [
        (agent, tier, seed) for agent in AGENTS for tier in ("easy", "hard") for seed in seeds
    ]
    assert (run.agents, run.seeds) == (AGENTS, dict.fromkeys(("easy", "hard"), seeds))
    assert [run.figures[agent][OVERALL]["score"].value for agent in ("heuristic", "oracle")] == [1.0, 1.0]
    assert run.figures["flag-all"][OVERALL]["skill"].value == 0.0
    assert "| oracle (told the labels) | 1.000 | +" in (folder / "table.md").read_text()


@pytest.mark.parametrize("share", [0.4, 0.999])
def test_a_broken_run_that_goes_on_is_as_one_that_never_broke(request_, share, tmp_path, undrawn):
    evaluate(request_, MADE)
    whole = (request_.out / "episodes.jsonl").read_bytes()
    broken = replace(request_, out=tmp_path / "broken", resume=True)
    broken.out.mkdir()
    (broken.out / "episodes.jsonl").write_bytes(whole[: int(share * len(whole))])
    evaluate(broken, MADE)
    assert written_but_for_times(broken.out) == written_but_for_times(request_.out)


def test_what_was_played_is_kept_when_the_server_goes(request_, serve, undrawn, monkeypatch):
    passing = serve()
    at_once = HeuristicAuditor.act

    def dawdle(auditor, seen):
        passing.end_sessions()
        return at_once(auditor, seen)

    monkeypatch.setattr(HeuristicAuditor, "act", dawdle)
    with pytest.raises(PlayError, match="heuristic-12-calls did not finish the easy episode of seed 1000000"):
        evaluate(replace(request_, base_url=passing.url), MADE)
    assert [record.agent for record in read_log(request_.out / "episodes.jsonl")] == ["flag-all"] * 6


AGENT = f"react:{MODEL}"


def with_model(request_, models):
    """The request with flag-all and a model on one tier."""
    return replace(request_, agents=("flag-all", AGENT), tiers=("easy",), react=ReactSettings(url=models.url))


def audit(request):
    """Approves the first proposal, and then reports."""
    turn = sum(message["role"] == "assistant" for message in request["messages"])
    call = ("submit_audit_report", {"report": "None."}) if turn else ("approve", {"proposal_id": "PROP-001"})
    return Say(calls=[call])


def test_what_models_wrote_is_kept_and_a_resumed_run_goes_on_with_it(request_, undrawn):
    with chat_server(audit) as models:
        wanted = with_model(request_, models)
        run = evaluate(wanted, MADE)
        log, kept = request_.out / "episodes.jsonl", request_.out / "transcripts"
        whole, files = log.read_bytes(), sorted(kept.iterdir())
        named = [record.transcript for record in read_log(log)]
        assert named == [None] * 3 + [f"transcripts/{file.name}" for file in files]
        assert run.figures[AGENT]["easy"]["turns"].value == 2
        assert run.figures[AGENT]["easy"]["seconds"].value > 0
        # The last one again.
        log.write_bytes(whole[:-100])
        again = evaluate(replace(wanted, resume=True), MADE)
    assert log.read_bytes() == whole
    assert again.figures[AGENT]["easy"]["seconds"] is None, "the log has none"
    assert again.figures[AGENT]["easy"]["turns"].value == 2


TODO = jobs(["flag-all", "oracle"], seeds("test", ("easy",), 2))
NO_MODEL = dict.fromkeys(("flag-all", "oracle", "heuristic"))


@pytest.fixture(scope="module")
def done():
    return [(record, episode_of(record)) for record in map(play_here, TODO)]


@pytest.fixture
def folder(tmp_path, done):
    """With the first three of four jobs in it."""
    folder = RunFolder(tmp_path / "eval" / "run", TODO, NO_MODEL, resume=False)
    for played in done[:3]:
        folder.add(played)
    return folder


@pytest.mark.parametrize("resume", [False, True])
def test_results_whose_log_is_not_kept_are_not_overwritten(folder, resume):
    """As in a checkout, where --resume would play everything again."""
    (folder.path / "results.json").write_text("{}")
    (folder.path / EPISODES).unlink()
    with pytest.raises(RequestError, match="holds the results of a run without its log.* remove this one first"):
        RunFolder(folder.path, TODO, NO_MODEL, resume)
    assert not (folder.path / EPISODES).exists()


@pytest.mark.parametrize(
    ("todo", "change", "words"),
    [
        (jobs(["oracle", "heuristic"], seeds("test", ("easy",), 2)), str, "its line 1 is flag-all on seed 1000000 of"),
        (TODO[:2], str, "its line 3 is oracle"),
        # Of a server that could word the notes as it liked.
        (
            TODO,
            lambda log: log.replace('"actor":"scripted",', ""),
            r"line 1 .* the options \{'task_id': 'oversight_easy'",
        ),
        (TODO, lambda log: log.replace(':"age_boundary_error"', ':"bias_blind_spot"'), "played with another version"),
        (
            TODO,
            lambda log: log.replace('"version":"', '"version":"9.'),
            r"is of another run: its line 1 .* version 9\.0",
        ),
        (TODO, lambda log: log + log.splitlines(keepends=True)[0], "its line 4 is flag-all"),
        (TODO, lambda log: log + "{}\n", "line 4: this is no episode"),
    ],
    ids=["other agents", "fewer", "other options", "another world", "another version", "twice", "no episode"],
)
def test_another_run_is_not_gone_on_with(folder, todo, change, words):
    folder.log.write_text(change(folder.log.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(RequestError, match=words):
        RunFolder(folder.path, todo, NO_MODEL, resume=True)


def test_nor_one_whose_model_was_asked_otherwise(request_, undrawn):
    with chat_server(audit) as models:
        wanted = with_model(request_, models)
        evaluate(wanted, MADE)
        warmer = replace(wanted, resume=True, react=replace(wanted.react, temperature=0.7))
        with pytest.raises(RequestError, match=f"its line 4 is {AGENT} with .*'temperature': None.* and not .* 0.7"):
            evaluate(warmer, MADE)
