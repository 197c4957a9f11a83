"""What visits leave behind in the server's memory. The figures are printed; that no session stays is asserted."""

import httpx
import psutil
import pytest

from synth_audit_env.tests.page.steps import prepared
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
    wait_until(lambda: open_sessions(server) == 1, lambda: f"{open_sessions(server)} sessions are open, not 1.")


def open_sessions(server):
    told = httpx.get(f"{server.url}/metrics", trust_env=False).text
    [line] = [line for line in told.splitlines() if line.startswith("synth_audit_sessions ")]
    return float(line.split()[1])


def resident(server):
    """MiB that the server holds."""
    return psutil.Process(server.process.pid).memory_info().rss / 2**20
