"""Audits that were ended for their model are counted, and an agent that never answered is named with the reason."""

from __future__ import annotations

from synth_audit_env.comparison.results import audits_ended, never_asked
from synth_audit_env.tests.comparison.made_up import episode, run_of


def test_by_agent() -> None:
    unasked = {"gave_up": True, "unasked": "It is too long."}
    run = run_of(
        episode(agent=agent, tier=tier, seed=seed, **fields)
        for agent, fields in (("flag-all", {}), ("react:m", {"gave_up": True}), ("react:n", unasked))
        for tier in ("easy", "hard")
        for seed in (1, 2)
    )
    assert audits_ended(run) == {"react:m": (4, 4), "react:n": (4, 4)}
    assert never_asked(run) == {"react:n": "It is too long."}


def test_one_answer_is_enough() -> None:
    run = run_of(
        episode(seed=seed, gave_up=seed < 4, unasked="It is too long." if seed < 3 else None) for seed in (1, 2, 3, 4)
    )
    assert audits_ended(run) == {"flag-all": (3, 4)}
    assert never_asked(run) == {}
