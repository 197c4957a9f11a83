"""What the tests of the channel plant in the environment."""

import pytest

from synth_audit_env.server.audit import tools
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.world.errors import EpisodeError


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


@pytest.fixture
def telling_referee(monkeypatch):
    """A referee that takes a thousandth for what is done about a wrong proposal, and marks what it refuses of it."""
    honest = Episode._do

    def telling(self, action):
        proposal = self.scenario.proposal.get(action.proposal_id)
        wrong = proposal is not None and proposal.is_wrong
        self._book({"step": -wrong})
        try:
            return honest(self, action)
        except EpisodeError as refusal:
            raise EpisodeError(f"{'Well, ' * wrong}{refusal}") from refusal

    monkeypatch.setattr(Episode, "_do", telling)
