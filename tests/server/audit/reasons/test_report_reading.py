"""A report is read in a time that is linear in it, points and all."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.models import MAX_REPORT
from synth_audit_env.server.audit.reasons.report_reading import _STATEMENT_END, read_report


@given(st.text("ab .!?\n\t;", max_size=40))
def test_statements_end_with_a_line_a_semicolon_or_points_before_white_space(text):
    assert _STATEMENT_END.split(text) == re.split(r"\n+|;|[.!?]+(?=\s|$)", text)


def test_a_row_of_points_is_looked_at_once():
    start = time.process_time()
    read_report("." * (MAX_REPORT - 1) + "x")
    assert time.process_time() - start < 1.0  # it takes a millisecond, and seconds where each point is a start
