"""Every check of openenv's policy is accounted for, and each that we run can fail."""

import json
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import pytest
from openenv.validation.policy import load_policy

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.validation.certificate import Interval, at_most
from synth_audit_env.validation.episodes import Scale, play_episode
from synth_audit_env.validation.policy_v2 import canaries as kept
from synth_audit_env.validation.policy_v2 import fixtures as openenv_checks
from synth_audit_env.validation.policy_v2 import policy
from synth_audit_env.validation.policy_v2 import runtime_checks as runtime
from synth_audit_env.validation.policy_v2 import semantic_checks as semantic
from synth_audit_env.validation.policy_v2 import statistical_checks as statistical
from synth_audit_env.validation.policy_v2.fixtures import Run, Sample, Session, amiss, manifest

FEW = Scale(probed=1, played=2, logged=1, doubt=False)


def failed(row):
    return not row.passed()


class Wire(Session):
    """A session that answers as the server's would, without a socket."""

    def __init__(self, environment):
        self.environment = environment

    def ask(self, kind, data=None):
        if kind == "state":
            return json.dumps({"type": "state", "data": self.environment.state.model_dump(mode="json")})
        try:
            step = SynthAuditAction.model_validate(data) if kind == "step" else None
            told = (self.environment.step(step) if step else self.environment.reset(**data)).model_dump(mode="json")
        except EpisodeError as refused:
            return json.dumps({"type": "error", "data": str(refused)})
        reward, done = told.pop("reward"), told.pop("done")
        return json.dumps({"type": "observation", "data": {"observation": told, "reward": reward, "done": done}})


class Here:
    """A server of a kind of environment, in this process."""

    def __init__(self, kind):
        self.kind = kind

    @contextmanager
    def session(self):
        yield Wire(self.kind())

    def http(self, path, body=None):
        return 404, ""


@pytest.fixture(autouse=True)
def _one_small_episode(monkeypatch):
    monkeypatch.setattr(Run, "samples", [Sample("easy", 1)])


# Nothing is forgotten


def test_every_check_of_the_policy_is_run_or_has_a_reason(monkeypatch):
    run = [check_id for check_id in policy.check_ids() if check_id not in policy.NOT_RUN]
    made = [amiss(f"{check_id}: figure", 0, "so", "") for check_id in run]
    monkeypatch.setattr(policy, "_run", lambda scale: iter(made))
    assert not failed(list(policy.measure(FEW))[-1])
    made.pop()
    assert failed(list(policy.measure(FEW))[-1])


def test_what_openenv_has_no_grader_for_and_needs_no_engine_is_run():
    asked = {
        "runtime": "tool_declaration_accuracy task_declaration_accuracy seed_control episode_determinism "
        "trajectory_record reward_attribution rubric_introspectable episode_isolation oracle_containment "
        "resource_bounds",
        "semantic": "oracle_max floor_gap canary_floor no_solution_leakage verifier_determinism replayability "
        "resource_envelope",
        "statistical": "reward_reachability difficulty_separation headroom variance_bound adversarial_floor "
        "gameability_gap",
    }
    ids = {f"{level}.{name}" for level, names in asked.items() for name in names.split()}
    assert ids <= {entry.check_id for entry in load_policy("v2").entries}
    assert ids.isdisjoint(policy.NOT_RUN)


# What is served: each check passes on the environment, and fails on one with a fault


class Forgetful(SynthAuditEnvironment):
    """Takes no notice of the seed."""

    def reset(self, seed=None, episode_id=None, **options):
        options = {name: value for name, value in options.items() if name == "task_id"}
        return super().reset(3, episode_id, **options)


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

    def reset(self, seed=None, episode_id=None, **options):
        options.pop("injected_state", None)
        return super().reset(seed, episode_id, **options)


@pytest.mark.parametrize(
    ("check", "faulty"),
    [
        (runtime.seed_control, Forgetful),
        (runtime.episode_determinism, Moody),
        (runtime.episode_isolation, Shared),
    ],
)
def test_a_faulty_environment_is_caught(check, faulty):
    assert not failed(check(Run(FEW, Here(SynthAuditEnvironment))))
    assert failed(check(Run(FEW, Here(faulty))))


def test_a_state_from_outside_is_caught():
    assert not failed(runtime.oracle_containment(Here(SynthAuditEnvironment)))
    assert failed(runtime.oracle_containment(Here(Open)))


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
    assert not failed(runtime.oracle_containment(Here(SynthAuditEnvironment)))
    (tmp_path / "server" / "app.py").write_text(f"import json\n{line}\n", encoding="utf-8")
    assert failed(runtime.oracle_containment(Here(SynthAuditEnvironment)))


def test_a_log_that_is_not_the_wire_is_caught(monkeypatch):
    record, again = runtime.trajectory_record_and_replayability(Run(FEW, Here(SynthAuditEnvironment)))
    assert not failed(record)
    assert not failed(again)
    record, again = runtime.trajectory_record_and_replayability(Run(FEW, Here(Moody)))
    assert not failed(record)
    assert failed(again)
    wire = runtime.wire
    monkeypatch.setattr(runtime, "wire", lambda action: {**wire(action), "metadata": {"sent": "otherwise"}})
    record, _ = runtime.trajectory_record_and_replayability(Run(FEW, Here(SynthAuditEnvironment)))
    assert failed(record)


# The reward


def test_an_amount_without_an_event_is_caught(monkeypatch):
    assert not any(failed(check) for check in semantic.reward_checks(Run(FEW)))
    act = Episode.act

    def generous(self, action):
        answered = act(self, action)
        return answered._replace(reward=answered.reward + 0.01)

    monkeypatch.setattr(Episode, "act", generous)
    introspectable, attribution = semantic.reward_checks(Run(FEW))
    assert failed(attribution)
    assert not failed(introspectable)


def test_an_amount_that_is_not_in_the_table_is_caught(monkeypatch):
    decided = reward_model.decision_rewards

    def tipped(*arguments):
        return {event: amount + 7 for event, amount in decided(*arguments).items()}

    monkeypatch.setattr("synth_audit_env.server.audit.episode.rewards.decision_rewards", tipped)
    introspectable, _ = semantic.reward_checks(Run(FEW))
    assert failed(introspectable)


def test_approvals_that_are_not_paid_by_skill_are_caught(monkeypatch):
    monkeypatch.setattr(
        reward_model.Vesting, "at_the_end", lambda self, skill: {"correct_approval": self.approvals // 2}
    )
    introspectable, attribution = semantic.reward_checks(Run(FEW))
    assert failed(introspectable)
    assert not failed(attribution)


# Level 3


def test_the_most_that_an_episode_pays_is_what_the_oracle_gets():
    for tier in ("easy", "medium"):
        for index in range(5):
            played = play_episode(openenv_checks.Oracle, tier, "test", index)
            world = semantic.scenario(tier, "test", index)
            assert semantic.most_return(world) == pytest.approx(played.outcome.return_)


def test_a_canary_over_the_floor_is_caught(monkeypatch):
    server = Here(SynthAuditEnvironment)
    shipped = [canary for canary in kept.canaries() if canary.task_id == "oversight_easy"]
    monkeypatch.setattr(semantic, "canaries", lambda: shipped)
    assert not failed(semantic.canary_floor(server))
    honest = Sample("easy", 1)
    sung = kept.Canary("an audit", "oversight_easy", honest.seed, tuple(honest.actions()))
    monkeypatch.setattr(semantic, "canaries", lambda: [*shipped, sung])
    assert failed(semantic.canary_floor(server))


def test_a_canary_that_does_not_end_its_episode_is_an_error(monkeypatch):
    first = kept.canaries()[0]
    monkeypatch.setattr(semantic, "canaries", lambda: [replace(first, actions=first.actions[:2])])
    with pytest.raises(ValueError, match="stops before its episode is over"):
        semantic.canary_floor(Here(SynthAuditEnvironment))


def test_the_canaries_are_what_the_hacks_do_today():
    """After a change of the generator: `uv run python -m synth_audit_env.validation.policy_v2.canaries`."""
    assert {canary.policy for canary in kept.canaries()} == set(kept.HACKS)
    for canary in kept.canaries():
        if canary.task_id == "oversight_easy":
            index = kept._first_with_errors("easy")
            played = play_episode(kept.DEGENERATE[canary.policy], "easy", "reference", index)
            assert [openenv_checks.wire(turn.action) for turn in played.turns] == list(canary.actions), canary.policy


class Telling(SynthAuditEnvironment):
    """Lets the truth about a proposal out with its note."""

    def act(self, action):
        answer = super().act(action)
        if action.action_type != "review_proposal":
            return answer
        return answer._replace(text=self._episode.scenario.proposal[action.proposal_id].explanation)


def test_a_leak_is_caught(monkeypatch):
    assert not failed(semantic.no_solution_leakage(Run(FEW)))
    monkeypatch.setattr(semantic, "SynthAuditEnvironment", Telling)
    assert failed(semantic.no_solution_leakage(Run(FEW)))


def test_a_verifier_that_wavers_is_caught(monkeypatch):
    assert not failed(semantic.verifier_determinism(Run(FEW)))
    calls = count()
    quality = "synth_audit_env.server.audit.episode.report_quality"
    monkeypatch.setattr(quality, lambda *_: 0.08 + 0.001 * (next(calls) % 20))
    assert failed(semantic.verifier_determinism(Run(FEW)))


# Level 4


def test_a_hack_that_pays_is_caught(monkeypatch):
    monkeypatch.setattr(statistical, "TIERS", {"easy": None})
    monkeypatch.setattr(statistical, "PANEL", ("approve-all", "budget burning"))
    terminal, immediate = statistical.adversarial_floor(replace(FEW, played=6))
    assert (terminal.bar, immediate.bar) == (at_most(0.0), at_most(0.0))
    assert not failed(terminal)
    assert not failed(immediate)
    monkeypatch.setitem(statistical.DEGENERATE, "approve-all", statistical.EVIDENCE_ONLY)
    assert all(failed(check) for check in statistical.adversarial_floor(replace(FEW, played=6)))


def test_a_hack_that_lives_off_its_rewards_is_caught_in_the_settlement_that_shows_them(monkeypatch):
    """The returns are made up: it wins where a decision is paid at once, and only there."""
    monkeypatch.setattr(statistical, "TIERS", {"easy": None})
    monkeypatch.setattr(statistical, "PANEL", ("win stay, lose shift",))

    def returns(policy, tier, scale, of, settlement):
        return [statistical.FLOOR + 0.5 * (settlement == "immediate")] * 6

    monkeypatch.setattr(statistical, "_values", returns)
    terminal, immediate = statistical.adversarial_floor(FEW)
    assert not failed(terminal)
    assert failed(immediate)
    assert "immediate settlement" in immediate.what


def test_a_bar_says_whose_it_is(monkeypatch):
    monkeypatch.setattr(statistical, "PANEL", ("approve-all", "flag-all"))
    monkeypatch.setattr(statistical, "REPLAYS", 2)
    monkeypatch.setattr(statistical, "rank_correlation", lambda family: Interval.exact(1))
    for row in statistical.statistical_checks(FEW):
        assert "our own bar" in row.note or "the bar of claim `optimum`" in row.note, row


def test_the_rubric_rows_say_that_openenv_has_no_use_for_them():
    for check in semantic.reward_checks(Run(FEW)):
        assert check.note.startswith("Not applicable by openenv")
        assert "the reward ledger is measured instead" in check.note
    assert not manifest().capabilities.rubric_tree


def test_a_resource_that_is_taken_up_whole_is_caught():
    class Large:
        def peak_mib(self):
            return 2.0 * manifest().resources.memory_mb

        def written_mib(self):
            return 0.0

    check = runtime.share_of_resources("runtime.resource_bounds", Large(), 0.1, 1.0, "a test", "none")
    assert failed(check)
    assert check.figure.value == 2.0
