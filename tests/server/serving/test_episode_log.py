"""The server's episode log: every finished episode once, as it can be played again, and no step that waits for it."""

import asyncio
import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.client import SynthAuditEnv
from synth_audit_env.episode_line import PACKAGE_VERSION
from synth_audit_env.models import MAX_REASON, MAX_REPORT, LlmActorState, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.episode_log import read_log, replay
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.llm_actor.prose import Rewording
from synth_audit_env.server.serving import episode_log, limits
from synth_audit_env.server.serving.episode_log import EpisodeLog
from synth_audit_env.server.serving.log_files import LogFiles
from synth_audit_env.server.serving.metrics import Metrics
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.tests.conftest import running
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

EASY = {"task_id": "oversight_easy", "seed": 42}
REPORT = SynthAuditAction(action_type="submit_audit_report", report="-")
FATES = "synth_audit_episode_log_episodes"
BESIDE = ["session", "episode_id", "started", "finished"]


@pytest.fixture
def made(tmp_path):
    """Makes logs in a folder, and closes them."""
    logs = []

    def make(**options):
        logs.append(EpisodeLog(tmp_path / "log", **options))
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
    turns = list(play(HeuristicAuditor(), await session.reset(options), session.step))
    assert turns[-1].observation.done


def raw_lines(folder):
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))]
    return [line + "\n" for text in texts for line in text.split("\n")[:-1]]


def fates(text):
    """What /metrics says became of episodes."""
    found = (family for family in text_string_to_metric_families(text.decode()) if family.name == FATES)
    return {
        sample.labels["fate"]: sample.value
        for family in found
        for sample in family.samples
        if sample.name == f"{FATES}_total"
    }


def records_of(folder):
    return [record for path in sorted(folder.glob("*")) for record in read_log(path)]


def assert_replays(records, environment=None):
    """Each alone, in the reverse order, so that none lives on what a session has seen before."""
    env = environment or SynthAuditEnvironment()
    backwards = records[::-1]
    again = list(replay(backwards, lambda options: env.reset(**options), env.step))
    assert [record.line() for record in again] == [record.line() for record in backwards]


class TestWhatIsKept:
    @pytest.mark.parametrize("settled", ["immediate", "terminal"])
    def test_it_plays_again_as_the_server_settles_every_episode(self, tmp_path, talk, settled):
        with running(episode_log=tmp_path / "log", settlement=settled) as server:
            opened = talk(f"{server.ws_url}/ws")
            opened.reset(seed=42, task_id="oversight_easy")
            opened.step(action_type="flag_error", proposal_id="PROP-001", error_type="age_boundary_error", reason="-")
            assert opened.step(action_type="submit_audit_report", report="-")["data"]["done"]
        (record,) = records_of(tmp_path / "log")
        assert record.options["settlement"] == settled
        assert_replays([record])

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"settlement": None, "episode_id": "mine"},
            {"split": "test"},
            {"split": "validation", "index": 7, "settlement": "terminal"},
            {"split": "reference", "index": 4},
            {"seed": 2**63 - 1, "task_id": "oversight_expert"},
            {"task_id": "oversight_hard", "split": "train", "index": 42},
            {"task_id": "oversight_adaptive", "seed": 5, "level": "hard", "error_types": ["age_boundary_error"]},
        ],
    )
    def test_it_plays_again_whatever_the_client_left_to_the_server(self, made, tmp_path, options):
        log = made()
        in_a_session(log, lambda session: audit(session, **options))
        log.close(timeout_s=PATIENCE_S)
        (record,) = records_of(tmp_path / "log")
        assert_replays([record])
        assert (record.task, record.seed, record.split) == tuple(
            record.options[name] for name in ("task_id", "seed", "split")
        )
        assert record.options["settlement"] == (options.get("settlement") or "immediate")
        assert (record.agent, record.version) == ("client", PACKAGE_VERSION)

    def test_adaptive_episodes_are_pinned(self, made, tmp_path):
        log = made()

        async def scene(session):
            for seed in range(8):
                await audit(session, task_id="oversight_adaptive", seed=seed)

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        records = records_of(tmp_path / "log")
        assert len({record.options["level"] for record in records}) > 1
        assert_replays(records)

    def test_an_episode_in_a_models_words(self, made, tmp_path):
        def tell(*world):
            return Rewording(build_scenario(*world), "a-model", ("PROP-002",))

        def environment():
            return SynthAuditEnvironment(tell=tell, actor="llm")

        log = made()
        in_a_session(log, lambda session: audit(session, **EASY), environment)
        log.close(timeout_s=PATIENCE_S)
        (record,) = records_of(tmp_path / "log")
        assert record.options["actor"] == "llm"
        assert (record.actor_model, record.rewritten) == ("a-model", ("PROP-002",))
        again = SynthAuditEnvironment(tell=tell)
        assert_replays([record], again)
        assert isinstance(again.state, LlmActorState)

    def test_beside_the_record_stand_the_session_and_the_times_and_no_address(self, made, tmp_path):
        log, before = made(), datetime.now(UTC)
        session_id = in_a_session(log, lambda session: audit(session, **EASY, episode_id="mine"))
        log.close(timeout_s=PATIENCE_S)
        (line,) = raw_lines(tmp_path / "log")
        (record,) = records_of(tmp_path / "log")
        assert line.startswith(record.line()[:-2] + ","), "what replays comes first, to the byte"
        fields = json.loads(line)
        assert list(fields)[-4:] == BESIDE
        assert fields["session"] == session_id
        assert fields["episode_id"] == "mine"
        started, finished = (datetime.fromisoformat(fields[name]) for name in ("started", "finished"))
        # Written in milliseconds.
        assert before - timedelta(milliseconds=1) <= started <= finished <= datetime.now(UTC)
        assert started.utcoffset() == timedelta(0)
        assert "203.0.113.9" not in line

    def test_metadata_of_an_action_are_not_kept(self, made, tmp_path):
        log = made()

        async def scene(session):
            await session.reset(EASY)
            session.step(REPORT.model_copy(update={"metadata": {"note": "m" * 100_000, "number": float("nan")}}))

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        (record,) = records_of(tmp_path / "log")
        assert [turn.action for turn in record.turns] == [REPORT]
        assert log.fates["lost"] == 0

    def test_every_step_may_have_the_longest_reason_and_then_the_longest_report(self, made, tmp_path):
        log = made()
        flag = SynthAuditAction(action_type="flag_error", proposal_id="-", error_type="-", reason="r" * MAX_REASON)

        async def scene(session):
            remaining = (await session.reset({**EASY, "task_id": "oversight_hard"})).steps_remaining
            for _ in range(remaining - 1):
                session.step(flag)
            assert session.step(REPORT.model_copy(update={"report": "r" * MAX_REPORT})).done

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        assert (len(records_of(tmp_path / "log")), log.fates["lost"]) == (1, 0)

    def test_text_that_no_tool_takes_is_not_held_for_long(self, made, caplog):
        log = made()

        async def scene(session):
            await session.reset(EASY)
            for _ in range(13):
                session.step(REPORT.model_copy(update={"action_type": "approve", "report": "r" * MAX_REPORT}))
            assert log._running[session.id].text == limits.EPISODE_TEXT
            session.step(SynthAuditAction(action_type="flag_error", reason="r"))
            assert log._running == {}
            assert session.step(REPORT).done

        in_a_session(log, scene)
        assert (log.fates["lost"], log.fates["abandoned"]) == (1, 0)
        assert "its actions have more text than an audit can take" in caplog.text


class TestWhen:
    def test_once_at_the_end_and_what_comes_after_the_end_is_not_held(self, made, tmp_path):
        log = made()

        async def scene(session):
            await session.reset(EASY)
            for _ in range(4):
                assert session.step(REPORT).done
            assert log._running == {}

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        (record,) = records_of(tmp_path / "log")
        assert len(record.turns) == 1
        assert tuple(log.fates.values()) == (1, 0, 0)

    def test_an_unfinished_episode_is_counted_and_not_logged(self, made, tmp_path):
        log = made()

        async def scene(session):
            for seed in range(3):
                await session.reset({**EASY, "seed": seed})
            with pytest.raises(ValueError, match="whole number"):
                await session.reset({"seed": -1})
            assert log.fates["abandoned"] == 2, "a refused reset leaves the running episode"

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        assert raw_lines(tmp_path / "log") == []
        assert tuple(log.fates.values()) == (0, 0, 3)
        assert log._running == {}

    def test_prometheus_is_told_what_became_of_episodes(self, made):
        log, metrics = made(), Metrics(limit=1)
        metrics.show(log.counted)
        assert fates(metrics.text()) == {"written": 0, "lost": 0, "abandoned": 0}

        async def scene(session):
            for seed in range(4):
                await session.reset({**EASY, "seed": seed})
            for _ in range(2):
                await audit(session, **EASY)
            # No line can hold this.
            await session.reset(EASY)
            session.step(REPORT.model_copy(update={"report": "\ud800"}))

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        assert fates(metrics.text()) == {"written": 2, "lost": 1, "abandoned": 4}
        assert tuple(log.fates.values()) == (2, 1, 4)

    def test_an_episode_that_ends_after_the_log_is_lost(self, made, tmp_path):
        log = made()
        log.close(timeout_s=PATIENCE_S)
        in_a_session(log, lambda session: audit(session, **EASY))
        assert (log.fates["written"], log.fates["lost"]) == (0, 1)
        assert raw_lines(tmp_path / "log") == []


class TestDisks:
    """What the disk does to the log, it does not do to the episode: each of these plays to its end all the same."""

    @pytest.fixture
    def disk(self, monkeypatch):
        """A disk that can be stopped, and be made to fail."""

        class Disk:
            turns = threading.Event()
            failure: OSError | None = None
            writes = 0

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

    def test_a_full_disk_loses_lines_says_so_once_a_minute_and_recovers(
        self, made, tmp_path, disk, caplog, monkeypatch
    ):
        log, minutes = made(), [1000.0]
        monkeypatch.setattr(episode_log.time, "monotonic", lambda: minutes[0])

        def play_some(count, lost):
            for _ in range(count):
                in_a_session(log, lambda session: audit(session, **EASY))
            self._wait(lambda: log.fates["lost"] == lost and log._waiting.empty())

        disk.failure = OSError(28, "No space left on device")
        play_some(3, lost=3)
        minutes[0] += 59.0
        play_some(1, lost=4)
        assert [record.getMessage() for record in caplog.records] == [
            "An episode is missing from the episode log: the disk does not take it ([Errno 28] No space left on "
            "device). So far it lacks 1."
        ]
        minutes[0] += 1.5
        play_some(1, lost=5)
        self._wait(lambda: len(caplog.records) == 2)
        assert "So far it lacks 5." in caplog.text
        disk.failure = None
        play_some(2, lost=5)
        log.close(timeout_s=PATIENCE_S)
        assert len(records_of(tmp_path / "log")) == log.fates["written"] == 2
        assert "The episode log lacks 5 of 7 episodes." in caplog.text

    def test_a_slow_disk_holds_up_no_step_and_no_more_than_so_many_wait(self, made, tmp_path, disk, caplog):
        log = made(most_waiting=3)
        self._hold_up(disk, log)
        for _ in range(7):
            in_a_session(log, lambda session: audit(session, **EASY))
        assert log._waiting.qsize() == 3
        assert log.fates["lost"] == 4
        assert caplog.text.count("the disk is slower than the episodes") == 1
        disk.turns.set()
        log.close(timeout_s=PATIENCE_S)
        assert len(records_of(tmp_path / "log")) == log.fates["written"] == 4

    def test_closing_writes_what_waits(self, made, tmp_path, disk):
        log = made()
        self._hold_up(disk, log)
        for _ in range(4):
            in_a_session(log, lambda session: audit(session, **EASY))
        threading.Timer(0.2, disk.turns.set).start()
        log.close(timeout_s=PATIENCE_S)
        assert len(records_of(tmp_path / "log")) == log.fates["written"] == 5
        assert disk.writes == 2, "what has piled up is written in one go"

    def test_closing_waits_for_no_disk_that_hangs(self, made, disk, caplog):
        disk.turns.clear()
        log = made()
        in_a_session(log, lambda session: audit(session, **EASY))
        log.close(timeout_s=0.2)
        assert not disk.turns.is_set(), "it hangs to the end"
        assert "The episode log was not written to its end in 0.2 s." in caplog.text

    def test_what_no_line_can_hold_costs_that_episode_alone(self, made, tmp_path, caplog):
        log = made()

        async def scene(session):
            await session.reset(EASY)
            # No client can send this, since no JSON can say it.
            session.step(REPORT.model_copy(update={"report": "\ud800"}))
            await audit(session, **EASY)

        in_a_session(log, scene)
        log.close(timeout_s=PATIENCE_S)
        assert (log.fates["written"], log.fates["lost"]) == (1, 1)
        assert "An episode could not be made a line of the episode log." in caplog.text
        assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING, logging.WARNING]
        assert len(records_of(tmp_path / "log")) == 1

    def test_a_folder_that_cannot_be_used_is_refused_at_the_start(self, tmp_path):
        (tmp_path / "file").write_text("")
        threads = threading.active_count()
        with pytest.raises(FileExistsError):
            EpisodeLog(tmp_path / "file")
        assert threading.active_count() == threads

    def _hold_up(self, disk, log):
        """Stop the disk, with the writer waiting for it to take an episode."""
        disk.turns.clear()
        in_a_session(log, lambda session: audit(session, **EASY))
        self._wait(lambda: disk.writes == 1)

    def _wait(self, until):
        wait_until(until, "nothing has come of it")


def test_64_sessions_of_a_server_each_finished_episode_once(tmp_path):
    """Over /ws and /mcp. Each begins its episode a second time, and leaves."""
    tasks = ["oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert", "oversight_adaptive"]
    ends = []

    async def over_ws(options, http):
        async with SynthAuditEnv(base_url=str(http.base_url)) as env:
            observation, auditor = (await env.reset(**options)).observation, HeuristicAuditor()
            while not observation.done:
                observation = (await env.step(auditor.act(observation))).observation
            ends.append((*options.values(), observation.model_dump_json()))
            await env.reset(**options)
            await env.investigate_patient("P0001")

    async def over_mcp(options, http):
        result = await _ask(http, "openenv/session/create", **options)
        of_session, auditor = {"session_id": result["session_id"]}, HeuristicAuditor()
        observation = SynthAuditObservation.model_validate(result["observation"])
        while not observation.done:
            action = auditor.act(observation).model_dump(exclude_defaults=True)
            call = {"name": action.pop("action_type"), "arguments": action}
            told = (await _ask(http, "tools/call", **of_session, **call))["structuredContent"]
            observation = SynthAuditObservation(**told.pop("observation"), **told)
        ends.append((*options.values(), observation.model_dump_json()))
        await _ask(http, "openenv/session/close", **of_session)
        again = await _ask(http, "openenv/session/create", **options)
        await _ask(http, "openenv/session/close", session_id=again["session_id"])

    async def scene(url):
        # A connection for each request: on a busy machine the server closes an idle one while it is being used again.
        new = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE_S, limits=new) as http:
            asked = [{"task_id": tasks[number % len(tasks)], "seed": number} for number in range(64)]
            await asyncio.gather(
                *(over_ws(options, http) for options in asked[:48]),
                *(over_mcp(options, http) for options in asked[48:]),
            )

    with running(max_sessions=64, episode_log=tmp_path / "log") as server:
        asyncio.run(scene(server.url))
        server.wait_for_sessions(0)
        abandoned = fates(httpx.get(server.url + "/metrics", trust_env=False).content)["abandoned"]
        (log,) = (listener for listener in server.sessions.listeners if isinstance(listener, EpisodeLog))
    assert not log._writer.is_alive(), "the server has stopped, and so has its log"
    records = records_of(tmp_path / "log")
    assert sorted((r.task, r.seed, r.turns[-1].observation.model_dump_json()) for r in records) == sorted(ends)
    assert (len(records), *log.fates.values()) == (64, 64, 0, 64)
    assert abandoned == 64
    assert len({json.loads(line)["session"] for line in raw_lines(tmp_path / "log")}) == 64
    assert_replays(records)


async def _ask(http, method, **params):
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return (await http.post("/mcp", json=request)).raise_for_status().json()["result"]
