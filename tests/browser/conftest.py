"""A browser that is Debian's Chromium, a server with its page, and a watch over what each page asks for.

CHROMIUM names the browser where it is not on the path, and SCREENSHOTS a folder for pictures of every tab.
"""

import json
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from synth_audit_env.tests.browser.steps import PATIENCE_MS
from synth_audit_env.tests.web_server import HOSTILE, web_server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
OUTPUTS = Path(__file__).parents[2] / "outputs"
_READY = "[...document.querySelectorAll('button')].some((one) => one.innerText == 'Start the audit' && !one.disabled)"
_TOASTS = """new MutationObserver(() => {
    for (const toast of document.querySelectorAll(".toast-body.error:not([data-told])")) {
        toast.dataset.told = "1";
        console.error(`A toast: ${toast.innerText}`);
    }
}).observe(document, {childList: true, subtree: true})"""
"""Says on the console what Gradio says of an error, which is gone from the page after a while."""


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
def url(browser, tmp_path_factory):
    """Of a server whose results are an evaluation of ours, and a training log of somebody who means harm."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(OUTPUTS / "eval" / "reference", folder / "outputs" / "eval" / "reference")
    shutil.copy(OUTPUTS / "certificate.json", folder / "outputs")
    (folder / "outputs" / "train" / "run").mkdir(parents=True)
    steps = [{"step": number, HOSTILE: HOSTILE} for number in (2, 10, 9)]
    (folder / "outputs" / "train" / "run" / "training_log.json").write_text(json.dumps(steps))
    with web_server(str(folder), EPISODE_LOG=str(folder / "episodes")) as base:
        yield f"{base}/web/"


@pytest.fixture
def open_page(browser, url):
    """Open the page in a browser context of its own.

    At the end no page has asked another host, shown a dialog, or a toast of an error.
    """
    contexts, strange = [], []
    host = urlsplit(url).netloc

    def _answered(dialog):
        if dialog.type != "beforeunload":
            strange.append(dialog.message)
        dialog.accept()

    def opened(query="", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: strange.append(request.url) if _foreign(request.url, host) else None)
        page.on("dialog", _answered)
        page.add_init_script(_TOASTS)
        page.on("console", lambda said: strange.append(said.text) if said.text.startswith("A toast:") else None)
        page.on("pageerror", lambda error: strange.append(str(error)))
        page.goto(url + query)
        page.wait_for_function(_READY)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert strange == []


def _foreign(address, host):
    parts = urlsplit(address)
    return parts.scheme not in ("data", "blob") and parts.netloc != host
