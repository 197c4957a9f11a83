"""Every check of openenv's policy is accounted for, and each that we run can fail."""

import asyncio
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

import pytest

from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.audit.episode import SETTLEMENTS, Episode
from synth_audit_env.server.serving import ws_messages
from synth_audit_env.server.serving.mcp_requests import McpRequests
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.validation.certificate import NONE, exact
from synth_audit_env.validation.channel import answers
from synth_audit_env.validation.episodes import Episodes, Scale, play_episode
from synth_audit_env.validation.policy_v2 import canaries as kept
from synth_audit_env.validation.policy_v2 import fixtures as openenv_checks
from synth_audit_env.validation.policy_v2 import policy
from synth_audit_env.validation.policy_v2 import runtime_checks as runtime
from synth_audit_env.validation.policy_v2 import semantic_checks as semantic
from synth_audit_env.validation.policy_v2 import statistical_checks as statistical
from synth_audit_env.validation.policy_v2.fixtures import Run, Sample, Session, manifest


def failed(rows):
    return not all(row.passed() for row in rows)


class Wire:
    """A connection to an environment of this process, without a socket."""

    def __init__(self, environment):
        self.sessions = Sessions(lambda: environment, limit=1, idle_timeout_s=None)
        self.session = self.sessions.open()

    def send(self, message):
        self.answer = asyncio.run(ws_messages.reply(self.session, message, McpRequests(self.sessions)))

    def recv(self):
        return self.answer


class Here:
    """A server of a kind of environment, in this process."""

    def __init__(self, kind=SynthAuditEnvironment):
        self.kind = kind

    @contextmanager
    def session(self):
        yield Session(Wire(self.kind()))

    def http(self, path, body=None):
        return 404, ""


def run(kind=SynthAuditEnvironment):
    return Run(Scale(probed=1, played=2, compared=2, logged=1, doubt=0), Here(kind))


@pytest.fixture(autouse=True)
def _one_small_episode(monkeypatch):
    monkeypatch.setattr(Run, "samples", [Sample("easy", 1)])


# Nothing is forgotten


def test_every_check_of_the_policy_is_run_or_has_a_reason(monkeypatch):
    made = [exact(f"{name}: figure", 0, NONE, "") for name in policy.check_ids() if name not in policy.NOT_RUN]
    monkeypatch.setattr(policy, "_rows", lambda scale: iter(made))
    assert not failed(policy.measure(run().scale))
    made.pop()
    assert failed(policy.measure(run().scale))


# What is served: each check passes on the environment, and fails on one with a fault


class Forgetful(SynthAuditEnvironment):
    """Takes no notice of the seed."""

    async def reset_async(self, seed=None, episode_id=None, **options):
        options = {name: value for name, value in options.items() if name == "task_id"}
        return await super().reset_async(3, episode_id, **options)


class Moody(SynthAuditEnvironment):
    """Each session says another thing."""

    moods = count()

    def __init__(self):
        super().__init__()
        self.mood = next(Moody.moods)

    def act(self, action):
        answer = super().act(action)
        return answer._replace(text=f"{answer.text} {self.mood}")


class Shared(SynthAuditEnvironment):
    """A count that all sessions share shows in the answers."""

    steps = count()

    def act(self, action):
        return super().act(action)._replace(text=str(next(Shared.steps)))


class Open(SynthAuditEnvironment):
    """Takes a state from outside, and tells the truth in its own."""

    async def reset_async(self, seed=None, episode_id=None, **options):
        options.pop("injected_state", None)
        return await super().reset_async(seed, episode_id, **options)


@pytest.mark.parametrize(
    ("check", "faulty"),
    [
        (runtime.seed_control, Forgetful),
        (runtime.episode_determinism, Moody),
        (runtime.episode_isolation, Shared),
        (runtime.oracle_containment, Open),
    ],
)
def test_a_faulty_environment_is_caught(check, faulty):
    assert not failed(check(run()))
    assert failed(check(run(faulty)))


@pytest.mark.parametrize(
    "line",
    [
        "from ..comparison.oracle import Oracle",
        "from .. import comparison",
        "from synth_audit_env import validation",
        "import synth_audit_env.validation.certify",
        'oracle = import_module("synth_audit_env.comparison.oracle")',
    ],
)
def test_a_server_that_imports_the_oracle_is_caught(line, monkeypatch, tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "models.py").write_text("from .error_types import ERROR_TYPES\n", encoding="utf-8")
    monkeypatch.setattr(runtime, "ROOT", tmp_path)
    assert not failed(runtime.oracle_containment(run()))
    (tmp_path / "server" / "app.py").write_text(f"import json\n{line}\n", encoding="utf-8")
    assert failed(runtime.oracle_containment(run()))


def test_a_log_that_is_not_the_wire_is_caught(monkeypatch):
    def passed(kind=SynthAuditEnvironment):
        return [row.passed() for row in runtime.trajectory_record_and_replayability(run(kind))]

    assert passed() == [True, True]
    assert passed(Moody) == [True, False]
    honest = runtime.observed
    monkeypatch.setattr(
        runtime, "observed", lambda answer: honest(answer).model_copy(update={"feedback": "Otherwise."})
    )
    assert not passed()[0]


# The reward


def generous(act):
    """Every answer pays a cent more than is booked."""

    def paid(self, action):
        answered = act(self, action)
        return answered._replace(reward=answered.reward + 0.01)

    return paid


def tipped(decided):
    """Amounts that are not in the table."""
    return lambda *arguments: {event: amount + 7 for event, amount in decided(*arguments).items()}


def unskilled(_):
    """Approvals are paid without regard to skill."""
    return lambda self, skill: {"correct_approval": self.approvals // 2}


@pytest.mark.parametrize(
    ("owner", "name", "faulty", "explained", "attributed"),
    [
        (Episode, "act", generous, True, False),
        (reward_model, "decision_rewards", tipped, False, True),
        (reward_model.Vesting, "at_the_end", unskilled, False, True),
    ],
)
def test_an_amount_that_nothing_explains_is_caught(monkeypatch, owner, name, faulty, explained, attributed):
    assert not failed(semantic.reward_checks(run()))
    monkeypatch.setattr(owner, name, faulty(getattr(owner, name)))
    assert [check.passed() for check in semantic.reward_checks(run())] == [explained, attributed]


# Level 3


def test_the_most_that_an_episode_pays_is_what_the_oracle_gets():
    for tier in ("easy", "medium"):
        for index in range(5):
            played = play_episode(openenv_checks.Oracle, tier, "test", index)
            world = semantic.scenario(tier, "test", index)
            assert semantic.most_return(world) == pytest.approx(played.outcome.return_)


def test_a_canary_over_the_floor_is_caught(monkeypatch):
    shipped = [canary for canary in kept.canaries() if canary["task_id"] == "oversight_easy"]
    monkeypatch.setattr(semantic, "canaries", lambda: shipped)
    assert not failed(semantic.canary_floor(run()))
    honest = Sample("easy", 1)
    sung = {"policy": "an audit", "task_id": "oversight_easy", "seed": honest.seed, "actions": honest.actions()}
    monkeypatch.setattr(semantic, "canaries", lambda: [*shipped, sung])
    assert failed(semantic.canary_floor(run()))
    monkeypatch.setattr(semantic, "canaries", lambda: [sung | {"actions": sung["actions"][:2]}])
    with pytest.raises(AssertionError, match="stops before its episode is over"):
        list(semantic.canary_floor(run()))


def test_the_canaries_are_what_the_hacks_do_today():
    """After a change of the generator: `uv run python -m synth_audit_env.validation.policy_v2.canaries`."""
    assert len({canary["policy"] for canary in kept.canaries()}) >= 16
    for canary in kept.canaries():
        if canary["task_id"] == "oversight_easy":
            index = kept._first_with_errors("easy")
            played = play_episode(kept.DEGENERATE[canary["policy"]], "easy", "reference", index)
            assert [openenv_checks.wire(turn.action) for turn in played.turns] == canary["actions"], canary["policy"]


class Telling(SynthAuditEnvironment):
    """Lets the truth about a proposal out with its note."""

    def act(self, action):
        answer = super().act(action)
        if action.action_type != "review_proposal":
            return answer
        return answer._replace(text=self._episode.scenario.proposals[0].explanation)


def test_a_leak_is_caught(monkeypatch):
    assert not failed(semantic.no_solution_leakage(run()))
    monkeypatch.setattr(answers, "SynthAuditEnvironment", Telling)
    assert failed(semantic.no_solution_leakage(run()))


def test_a_verifier_that_wavers_is_caught(monkeypatch):
    assert not failed(semantic.verifier_determinism(run()))
    calls = count()
    quality = "synth_audit_env.server.audit.episode.report_quality"
    monkeypatch.setattr(quality, lambda *_: 0.08 + 0.001 * (next(calls) % 20))
    assert failed(semantic.verifier_determinism(run()))


# Level 4


@pytest.mark.parametrize(
    ("pays_in", "passed"), [((), [True, True]), (("immediate",), [True, False]), (SETTLEMENTS, [False, False])]
)
def test_a_hack_that_pays_is_caught_in_the_settlement_that_pays_it(monkeypatch, pays_in, passed):
    def returns(on, policy, figure, settlement):
        return [statistical.FLOOR + 0.5 * (settlement in pays_in)] * 6

    monkeypatch.setattr(Episodes, "figures", returns)
    rows = list(statistical.adversarial_floor(run()))
    assert [row.passed() for row in rows] == passed
    assert ["terminal" in row.what for row in rows] == [True, False]


def test_a_resource_that_is_taken_up_whole_is_caught():
    large = SimpleNamespace(peak_mib=lambda: 2.0 * manifest().resources.memory_mb, written_mib=lambda: 0.0)
    check = runtime.share_of_resources("runtime.resource_bounds", large, 0.1, 1.0, "a test", "none")
    assert failed([check])
    assert check.figure.value == 2.0
