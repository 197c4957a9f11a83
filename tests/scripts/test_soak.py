"""A soak finds what it looks for: each check fails for a server with the fault, and a good one bears each fault."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from synth_audit_env.benchmarks.processes import MEBIBYTE, is_told
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.soak import faults
from synth_audit_env.benchmarks.soak.faults import BROKEN, FAULTS, NONSENSE
from synth_audit_env.benchmarks.soak.good import Stage, play_episode
from synth_audit_env.benchmarks.soak.ledger import Ledger, LogReader, score
from synth_audit_env.benchmarks.soak.verdicts import (
    LEAST_COARSE_S,
    LEAST_JUDGED_S,
    MOST_GROWTH,
    WARM_UP_S,
    Ending,
    Sample,
    fewer,
    growth,
    verdicts,
)
from synth_audit_env.rollouts.own_server import free_port
from synth_audit_env.scripts import soak as program
from synth_audit_env.server.serving import websocket_protocol

TIMEOUT_S = 1.0
pytestmark = pytest.mark.skipif(not is_told(), reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def scripts():
    return [record(seed, "oversight_easy") for seed in range(2)]


@pytest.fixture
def stage(serve, scripts, monkeypatch) -> Callable[..., Stage]:
    """The stage for clients of a server: `stage(session_timeout_s=None)` for one that never ends an idle session."""
    monkeypatch.setattr(websocket_protocol, "DROPPED_AFTER_S", 1.0)

    def make(**settings) -> Stage:
        return Stage(serve(**{"session_timeout_s": TIMEOUT_S, **settings}).port, TIMEOUT_S, 0.001, scripts, Ledger())

    return make


@pytest.fixture
def played(scripts):
    """A ledger of two episodes that were finished."""
    ledger = Ledger()
    ledger.messages = 20
    for number, script in enumerate(scripts):
        ledger.has_finished(f"episode {number}", script)
    for kind in ("good", "idle"):
        ledger.happened[kind] += 1
    return ledger


def line_of(episode_id, script, **changes):
    fields = {
        "task": script.task_id,
        "seed": script.seed,
        "outcome": {"score": score(script)},
        "episode_id": episode_id,
    }
    return json.dumps(fields | changes) + "\n"


class TestClients:
    def test_a_good_one_finishes_an_episode(self, stage, scripts):
        made = stage()
        asyncio.run(play_episode(made, random.Random(1)))
        assert made.ledger.problems == []
        assert next(iter(made.ledger.finished.values())) in scripts
        assert made.ledger.messages >= 5

    def test_a_good_one_notices_another_answer(self, stage, scripts):
        wrong = [replace(script, answers=[*script.answers[:-1], script.answers[-1] + b" "]) for script in scripts]
        made = replace(stage(), scripts=wrong)
        asyncio.run(play_episode(made, random.Random(1)))
        assert made.ledger.problem_count == 1

    @pytest.mark.parametrize("name", FAULTS)
    def test_a_good_server_bears_each_fault(self, stage, name):
        made = stage()
        asyncio.run(FAULTS[name](made, random.Random(1)))
        assert made.ledger.problems == []
        # What the docstring says of whether it ends its episode.
        assert len(made.ledger.finished) == ("it is finished" in FAULTS[name].__doc__)

    @pytest.mark.parametrize("name", ["half_open", "idle", "flood_unread", "forgotten_mcp"])
    def test_a_server_that_keeps_the_silent_is_found(self, stage, monkeypatch, name):
        monkeypatch.setattr(faults, "PATIENCE_S", 0.5)
        monkeypatch.setattr(faults, "CLOSED_AFTER_S", 0.5)
        made = stage(session_timeout_s=None)
        try:
            asyncio.run(FAULTS[name](made, random.Random(1)))
        except TimeoutError:
            return  # which the soak notes as a problem
        assert made.ledger.problem_count >= 1

    def test_every_piece_of_nonsense_is_refused_in_words(self, stage, monkeypatch):
        made, left = stage(), list(NONSENSE)

        class InTurn(random.Random):
            def choice(self, options):
                return left.pop() if options is NONSENSE and left else options[0]

            def random(self):
                return 0.0

        while left:
            asyncio.run(FAULTS["garbage"](made, InTurn()))
        assert made.ledger.problems == []

    @pytest.mark.parametrize("frame", BROKEN)
    def test_every_broken_frame_ends_the_connection(self, stage, monkeypatch, frame):
        monkeypatch.setattr(faults, "BROKEN", [frame])
        made = stage(session_timeout_s=None)
        asyncio.run(FAULTS["broken_frames"](made, random.Random(1)))
        assert made.ledger.problems == []


class TestLog:
    def read(self, folder, *lines, closed="") -> LogReader:
        (folder / "1.jsonl").write_text(closed)
        (folder / "2.jsonl").write_text("".join(lines))
        reader = LogReader(folder)
        reader.read_closed()
        assert [path.name for path in folder.iterdir()] == ["2.jsonl"]  # the one that is still written to
        reader.read_all()
        assert list(folder.iterdir()) == []
        return reader

    def test_every_episode_once(self, tmp_path, played):
        (first, one), (second, other) = played.finished.items()
        reader = self.read(tmp_path, line_of(first, one), closed=line_of(second, other))
        assert reader.differences(played) == []
        assert (reader.files, len(reader.lines)) == (2, 2)

    def test_what_is_wrong_with_a_log(self, tmp_path, played):
        (first, one), (second, other) = played.finished.items()
        for lines, word in (
            ([line_of(first, one)], "0 times"),
            ([line_of(first, one), line_of(second, other), line_of(first, one)], "2 times"),
            ([line_of(first, one), line_of(second, other), line_of("another", one)], "nobody"),
            ([line_of(first, one), line_of(second, other, seed=other.seed + 1)], "the log has"),
            ([line_of(first, one), line_of(second, other, outcome={"score": -1.0})], "the log has"),
            ([line_of(first, one), line_of(second, other), '{"task": \n'], "line 3"),
        ):
            (told,) = self.read(tmp_path, *lines).differences(played)
            assert word in told

    def test_a_line_that_came_twice_in_two_files(self, tmp_path, played):
        (first, one), (second, other) = played.finished.items()
        both = line_of(first, one) + line_of(second, other)
        assert len(self.read(tmp_path, both, closed=both).differences(played)) == 2


class TestVerdicts:
    LOAD_S = 600.0
    SAMPLES = tuple(Sample(float(second), 100 * MEBIBYTE, 70, 64) for second in range(620))
    """Some of them from after the load, while its last clients left."""
    STOPPED = "INFO uvicorn.error: Finished server process [7]\n"
    GOOD = Ending(files_before=10, files=11, sessions=0, faults=0, was_alive=True, status=-15, words=STOPPED)

    @pytest.fixture
    def judge(self, tmp_path, played):
        log = LogReader(tmp_path)
        for episode_id, script in played.finished.items():
            log.lines[episode_id] = [(script.task_id, script.seed, score(script))]

        def failed(samples=self.SAMPLES, ending=self.GOOD, kinds=("good", "idle")):
            judged = verdicts(samples, ending, played, log, kinds, load_s=self.LOAD_S)
            return [verdict.check for verdict in judged if not verdict.passed]

        failed.ledger, failed.log = played, log
        return failed

    def test_all_is_well(self, judge):
        assert judge() == []

    @pytest.mark.parametrize(
        ("change", "check"),
        [
            ({"was_alive": False}, "the server lives to the end"),
            ({"status": -9}, "it stops when told to"),
            ({"status": 1}, "it stops when told to"),
            ({"sessions": 1}, "no session is left"),
            ({"sessions": -1}, "no session is left"),
            ({"files": 14}, "file descriptors are flat"),
            ({"faults": 1}, "the server counts no fault"),
            ({"faults": None}, "the server counts no fault"),
            # As of a server that the signal has killed on the spot.
            ({"words": "INFO uvicorn.error: Uvicorn running\n"}, "it stops when told to"),
            (
                {"words": "ERROR Cancel 3 running task(s), timeout graceful shutdown exceeded\n" + STOPPED},
                "it stops when told to",
            ),
            ({"words": "INFO\nTraceback (most recent call last):\n" + STOPPED}, "the server reports no fault"),
            ({"words": "Task exception was never retrieved\n" + STOPPED}, "the server reports no fault"),
        ],
    )
    def test_a_bad_ending(self, judge, change, check):
        assert judge(ending=replace(self.GOOD, **change)) == [check]

    def test_a_kind_of_client_that_never_came(self, judge):
        assert judge(kinds=("good", "idle", "killed")) == ["every kind of client came"]

    def test_a_problem_of_a_client(self, judge):
        judge.ledger.problem("The answer was another.")
        assert judge() == ["clients saw what was due"]

    def test_a_lost_line(self, judge):
        judge.log.lines.popitem()
        assert judge() == ["every finished episode is logged once"]

    def test_nothing_at_all_is_no_success(self, judge):
        judge.ledger.finished.clear()
        judge.ledger.messages = 0
        judge.log.lines.clear()
        assert judge() == ["clients saw what was due", "every finished episode is logged once"]

    def climbing(self, bytes_a_second, until=LOAD_S):
        return [
            replace(one, resident=one.resident + int(min(one.second, until) * bytes_a_second)) for one in self.SAMPLES
        ]

    def test_memory_that_grows(self, judge):
        judged_s = self.LOAD_S - WARM_UP_S
        assert judge(samples=self.climbing(0.98 * MOST_GROWTH / judged_s)) == []
        assert judge(samples=self.climbing(1.02 * MOST_GROWTH / judged_s)) == ["memory is flat"]

    def test_memory_of_the_warm_up_is_not_judged_however_long_the_soak(self):
        cold = [replace(one, resident=0) if one.second < WARM_UP_S else one for one in self.SAMPLES]
        assert growth(cold, self.LOAD_S) == pytest.approx(0.0)
        colder = [replace(one, resident=0) if one.second < WARM_UP_S + 20 else one for one in self.SAMPLES]
        assert growth(colder, self.LOAD_S) > MOST_GROWTH

    def test_what_is_given_back_after_the_load_hides_no_growth(self, judge):
        growing = self.climbing(1.02 * MOST_GROWTH / (self.LOAD_S - WARM_UP_S))
        freed = [replace(one, resident=0) if one.second > self.LOAD_S else one for one in growing]
        assert judge(samples=freed) == ["memory is flat"]

    def test_memory_that_was_hardly_looked_at_is_not_flat(self, judge):
        assert judge(samples=self.SAMPLES[:61]) == ["memory is flat"]

    @pytest.mark.parametrize(
        ("load_s", "mebibytes", "judged"),
        [
            (12.0, 10_000, None),
            (89.9, 10_000, None),
            (90.0, 59, True),
            (120.0, 59, True),
            (120.0, 61, False),
            (299.9, 59, True),
            (299.9, 61, False),
            (300.0, 59, False),
            (300.0, 9, True),
        ],
    )
    def test_a_short_soak_judges_memory_coarsely_or_not_at_all(self, tmp_path, played, load_s, mebibytes, judged):
        """The growth is that from the end of the warm-up to the end of the load."""
        assert (WARM_UP_S, LEAST_COARSE_S, LEAST_JUDGED_S) == (60.0, 30.0, 240.0)
        rate = mebibytes * MEBIBYTE / max(1.0, int(load_s) - WARM_UP_S)
        growing, log = self.climbing(rate), LogReader(tmp_path)
        told = verdicts(growing, self.GOOD, played, log, [], load_s=load_s)
        (memory,) = (verdict for verdict in told if verdict.check == "memory is flat")
        assert memory.passed is judged
        assert memory.measured.startswith("too short to tell") is (judged is None)

    def test_a_report_keeps_the_ends_of_a_series(self):
        many = [replace(self.SAMPLES[0], second=float(second)) for second in range(1801)]
        kept = fewer(many)
        assert len(kept) == 120
        assert (kept[0], kept[-1]) == (many[0], many[-1])
        assert fewer(many[:7]) == many[:7]


class TestServer:
    def test_it_tells_its_sessions_and_its_faults(self, serve, talk):
        opened = serve(max_sessions=2)
        looked_at = program.Server(opened.port, 0)
        assert (looked_at.sessions(), looked_at.faults()) == (0, 0)
        talk(f"{opened.ws_url}/ws").reset(seed=1)
        opened.sessions.refused("500")
        assert (looked_at.sessions(), looked_at.faults()) == (1, 1)

    def test_of_one_that_is_gone_nothing_is_known(self):
        looked_at = program.Server(free_port(), 0)
        assert (looked_at.sessions(), looked_at.faults()) == (program.UNKNOWN, None)

    def test_one_that_counts_no_faults_has_not_said_that_there_are_none(self, monkeypatch):
        looked_at = program.Server(0, 0)
        monkeypatch.setattr(looked_at, "_answer", lambda path: b"# HELP synth_audit_faults_total Exceptions.\n")
        assert looked_at.faults() is None


def test_a_report_repeats_what_the_server_said_of_itself_and_not_what_the_faults_brought():
    time, bad = "2026-11-26T11:06:45.011+00:00", "ERROR uvicorn.error: Exception in ASGI application"
    dull = ["ERROR uvicorn.error: Invalid UTF-8 sequence received from client.", "WARNING x: Refused code=1"]
    lines = [f"{time} {line}" for line in (*dull, "INFO uvicorn.error: Shutting down", f"{dull[0]} left_out=7", bad)]
    assert program.telling("\n".join([*lines, "    | a line of a traceback"])) == [
        f"{time} {bad}",
        "    | a line of a traceback",
    ]


@pytest.mark.slow
def test_a_short_soak(tmp_path):
    flags = "--minutes 0.2 --sessions 24 --session-timeout 2 --pause 0.02"
    status = program.main([*flags.split(), "--out", str(tmp_path / "soak.json")])
    report = json.loads((tmp_path / "soak.json").read_text())
    judged = {one["check"]: one["passed"] for one in report["verdicts"]}
    # In so short a time memory is still on its way up, so nothing is said of it.
    assert judged.pop("memory is flat") is None
    assert set(judged.values()) == {True}, report
    assert (status, report["passed"]) == (0, True)
    assert set(report["sessions"]) == {"good", "killed", *FAULTS}
    assert report["episodes_finished"] == report["episode_log"]["episodes"] > 24
    assert len(report["series"]["samples"]) >= 5
    assert str(tmp_path) not in json.dumps(report)
