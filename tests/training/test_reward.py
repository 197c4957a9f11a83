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
    figures_of,
    of_outcome,
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
        ("flag_error", {"proposal_id": one.note.proposal_id, "error_type": one.error_type, "reason": "So it is."})
        if one.is_wrong
        else ("approve", {"proposal_id": one.note.proposal_id})
        for one in proposals_of(environment)
    ]


@pytest.mark.parametrize("kind", EARNING)
def test_a_whole_audit_without_a_mistake_is_paid_what_it_came_to(kind: Kind) -> None:
    environment = begun()
    messages = played(environment, [*right(environment), REPORT])
    assert paid(kind, environment, messages) == gained(kind, environment)
    assert environment._finish().score == 1.0


@pytest.mark.parametrize("kind", EARNING)
@pytest.mark.parametrize(
    ("before", "after", "costs"),
    [
        ([], [], UNFINISHED),
        ([NO_SUCH_TOOL], [NO_SUCH_TOOL, REPORT], 2 * FAILED_CALL),
        ([WRONG_TYPE], [WRONG_TYPE, REPORT], 2 * FAILED_CALL),
        ([], [REPORT, REPORT], FAILED_CALL),
    ],
    ids=["no report", "no such tool", "wrong type", "after the end"],
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
    said = [{"role": "assistant", "content": "All is well."}]
    left = UNFINISHED + UNDECIDED * len(proposals_of(talking))
    assert paid(kind, talking, said) == pytest.approx(gained(kind, talking) - left)
    attempts = [call for approval in approvals(clumsy) for call in (UNKNOWN_PROPOSAL, approval)]
    attempted = paid(kind, clumsy, played(clumsy, [*attempts, REPORT]))
    assert paid(kind, silent, played(silent, [REPORT])) < attempted


@pytest.mark.parametrize("kind", EARNING)
def test_a_refused_call_is_charged_once(kind: Kind) -> None:
    """By the environment, which score and skill do not know of."""
    refused, without = begun(), begun()
    messages = played(refused, [UNKNOWN_PROPOSAL, *approvals(refused), REPORT])
    played(without, [*approvals(without), REPORT])
    charged_here = 0.0 if kind == "dense" else FAILED_CALL
    assert paid(kind, refused, messages) == pytest.approx(gained(kind, refused) - charged_here)
    # An invalid action and a step.
    assert gained("dense", refused) == pytest.approx(gained("dense", without) - 0.05 - 0.003)


def test_a_refusal_that_trl_dropped_earns_nothing() -> None:
    """Results that would overflow the episode's tokens are not kept, but their calls have been made."""
    environment = begun()
    messages = played(environment, [*approvals(environment), UNKNOWN_PROPOSAL])
    assert figures_of(messages, environment)["cut_off"] == 1.0, "nothing is left of its last turn"
    del messages[-1]
    assert figures_of(messages, environment)["cut_off"] == 1.0
    assert paid("dense", environment, messages) == pytest.approx(gained("dense", environment) - UNFINISHED)


def test_the_figures_of_a_batch_are_logged_and_told() -> None:
    whole, open_ended = begun(), begun()
    heard: list[Sequence[Mapping[str, Any]]] = []
    reward = Reward("score", listeners=[heard.append])
    calls = [NO_SUCH_TOOL, UNKNOWN_PROPOSAL, approvals(open_ended)[0]]
    audits = (whole, played(whole, [*right(whole), REPORT])), (open_ended, played(open_ended, calls))
    rewards, logged = pay(reward, *audits, tokens=[3, 1])
    (told,) = heard
    assert reward.__name__ == "score_reward"
    assert [one["reward"] for one in told] == rewards
    assert [(one["step"], one["seed"], one["task_id"]) for one in told] == [(1, EASY["seed"], EASY["task_id"])] * 2
    assert [one["tokens"] for one in told] == [3, 1]
    count = len(whole._finish().proposals)
    assert logged["audit/reward"] == pytest.approx(sum(rewards) / 2)
    assert logged["audit/best_reward"] == rewards[0] == 1.0
    assert logged["audit/decided"] == pytest.approx((1 + 1 / count) / 2)
    assert logged["audit/finished"] == 0.5
    assert logged["audit/calls"] == pytest.approx((count + 1 + 3) / 2)
    assert (logged["audit/failed_calls"], logged["audit/refused_calls"]) == (1.0, 0.5)
    assert logged["audit/recall/age_boundary_error"] == 0.5
    assert logged["audit/tokens"] == 2.0
    assert {"audit/seed", "audit/step"}.isdisjoint(logged)


def rewarded(reward: Reward, rewards: Sequence[float]) -> dict[str, float]:
    """What is logged of the same episode played so often, in groups of two, with these rewards."""
    environments = [begun() for _ in rewards]
    for place, environment in enumerate(environments):
        environment._options = {"seed": place // 2, "task_id": "oversight_easy"}
    paid = iter(rewards)
    reward._reward = lambda figures: next(paid)  # type: ignore[method-assign]
    _, logged = pay(reward, *((environment, []) for environment in environments))
    return logged


@pytest.mark.parametrize(
    ("rewards", "dead"),
    [
        ([0.5, 0.5, 0.5, 0.5], 1.0),
        ([0.5, 0.5, 0.5, 0.6], 0.5),
        ([0.1, 0.2, 0.5, 0.6], 0.0),
        # As eight alike are in float32, which TRL's own figure takes for different.
        ([-0.203, -0.203 + 1.6e-8, 0.1, 0.2], 0.5),
    ],
)
def test_groups_whose_rewards_are_all_alike_are_counted(rewards: Sequence[float], dead: float) -> None:
    assert rewarded(Reward("dense"), rewards)["audit/dead_groups"] == dead


def test_fault_f1_is_a_figure_where_there_is_one() -> None:
    environment = begun()
    claimed = [
        ("flag_error", {"proposal_id": one.note.proposal_id, "error_type": one.error_type, "reason": "It is.", **claim})
        for one in proposals_of(environment)
        if one.is_wrong
        for claim in [{name: value for name, value in one.faults[0].claim.items() if value is not None}]
    ]
    figures = figures_of(played(environment, [*claimed, REPORT]), environment)
    missed = sum(bool(one.faults) and not one.is_wrong for one in proposals_of(environment))
    assert figures["fault_f1"] == pytest.approx(2 * len(claimed) / (2 * len(claimed) + missed))
    outcome = environment._finish()
    assert "fault_f1" not in of_outcome(outcome.model_copy(update={"fault_f1": None}))
