"""Who reads a label is counted, what follows from one is seen when all are flipped, and probes hear what is planted."""

import time
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from synth_audit_env.server.audit import episode as episodes
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.certificate import Interval, Measurement, at_most
from synth_audit_env.validation.channel import answers
from synth_audit_env.validation.channel import probes as channel
from synth_audit_env.validation.channel.answers import answers_by_proposal, least_times
from synth_audit_env.validation.channel.asks import DECISIONS, MISTAKES
from synth_audit_env.validation.channel.probes import flipped, looks, probe, text_probe
from synth_audit_env.validation.channel.raw_sockets import WebSocketLine
from synth_audit_env.validation.episodes import scenario, scenarios

UNDECIDED = "times that the label of an undecided proposal is read before the end, immediate settlement"
ANY = "times that the label of any proposal is read before the end, terminal settlement"
CHANGES = [
    f"answers before the end that change when all labels are flipped, {settlement} settlement"
    for settlement in ("immediate", "terminal")
]


@pytest.fixture(scope="module")
def trials():
    return [scenario("easy", "validation", 1), scenario("medium", "validation", 0)]


def figures(measurements):
    return {m.what: m.figure.value for m in measurements}


def test_the_environment_as_it_is_passes(trials):
    measured = [*looks(trials, "two"), *flipped(trials, "two")]
    assert len(measured) == 7
    assert [m for m in measured if not m.passed()] == []
    assert {m.seeds for m in measured} == {"two"}


def test_a_look_of_no_consequence_is_counted(trials, plant):
    plant(lambda proposal, text: text + str(proposal.is_wrong)[:0])
    found = {m.what: m for m in looks(trials, "two")}
    assert found[UNDECIDED].figure.value > 0
    assert found[ANY].figure.value > 0
    assert found[ANY].seeds == "easy seed 900001, medium seed 900000", "it says where"


def curious(settle):
    """Looks at the others while one is decided; terminal settlement settles at the end."""

    def looking(self, proposal, *rest):
        assert all(one.is_wrong in (True, False) for one in self.scenario.proposals)
        settle(self, proposal, *rest)

    return looking


def hasty(decide):
    """Settles before the end in terminal settlement."""

    def settling(self, action):
        text = decide(self, action)
        while self._unsettled:
            self._unsettled.pop()()
        return text

    return settling


@pytest.mark.parametrize(("name", "faulty", "counted"), [("_settle", curious, UNDECIDED), ("_decide", hasty, ANY)])
def test_a_look_in_one_settlement_is_counted_there(trials, monkeypatch, name, faulty, counted):
    monkeypatch.setattr(episodes.Episode, name, faulty(getattr(episodes.Episode, name)))
    found = figures(looks(trials, "two"))
    assert {what for what, figure in found.items() if figure} == {counted}


def test_a_single_space_is_a_change(trials, plant):
    plant(lambda proposal, text: text + " " * proposal.is_wrong)
    found = figures(flipped(trials, "two"))
    assert all(found[what] > 0 for what in CHANGES)


def test_a_penalty_and_a_refusal_that_depend_on_the_label_are_grouped(trials, telling_referee):
    measured = list(flipped(trials, "two"))
    assert [m.passed() for m in measured] == [False, False, True, False, False]
    assert [m.figure.value for m in measured[-2:]] == [2, 2]


# The probes


@pytest.fixture
def few_asks(monkeypatch):
    """Ask little: what is planted is heard in the reviews, which go with the mistakes."""
    monkeypatch.setattr(answers, "_PLAYS", (("immediate", MISTAKES), ("terminal", DECISIONS[0])))
    monkeypatch.setattr(answers, "EVIDENCE", DECISIONS[0])


def test_the_probes_hear_a_pause_a_sign_and_a_penalty(few_asks, telling_referee, plant, monkeypatch):
    paused = 0

    def pausing(proposal, text):
        nonlocal paused
        paused += 200_000 * proposal.is_wrong
        return text

    # Not by a clock that goes on while others have the core: what is heard is the pause, and not the tests beside this.
    monkeypatch.setattr(answers, "perf_counter_ns", lambda: time.process_time_ns() + paused)
    plant(pausing)
    trials = scenarios("hard", "validation", 12)
    rewards, sizes, _, states, errors = channel.probes(answers_by_proposal(trials), "hard", "twelve")
    latencies = channel.in_process(TIERS["hard"], 300, 2)
    assert rewards.figure.value == 1.0
    assert not sizes.passed(doubt=1), sizes.figure
    assert not latencies.passed(doubt=1), latencies.figure
    assert "in-process" in latencies.what
    assert errors.figure.value > 0.9
    assert states.passed(doubt=1), states.figure


def test_the_probe_hears_a_state_that_tells(few_asks, monkeypatch):
    class Telling(SynthAuditEnvironment):
        @property
        def state(self):
            told = super().state
            last = self._episode.scenario.proposal[list(told.decisions)[-1]] if told.decisions else None
            return told.model_copy(update={"split": told.split + "." * (last is not None and last.is_wrong)})

    monkeypatch.setattr(answers, "SynthAuditEnvironment", Telling)
    *_, states, errors = channel.probes(answers_by_proposal(scenarios("hard", "validation", 12)), "hard", "twelve")
    assert states.figure.value > 0.9
    assert errors.figure.value == 0.5, "not a sign of them varies"


def test_the_probe_hears_that_labels_hang_together():
    trials = []
    for number, trial in enumerate(scenarios("medium", "validation", 24)):
        wrong = number % 4 < 2  # half of the episodes that it learns from, and half of the others
        alike = tuple(
            replace(one, is_wrong=wrong, error_type=one.brief.error_type if wrong else None) for one in trial.proposals
        )
        trials.append(replace(trial, proposals=alike))
    assert channel.others_rewards(trials, "twenty-four").figure.value > 0.95


def timed(low):
    return Measurement("AUC, latencies", "hard", Interval(low + 0.05, low, low + 0.1), at_most(0.55), "few")


@pytest.mark.parametrize("low", [0.5, 0.56])
def test_times_that_a_few_proposals_make_suspect_are_held_to_those_of_many(low):
    suspect, held = channel.settled(timed(0.56), lambda: timed(low))
    assert suspect.bar is None, "it informs of what was seen first"
    assert held.passed(doubt=1) == (low <= 0.55)
    assert list(channel.settled(timed(0.5), pytest.fail)) == [timed(0.5)], "not suspect, and so measured once"


class Pausing(SynthAuditEnvironment):
    """Thinks a millisecond longer about a wrong proposal."""

    def act(self, action):
        proposal = self._episode.scenario.proposal.get(action.proposal_id)
        time.sleep(1e-3 * (action.action_type == "review_proposal" and proposal.is_wrong))
        return super().act(action)


def test_a_pause_is_heard_over_the_socket(serve):
    url = serve(environment=Pausing).url
    assert channel.over_socket(url, TIERS["hard"], 240, 2).figure.low > 0.55
    with WebSocketLine(url, "/ws") as line:
        times = least_times(scenarios("easy", "validation", 2), 1, partial(channel.times_over_socket, line))
    assert {len(taken) for taken, _, _ in times} == {12}, "a review and three answers for each way to decide"
    for number in (0, 1):
        own = [taken[0] for taken, _, of in times if of == number]
        assert min(own) <= 0 <= max(own)


DRAW = Random(7)
LABELS = [(DRAW.random() < 0.3, number // 6) for number in range(600)]


def test_numbers_that_tell_and_numbers_that_do_not():
    assert probe(([0.1] * (2 + wrong), wrong, number) for wrong, number in LABELS).value == 1.0, "one that is missing"
    noise = [DRAW.random() for _ in LABELS]
    assert probe(([some, float(wrong)], wrong, n) for some, (wrong, n) in zip(noise, LABELS, strict=True)).value == 1.0
    figure = probe(([some], wrong, n) for some, (wrong, n) in zip(noise, LABELS, strict=True))
    assert figure.low < 0.5 < figure.high


def test_a_single_sign_among_much_that_varies_is_heard():
    texts = [" ".join(str(DRAW.randrange(100)) for _ in range(40)) for _ in LABELS]
    told = [text[:50] + "!" * wrong + text[50:] for text, (wrong, _) in zip(texts, LABELS, strict=True)]
    assert text_probe((text, *label) for text, label in zip(told, LABELS, strict=True)).value > 0.95
    figure = text_probe((text, *label) for text, label in zip(texts, LABELS, strict=True))
    assert figure.low < 0.5 < figure.high
    assert text_probe(("Unknown feature.", *label) for label in LABELS).value == 0.5, "all alike"


def test_what_is_learned_is_asked_of_other_episodes():
    """The label follows the text in the even episodes alone."""
    rows = [(f"{'a' if wrong == (n % 2 == 0) else 'b'}", wrong, n) for wrong, n in LABELS]
    assert text_probe(rows).value < 0.1
