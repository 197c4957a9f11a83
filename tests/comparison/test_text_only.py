"""The text-only agent: it reads notes and nothing else, is always the same, and would use a leak if there were one."""

import random
from dataclasses import replace

import pytest

from synth_audit_env.comparison import text_only
from synth_audit_env.comparison.text_only import Classifier, TextOnlyAuditor, labelled_notes, note_text, trained
from synth_audit_env.models import ReviewResult, SynthAuditAction
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


@pytest.fixture
def fewer(monkeypatch):
    """Trained on so few episodes that it takes no time."""
    monkeypatch.setattr(text_only, "LEARNT_FROM", 40)
    monkeypatch.setattr(text_only, "TUNED_ON", 20)
    trained.cache_clear()
    yield
    trained.cache_clear()


def note(text):
    identity = {"proposal_id": "PROP-001", "patient_id": "P0001", "verdict": "compliant", "confidence": 0.9}
    return note_text(ReviewResult(**identity, recommended_action="go on", reasoning=text, citations=[]))


def notes_of(env, opening):
    """What each proposal's review says, by its id."""
    ids = [proposal.proposal_id for proposal in opening.actor_proposals]
    looks = [SynthAuditAction(action_type="review_proposal", proposal_id=id_) for id_ in ids]
    return {id_: note_text(env.step(look).result) for id_, look in zip(ids, looks, strict=True)}


def test_it_reviews_decides_from_its_threshold_on_and_reports(fewer):
    env, options = SynthAuditEnvironment(), {"task_id": "oversight_medium", "split": "test", "index": 3}
    notes, trained_ = notes_of(env, env.reset(**options)), trained("medium")
    opinions = trained_.opinions(list(notes.values()))
    said = {id_: opinion.p_wrong for id_, opinion in zip(notes, opinions, strict=True)}
    threshold = sorted(said.values())[len(said) // 2]
    auditor = TextOnlyAuditor(replace(trained_, threshold=threshold))
    turns = list(play(auditor, env.reset(**options), env.step))
    *reviews, report = (turn.action.action_type for turn in turns if turn.action.confidence is None)
    assert (reviews, report) == (["review_proposal"] * len(said), "submit_audit_report")
    made = {turn.action.proposal_id: turn.action for turn in turns if turn.action.confidence is not None}
    for id_, p_wrong in said.items():
        flagged = p_wrong >= threshold
        assert made[id_].action_type == ("flag_error" if flagged else "approve")
        assert made[id_].confidence == pytest.approx(p_wrong if flagged else 1 - p_wrong)


def test_it_learns_from_what_an_episode_tells_anyone():
    env = SynthAuditEnvironment()
    notes = notes_of(env, env.reset(task_id="oversight_hard", split="train", index=3))
    env.step(SynthAuditAction(action_type="submit_audit_report", report="Read for training."))
    labels = [one.error_type or "right" for one in env.state.outcome.proposals]
    assert labelled_notes("hard", 3) == list(zip(notes.values(), labels, strict=True))


def test_it_would_use_a_leak(fewer, monkeypatch):
    """Where wrong notes hold a word that others do not, it flags these, with their error type, and no other."""

    def leaking(word):
        return note(f"The case is one of {word}.")

    def told(tier, index):
        draw = random.Random(index)
        labels = [draw.choice(["right", "right", "age_boundary_error", "protocol_window_violation"]) for _ in range(8)]
        words = {"right": "granite", "age_boundary_error": "marble", "protocol_window_violation": "slate"}
        return [(leaking(words[label]), label) for label in labels]

    monkeypatch.setattr(text_only, "labelled_notes", told)
    classifier: Classifier = trained("medium")
    right, age, window = classifier.opinions([leaking("granite"), leaking("marble"), leaking("slate")])
    assert right.p_wrong < classifier.threshold <= min(age.p_wrong, window.p_wrong)
    assert (age.error_type, window.error_type) == ("age_boundary_error", "protocol_window_violation")
