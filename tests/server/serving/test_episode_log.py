"""The server's episode log: every finished episode once, as it can be played again, and no step that waits for it."""

import asyncio
import contextlib
import json
import os
import re
import resource
import threading
from datetime import UTC, datetime, timedelta

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.episode_line import WORLD_VERSION
from synth_audit_env.models import MAX_REPORT, SynthAuditAction
from synth_audit_env.rollouts.episode_log import read_log, replay
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.llm_actor.prose import Rewording
from synth_audit_env.server.serving import limits
from synth_audit_env.server.serving.episode_log import EpisodeLog, LogFiles
from synth_audit_env.server.serving.metrics import Metrics
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

EASY = {"task_id": "oversight_easy", "seed": 42}
REPORT = SynthAuditAction(action_type="submit_audit_report", report="-")
NO_LINE = REPORT.model_copy(update={"report": "\ud800"})
"""No line can hold it. No client can send it either, since no JSON can say it."""
BESIDE = ["session", "episode_id", "started", "finished"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def made(folder):
    """Makes a log in the folder, and closes it."""
    logs = []

    def make(**options):
        logs.append(EpisodeLog(LogFiles(folder), **options))
        return logs[-1]

    yield make
    for log in logs:
        log.close(timeout_s=PATIENCE_S)


def in_a_session(log, scene, environment=SynthAuditEnvironment):
    """Let `scene` do something with a session that the log listens to."""

    async def run():
        sessions = Sessions(environment, limit=1, idle_timeout_s=None, listeners=[log])
        session = sessions.open("203.0.113.9")
        await scene(session)
        sessions.close(session)
        return session.id

    return asyncio.run(run())


async def audit(session, **options):
    """Play an episode to its end."""
    turns = list(play(HeuristicAuditor(), await session.reset(options or EASY), session.step))
    assert turns[-1].observation.done


def raw_lines(folder):
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))]
    return [line + "\n" for text in texts for line in text.split("\n")[:-1]]


def records_of(folder, log=None):
    """What is in the log. One that is still written is closed first."""
    if log is not None:
        log.close(timeout_s=PATIENCE_S)
    return [record for path in sorted(folder.glob("*")) for record in read_log(path)]


def fates_of(log):
    """Episodes by what became of them, as Prometheus is told."""
    (family,) = log.counted.collect()
    return {sample.labels["fate"]: sample.value for sample in family.samples if sample.name.endswith("_total")}


def assert_replays(records, environment=None):
    """Each alone, in the reverse order, so that none lives on what a session has seen before."""
    env = environment or SynthAuditEnvironment()
    backwards = records[::-1]
    again = list(replay(backwards, lambda options: env.reset(**options), env.step))
    assert [record.line() for record in again] == [record.line() for record in backwards]


class TestWhatIsKept:
    @pytest.mark.parametrize(
        "options",
        [
            {"settlement": None, "episode_id": "mine"},
            {"split": "reference", "index": 4, "settlement": "terminal"},
            {"seed": 2**63 - 1, "task_id": "oversight_expert"},
            {"task_id": "oversight_adaptive", "seed": 5, "level": "hard", "error_types": ["age_boundary_error"]},
        ],
    )
    def test_it_plays_again_whatever_the_client_left_to_the_server(self, made, folder, options):
        log = made()
        in_a_session(log, lambda session: audit(session, **options))
        (record,) = records_of(folder, log)
        assert_replays([record])
        assert record.options.items() >= {"task_id": record.task, "seed": record.seed, "split": record.split}.items()
        assert record.options["settlement"] == (options.get("settlement") or "immediate")
        assert (record.agent, record.version) == ("client", WORLD_VERSION)

    def test_an_episode_in_a_models_words(self, made, folder):
        def tell(*world):
            return Rewording(build_scenario(*world), "a-model", ("PROP-002",))

        log = made()
        in_a_session(log, audit, lambda: SynthAuditEnvironment(tell=tell, actor="llm"))
        (record,) = records_of(folder, log)
        assert record.options["actor"] == "llm"
        assert (record.actor_model, record.rewritten) == ("a-model", ("PROP-002",))
        again = SynthAuditEnvironment(tell=tell)
        assert_replays([record], again)
        assert again.state.actor_model == "a-model"

    def test_beside_the_record_stand_the_session_and_the_times_and_no_address(self, made, folder):
        log, before = made(), datetime.now(UTC)

        async def scene(session):
            await session.reset({**EASY, "episode_id": "mine"})
            session.step(REPORT.model_copy(update={"metadata": {"note": "m" * 100_000, "number": float("nan")}}))

        session_id = in_a_session(log, scene)
        (record,), (line,) = records_of(folder, log), raw_lines(folder)
        assert line.startswith(record.line()[:-2] + ","), "what replays comes first, to the byte"
        fields = json.loads(line)
        assert list(fields)[-4:] == BESIDE
        assert (fields["session"], fields["episode_id"]) == (session_id, "mine")
        started, finished = (datetime.fromisoformat(fields[name]) for name in ("started", "finished"))
        # Written in milliseconds.
        assert before - timedelta(milliseconds=1) <= started <= finished <= datetime.now(UTC)
        assert "203.0.113.9" not in line
        assert [turn.action for turn in record.turns] == [REPORT], "metadata of an action are not kept"

    def test_text_that_no_tool_takes_is_not_held_for_long(self, made, caplog):
        log = made()

        async def scene(session):
            await session.reset(EASY)
            for _ in range(limits.EPISODE_TEXT // MAX_REPORT):
                session.step(REPORT.model_copy(update={"action_type": "approve", "report": "r" * MAX_REPORT}))
            assert log._running[session.id].text == limits.EPISODE_TEXT
            session.step(SynthAuditAction(action_type="flag_error", reason="r"))
            assert log._running == {}
            assert session.step(REPORT).done

        in_a_session(log, scene)
        assert fates_of(log) == {"written": 0, "lost": 1, "abandoned": 0}
        assert "its actions have more text than an audit can take" in caplog.text


class TestWhatBecomesOfEpisodes:
    def test_each_is_counted_once_and_prometheus_is_told(self, made, folder, caplog):
        metrics = Metrics(limit=1)
        log = made(registry=metrics.registry)

        async def scene(session):
            for seed in range(3):
                await session.reset({**EASY, "seed": seed})
            with pytest.raises(ValueError, match="whole number"):
                await session.reset({"seed": -1})
            assert fates_of(log)["abandoned"] == 2, "a refused reset leaves the running episode"
            session.step(REPORT)
            assert log._running == {}, "what comes after the end is not held"
            session.step(REPORT)
            wait_until(lambda: fates_of(log)["written"] == 1, "it is not written")
            await session.reset(EASY)
            session.step(NO_LINE)
            wait_until(lambda: fates_of(log)["lost"] == 1, "it is not lost")
            await audit(session)
            await session.reset(EASY)

        in_a_session(log, scene)
        records = records_of(folder, log)
        assert [record.seed for record in records] == [2, 42]
        assert len(records[0].turns) == 1
        in_a_session(log, audit)
        assert "An episode is missing from the episode log: it cannot be written (Pydantic" in caplog.text
        assert "An episode is missing from the episode log: the log is closed." in caplog.text
        fates = {"written": 2, "lost": 2, "abandoned": 3}
        assert fates_of(log) == fates
        for fate, count in fates.items():
            assert f'synth_audit_episode_log_episodes_total{{fate="{fate}"}} {count}.0\n'.encode() in metrics.text()
        assert log._running == {}


class TestDisks:
    """What the disk does to the log, it does not do to the episode: each of these plays to its end all the same."""

    @pytest.fixture
    def disk(self, monkeypatch):
        """A disk that can be stopped, and be made to fail."""

        class Disk:
            turns = threading.Event()
            failure: OSError | None = None
            writes = 0

            def hold_up(self, log):
                """Stop, with the log's writer waiting for an episode to be taken."""
                self.turns.clear()
                in_a_session(log, audit)
                wait_until(lambda: self.writes == 1, "nothing is written")

        append = LogFiles.append

        def on_disk(files, line):
            assert threading.current_thread() is not threading.main_thread(), "no step waits for the disk"
            disk.writes += 1
            assert disk.turns.wait(PATIENCE_S)
            if disk.failure is not None:
                raise disk.failure
            append(files, line)

        disk = Disk()
        disk.turns.set()
        monkeypatch.setattr(LogFiles, "append", on_disk)
        yield disk
        disk.turns.set()

    def test_a_full_disk_loses_lines_says_so_and_recovers(self, made, folder, disk, caplog):
        log = made()
        disk.failure = OSError(28, "No space left on device")
        for _ in range(3):
            in_a_session(log, audit)
        wait_until(lambda: len(caplog.records) == 3, lambda: caplog.text)
        assert caplog.records[2].getMessage() == (
            "An episode is missing from the episode log: it cannot be written (OSError(28, 'No space left on device'))."
        )
        disk.failure = None
        in_a_session(log, audit)
        assert len(records_of(folder, log)) == fates_of(log)["written"] == 1

    def test_a_slow_disk_holds_up_no_step_and_no_more_than_so_many_wait(self, made, folder, disk, caplog):
        log = made(most_waiting=3)
        disk.hold_up(log)
        for _ in range(5):
            in_a_session(log, audit)
        assert fates_of(log)["lost"] == caplog.text.count("the disk is slower than the episodes") == 2
        threading.Timer(0.2, disk.turns.set).start()
        assert len(records_of(folder, log)) == fates_of(log)["written"] == 4, "closing writes what waits"
        assert disk.writes == 2, "what has piled up is written in one go"

    def test_closing_waits_for_no_disk_that_hangs(self, made, disk, caplog):
        log = made()
        disk.hold_up(log)
        log.close(timeout_s=0.2)
        assert not disk.turns.is_set(), "it hangs to the end"
        assert "The episode log was not written to its end in 0.2 s." in caplog.text


# The files: whole lines, in files that are told apart, whatever the disk does


@contextlib.contextmanager
def room(size):
    """No file may be longer: the disk takes what is left of a line, and refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(folder):
    return [path.read_bytes() for path in sorted(folder.glob("*"))]


def test_a_full_file_is_followed_by_another_that_sorts_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "LARGEST_LOG_FILE", 10)
    folder = tmp_path / "made" / "too"
    files = LogFiles(folder)
    assert contents(folder) == [], "a server that logs nothing leaves nothing"
    for number in range(30):
        files.append(b"%05d\n" % number)
    assert [len(content) for content in contents(folder)] == [12] * 15
    assert b"".join(contents(folder)) == b"".join(b"%05d\n" % number for number in range(30))
    name = re.compile(rf"episodes-\d{{8}}T\d{{6}}\.\d{{6}}Z-{os.getpid()}\.jsonl")
    assert all(name.fullmatch(path.name) for path in folder.iterdir())


def test_a_full_disk_takes_no_part_of_a_line_and_the_next_that_fits(tmp_path):
    files = LogFiles(tmp_path)
    files.append(b"before\n")
    with room(10):
        for _ in range(3):
            with pytest.raises(OSError, match="File too large"):
                files.append(b"too long for what is left\n")
            assert contents(tmp_path) == [b"before\n"]
        files.append(b"ok\n")
    files.append(b"long again, with room for it\n")
    assert contents(tmp_path) == [b"before\nok\nlong again, with room for it\n"]


def test_a_folder_that_cannot_be_made_or_is_on_a_full_disk_is_refused_at_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises((FileExistsError, NotADirectoryError)):
            LogFiles(path)
    with room(0), pytest.raises(OSError, match="File too large"):
        LogFiles(tmp_path / "log")
    assert contents(tmp_path / "log") == []


def test_a_folder_that_is_away_for_a_while(tmp_path):
    folder = tmp_path / "log"
    files = LogFiles(folder)
    files.append(b"one\n")
    folder.rename(tmp_path / "away")
    folder.write_text("A file is in its place.")
    with pytest.raises(FileExistsError):
        files.append(b"lost\n")
    folder.unlink()
    files.append(b"two\n")
    assert contents(folder) == [b"two\n"]
