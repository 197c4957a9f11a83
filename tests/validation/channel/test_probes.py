"""The channel's measurements pass on the environment as it is, and each fails when a leak of its kind is planted."""

import time
from dataclasses import replace

import pytest

from synth_audit_env.server import episode as episodes
from synth_audit_env.server import tools
from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.validation.channel import probes as channel
from synth_audit_env.validation.channel.listening import DECISIONS, MISTAKES
from synth_audit_env.validation.episodes import QUICK, scenario, scenarios

UNDECIDED = "looks at the truth about an undecided proposal before the end, immediate settlement"
ANY = "looks at the truth about any proposal before the end, terminal settlement"
CHANGES = [
    f"answers before the end that change when every label is turned over, {settlement} settlement"
    for settlement in ("immediate", "terminal")
]


@pytest.fixture(scope="module")
def trials():
    return [scenario("easy", "validation", 1), scenario("medium", "validation", 0)]


@pytest.fixture
def plant(monkeypatch):
    """Let the text of a review depend on the proposal: `plant(lambda proposal, text: ...)`."""
    honest = tools.review_proposal

    def planted(leak):
        def leaking(scenario, proposal_id):
            text, result = honest(scenario, proposal_id)
            return leak(scenario.proposal[proposal_id], text), result

        monkeypatch.setattr(tools, "review_proposal", leaking)

    return planted


def figures(measurements):
    return {m.what: m.figure.value for m in measurements}


def test_the_environment_as_it_is_passes(trials):
    measured = [*channel.looks(trials, "two"), *channel.turned_over(trials, "two")]
    assert len(measured) == 7
    assert [m for m in measured if not m.passed()] == []
    assert {m.seeds for m in measured} == {"two"}


def test_a_look_of_no_consequence_is_counted(trials, plant):
    plant(lambda proposal, text: text + str(proposal.is_wrong)[:0])
    found = {m.what: m for m in channel.looks(trials, "two")}
    assert found[UNDECIDED].figure.value > 0
    assert found[ANY].figure.value > 0
    assert found[ANY].seeds == "easy seed 900001, medium seed 900000", "it says where"


def test_a_look_at_the_others_while_one_is_decided_is_counted(trials, monkeypatch):
    honest = episodes.Episode._settle

    def curious(self, proposal, *rest):
        assert all(one.is_wrong in (True, False) for one in self.scenario.proposals)
        honest(self, proposal, *rest)

    monkeypatch.setattr(episodes.Episode, "_settle", curious)
    found = figures(channel.looks(trials, "two"))
    assert found[UNDECIDED] > 0
    assert found[ANY] == 0, "terminal settlement settles at the end"


def test_settling_before_the_end_in_terminal_settlement_is_counted(trials, monkeypatch):
    honest = episodes.Episode._decide

    def hasty(self, action):
        text = honest(self, action)
        while self._unsettled:
            self._unsettled.pop()()
        return text

    monkeypatch.setattr(episodes.Episode, "_decide", hasty)
    found = figures(channel.looks(trials, "two"))
    assert found[ANY] > 0
    assert found[UNDECIDED] == 0


def test_a_single_space_is_a_change(trials, plant):
    plant(lambda proposal, text: text + " " * proposal.is_wrong)
    found = figures(channel.turned_over(trials, "two"))
    assert all(found[what] > 0 for what in CHANGES)


def test_a_penalty_and_a_refusal_that_depend_on_the_label_are_told_apart(trials, monkeypatch):
    honest = episodes.Episode._do

    def telling(self, action):
        try:
            return honest(self, action)
        except EpisodeError as refusal:
            proposal = self.scenario.proposal.get(action.proposal_id)
            if proposal is None or not proposal.is_wrong:
                raise
            self._book({"step": -1})
            raise EpisodeError(f"Well, {refusal}") from refusal

    monkeypatch.setattr(episodes.Episode, "_do", telling)
    measured = list(channel.turned_over(trials, "two"))
    assert [m.passed() for m in measured] == [False, False, True, False, False]
    assert [m.figure.value for m in measured[-2:]] == [2, 2]


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
    rewards, sizes, latencies, _ = channel.probes(scenarios("hard", "validation", 12), 2, "twelve")
    assert rewards.figure.value == 1.0
    assert not sizes.passed(doubt=True), sizes.figure
    assert not latencies.passed(doubt=True), latencies.figure


def test_the_probe_hears_that_labels_hang_together():
    trials = []
    for number, trial in enumerate(scenarios("medium", "validation", 24)):
        wrong = number % 4 < 2  # half of the episodes that it learns from, and half of the others
        alike = tuple(
            replace(one, is_wrong=wrong, error_type=one.brief.flaw.error_type if wrong else None)
            for one in trial.proposals
        )
        trials.append(replace(trial, proposals=alike))
    assert channel.others_told(trials, 24).figure.value > 0.95


@pytest.mark.slow
def test_the_quick_certificate_passes():
    measured = list(channel.measure(QUICK))
    assert [m for m in measured if not m.passed(doubt=QUICK.doubt)] == []
