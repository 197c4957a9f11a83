"""What a rollout is paid: the return, score or skill of its episode, less what the environment did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from synth_audit_env.tests.training.scripted import (
    EASY,
    REPORT,
    UNKNOWN_PROPOSAL,
    Call,
    approvals,
    begun,
    pay,
    played,
    proposals_of,
)
from synth_audit_env.training.audit_env import AuditEnvironment
from synth_audit_env.training.reward import (
    FAILED_CALL,
    KINDS,
    UNDECIDED,
    UNFINISHED,
    Kind,
    Reward,
    dead_groups,
    figures_of,
)

EARNING = [kind for kind in KINDS if kind != "random"]
NO_SUCH_TOOL: Call = ("look_up", {"what": "everything"})
WRONG_TYPE: Call = ("approve", {"proposal_id": 7})


def paid(kind: Kind, environment: AuditEnvironment, messages: Sequence[Mapping[str, Any]]) -> float:
    """The reward of one rollout."""
    ((reward,), _) = pay(Reward(kind), (environment, messages))
    return reward


def gained(kind: Kind, environment: AuditEnvironment) -> float:
    """What the environment says that the episode came to."""
    outcome = environment._finish()
    return {"dense": outcome.return_, "score": outcome.score, "skill": outcome.skill}[kind]


def right(environment: AuditEnvironment) -> list[Call]:
    """Every proposal decided rightly."""
    return [
        (
            "flag_error",
            {"proposal_id": proposal.note.proposal_id, "error_type": proposal.error_type, "reason": "So it is."},
        )
        if proposal.is_wrong
        else ("approve", {"proposal_id": proposal.note.proposal_id})
        for proposal in proposals_of(environment)
    ]


@pytest.mark.parametrize("kind", EARNING)
@pytest.mark.parametrize(
    ("before", "after", "costs"),
    [
        ([], [REPORT], 0.0),
        ([], [], UNFINISHED),
        ([NO_SUCH_TOOL], [NO_SUCH_TOOL, REPORT], 2 * FAILED_CALL),
        ([WRONG_TYPE], [WRONG_TYPE, REPORT], 2 * FAILED_CALL),
        ([], [REPORT, REPORT], FAILED_CALL),
    ],
    ids=["nothing", "no report", "no such tool", "wrong type", "after the end"],
)
def test_what_the_environment_does_not_see_costs(
    before: list[Call], after: list[Call], costs: float, kind: Kind
) -> None:
    environment = begun()
    messages = played(environment, [*before, *approvals(environment), *after])
    assert paid(kind, environment, messages) == pytest.approx(gained(kind, environment) - costs)


@pytest.mark.parametrize("kind", EARNING)
def test_to_decide_nothing_costs_more_than_a_clumsy_attempt(kind: Kind) -> None:
    talking, silent, clumsy = begun(), begun(), begun()
    messages = [{"role": "assistant", "content": "All is well."}]
    left = UNFINISHED + UNDECIDED * len(proposals_of(talking))
    assert paid(kind, talking, messages) == pytest.approx(gained(kind, talking) - left)
    attempts = [call for approval in approvals(clumsy) for call in (UNKNOWN_PROPOSAL, approval)]
    attempted = paid(kind, clumsy, played(clumsy, [*attempts, REPORT]))
    assert paid(kind, silent, played(silent, [REPORT])) < attempted


def test_a_refusal_that_trl_dropped_earns_nothing() -> None:
    """Results that would overflow the episode's tokens are not kept, but their calls have been made."""
    environment = begun()
    messages = played(environment, [*approvals(environment), UNKNOWN_PROPOSAL])
    assert figures_of(messages, environment)["cut_off"] == 1.0, "nothing is left of its last turn"
    del messages[-1]
    assert figures_of(messages, environment)["cut_off"] == 1.0
    assert paid("dense", environment, messages) == pytest.approx(gained("dense", environment) - UNFINISHED)


@pytest.mark.parametrize(
    ("rewards", "dead"),
    [
        ([0.5, 0.5, 0.5, 0.5], 1.0),
        ([0.1, 0.2, 0.5, 0.6], 0.0),
        # As eight alike are in float32, which TRL's own figure takes for different.
        ([-0.203, -0.203 + 1.6e-8, 0.1, 0.2], 0.5),
    ],
)
def test_groups_whose_rewards_are_all_alike_are_counted(rewards: Sequence[float], dead: float) -> None:
    assert dead_groups([{"seed": place // 2, "reward": reward} for place, reward in enumerate(rewards)]) == dead


def test_the_figures_of_a_batch_are_logged_and_told() -> None:
    whole, open_ended = begun(), begun()
    heard: list[Sequence[Mapping[str, Any]]] = []
    reward = Reward("score", keep=heard.append)
    calls = [NO_SUCH_TOOL, UNKNOWN_PROPOSAL, approvals(open_ended)[0]]
    audits = (whole, played(whole, [*right(whole), REPORT])), (open_ended, played(open_ended, calls))
    rewards, logged = pay(reward, *audits, tokens=[3, 1])
    (kept,) = heard
    assert reward.__name__ == "score_reward"
    assert [row["reward"] for row in kept] == rewards
    assert [(row["step"], row["seed"], row["task_id"]) for row in kept] == [(1, EASY["seed"], EASY["task_id"])] * 2
    assert [row["tokens"] for row in kept] == [3, 1]
    assert logged["audit/reward"] == pytest.approx(sum(rewards) / 2)
    assert rewards[0] == 1.0
    assert logged["audit/finished"] == 0.5
    assert (logged["audit/failed_calls"], logged["audit/refused_calls"]) == (1.0, 0.5)
    assert (logged["audit/recall/age_boundary_error"], logged["audit/tokens"]) == (0.5, 2.0)
    assert {"audit/seed", "audit/step"}.isdisjoint(logged)
