"""Claims without a look stay below their bars, and a leak, a constant truth or an auditor that is mute is found."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.fault_types import NOT_THERE, RECORD
from synth_audit_env.server.audit.claims import ClaimVerdict, FaultCounts
from synth_audit_env.server.world.faults import Fault
from synth_audit_env.validation import episodes
from synth_audit_env.validation.blind import guessed_faults
from synth_audit_env.validation.episodes import QUICK, play_episode, scenarios

SMALL = replace(QUICK, guessed=25, played=12)
HIT, PLACE, FALSE = ClaimVerdict(True, True), ClaimVerdict(True, False), ClaimVerdict(False, None)


def rows(monkeypatch, tier="easy"):
    monkeypatch.setattr(guessed_faults, "TIERS", {tier: episodes.TIERS[tier]})
    monkeypatch.setattr(guessed_faults, "LEVELS", ())
    monkeypatch.setattr(guessed_faults, "looking", lambda scale: ())
    return {row.what: row for row in guessed_faults.measure(SMALL)}


def planted(monkeypatch, change):
    """Worlds in which what a function of a proposal returns replaces its fields."""
    honest = episodes.scenario

    def built(*of):
        world = honest(*of)
        return replace(world, proposals=tuple(replace(one, **change(one)) for one in world.proposals))

    monkeypatch.setattr(guessed_faults, "scenario", built)


def test_without_a_leak_nobody_names_faults(monkeypatch):
    found = rows(monkeypatch)
    assert len(found) == 4
    assert all(row.passed(doubt=2.2) for row in found.values()), found
    assert found["fault F1, learned from note and protocol"].figure.value > 0.05, "what the protocol shows is learned"


def test_a_confidence_that_tells_the_fault_is_found(monkeypatch):
    def leaky(proposal):
        faults = (Fault(NOT_THERE, tuple(one.lstrip("§") for one in proposal.note.citations), ()),)
        note = replace(proposal.note, confidence=0.97 if proposal.faults else 0.78)
        return {"note": note, "faults": faults if proposal.faults else ()}

    planted(monkeypatch, leaky)
    assert not rows(monkeypatch)["fault F1, learned from note"].passed(doubt=1)


def test_a_truth_that_is_mostly_the_same_is_found(monkeypatch):
    planted(monkeypatch, lambda one: {"faults": one.faults and (Fault(RECORD, ("age",), ()),)})
    found = rows(monkeypatch)["fault F1, best rule for all proposals"]
    assert not found.passed(doubt=1)
    assert found.note.startswith("It is: record_misread, age")


def test_claims_are_counted_as_the_episode_counts_them():
    proposals = [one for world in scenarios("easy", "train", 3) for one in world.proposals]
    faulty = sum(bool(one.faults) for one in proposals)
    verdicts = [None] * len(proposals)
    assert guessed_faults.counts(proposals, verdicts) == FaultCounts(0, 0, faulty)
    verdicts[:3] = HIT, PLACE, FALSE
    assert guessed_faults.counts(proposals, verdicts) == FaultCounts(1, 2, faulty - 1)
    assert guessed_faults.earned(verdicts) == [50, 30, -50]
    for index in range(4):
        outcome = play_episode(guessed_faults.reads_notes, "hard", "test", index).outcome
        assert guessed_faults.counted(outcome).f1 == outcome.fault_f1


@pytest.mark.parametrize(("worth", "passes"), [(0.0, True), (0.005, True), (0.05, False)])
def test_claims_that_pay_too_well_make_a_gamble_worthwhile(worth, passes):
    row = guessed_faults.blind_play_with_claims("easy", worth, "test 0-9")
    assert row.passed() == passes
    assert row.figure.value == pytest.approx(-0.0867 + 5 * worth, abs=1e-3)


def test_an_auditor_that_reads_no_notes_is_below_the_bar(monkeypatch):
    monkeypatch.setattr(guessed_faults, "LOOKING", {"easy": 0.97})
    assert all(row.passed() for row in guessed_faults.looking(SMALL))
    monkeypatch.setattr(guessed_faults, "reads_notes", lambda _: HeuristicAuditor())
    told, read = guessed_faults.looking(SMALL)
    assert told.passed()
    assert not read.passed(doubt=1)
