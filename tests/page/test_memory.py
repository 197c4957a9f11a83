"""What visits leave behind in the server's memory. The figures are printed; that no session stays is asserted."""

import psutil
import pytest

from synth_audit_env.tests.page.steps import EASY, end, prepared
from synth_audit_env.tests.patience import wait_until

pytestmark = pytest.mark.browser
LOADS = 200
AUDITS = 50


def test_loads_of_the_page_and_audits_that_are_left_cost_the_server_no_memory_for_long(own_server, open_page, measured):
    server = own_server()
    page = open_page(url=server.url)
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    before = resident(server)
    for _ in range(LOADS):
        page.goto(server.url)
        page.get_by_role("heading", level=1).first.wait_for()
    loaded = resident(server)
    measured(f"server: {before:.1f} MiB, {loaded:.1f} MiB after {LOADS} loads of the page")
    for seed in range(AUDITS):
        page.goto(f"{server.url}/?{seed}#/audit?task=oversight_easy&split=validation&seed={900_300 + seed}")
        prepared(page)
    measured(f"server: {resident(server):.1f} MiB after {AUDITS} audits that were begun and left")
    # An audit that was left ends with its connection: but for the last one, no session stays behind.
    has_sessions(server, 1)


@pytest.mark.parametrize("split", ["validation", "train"], ids=["another audit", "an audit that is refused"])
def test_within_one_document_an_audit_that_is_left_or_refused_keeps_no_session(own_server, open_page, split):
    server = own_server()
    page = prepared(open_page(EASY, url=server.url))
    for seed in range(900_300, 900_303):
        page.evaluate(f"location.hash = '#/audit?task=oversight_easy&split={split}&seed={seed}'")
        if split == "validation":
            page.locator(".status").get_by_text(f"seed {seed}").wait_for()
        else:
            page.get_by_role("alert").get_by_text(f"seed {seed} is of split").wait_for()
    has_sessions(server, 1)


def test_an_audit_that_is_over_keeps_no_session(own_server, open_page):
    server = own_server()
    end(prepared(open_page(EASY, url=server.url)))
    has_sessions(server, 0)


def has_sessions(server, number):
    """Wait until so many are open."""
    wait_until(
        lambda: server.open_sessions() == number, lambda: f"{server.open_sessions()} sessions are open, not {number}."
    )


def resident(server):
    """MiB that the server holds."""
    return psutil.Process(server.process.pid).memory_info().rss / 2**20
