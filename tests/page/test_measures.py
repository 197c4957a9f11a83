"""What the page costs: bytes, lines, time to be ready, time from a click to its picture.

Times are printed and not asserted: what is measured is the machine as well. That a click paints within 100 ms on an
idle machine is told by the median that is printed here, at the end of `.ci/nightly`, when nothing else runs.
"""

import statistics
from pathlib import Path

import pytest

from synth_audit_env.tests.page.steps import HARD, prepared, steps_left, until

pytestmark = pytest.mark.browser
PAGE = Path(__file__).parents[2] / "server" / "page"
MOST_BYTES = 400_000
MOST_LINES = 2_650


def test_all_files_of_the_page_are_small(measured):
    files = {path: path.stat().st_size for path in PAGE.rglob("*") if path.is_file()}
    data = sum(size for path, size in files.items() if "data" in path.parts)
    measured(f"files: {sum(files.values()):,} bytes, of which {data:,} are data, such as the guided case")
    assert sum(files.values()) < MOST_BYTES


def test_its_own_javascript_is_short(measured):
    texts = [path.read_text(encoding="utf-8") for path in PAGE.glob("js/*.js")]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    code = [line for line in lines if line and not line.startswith(("//", "/*", "*"))]
    measured(f"own JavaScript: {len(lines):,} lines, {len(code):,} without blank ones and comments")
    assert len(lines) < MOST_LINES


VISIT = """() => {
  const [visit] = performance.getEntriesByType("navigation");
  const parts = performance.getEntriesByType("resource");
  const [painted] = performance.getEntriesByName("first-contentful-paint");
  return {
    bytes: [visit, ...parts].reduce((sum, {transferSize}) => sum + transferSize, 0),
    requests: 1 + parts.length,
    loaded: visit.loadEventEnd,
    painted: painted.startTime,
  };
}"""


def test_the_first_visit_transfers_little_and_is_soon_ready(open_page, measured):
    timings = []
    for _ in range(5):
        page = open_page()
        page.get_by_role("heading", level=1).first.wait_for()
        timings.append(page.evaluate(VISIT))
        page.context.close()
    painted, loaded = (statistics.median(one[name] for one in timings) for name in ("painted", "loaded"))
    first = timings[0]
    measured(
        f"first visit: {first['bytes']:,} bytes in {first['requests']} requests; "
        f"contents painted after {painted:.0f} ms, loaded after {loaded:.0f} ms (medians of {len(timings)})"
    )
    assert first["bytes"] < MOST_BYTES


CLICKS = """() => {
  const shown = () => [".status .number", "#pane-decide h2"].map((one) => document.querySelector(one).innerText).join();
  const picture = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  window.waits = [];
  addEventListener("click", ({timeStamp}) => {
    const before = shown();
    const watch = new MutationObserver(async () => {
      if (shown() === before) return;
      watch.disconnect();
      await picture();
      waits.push(performance.now() - timeStamp);
    });
    watch.observe(document.body, {subtree: true, childList: true, characterData: true});
  }, true);
}"""
"""Notes for each click how long it is until the frame after the one that shows its answer, so a frame too much."""


def test_a_click_is_soon_answered(open_page, measured):
    page = prepared(open_page(HARD))
    page.evaluate(CLICKS)
    turns, answers, left = [], [], 120
    for number, proposal in enumerate(page.locator(".queue button").all()):
        if number:
            turns.append(waited(page, proposal))
        for name in ("Read the note", "Open the record", "Count the days"):
            answers.append(waited(page, page.get_by_role("button", name=name)))
            left -= 1
            steps_left(page, left)
    measured(f"a click that turns to another proposal: {spread(turns)}")
    measured(f"a click that asks the server: {spread(answers)}")
    assert len(turns) + len(answers) >= 20


def waited(page, button):
    """Click, and return the milliseconds until its answer was painted."""
    known = page.evaluate("waits.length")
    button.click()
    until(page, "(known) => waits.length > known", arg=known)
    return page.evaluate("waits.at(-1)")


def spread(times):
    return f"painted after {statistics.median(times):.0f} ms, {max(times):.0f} ms at worst ({len(times)} clicks)"
