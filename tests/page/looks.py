"""Looks at a page as a person would: nothing sticks out, nothing is cut, everybody can read it.

    look(page, "start")

With SCREENSHOTS, a folder, a picture is left there for a person to look at.
"""

import os
from importlib.resources import files
from pathlib import Path

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FINDINGS = """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.map(
  ({id, help, nodes}) => `${id}: ${help}: ${nodes.map(({html}) => html.slice(0, 200)).join(" | ")}`))"""
CUT = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), cut = [];
  while (texts.nextNode()) {
    const {currentNode: node, currentNode: {parentElement: one}} = texts;
    // What is not shown, and what scrolls to the side by intention.
    if (!node.data.trim() || !one.checkVisibility()) continue;
    if (one.closest(".skip, .wide, .queue, noscript, select, textarea")) continue;
    const text = document.createRange();
    text.selectNodeContents(node);
    const {left, right, width} = text.getBoundingClientRect();
    let edge = one;
    while (edge.parentElement && getComputedStyle(edge).overflowX === "visible") edge = edge.parentElement;
    if (getComputedStyle(edge).clipPath !== "none") continue; // only a screen reader is told
    const room = edge.getBoundingClientRect();
    if (!width || (left >= room.left - 1 && right <= room.right + 1)) continue;
    cut.push(`${one.tagName} ${node.data.slice(0, 60)}: ${left} to ${right} in ${room.left} to ${room.right}`);
  }
  return cut;
}"""
"""Texts that reach beyond what clips them."""
SIZES = """() => {
  const saysSomething = ({childNodes}) => [...childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const shown = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && saysSomething(one));
  return [...new Set(shown.map((one) => getComputedStyle(one).fontSize))].sort();
}"""
"""The sizes of all text that is shown."""


def look(page, name):
    """Take a picture and check the page as it stands."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"{name} is {width} pixels wider than its window"
    assert not (cut := page.evaluate(CUT)), f"{name} is cut: {cut}"
    sizes = page.evaluate(SIZES)
    assert len(sizes) <= 4, f"{name} has more than four sizes of text: {sizes}"
    assert not (found := findings(page)), f"{name} is not for everybody: {found}"


def findings(page):
    """What axe's rules of accessibility find. Put in by the debugger, which the policy of the page does not bind."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE + ";0")
    return page.evaluate(FINDINGS)
