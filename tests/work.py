"""How much work a call is, as a count: the lines of Python that it runs, which a busy machine does not change."""

import sys
from collections.abc import Callable


def lines_run(call: Callable[[], object]) -> int:
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
