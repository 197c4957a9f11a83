"""The probes guess no label of the environment as it is, and each hears a leak of its kind that is planted."""

import time
from dataclasses import replace

import pytest

from synth_audit_env.server.audit import episode as episodes
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.certificate import Interval, Measurement, at_most
from synth_audit_env.validation.channel import listening
from synth_audit_env.validation.channel import probes as channel
from synth_audit_env.validation.channel import sounds as listened
from synth_audit_env.validation.channel.listening import DECISIONS, MISTAKES
from synth_audit_env.validation.channel.sounds import sounds
from synth_audit_env.validation.episodes import scenarios


@pytest.fixture
def short_plays(monkeypatch):
    """Listen to little: what is planted is heard in the reviews, which go with the mistakes."""
    monkeypatch.setattr(listened, "_PLAYS", (("immediate", MISTAKES), ("terminal", DECISIONS[0])))
    monkeypatch.setattr(listened, "EVIDENCE", DECISIONS[0])


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
    trials = scenarios("hard", "validation", 12)
    rewards, sizes, _, states, errors = channel.probes(sounds(trials, 1), "hard", "twelve")
    latencies = channel.in_process(TIERS["hard"], trials, 2)
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
    *_, states, errors = channel.probes(sounds(scenarios("hard", "validation", 12), 1), "hard", "twelve")
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


def _timed(low):
    return Measurement("channel", "AUC, latencies", "hard", Interval(low + 0.05, low, low + 0.1), at_most(0.55), "few")


@pytest.mark.parametrize("low", [0.5, 0.56])
def test_times_that_a_few_proposals_make_suspect_are_held_to_those_of_many(low):
    asked = []

    def again(trials, repetitions):
        asked.append((len(trials), repetitions))
        return _timed(low)

    suspect, held = channel.settled(_timed(0.56), again, TIERS["hard"])
    assert asked == [(channel.episodes_for(3_000, TIERS["hard"]), 3)]
    assert suspect.bar is None, "it informs of what was seen first"
    assert held.passed(doubt=True) == (low <= 0.55)


def test_times_that_are_not_suspect_are_measured_once():
    assert list(channel.settled(_timed(0.5), pytest.fail, TIERS["hard"])) == [_timed(0.5)]
