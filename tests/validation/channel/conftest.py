"""What the tests of the channel plant in the environment."""

import pytest

from synth_audit_env.server.audit import tools


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
