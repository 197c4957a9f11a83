"""The records of the error types: the world can make each, and the tables of README and docs say what they say."""

import re
from pathlib import Path
from typing import get_args

import pytest

from synth_audit_env.error_types import ERROR_KINDS, ERROR_TYPES
from synth_audit_env.models import ErrorType
from synth_audit_env.server.world.misreadings import flaws_of
from synth_audit_env.server.world.record import FACT_FIELDS
from synth_audit_env.server.world.tasks import TIERS

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
IN_TIERS = {"easy": "all", "medium": "medium up", "hard": "hard up", "expert": "expert"}
"""What a table says of an error type, by the first tier that has it."""


def test_a_table_says_what_the_records_say():
    rows = [
        (name, rule, tiers)
        for page in PAGES
        for name, rule, tiers in re.findall(
            r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        if name in ERROR_KINDS
    ]
    assert {name for name, *_ in rows} == set(ERROR_KINDS)
    assert set(rows) == {(name, kind.rule, IN_TIERS[kind.since]) for name, kind in ERROR_KINDS.items()}


def test_a_type_checker_knows_them():
    assert get_args(ErrorType) == ERROR_TYPES


@pytest.mark.parametrize("tier", TIERS)
def test_a_tier_has_a_misreading_for_each_of_its_error_types(tier):
    assert set(flaws_of(tier)) == set(TIERS[tier].error_types)


def test_what_decides_is_a_field_that_shapley_values_are_asked_of():
    assert all(kind.key_fields <= set(FACT_FIELDS) for kind in ERROR_KINDS.values())
    assert all(name == name.lower() and " " not in name for name in ERROR_TYPES)
