"""A browser that is Debian's Chromium, a server with its page, and a watch over what each page does.

    pytestmark = pytest.mark.browser

    def test_the_view_says_its_name(open_page):
        page = open_page("#/results", viewport={"width": 390, "height": 844})
        page.get_by_role("link", name="Certificate").wait_for()

CHROMIUM names the browser where it is not on the path, and SCREENSHOTS a folder for pictures (looks.py).
"""

import os
import re
import shutil
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from synth_audit_env.tests.page.looks import look
from synth_audit_env.tests.page.served import PageServer, furnish
from synth_audit_env.tests.page.steps import SHAPES

CHROMIUM = shutil.which(os.environ.get("CHROMIUM") or "chromium") or ""
PATIENCE_MS = 60_000
"""The machine may be busy: nothing here is a measurement."""
CUT_OFF = "WebSocket connection|ERR_"
"""What Chromium says of a server that is not there."""
_BREACHES = """addEventListener("securitypolicyviolation", (breach) => {
  console.error(`The policy of the page forbids ${breach.violatedDirective}: ${breach.blockedURI}`);
});"""


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("there is no chromium: apt-get install chromium, or name one in CHROMIUM")
    # Not skipped for want of it: where there is a browser, a stage of .ci/run that ran nothing would pass.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def page_server(browser, tmp_path_factory):
    """A server that has results and an episode log, for the tests that leave it as they find it."""
    folder = tmp_path_factory.mktemp("server")
    furnish(folder)
    with PageServer(folder) as server:
        yield server


@pytest.fixture
def own_server(browser, tmp_path):
    """Start servers of one's own, which a test may kill: `own_server("--max-sessions", "1")`."""
    started = []

    def start(*flags, **variables):
        server = PageServer(tmp_path / f"server-{len(started)}", *flags, **variables)
        started.append(server)
        return server.__enter__()

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def open_page(browser, page_server, own_server):
    """Open a page in a browser context of its own: `open_page("#/audit?task=oversight_easy&seed=900123")`.

    Further names are of the page: `url` for another server, `allowed` for a pattern of what its console may say, as it
    does of each request that fails, and `beside` for a page whose context it shares. Others are of a Playwright
    context, such as viewport and color_scheme. At the end no page has asked another host, thrown an error, said one on
    its console, opened a dialog, or met the policy that forbids foreign scripts. Pages are closed before `own_server`
    stops its servers: what a page asks of one that is gone would be an error on its console.
    """
    contexts, strange = [], []

    def opened(path="", *, url=page_server.url, allowed=None, beside=None, **options):
        context = beside.context if beside else browser.new_context(**{"viewport": SHAPES["desktop"], **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch(page, url, strange, allowed)
        page.goto(f"{url}/{path}")
        page.locator("main > *").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert strange == []


class Sight(NamedTuple):
    """How a page is shown."""

    shape: str
    scheme: str

    @property
    def options(self):
        """Of `open_page`. Nothing moves, so that a picture shows where things end up."""
        return {"viewport": SHAPES[self.shape], "color_scheme": self.scheme, "reduced_motion": "reduce"}

    def look(self, page, name):
        """Look at a page that is shown so."""
        look(page, f"{name}-{self.shape}-{self.scheme}")


@pytest.fixture(params=[Sight(shape, scheme) for shape in SHAPES for scheme in ("light", "dark")], ids="-".join)
def sight(request):
    """Wide, narrow and on a phone, light and dark: a test that asks for it is run with each."""
    return request.param


def watch(page, url, strange, allowed=None):
    """Collect in `strange` what no page of ours may do."""
    host = urlsplit(url).netloc

    def told(text):
        if not (allowed and re.search(allowed, text)):
            strange.append(text)

    def answered(dialog):
        if dialog.type != "beforeunload":
            told(f"A dialog: {dialog.message}")
        dialog.accept()

    page.add_init_script(_BREACHES)
    page.on("request", lambda request: told(f"Another host: {request.url}") if foreign(request.url, host) else None)
    page.on("websocket", lambda socket: told(f"Another host: {socket.url}") if foreign(socket.url, host) else None)
    page.on("dialog", answered)
    page.on("console", lambda said: told(f"On the console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: told(f"Thrown: {error}"))


def foreign(address, host):
    parts = urlsplit(address)
    return parts.scheme not in ("data", "blob") and parts.netloc != host
