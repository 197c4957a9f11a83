"""Every section of a protocol is a place that its citation leads to, and two protocols keep apart."""

import pytest

from synth_audit_env.server.web import markup
from synth_audit_env.server.web.protocol_pane import protocol_pane
from synth_audit_env.tests.server.web.desks import desk_at
from synth_audit_env.tests.server.web.test_panes import Seen, harmless


@pytest.mark.parametrize("key", ["", "replay-1"])
def test_every_section_is_a_place_that_its_citation_leads_to(key):
    desk = desk_at("oversight_expert", 900_003)
    shown = harmless(protocol_pane(desk.pages, key))
    places = {value for name, value in shown.attributes if name == "id"}
    for chapter in desk.pages.chapters:
        for section in chapter.sections:
            assert markup.anchor(f"§{section.number}", key) in places
            assert section.text in shown.text
        for amendment in chapter.amendments:
            assert markup.anchor(amendment.split(" (")[0], key) in places
    assert markup.anchor("§99.9", key) not in places
    links = {value[1:] for name, value in shown.attributes if name == "href"}
    assert links
    assert links <= places


def test_no_place_is_in_two_protocols():
    pages = desk_at("oversight_expert", 900_003).pages
    ids = [
        value
        for key in ("", "replay-0", "replay-1")
        for name, value in Seen(protocol_pane(pages, key)).attributes
        if name == "id"
    ]
    assert ids
    assert len(set(ids)) == len(ids)
