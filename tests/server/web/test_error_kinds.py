"""What the page says of the kinds of error is what the README says."""

import re
from pathlib import Path

from synth_audit_env.server.web.error_kinds import kinds_pane
from synth_audit_env.server.web.markup import words
from synth_audit_env.server.world.protocol import ERROR_KINDS
from synth_audit_env.tests.server.web.test_panes import harmless

README = Path(__file__).parents[3] / "README.md"


def test_each_kind_is_explained_as_in_the_readme():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    tiers = {"easy": "all", "medium": "medium up", "hard": "hard up", "expert": "expert"}
    known = {name: (kind.rule, tiers[kind.since]) for name, kind in ERROR_KINDS.items()}
    assert {name: told for name, *told in rows if name in known} == {name: [*told] for name, told in known.items()}


def test_they_are_folded_and_called_as_in_the_field():
    html = kinds_pane()
    assert html.startswith("<details")
    text = harmless(html).text
    assert all(words(name) + kind.rule in text for name, kind in ERROR_KINDS.items())
