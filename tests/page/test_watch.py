"""The watch over a page notices each thing that no page of ours may do, so that the other tests can fail by it."""

import pytest

from synth_audit_env.tests.page.conftest import watch
from synth_audit_env.tests.page.looks import CUT, SIZES, findings

pytestmark = pytest.mark.browser
FORBIDDEN = "On the console: The policy of the page forbids"
INLINE = "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))"


@pytest.fixture
def watched(browser, page_server):
    strange = []
    page = browser.new_page()
    watch(page, page_server.url, strange)
    page.goto(page_server.url)
    page.locator("main > *").first.wait_for()
    assert strange == []
    yield page, strange
    page.close()


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("setTimeout(() => location = 'https://example.invalid/')", "Another host: https://example.invalid/"),
        ("fetch('https://example.invalid/').catch(() => {})", f"{FORBIDDEN} connect-src: https://example.invalid/"),
        ("setTimeout(() => { throw new Error('oh') })", "Thrown: oh"),
        ("console.error('oh')", "On the console: oh"),
        ("setTimeout(() => alert('oh'))", "A dialog: oh"),
        (INLINE, f"{FORBIDDEN} script-src-elem: inline"),
    ],
)
def test_it_notices(watched, does, told):
    page, strange = watched
    page.evaluate(does + ";0")
    page.wait_for_timeout(500)
    assert told in strange


def test_looking_finds_what_is_cut_too_varied_or_not_for_everybody(watched):
    page, _ = watched
    assert (page.evaluate(CUT), findings(page)) == ([], [])
    page.evaluate("""() => {
        const one = document.createElement("div");
        one.append(Object.assign(document.createElement("p"), {innerText: "a very long line of text"}), new Image());
        Object.assign(one.style, {width: "9px", overflow: "hidden", whiteSpace: "nowrap", fontSize: "3px"});
        one.lastChild.src = "page/icon.svg";
        document.querySelector("main").append(one);
    }""")
    assert "a very long line" in page.evaluate(CUT)[0]
    assert "3px" in page.evaluate(SIZES)
    assert "image-alt" in findings(page)[0]
