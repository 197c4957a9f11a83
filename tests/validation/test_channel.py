"""A label that an answer or its time depends on is found; without one nothing is."""

import time

import pytest

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.validation import channel
from synth_audit_env.validation.episodes import scenarios


@pytest.fixture(scope="module")
def trials():
    return [one for tier in ("easy", "expert") for one in scenarios(tier, "validation", 1)]


def changed(trials):
    """Answers that change by settlement, and the share of ends that do."""
    return [row.figure.value for row in channel.turned_labels(trials, "")]


def test_a_clean_channel_changes_at_the_end_only(trials):
    assert changed(trials) == [0, 0, 1]


def leaking(leak):
    """A step that does `leak(environment, label, observation)` where it is about a proposal."""
    step = SynthAuditEnvironment.step

    def leaks(self, action, *args, **options):
        observation = step(self, action, *args, **options)
        proposal = self._episode.scenario.proposal.get(action.proposal_id or "") if action.proposal_id else None
        return observation if proposal is None else leak(proposal.is_wrong, observation)

    return leaks


def test_a_reward_and_a_text_that_depend_on_a_label_are_found(trials, monkeypatch):
    def leak(is_wrong, observation):
        return observation.model_copy(update={"feedback": observation.feedback + " " * is_wrong})

    monkeypatch.setattr(SynthAuditEnvironment, "step", leaking(leak))
    assert min(changed(trials)[:2]) > 10


def test_a_time_that_depends_on_a_label_is_found(monkeypatch):
    def leak(is_wrong, observation):
        until = time.perf_counter_ns() + 1_000_000 * is_wrong
        while time.perf_counter_ns() < until:
            pass
        return observation

    monkeypatch.setattr(SynthAuditEnvironment, "step", leaking(leak))
    assert channel.times_tell(scenarios("easy", "validation", 12), 1).low > 0.6
