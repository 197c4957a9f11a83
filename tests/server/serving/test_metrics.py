"""What is counted, under which names, and that no client can make a label or read the truth off a number."""

import os
import re
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from synth_audit_env.models import ACTION_TYPES, SynthAuditAction
from synth_audit_env.server.serving.metrics import FOLDER, Metrics, shared
from synth_audit_env.server.serving.sessions import ServerFullError, Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.tests.patience import PATIENCE_S

EASY = {"task_id": "oversight_easy", "seed": 3}


def families(text):
    return list(text_string_to_metric_families(text.decode()))


def samples(text):
    """Every number by name and labels: `read["synth_audit_steps_total", "approve"]`; a bucket's bound comes first."""
    return {
        (sample.name, *sample.labels.values()): sample.value for family in families(text) for sample in family.samples
    }


def act(session, action_type, **arguments):
    return session.step(SynthAuditAction(action_type=action_type, **arguments))


@pytest.fixture
def metrics():
    return Metrics(limit=3)


@pytest.fixture
def sessions(metrics):
    return Sessions(SynthAuditEnvironment, limit=3, idle_timeout_s=None, listeners=[metrics])


@pytest.fixture
async def session(sessions):
    opened = sessions.open()
    await opened.reset(EASY)
    return opened


def proposals(session, *, wrong):
    found = session.environment._episode.scenario.proposals
    return [proposal.note.proposal_id for proposal in found if proposal.is_wrong is wrong]


async def test_steps_by_tool_and_resets_by_tier(metrics, session):
    proposal_id = proposals(session, wrong=False)[0]
    act(session, "review_proposal", proposal_id=proposal_id)
    act(session, "review_proposal", proposal_id="PROP-999")
    act(session, "approve", proposal_id=proposal_id)
    await session.reset({"task_id": "oversight_hard", "seed": 3})
    with pytest.raises(EpisodeError):
        await session.reset({"seed": -1})
    read = samples(metrics.text())
    steps = {tool: read["synth_audit_steps_total", tool] for tool in ACTION_TYPES}
    assert steps == {**dict.fromkeys(ACTION_TYPES, 0), "review_proposal": 2, "approve": 1}
    assert read["synth_audit_invalid_actions_total", "review_proposal"] == 1
    assert read["synth_audit_invalid_actions_total", "approve"] == 0
    assert read["synth_audit_step_seconds_count", "review_proposal"] == 2
    assert 0 < read["synth_audit_step_seconds_sum", "review_proposal"] < 10
    for level in (1, 10):
        await session.reset({"task_id": "oversight_frontier", "level": level, "seed": 3})
    read = samples(metrics.text())
    resets = {key[1]: count for key, count in read.items() if key[0] == "synth_audit_resets_total"}
    assert resets == {"easy": 1, "medium": 0, "hard": 1, "expert": 0, "frontier": 2}
    assert read["synth_audit_reset_seconds_count", "hard"] == 1
    assert 0 < read["synth_audit_reset_seconds_sum", "hard"] < 100


class TestEpisodes:
    @pytest.mark.parametrize("settlement", ["immediate", "terminal"])
    async def test_a_finished_one_counts_once_with_what_came_of_it(self, metrics, sessions, settlement):
        session = sessions.open()
        await session.reset({**EASY, "settlement": settlement})
        flag = {"error_type": "age_boundary_error", "reason": "The age is out of range (3.2)."}
        for proposal_id in (proposals(session, wrong=True)[0], proposals(session, wrong=False)[0]):
            act(session, "flag_error", proposal_id=proposal_id, **flag)
        outcome = act(session, "submit_audit_report", report="-").result.outcome
        for _ in range(3):
            late = act(session, "approve", proposal_id="PROP-001")
            assert late.done
        read = samples(metrics.text())
        assert read["synth_audit_episodes_finished_total", "easy"] == 1
        for name, value in (("return", outcome.return_), ("score", outcome.score), ("skill", outcome.skill)):
            family = f"synth_audit_episode_{name}_bucket"
            buckets = {float(key[1]): count for key, count in read.items() if key[::2] == (family, "easy")}
            assert buckets == {bound: bound >= value for bound in buckets}
        assert read["synth_audit_invalid_actions_total", "approve"] == 3

    async def test_until_the_end_right_and_wrong_decisions_count_alike(self):
        """Whoever flags a proposal and looks at the numbers does not learn whether it was wrong."""

        def counted(metrics):
            """The numbers without those about time and the process, which are never twice the same."""
            read = samples(metrics.text()).items()
            ours = [(key, value) for key, value in read if key[0].startswith("synth_audit_")]
            return [one for one in ours if not re.search("_seconds_|_created", one[0][0])]

        told = []
        for wrong in (True, False):
            metrics = Metrics(limit=1)
            session = Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None, listeners=[metrics]).open()
            await session.reset(EASY)
            flag = {"error_type": "age_boundary_error", "reason": "The age is out of range (3.2)."}
            flagged = act(session, "flag_error", proposal_id=proposals(session, wrong=wrong)[0], **flag)
            assert flagged.error is None
            before = counted(metrics)
            act(session, "submit_audit_report", report="-")
            told.append((before, counted(metrics)))
        (right, right_in_the_end), (wrong, wrong_in_the_end) = told
        assert right == wrong
        assert right_in_the_end != wrong_in_the_end


class TestLabels:
    async def test_clients_make_none(self, metrics, session):
        before = samples(metrics.text()).keys()
        for number in range(100):
            assert act(session, f"tool-{number}").error
        act(session, 'x"} 1\nsynth_audit_forged 1')
        read = samples(metrics.text())
        assert read.keys() == before
        assert read["synth_audit_steps_total", "unknown"] == 101

    def test_refusals_by_code(self, metrics):
        sessions = Sessions(SynthAuditEnvironment, limit=2, idle_timeout_s=None, per_address=1, listeners=[metrics])
        before = samples(metrics.text())
        assert before["synth_audit_refusals_total", "ADDRESS_LIMIT_REACHED"] == 0, "there, for its increase to be seen"
        for code in ("EXECUTION_ERROR", "429", "429", "500"):
            sessions.refused(code)
        for address in ("192.0.2.1", "192.0.2.2"):
            sessions.open(address)
            with pytest.raises(ServerFullError) as full:
                sessions.open("192.0.2.1")
            sessions.refused(full.value.code)
        read = samples(metrics.text())
        refused = {labels[0]: value for (name, *labels), value in read.items() if name == "synth_audit_refusals_total"}
        assert {code: value for code, value in refused.items() if value} == {
            "EXECUTION_ERROR": 1,
            "429": 2,
            "500": 1,
            "CAPACITY_REACHED": 1,
            "ADDRESS_LIMIT_REACHED": 1,
        }
        assert refused["INVALID_JSON"] == 0
        assert read["synth_audit_faults_total",] == 1


PROCESS = """
import asyncio, sys, tempfile
from pathlib import Path
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.serving.episode_log import EpisodeLog, LogFiles
from synth_audit_env.server.serving.metrics import Metrics
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

metrics = Metrics(limit=4)
folder = tempfile.TemporaryDirectory()
log = EpisodeLog(LogFiles(Path(folder.name)), metrics.registry)
sessions = Sessions(SynthAuditEnvironment, limit=4, idle_timeout_s=None, listeners=[metrics, log])
for _ in range(int(sys.argv[1])):
    session = sessions.open()
    asyncio.run(session.reset({"seed": 3, "task_id": "oversight_easy"}))
    session.step(SynthAuditAction(action_type="submit_audit_report", report="-"))
log.close(timeout_s=600.0)
sys.stdout.buffer.write(metrics.text())
"""


def test_processes_share_their_numbers_and_those_of_a_dead_one_stay_but_for_what_it_said_of_now():
    with shared():
        folder = os.environ[FOLDER]
        for count in (2, 1):
            command = [sys.executable, "-c", PROCESS, str(count)]
            done = subprocess.run(command, stdout=subprocess.PIPE, timeout=PATIENCE_S, check=True)
    read = samples(done.stdout)
    assert (read["synth_audit_sessions",], read["synth_audit_sessions_limit",]) == (1, 4)
    assert read["synth_audit_sessions_opened_total",] == 3
    assert read["synth_audit_steps_total", "submit_audit_report"] == 3
    assert read["synth_audit_step_seconds_bucket", "+Inf", "submit_audit_report"] == 3
    assert read["synth_audit_episode_score_count", "easy"] == 3
    assert read["synth_audit_episode_log_episodes_total", "written"] == 3
    assert FOLDER not in os.environ
    assert not os.path.exists(folder), "it goes with its processes"
