"""The rivals do on an episode what the same auditors do elsewhere, and nobody returns more than the oracle."""

import ast
import inspect
import subprocess
import sys

import pytest

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.server.scenario import build_scenario
from synth_audit_env.server.tasks import rhetoric_of, split_of, tier_of
from synth_audit_env.server.web import rivals as module
from synth_audit_env.server.web.rivals import rivals
from synth_audit_env.tests.server.web.desks import desk_at, played
from synth_audit_env.validation.auditors.oracle import Oracle

TIERS = ("oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert")
SEEDS = (900_000, 900_001, 900_002, 1_000_003)


def figures(rival):
    return (rival.score, rival.f_beta, rival.skill, rival.return_, rival.steps)


@pytest.mark.parametrize("task_id", TIERS)
def test_they_do_as_the_same_auditors_do_elsewhere(task_id):
    for seed in SEEDS:
        split = split_of(seed)[0]
        told = {rival.name: figures(rival) for rival in rivals(task_id, split, seed)}
        scenario = build_scenario(tier_of(task_id), seed, rhetoric_of(split))
        auditors = [baseline("approve-all"), baseline("flag-all"), HeuristicAuditor(), Oracle(scenario)]
        expected = {}
        for auditor in auditors:
            desk = played(task_id, seed, auditor)
            out = desk.outcome
            expected[auditor.name] = (out.score, out.f_beta, out.skill, out.return_, len(desk.trail))
        assert told == expected
        assert list(told) == list(expected)
        assert told["oracle"][0] == 1.0
        assert max(one[3] for one in told.values()) == told["oracle"][3]


def test_an_adaptive_episode_is_played_as_it_was_made():
    desk = desk_at("oversight_adaptive")
    desk.act({"action_type": "submit_audit_report", "report": ""})
    kinds = tuple(desk.made_of["error_types"])
    told = rivals("oversight_adaptive", desk.split, desk.seed, desk.made_of["level"], kinds)
    assert [rival.name for rival in told] == ["approve-all", "flag-all", "heuristic", "oracle"]
    wrong = any(one.is_wrong for one in desk.outcome.proposals)
    assert (told[0].score == 1.0) == (not wrong)


def test_they_play_an_episode_once():
    rivals.cache_clear()
    assert rivals("oversight_easy", "validation", 900_000) is rivals("oversight_easy", "validation", 900_000)
    assert rivals.cache_info().misses == 1


def test_there_are_none_of_an_episode_that_is_not():
    with pytest.raises(EpisodeError, match="seed 900000 is of split 'validation'"):
        rivals("oversight_easy", "test", 900_000)


def test_the_server_does_not_reach_the_certificate():
    """As the certificate's own check of containment reads the sources; and by what is loaded in truth."""
    imported = {
        node.module for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ImportFrom)
    }
    assert not any("validation" in name for name in imported)
    code = "import sys, synth_audit_env.server.web.rivals; print([m for m in sys.modules if '_env.validation' in m])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
