"""The probes find leaks of every kind that they are there for, and name them; without a leak they find nothing."""

from dataclasses import replace

import pytest

from synth_audit_env.validation.certificate import Interval
from synth_audit_env.validation.episodes import QUICK
from synth_audit_env.validation.shortcuts import probe_features
from synth_audit_env.validation.shortcuts import probes as shortcuts
from synth_audit_env.validation.shortcuts.probes import (
    BLIND,
    NO_SHORTCUT,
    QUOTABLE,
    TEXT,
    TOGETHER,
    WITH_PROTOCOL,
    between_splits,
    probed,
)

EPISODES = 120
PROBES = {probe.what: probe for probe in (*BLIND, *TEXT, QUOTABLE, *TOGETHER, *WITH_PROTOCOL)}


def every(share, proposal):
    """Whether a wrong proposal is one of that share, as its words have it."""
    return proposal.is_wrong and sum(map(ord, proposal.note.reasoning)) % 100 < 100 * share


def if_wrong(share, change):
    """A world in which a share of the wrong notes is changed."""
    return lambda scenario, proposal: change(scenario, proposal.note) if every(share, proposal) else {}


def smoking(scenario, note):
    """The patient is a current smoker, of which the note says nothing."""
    smokers = [record for record in scenario.patients if record.smoking == "current"]
    return {"patient_id": smokers[note.confidence > 0.9].patient_id}


def numbered(scenario, proposal):
    number = 40 if every(0.7, proposal) else 20 + len(proposal.note.reasoning) % 9
    return {"reasoning": f"{proposal.note.reasoning} It took {number} days."}


def past_the_limit(scenario, proposal):
    """A number that says nothing by itself, only next to the protocol's window."""
    limit = next(
        clause.value
        for clause in scenario.trial.protocol.clauses
        if clause.parameter == "window_days" and not clause.when
    )
    days = limit + (1 if proposal.is_wrong else -1) * (1 + len(proposal.note.reasoning) % 3)
    return {"reasoning": f"{proposal.note.reasoning} It took {days:.0f} days."}


confident = if_wrong(0.9, lambda _, note: {"confidence": round(note.confidence + 0.05, 2)})
worded = if_wrong(0.7, lambda _, note: {"reasoning": f"{note.reasoning} No doubt remains."})
punctuated = if_wrong(0.7, lambda _, note: {"reasoning": f"{note.reasoning[:-1]}!"})
shouted = if_wrong(0.9, lambda _, note: {"reasoning": note.reasoning.replace(" the ", " THE ")})
cited = if_wrong(0.9, lambda _, note: {"citations": (*note.citations, *note.citations)})
withheld = if_wrong(0.7, lambda _, note: {"recommended_action": "withhold treatment"})
late = if_wrong(0.7, lambda _, note: {"patient_id": "P0060"})  # the number of the patient is high
LEAKS = [
    ("reset observation, linear", confident, "confidence"),
    ("reset observation, trees", late, "patient"),
    ("confidence, order, ids, counts, linear", confident, "confidence"),
    ("confidence, order, ids, counts, trees", late, "patient"),
    ("words of the note", worded, "no doubt"),
    ("words of the note", punctuated, "!"),
    ("characters of the note", shouted, "the"),
    ("style and numbers of the note, trees", numbered, "number"),
    ("style and numbers of the note, trees", withheld, "action"),
    ("style and numbers of the note, linear", cited, "citations"),
    ("what a note may quote of the patient, trees", if_wrong(0.7, smoking), "smoking"),
    ("all of these, linear", worded, "doubt"),
    ("note and protocol, linear", past_the_limit, "delay at most"),
]


def plant(monkeypatch, leak):
    """A world in which notes are changed as `leak` says."""
    build = probe_features.scenarios

    def planted(*episodes):
        return [
            replace(s, proposals=tuple(replace(p, note=replace(p.note, **leak(s, p))) for p in s.proposals))
            for s in build(*episodes)
        ]

    monkeypatch.setattr(probe_features, "scenarios", planted)


SLOW = [("all of these, trees", confident, "confidence"), ("note and protocol, trees", past_the_limit, "delay at most")]


@pytest.mark.parametrize(
    ("what", "leak", "name"), [*LEAKS, *(pytest.param(*leak, marks=pytest.mark.slow) for leak in SLOW)]
)
def test_a_planted_leak_misses_the_bar_and_is_named(monkeypatch, what, leak, name):
    plant(monkeypatch, leak)
    row = probed(replace(PROBES[what], bar=NO_SHORTCUT), between_splits("medium", EPISODES))
    assert row.figure.low > 0.55, row
    assert not row.passed(doubt=1)
    assert name in row.note.lower(), row.note


def test_one_figure_on_one_machine():
    samples = between_splits("medium", 20)
    for probe in (TEXT[0], BLIND[1], TOGETHER[1]):
        assert shortcuts.held_out(probe.make(), samples) == shortcuts.held_out(probe.make(), samples)


def test_samples_share_no_episode():
    for samples in (between_splits("easy", 4), shortcuts.within_test("easy", 4)):
        train, test = ({case.episode.scenario.seed for case in of} for of in (samples.train, samples.test))
        assert train.isdisjoint(test)
    assert shortcuts.within_test("easy", 4).seeds == "test 0-1 → test 2-3"
    assert {case.episode.scenario.voices for case in shortcuts.within_test("easy", 4).train} == {"test"}


def test_what_is_barred(monkeypatch):
    """Everything, but what is held against the protocol."""
    monkeypatch.setattr(shortcuts, "held_out", lambda *_, **__: Interval.exact(0.5))
    rows = list(shortcuts.measure(replace(QUICK, probed=8)))
    assert len({(row.what, row.tier, row.seeds) for row in rows}) == len(rows)
    free, barred = ({row.what.removeprefix("AUC, ") for row in rows if row.bar == bar} for bar in (None, NO_SHORTCUT))
    with_protocol = [probe.what for probe in WITH_PROTOCOL]
    assert free == {*with_protocol, *(f"{what}, without authorities" for what in with_protocol)}
    probes = [probe.what for probe in (*BLIND, *TEXT, QUOTABLE, *TOGETHER)]
    assert barred == {*probes, f"{TEXT[0].what}, within shapes"}
