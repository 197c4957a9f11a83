"""The blind policies of the closing table, against the reward model's own score of having played them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.chat.completion import Usage
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.results_table import BLIND, flag_all_score, print_table, usage_text
from synth_audit_env.tests.rollouts.recorded import recorded


@cache
def _record(level: str, seed: int, agent: str = "heuristic") -> EpisodeRecord:
    auditor = None if agent == "heuristic" else baseline(agent)
    return recorded({"task_id": f"oversight_{level}", "seed": seed}, auditor)


@pytest.mark.parametrize("level", ["easy", "hard", "expert"])
def test_scores_of_blind_policies_follow_from_any_outcome(level):
    for seed in range(25):
        outcome = _record(level, seed).outcome
        assert flag_all_score(outcome) == pytest.approx(_record(level, seed, "flag-all").outcome.score)
        assert BLIND["approve all"](outcome) == pytest.approx(_record(level, seed, "approve-all").outcome.score)


def test_blind_policies_and_what_a_model_took_stand_beside_the_agent(capsys):
    approved = (_record("easy", seed, "approve-all") for seed in range(50))
    wrong = next(record for record in approved if record.outcome.recall is not None)
    record = replace(wrong, usage=Usage(1_000_000, 20, 0.25))
    print_table("m", [record, replace(record, gave_up="So."), record])
    heading, easy, *below = capsys.readouterr().out.splitlines()[2:]
    assert heading.endswith("steps flag all approve all")
    assert easy.split()[-2:] == [f"{flag_all_score(wrong.outcome):.3f}", "0.000"]
    assert below == [
        "tokens 3,000,000 in, 60 out; cost $0.7500",
        "audits ended for the model, as said above and in the log: 1 of 3",
    ]


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        (Usage(5, 2, None), "tokens 5 in, 2 out; cost unknown"),
        (Usage(0, 0, None), "tokens and cost unknown: the endpoint reports none"),
    ],
)
def test_what_an_endpoint_does_not_report_is_unknown(usage, text):
    assert usage_text(usage) == text
