"""What the page says of the kinds of error is what the README says."""

import re
from pathlib import Path

from synth_audit_env.server.protocol import ERROR_TYPES
from synth_audit_env.server.web.error_kinds import MEANINGS, kinds_pane
from synth_audit_env.server.web.markup import words
from synth_audit_env.tests.server.web.test_panes import harmless

README = Path(__file__).parents[3] / "README.md"


def test_each_kind_is_explained_as_in_the_readme():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: told for name, told in rows if name in ERROR_TYPES} == dict(MEANINGS)
    assert tuple(MEANINGS) == ERROR_TYPES


def test_they_are_folded_and_called_as_in_the_field():
    html = kinds_pane()
    assert html.startswith("<details")
    text = harmless(html).text
    assert all(words(name) + told in text for name, told in MEANINGS.items())
