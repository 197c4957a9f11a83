"""The slots that a template may have, and those it must have: the agreement between this package and the Actor.

    slots_of("LDH {ldh} U/L and ECOG {ecog}")   # frozenset({"ldh", "ecog"})

Nothing here knows what fills a slot. Examples of every filling are in the test of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from string import Formatter

NOTE_CHARACTERS = 430
"""The most that an opener, an argument and a closer, filled and joined by spaces, come to."""
OPENER_CHARACTERS = 125
ARGUMENT_CHARACTERS = 215
CLOSER_CHARACTERS = 85

PROFILE_SLOTS = frozenset(
    {
        "patient",
        "who",
        "a_who",
        "A_who",
        "stage",
        "histology",
        "primary_site",
        "ecog",
        "ldh",
        "site",
        "arm",
        "drug",
        "prior",
        "smoking",
    }
)
"""What an opener may quote of a patient. `a_who` and `A_who` are `who` with its article, "an 81-year-old woman"."""
COHORT_SLOTS = frozenset({"code", "patients"})
"""What the opener of a proposal on the whole cohort quotes: the study code and the number of patients."""

CARRIES: Mapping[str, frozenset[str]] = {
    flaw: frozenset(slots.split())
    for flaw, slots in {
        "generic_age_limits": "low high",
        "labs_over_age": "ldh ecog",
        "age_amendment": "cited in_force limit",
        "dates_not_compared": "order_clause",
        "data_entry_excuse": "order_clause site",
        "guidance_window": "guidance_days",
        "site_latency": "latency_days site",
        "extension_to_other_stages": "extension_clause stage",
        "window_amendment": "cited in_force limit what",
        "override_ignored": "extension_clause base_clause",
        "override_softened": "override_clause extension_clause",
        "waiver_stretched": "waiver_clause override_clause",
        "superseded_version": "version base_clause",
        "fabricated_citation": "authority",
        "fabricated_statistic": "figure group",
        "pooled_mortality": "feature contrast gap equity_clause",
        "strict_age": "low high",
        "extension_denied": "base_clause extension_clause",
        "waiver_ignored": "override_clause extension_clause",
    }.items()
}
"""Flaw to the slots that every one of its arguments has: they carry what the Actor got wrong."""

_OPTIONAL: Mapping[str, frozenset[str]] = {
    "generic_age_limits": frozenset({"age_min_clause", "age_max_clause"}),
    "guidance_window": frozenset({"base_clause"}),
    "site_latency": frozenset({"base_clause"}),
    "strict_age": frozenset({"age_min_clause", "age_max_clause"}),
    "waiver_ignored": frozenset({"waiver_clause"}),
}

ARGUMENT_SLOTS: Mapping[str, frozenset[str]] = {
    flaw: carried | _OPTIONAL.get(flaw, frozenset()) for flaw, carried in CARRIES.items()
}
"""Flaw to every slot that its arguments may have. Whoever tells a proposal fills all of them."""


@lru_cache(maxsize=4096)
def slots_of(template: str) -> frozenset[str]:
    """The names of a template's slots.

    An opener that shares one with the argument would say a thing twice: each voice has openers enough to avoid it.
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)
