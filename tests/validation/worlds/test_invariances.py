"""A world told otherwise keeps its labels and audits; one in which something matters that should not is found out."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.server.audit import episode as referee
from synth_audit_env.server.world.protocol import COMPLIANT, Protocol
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.episodes import scenario
from synth_audit_env.validation.worlds import invariances, world_changes
from synth_audit_env.validation.worlds.invariances import audit
from synth_audit_env.validation.worlds.world_changes import CHANGES, label, retold, same_ids

# Each time anew, without what a test that spoils something has had them keep.


@pytest.fixture
def chosen():
    built = [scenario(tier, split, index) for tier in TIERS for split in ("train", "test") for index in range(3)]
    return [replace(one) for one in built]


@pytest.fixture
def few():
    return [replace(scenario(tier, "test", 2)) for tier in ("medium", "expert")]


@pytest.fixture
def annexed():
    return [replace(scenario(tier, split, 1)) for tier in ("frontier-2", "frontier-5") for split in ("train", "test")]


def measured(measurements):
    return {m.what: m for m in measurements}


def test_told_again_a_scenario_is_the_same_and_in_other_voices_what_the_generator_makes_of_it(chosen, annexed):
    for one in (*chosen, *annexed):
        assert retold(one) == one
        other = "train" if one.voices == "test" else "test"
        assert retold(one, voices=other) == build_scenario(one.tier, one.seed, other)


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_moves_a_label_of_the_frontier_or_its_audit(annexed, change):
    changed = 0
    for one in annexed:
        if (world := CHANGES[change](one)) is None:
            continue
        assert invariances.moved_labels(one, world) == []
        records = {patient.patient_id: patient for patient in world.scenario.patients}
        for proposal in world.scenario.proposals:
            if proposal.note.patient_id in records:
                site = records[proposal.note.patient_id].site
                assert proposal.trial == world.scenario.trial.at(site)
        changed += world.scenario != one
    assert changed or change.startswith(("none", "added patients"))
    if change in ("none, told and judged anew", "all at once") and (world := CHANGES[change](annexed[0])):
        assert audit(world, HeuristicAuditor()).decided_like(audit(same_ids(annexed[0]), HeuristicAuditor()))


def test_labels_follow_from_the_evidence(chosen):
    """A label worked out for a note with another verdict, or on a record made compliant, is another one."""
    wrong = [
        (one, p)
        for one in chosen
        for p in one.proposals
        if p.is_wrong and p.judgement is not None and p.judgement.findings
    ]
    assert wrong
    for one, proposal in wrong:
        sound = next(p for p in one.patients if not one.trial.protocol.judge(p).findings)
        instead = replace(sound, patient_id=proposal.note.patient_id)
        others = [p for p in one.patients if p.patient_id != instead.patient_id]
        assert label(one.trial, [*others, instead], proposal.note, proposal.brief) != proposal.error_type


@pytest.mark.parametrize("change", [name for name in CHANGES if not name.startswith("none")])
def test_every_change_changes_something(chosen, change):
    worlds = [(one, world) for one in chosen if (world := CHANGES[change](one)) is not None]
    assert len(worlds) >= len(chosen) / 2
    changed = [world for one, world in worlds if world.scenario != one]
    assert len(changed) >= 0.8 * len(worlds)  # of few proposals the order may come out as it was
    for one, world in worlds:
        assert sorted(world.original.values()) == sorted(one.proposal)
        assert set(world.original) == set(world.scenario.proposal)


def test_idle_clauses_would_tell_if_they_were_read(chosen):
    """In force for everyone, they make deviations of records that were compliant."""
    before = after = 0
    for one in chosen:
        protocol = world_changes.with_idle_clauses(one).scenario.trial.protocol
        listed = [clause.number for clause in one.trial.protocol.clauses]
        for clause in [clause for clause in protocol.clauses if clause.number not in listed]:
            protocol = protocol.revise(clause.number, when=())
        before += sum(not one.trial.protocol.judge(record).findings for record in one.patients)
        after += sum(not protocol.judge(record).findings for record in one.patients)
    assert after < before / 4


def test_nothing_moves(few):
    found = measured(invariances.of_worlds(few, "test 2"))
    assert len(found) == 2 * len(CHANGES)
    assert {what: m.figure.value for what, m in found.items() if not m.passed()} == {}
    assert {m.seeds for m in found.values()} == {"test 2"}


def test_a_judge_that_reads_the_calendar_is_found_out(monkeypatch, chosen):
    honest = Protocol.judge

    def judge(self, record):
        """Nothing is a deviation in the second half of a year."""
        judged = honest(self, record)
        spared = replace(judged, verdict=COMPLIANT, findings=())
        return spared if record.enrolment_date.month > 6 else judged

    monkeypatch.setattr(Protocol, "judge", judge)
    monkeypatch.setattr(invariances, "CHANGES", {"shifted calendar": CHANGES["shifted calendar"]})
    assert not measured(invariances.of_worlds(chosen, ""))["labels moved by: shifted calendar"].passed()


def test_a_referee_that_looks_at_the_number_is_found_out(monkeypatch, chosen):
    honest = referee.rewards.decision_rewards

    def decision_rewards(proposal, *rest):
        bonus = {"luck": 1} if proposal.is_wrong and proposal.note.proposal_id == "PROP-001" else {}
        return honest(proposal, *rest) | bonus

    monkeypatch.setattr(referee.rewards, "decision_rewards", decision_rewards)
    orders = {name: change for name, change in CHANGES.items() if name.startswith("shuffled")}
    monkeypatch.setattr(invariances, "CHANGES", orders)
    found = measured(invariances.of_worlds(chosen, ""))
    assert found["audits moved by: shuffled proposals"].passed()
    assert not found["audits moved by: shuffled and renumbered proposals"].passed()
    assert "seed" in found["audits moved by: shuffled and renumbered proposals"].seeds


def test_an_audit_that_a_reason_moves_is_found_out(monkeypatch, few):
    assert invariances.of_written_audits(few, "").passed()

    def settle(self, proposal, decision, action, *rest, honest=referee.Episode._settle):
        honest(self, proposal, decision, action, *rest)
        self._book({"step": -3} if (action.reason or "").isupper() else {})

    monkeypatch.setattr(referee.Episode, "_settle", settle)
    assert not invariances.of_written_audits(few, "").passed()
