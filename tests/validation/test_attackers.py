"""A leak that is planted in an attacker's evidence is found, and a clean world is not accused."""

from dataclasses import replace

import pytest

from synth_audit_env.validation import evidence, fault_attackers
from synth_audit_env.validation.attackers import BEFORE_ANY_LOOK, NO_SHORTCUT, attack, between_splits
from synth_audit_env.validation.episodes import QUICK, scenarios
from synth_audit_env.validation.estimates import f1_interval

EPISODES = 60
ATTACKERS = {one.what: one for one in BEFORE_ANY_LOOK}


def with_notes(scenario, change):
    """The scenario with the notes of its wrong proposals changed."""
    proposals = [
        replace(one, note=replace(one.note, **change(scenario, one.note))) if one.is_wrong else one
        for one in scenario.proposals
    ]
    return replace(scenario, proposals=tuple(proposals))


def confident(scenario, note):
    return {"confidence": round(note.confidence + 0.15, 2)}


def worded(scenario, note):
    return {"reasoning": f"{note.reasoning} No doubt remains."}


def punctuated(scenario, note):
    return {"reasoning": f"{note.reasoning[:-1]}!!"}


def diagnosed(scenario, note):
    return {"diagnosis": "Sarcoma, lung"}


@pytest.fixture
def figures(monkeypatch):
    """The AUC of an attacker in a world that is changed so."""

    def figures(what, change=None):
        if change is not None:
            changed = lambda *of: [with_notes(one, change) for one in scenarios(*of)]  # noqa: E731
            monkeypatch.setattr(evidence, "scenarios", changed)
        return next(attack(ATTACKERS[what], between_splits("medium", EPISODES))).figure

    return figures


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("confidence, order, ids, counts", confident),
        ("reset observation", diagnosed),
        ("words of the note", worded),
        ("style and numbers of the note", punctuated),
        ("all of these", confident),
    ],
)
def test_a_planted_leak_is_found(figures, what, change):
    assert figures(what, change).low > 0.6


@pytest.mark.parametrize("attacker", BEFORE_ANY_LOOK, ids=lambda one: one.what)
def test_a_clean_world_is_not_accused(figures, attacker):
    assert NO_SHORTCUT.met(figures(attacker.what), doubt=QUICK.doubt)


def test_a_learned_claim_finds_a_fault_that_every_note_has(monkeypatch):
    """Where each guess in a known place of the list is made true, the attacker learns to make that one."""
    scale = replace(QUICK, guessed=60, played=10)
    clean, claims, worth = fault_attackers.learned("easy", scale, with_protocol=False)
    before = f1_interval(clean.counts(claims)).value
    guesses = fault_attackers.guesses

    def leaking(world, proposal, *, with_protocol):
        told = guesses(world, proposal, with_protocol=with_protocol)
        holds = [fault_attackers.claim_verdict(proposal.faults, one.claim).holds for one in told]
        return [one._replace(features=[*one.features[:-1], float(hit)]) for one, hit in zip(told, holds, strict=True)]

    monkeypatch.setattr(fault_attackers, "guesses", leaking)
    leaked, claims, more = fault_attackers.learned("easy", scale, with_protocol=False)
    assert before < 0.4
    assert f1_interval(leaked.counts(claims)).value > before + 0.3
    assert more > worth
