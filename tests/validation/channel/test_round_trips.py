"""What a client measures over a socket: each proposal's own times, and a pause that depends on the label."""

import time

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.validation.channel.classifiers import probe
from synth_audit_env.validation.channel.round_trips import times_of
from synth_audit_env.validation.episodes import scenarios


class Pausing(SynthAuditEnvironment):
    """Thinks a millisecond longer about a wrong proposal."""

    def act(self, action):
        proposal = self._episode.scenario.proposal.get(action.proposal_id)
        time.sleep(1e-3 * (action.action_type == "review_proposal" and proposal.is_wrong))
        return super().act(action)


def test_every_proposal_has_its_times_over_the_median_of_its_episode(server):
    trials = scenarios("easy", "validation", 2)
    times = times_of(server.url, trials, repetitions=1)
    assert set(times) == {(n, one.note.proposal_id) for n, trial in enumerate(trials) for one in trial.proposals}
    assert {len(taken) for taken in times.values()} == {12}, "a review and three answers for each way to decide"
    for number in (0, 1):
        own = [taken[0] for (of, _), taken in times.items() if of == number]
        assert min(own) <= 0 <= max(own)


def test_a_pause_is_heard_over_the_socket(serve):
    trials = scenarios("hard", "validation", 10)
    times = times_of(serve(environment=Pausing).url, trials, repetitions=2)
    rows = [
        (times[number, one.note.proposal_id], one.is_wrong, number)
        for number, trial in enumerate(trials)
        for one in trial.proposals
    ]
    assert probe(rows).low > 0.55
