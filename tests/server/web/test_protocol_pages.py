"""The protocol is cut where its sections begin, and no word of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.web.protocol_pages import Pages, read_pages
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

TEXT = """PROTOCOL ONC-1234. Synthetic data.
§3 Eligibility
§3.1 Age is at least 40 years.
§3.2 Age is at most 75 years.
§4 Scheduling
§4.1 Treatment starts at most 24 days after enrolment.
§4.2 Exception: where the disease is Stage IV, the limit is 42 days instead.
§4.3 Override: where the comorbidity index is above 4.5, §4.2 does not apply.
§11 Amendments
Amendment 1 (in force 2021-06-01): for patients enrolled on or after 2021-06-01, §3.2 reads 78 years.
Amendment 12 (in force 2021-09-01): for patients enrolled on or after 2021-09-01, §4.3 does not apply."""


def whole(pages: Pages) -> str:
    parts = [pages.preamble]
    for chapter in pages.chapters:
        parts += [f"§{chapter.number} {chapter.title}", *(one.text for one in chapter.sections), *chapter.amendments]
    return "\n".join(parts)


def test_a_section_knows_the_amendments_that_change_it():
    pages = read_pages(TEXT)
    changes = {one.number: one.amendments for chapter in pages.chapters for one in chapter.sections}
    assert [text[:12] for text in changes["3.2"]] == ["Amendment 1 "]
    assert [text[:12] for text in changes["4.3"]] == ["Amendment 12"]
    assert changes["3.1"] == changes["4.1"] == changes["4.2"] == ()
    assert pages.code == "ONC-1234"


def test_an_amendment_goes_with_the_section_that_it_changes_and_no_other():
    pages = read_pages("§1 A\n§1.1 b\n§11 C\n§11.1 d\nAmendment 1: where §11.2 holds, §11.1 reads 3.")
    changed = {one.number: len(one.amendments) for chapter in pages.chapters for one in chapter.sections}
    assert changed == {"1.1": 0, "11.1": 1}


@pytest.mark.parametrize("tier", list(TIERS))
def test_every_protocol_is_cut_without_loss(tier):
    for seed in range(900_000, 900_010):
        scenario = build_scenario(TIERS[tier], seed, "train")
        pages = read_pages(scenario.protocol_text)
        assert whole(pages) == scenario.protocol_text
        assert pages.code == scenario.trial.code
        listed = [*scenario.trial.protocol.clauses, *scenario.trial.protocol.orders, *scenario.trial.provisions]
        sections = {one.number: one for chapter in pages.chapters for one in chapter.sections}
        assert {one.number for one in listed if not one.number.startswith("Amendment")} <= set(sections)
        assert all(one.text.startswith(f"§{number} ") for number, one in sections.items())
        for amendment in scenario.trial.amendments:
            named = [text.partition(" (")[0] for text in sections[amendment.acts_on].amendments]
            assert amendment.number in named


LINES = st.lists(
    st.sampled_from(["§3 A", "§3.1 b", "Amendment 2 c", "§", "§3.", "", "other", "§9.9 ", "§4  x", "§٣ y"])
)


@given(LINES)
def test_no_line_of_any_text_is_lost(lines):
    kept = whole(read_pages("\n".join(lines))).split("\n")
    assert sorted(filter(None, kept)) == sorted(filter(None, lines))
