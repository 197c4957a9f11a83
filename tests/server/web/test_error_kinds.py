"""The page explains the kinds of error in the words of their records."""

from synth_audit_env.server.web.error_kinds import kinds_pane
from synth_audit_env.server.web.markup import words
from synth_audit_env.server.world.protocol import ERROR_KINDS
from synth_audit_env.tests.server.web.test_panes import harmless


def test_they_are_folded_and_called_as_in_the_field():
    html = kinds_pane()
    assert html.startswith("<details")
    text = harmless(html).text
    assert all(words(name) + kind.rule in text for name, kind in ERROR_KINDS.items())
