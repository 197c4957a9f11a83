"""Who reads a label early is counted, and whatever follows from a label is seen when all are flipped."""

import pytest

from synth_audit_env.server.audit import episode as episodes
from synth_audit_env.validation.channel.exact import flipped, looks
from synth_audit_env.validation.episodes import scenario

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
