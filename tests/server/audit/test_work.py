"""No text of the allowed size is much work, whatever it is made of: an episode is one of many on one loop."""

import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_audit_env.error_types import ERROR_TYPES
from synth_audit_env.models import MAX_ID, MAX_REASON, MAX_REPORT, SynthAuditAction
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import LEVELS, TIERS

MOST_S = 0.002
PIECES = (
    *[
        "\ufdfa",
        "\u0301",
        "\u202e",
        "\u0663",
        "\u096f",
        "\u017f",
        "1",
        "0.",
        "-",
        "§",
        "4.3 ",
        "Amendment 2 ",
        "PROP-001",
    ],
    *["PROP-001 ", "[", "{", '{"a":', '["PROP-001",', "\n", "```json", "age_boundary_error", "stage ", "days ", "1 a "],
    *ERROR_TYPES[:2],
)
SCENARIOS = [build_scenario(TIERS["hard"], 3, "train"), build_scenario(LEVELS[10], 3, "train")]


def filled(piece, length):
    return (piece * length)[:length]


def busy_s(scenario, settlement, reason, claim, report):
    """Processor time of the slowest step: the least of three tries, since other work on the machine adds to it."""
    proposal = next(p for p in scenario.proposals if p.is_wrong)
    steps = [
        SynthAuditAction(
            action_type="flag_error",
            proposal_id=proposal.note.proposal_id,
            error_type=proposal.error_type,
            reason=reason,
            fault=proposal.faults[0].fault,
            where=claim,
            should_be=claim,
        ),
        SynthAuditAction(action_type="submit_audit_report", report=report),
    ]
    tries = []
    for _ in range(3):
        episode, taken = Episode(scenario, settlement), []
        for step in steps:
            start = time.process_time()
            assert episode.act(step).error is None
            taken.append(time.process_time() - start)
        tries.append(max(taken))
    return min(tries)


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=["hard", "frontier-10"])
def test_texts_of_one_piece(scenario, settlement):
    for piece in PIECES:
        texts = (filled(piece, most) for most in (MAX_REASON, MAX_ID, MAX_REPORT))
        assert busy_s(scenario, settlement, *texts) < MOST_S, piece


@given(st.lists(st.sampled_from(PIECES), min_size=2, max_size=4), st.sampled_from(list(product(SCENARIOS, range(2)))))
@settings(max_examples=60, deadline=None)
def test_texts_of_several_pieces(pieces, how):
    scenario, settlement = how
    texts = (filled("".join(pieces), most) for most in (MAX_REASON, MAX_ID, MAX_REPORT))
    assert busy_s(scenario, ("immediate", "terminal")[settlement], *texts) < MOST_S, pieces
