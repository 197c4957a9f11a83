"""The blind policies of the closing table, against the reward model's own score of having played them."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.chat.completion import Usage
from synth_audit_env.models import EpisodeOutcome, OutcomeResult, SynthAuditAction
from synth_audit_env.rollouts.results_table import (
    EpisodeResult,
    approve_all_score,
    flag_all_score,
    print_table,
    usage_text,
)
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


def _outcome(level: str, seed: int, blind: SynthAuditAction | None) -> EpisodeOutcome:
    """Decide every proposal alike, or with None audit."""
    env = SynthAuditEnvironment()
    opening = env.reset(seed=seed, task_id=f"oversight_{level}")
    if blind is None:
        last = list(play(HeuristicAuditor(), opening, env.step))[-1].observation
    else:
        for proposal in opening.actor_proposals:
            env.step(blind.model_copy(update={"proposal_id": proposal.proposal_id}))
        last = env.step(SynthAuditAction(action_type="submit_audit_report", report=""))
    assert isinstance(last.result, OutcomeResult)
    return last.result.outcome


FLAG = SynthAuditAction(action_type="flag_error", error_type="age_boundary_error", reason="Surely.")
APPROVE = SynthAuditAction(action_type="approve")


@pytest.mark.parametrize("level", ["easy", "hard", "expert"])
def test_scores_of_blind_policies_follow_from_any_outcome(level: str) -> None:
    for seed in range(25):
        outcome = _outcome(level, seed, None)
        assert flag_all_score(outcome) == pytest.approx(_outcome(level, seed, FLAG).score)
        assert approve_all_score(outcome) == pytest.approx(_outcome(level, seed, APPROVE).score)


def test_both_stand_beside_the_agent_and_where_it_is_below_them_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = next(o for o in (_outcome("easy", seed, APPROVE) for seed in range(50)) if o.recall is not None)
    right = next(o for o in (_outcome("easy", seed, FLAG) for seed in range(50)) if o.recall is None)
    print_table("m", [EpisodeResult("oversight_easy", 6, wrong), EpisodeResult("oversight_medium", 6, right)])
    heading, easy, medium, *said = capsys.readouterr().out.splitlines()[2:]
    assert heading.endswith("steps flag all approve all")
    assert easy.split()[-2:] == [f"{flag_all_score(wrong):.3f}", "0.000"]
    assert medium.split()[-2:] == ["0.000", "1.000"]
    assert said == [
        "In these episodes m is below flag all on oversight_easy.",
        "In these episodes m is below approve all on oversight_medium.",
    ]


def test_prints_a_note_under_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("heuristic", [EpisodeResult("oversight_easy", 20, _outcome("easy", 42, None))], "Some are clean.")
    assert capsys.readouterr().out.splitlines()[-1] == "Some are clean."


def test_prints_a_row_for_each_task(capsys: pytest.CaptureFixture[str]) -> None:
    played = [("easy", 42), ("easy", 137), ("medium", 42)]
    print_table(
        "heuristic", [EpisodeResult(f"oversight_{level}", 20, _outcome(level, seed, None)) for level, seed in played]
    )
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines() if "oversight_" in line]
    assert [row[:4] for row in rows] == [
        ["oversight_easy", "2", "1.000", "1.000"],
        ["oversight_medium", "1", "1.000", "1.000"],
    ]
    assert "not for clinical use" in printed
    assert "\x1b" not in printed
    assert "tokens" not in printed


def test_what_a_model_took_stands_under_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = _outcome("easy", 42, None)
    print_table("m", [EpisodeResult("oversight_easy", 20, outcome, Usage(1_000_000, 20, 0.25)) for _ in range(2)])
    assert capsys.readouterr().out.splitlines()[-1] == "tokens 2,000,000 in, 40 out; cost $0.5000"


def test_audits_that_were_ended_for_a_model_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = _outcome("easy", 42, None)
    results = [EpisodeResult("oversight_easy", 20, outcome, Usage(5, 2, None), why) for why in (None, "So.", None)]
    print_table("m", results)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "tokens 15 in, 6 out; cost unknown",
        "audits ended for the model, which called no tool: 1 of 3",
    ]
    print_table("m", results[:1])
    assert "ended for the model" not in capsys.readouterr().out


def test_what_is_not_known_of_it_is_said() -> None:
    assert usage_text(Usage(5, 2, None)) == "tokens 5 in, 2 out; cost unknown"
    assert usage_text(Usage(0, 0, None)) == "tokens and cost unknown: the endpoint reports none"
