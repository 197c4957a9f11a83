"""A folder that a run was cut off in: what is whole stays, what is not goes, and another run's is left alone."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.react.context import Budget
from synth_audit_env.agents.react.settings import ReactSettings
from synth_audit_env.comparison.jobs import Job, jobs, play_job, seeds
from synth_audit_env.comparison.run_folder import EARLY, EPISODES, RunFolder, RunFolderError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server

TODO = list(jobs(["flag-all", "oracle"], seeds("test", ("easy",), 2)))


@pytest.fixture(scope="module")
def done():
    env = SynthAuditEnvironment()
    return [play_job(job, lambda options: env.reset(**options), env.step) for job in TODO]


@pytest.fixture
def folder(tmp_path, done):
    """With the first three of four jobs in it."""
    folder = RunFolder(tmp_path / "eval" / "run")
    assert folder.open(TODO, resume=False) == []
    for one in done[:3]:
        folder.add(one)
    return folder


def test_it_goes_on_where_it_was(folder, done):
    assert folder.open(TODO, resume=True) == [one.episode for one in done[:3]]
    assert [record.line() for record in folder.records()] == [one.line for one in done[:3]]


@pytest.mark.parametrize("cut", [1, 100, 10**4])
def test_half_a_line_goes(folder, done, cut):
    log = folder.path / EPISODES
    whole = log.read_bytes()
    log.write_bytes(whole[: -min(cut, len(whole.splitlines()[-1]))])
    assert folder.open(TODO, resume=True) == [one.episode for one in done[:2]]
    for one in done[2:]:
        folder.add(one)
    assert (folder.path / EPISODES).read_text(encoding="utf-8") == "".join(one.line for one in done)


def test_an_episode_that_is_early_waits_for_its_turn(tmp_path, done):
    folder = RunFolder(tmp_path / "run")
    folder.open(TODO, resume=False)
    assert [folder.add(done[place]) for place in (2, 1)] == [[], []]
    assert [path.name for path in sorted((folder.path / EARLY).iterdir())] == ["1.jsonl", "2.jsonl"]
    assert (folder.path / EPISODES).read_text(encoding="utf-8") == ""
    assert folder.todo == [TODO[0], TODO[3]]
    assert folder.add(done[0]) == [one.episode for one in done[:3]]
    assert folder.add(done[3]) == [done[3].episode]
    assert (folder.path / EPISODES).read_text(encoding="utf-8") == "".join(one.line for one in done)
    assert not (folder.path / EARLY).exists()


@pytest.fixture
def killed(tmp_path, done):
    """What a kill leaves while the first of four jobs still runs and the third and fourth are over."""
    folder = RunFolder(tmp_path / "run")
    folder.open(TODO, resume=False)
    for place in (2, 3):
        folder.add(done[place])
    return folder.path


def test_what_was_early_when_a_run_was_killed_is_not_played_again(killed, done):
    folder = RunFolder(killed)
    assert folder.open(TODO, resume=True) == []
    assert folder.todo == TODO[:2]
    assert [folder.add(one) for one in done[:2]] == [[done[0].episode], [one.episode for one in done[1:]]]
    assert (killed / EPISODES).read_text(encoding="utf-8") == "".join(one.line for one in done)


@pytest.mark.parametrize("in_line", [3, 4])
def test_a_kill_while_episodes_line_up(killed, done, in_line):
    """Some are in the log and still early."""
    (killed / EPISODES).write_text("".join(one.line for one in done[:in_line]), encoding="utf-8")
    folder = RunFolder(killed)
    assert folder.open(TODO, resume=True) == [one.episode for one in done]
    assert folder.todo == []
    assert (killed / EPISODES).read_text(encoding="utf-8") == "".join(one.line for one in done)
    assert not (killed / EARLY).exists()


def test_half_an_early_episode_goes(killed, done):
    path = killed / EARLY / "2.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    folder = RunFolder(killed)
    folder.open(TODO, resume=True)
    assert folder.todo == TODO[:3]
    assert not path.exists()


def test_early_episodes_of_another_run_are_not_gone_on_with(killed):
    other = list(jobs(["flag-all", "heuristic"], seeds("test", ("easy",), 2)))
    with pytest.raises(RunFolderError, match=r"early/2\.jsonl is of another run: its line 1 is oracle on seed 1000000"):
        RunFolder(killed).open(other, resume=True)
    (killed / EPISODES).unlink()
    with pytest.raises(RunFolderError, match="holds a run: --resume goes on with it"):
        RunFolder(killed).open(TODO, resume=False)


def test_a_run_is_not_overwritten(folder):
    before = (folder.path / EPISODES).read_bytes()
    with pytest.raises(RunFolderError, match="holds a run: --resume goes on with it, --out names another folder"):
        folder.open(TODO, resume=False)
    assert (folder.path / EPISODES).read_bytes() == before


@pytest.mark.parametrize("resume", [False, True])
def test_nor_are_results_whose_log_is_not_kept(folder, resume):
    """As in a checkout, where --resume would play everything again."""
    (folder.path / "results.json").write_text("{}")
    (folder.path / EPISODES).unlink()
    with pytest.raises(RunFolderError, match="holds the results of a run without its log.* remove this one first"):
        folder.open(TODO, resume)
    assert not (folder.path / EPISODES).exists()


def test_nothing_is_resumed_where_nothing_is(tmp_path):
    assert RunFolder(tmp_path / "new").open(TODO, resume=True) == []


def test_another_run_is_not_gone_on_with(folder):
    other = list(jobs(["oracle", "flag-all"], seeds("test", ("easy",), 2)))
    with pytest.raises(RunFolderError, match=r"its line 1 is flag-all on seed 1000000 of oversight_easy"):
        folder.open(other, resume=True)
    with pytest.raises(RunFolderError, match="its line 3 is oracle"):
        folder.open(TODO[:2], resume=True)


def test_nor_one_of_another_version(folder, monkeypatch):
    monkeypatch.setattr("synth_audit_env.comparison.run_folder.PACKAGE_VERSION", "9.9.9")
    with pytest.raises(RunFolderError, match=r"is of another run: its line 1 .* version 0\.1\.0"):
        folder.open(TODO, resume=True)


def test_nor_one_with_other_options(folder):
    """Of a server that could word the notes as it liked."""
    log = folder.path / EPISODES
    log.write_text(log.read_text(encoding="utf-8").replace('"actor":"scripted",', ""), encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"its line 1 is flag-all .* the options \{'task_id': 'oversight_easy', "):
        folder.open(TODO, resume=True)


def test_nor_one_whose_model_was_asked_otherwise(tmp_path):
    folder, seed = RunFolder(tmp_path / "run"), TODO[0].seed
    with chat_server(lambda request: Say(calls=[("submit_audit_report", {"report": "None."})])) as models:
        settings = ReactSettings(url=models.url, temperature=0.5)
        job = Job(f"react:{MODEL}", "easy", seed, settings)
        assert folder.open([job], resume=False) == []
        env = SynthAuditEnvironment()
        folder.add(play_job(job, lambda options: env.reset(**options), env.step))
        assert len(folder.open([job], resume=True)) == 1
        warmer = replace(job, react=replace(settings, temperature=0.7, budget=Budget(8_192, 512)))
        with pytest.raises(RunFolderError) as refused:
            folder.open([warmer], resume=True)
    told = str(refused.value).partition(" is of another run: ")[2]
    assert told == (
        f"its line 1 is react:{MODEL}, asked with max_context 32768 and not 8192, "
        "max_tokens 4096 and not 512, temperature 0.5 and not 0.7."
    )


def test_nor_one_of_another_world(folder):
    log = folder.path / EPISODES
    text = log.read_text(encoding="utf-8")
    log.write_text(text.replace(':"age_boundary_error"', ':"bias_blind_spot"'), encoding="utf-8")
    with pytest.raises(RunFolderError, match="line [123]: The easy episode .* played with another version"):
        folder.open(TODO, resume=True)


def test_a_line_that_is_no_episode(folder):
    with (folder.path / EPISODES).open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with pytest.raises(RunFolderError, match="line 4: this is no episode"):
        folder.open(TODO, resume=True)


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be written to"):
        RunFolder(tmp_path / "file" / "run").open(TODO, resume=False)
