"""A folder that a run was cut off in: what is whole stays, what is not goes, and another run's is left alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.comparison.jobs import Job, jobs, seeds
from synth_audit_env.comparison.run_folder import EPISODES, RunFolder
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.comparison.real_run import play_here

TODO = jobs(["flag-all", "oracle"], seeds("test", ("easy",), 2))


@pytest.fixture(scope="module")
def done():
    return [(record, episode_of(record)) for record in map(play_here, TODO)]


def opened(path, resume=True):
    folder = RunFolder(path)
    folder.open(TODO, resume)
    return folder


@pytest.fixture
def folder(tmp_path, done):
    """With the first three of four jobs in it."""
    folder = opened(tmp_path / "eval" / "run", resume=False)
    for one in done[:3]:
        folder.add(*one)
    return folder


def check_whole(folder, done):
    assert folder.put_in_order() == [episode for _, episode in done]
    assert folder.log.read_text(encoding="utf-8") == "".join(record.line() for record, _ in done)
    assert [path.name for path in folder.path.iterdir()] == [EPISODES]


@pytest.mark.parametrize("cut", [1, 100, 10**4])
def test_half_a_line_goes_and_the_rest_is_there(folder, done, cut):
    whole = folder.log.read_bytes()
    folder.log.write_bytes(whole[: -min(cut, len(whole.splitlines()[-1]))])
    folder = opened(folder.path)
    assert list(folder.done.values()) == [episode for _, episode in done[:2]]
    for one in done[2:]:
        folder.add(*one)
    check_whole(folder, done)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 3, 0, 1), (3, 2, 1, 0)])
def test_episodes_are_put_in_the_order_of_the_jobs_when_all_are_there(tmp_path, done, order):
    """In whatever order they ended, before and after a break."""
    folder = opened(tmp_path / "run", resume=False)
    for place in order[:2]:
        folder.add(*done[place])
    folder = opened(tmp_path / "run")
    assert folder.todo == [TODO[place] for place in sorted(order[2:])]
    for place in order[2:]:
        folder.add(*done[place])
    check_whole(folder, done)


def test_a_run_that_is_killed_while_its_log_is_put_in_order_loses_nothing(tmp_path, done, monkeypatch):
    folder = opened(tmp_path / "run")  # to be resumed, and there is nothing
    assert folder.todo == TODO
    for place in (3, 1, 0, 2):
        folder.add(*done[place])

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.put_in_order()
    folder = opened(tmp_path / "run")
    assert folder.todo == []
    check_whole(folder, done)


@pytest.mark.parametrize("resume", [False, True])
def test_results_whose_log_is_not_kept_are_not_overwritten(folder, resume):
    """As in a checkout, where --resume would play everything again."""
    (folder.path / "results.json").write_text("{}")
    (folder.path / EPISODES).unlink()
    with pytest.raises(RequestError, match="holds the results of a run without its log.* remove this one first"):
        folder.open(TODO, resume)
    assert not (folder.path / EPISODES).exists()


def test_another_run_is_not_gone_on_with(folder):
    other = jobs(["oracle", "heuristic"], seeds("test", ("easy",), 2))
    with pytest.raises(RequestError, match=r"its line 1 is flag-all on seed 1000000 of oversight_easy"):
        folder.open(other, resume=True)
    with pytest.raises(RequestError, match="its line 3 is oracle"):
        folder.open(TODO[:2], resume=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        # Of a server that could word the notes as it liked.
        (
            lambda log: log.replace('"actor":"scripted",', ""),
            r"its line 1 is flag-all .* the options \{'task_id': 'oversight_easy', ",
        ),
        (
            lambda log: log.replace(':"age_boundary_error"', ':"bias_blind_spot"'),
            "line [123]: The easy episode .* played with another version",
        ),
        (lambda log: log.replace('"version":"', '"version":"9.'), r"is of another run: its line 1 .* version 9\.0"),
        (lambda log: log + log.splitlines(keepends=True)[0], "its line 4 is flag-all"),
        (lambda log: log + "{}\n", "line 4: this is no episode"),
    ],
    ids=["other options", "another world", "another version", "an episode twice", "no episode"],
)
def test_nor_one_with_lines_of_another_run(folder, change, words):
    folder.log.write_text(change(folder.log.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(RequestError, match=words):
        folder.open(TODO, resume=True)


def test_nor_one_whose_model_was_asked_otherwise(tmp_path):
    folder, seed = RunFolder(tmp_path / "run"), TODO[0].seed
    with chat_server(lambda request: Say(calls=[("submit_audit_report", {"report": "None."})])) as models:
        settings = ReactSettings(url=models.url, temperature=0.5)
        job = Job(f"react:{MODEL}", "easy", seed, settings)
        folder.open([job], resume=False)
        record = play_here(job)
        folder.add(record, episode_of(record))
        folder.open([job], resume=True)
        assert folder.todo == []
        warmer = replace(job, react=replace(settings, temperature=0.7, budget=Budget(8_192, 512)))
        with pytest.raises(RequestError) as refused:
            folder.open([warmer], resume=True)
    told = str(refused.value).partition(" is of another run: ")[2]
    assert told == (
        f"its line 1 is react:{MODEL}, asked with max_context 32768 and not 8192, "
        "max_tokens 4096 and not 512, temperature 0.5 and not 0.7."
    )


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot be written to"):
        RunFolder(tmp_path / "file" / "run").open(TODO, resume=False)
