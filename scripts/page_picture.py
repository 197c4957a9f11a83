"""Take the picture of the page for the front door of the project, in Chromium.

uv run python scripts/page_picture.py    # docs/page.png: the guided case with its answer
"""

import io
import os
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from synth_audit_env.rollouts.own_server import own_server

FILE = Path(__file__).resolve().parents[1] / "docs" / "page.png"
ANSWERED = ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "f")
SETTLED_MS, COLOURS = 1000, 64

with own_server() as url, sync_playwright() as playwright:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1366, "height": 768}, device_scale_factor=2, color_scheme="light")
    page.goto(f"{url}/#/", wait_until="networkidle")
    for key in ANSWERED:
        page.keyboard.press(key)
        page.wait_for_timeout(SETTLED_MS)
    shot = Image.open(io.BytesIO(page.screenshot()))
shot.convert("RGB").quantize(COLOURS).save(FILE, optimize=True)
