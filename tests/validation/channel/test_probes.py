"""The probes guess no label of the environment as it is, and each hears a leak of its kind that is planted."""

import time
from dataclasses import replace

import pytest

from synth_audit_env.server import episode as episodes
from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.tasks import TIERS
from synth_audit_env.validation.channel import listening
from synth_audit_env.validation.channel import probes as channel
from synth_audit_env.validation.channel.listening import DECISIONS, MISTAKES
from synth_audit_env.validation.episodes import scenarios


@pytest.fixture
def short_plays(monkeypatch):
    """Listen to little: what is planted is heard in the reviews, which go with the mistakes."""
    monkeypatch.setattr(channel, "_PLAYS", (("immediate", MISTAKES), ("terminal", DECISIONS[0])))
    monkeypatch.setattr(channel, "EVIDENCE", DECISIONS[0])


def test_the_probes_hear_a_pause_a_sign_and_a_penalty(short_plays, plant, monkeypatch):
    honest = episodes.Episode._do

    def telling(self, action):
        proposal = self.scenario.proposal.get(action.proposal_id)
        wrong = proposal is not None and proposal.is_wrong
        self._book({"step": -wrong})
        try:
            return honest(self, action)
        except EpisodeError as refusal:
            raise EpisodeError(f"{refusal}{'!' * wrong}") from refusal

    def pausing(proposal, text):
        time.sleep(200e-6 * proposal.is_wrong)
        return text

    monkeypatch.setattr(episodes.Episode, "_do", telling)
    plant(pausing)
    rewards, sizes, latencies, _, states, errors = channel.probes(scenarios("hard", "validation", 12), 2, "twelve")
    assert rewards.figure.value == 1.0
    assert not sizes.passed(doubt=True), sizes.figure
    assert not latencies.passed(doubt=True), latencies.figure
    assert "in-process" in latencies.what
    assert errors.figure.value > 0.9
    assert states.passed(doubt=True), states.figure


def test_the_probe_hears_a_state_that_tells(short_plays, monkeypatch):
    class Telling(SynthAuditEnvironment):
        @property
        def state(self):
            told = super().state
            last = self._episode.scenario.proposal[list(told.decisions)[-1]] if told.decisions else None
            return told.model_copy(update={"split": told.split + "." * (last is not None and last.is_wrong)})

    monkeypatch.setattr(listening, "SynthAuditEnvironment", Telling)
    *_, states, errors = channel.probes(scenarios("hard", "validation", 12), 1, "twelve")
    assert states.figure.value > 0.9
    assert errors.figure.value == 0.5, "not a sign of them varies"


def test_the_probe_hears_that_labels_hang_together():
    trials = []
    for number, trial in enumerate(scenarios("medium", "validation", 24)):
        wrong = number % 4 < 2  # half of the episodes that it learns from, and half of the others
        alike = tuple(
            replace(one, is_wrong=wrong, error_type=one.brief.flaw.error_type if wrong else None)
            for one in trial.proposals
        )
        trials.append(replace(trial, proposals=alike))
    assert channel.others_told(trials, "twenty-four").figure.value > 0.95


def test_short_episodes_are_more():
    counts = {name: channel.episodes_for(300, tier) for name, tier in TIERS.items()}
    assert counts["easy"] > counts["medium"] > counts["hard"]
    for name, tier in TIERS.items():
        assert abs(counts[name] * sum(tier.proposals) / 2 - 300) < sum(tier.proposals)
