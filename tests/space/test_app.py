"""A Gradio Space serves the page with what requirements.txt names, and without this package being installed."""

import os
import site
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.web_server import wait_for_the_page

pytest.importorskip("gradio")

ROOT = Path(__file__).parents[2]
_AS_IN_A_SPACE = """
import runpy, sys
sys.path.append(sys.argv.pop(1))
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


def test_a_space_installs_what_the_package_depends_on():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    named = [line for line in lines if not line.startswith("#")]
    assert named == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def test_the_entry_serves_the_page_where_the_package_is_not_installed(tmp_path):
    installed = tmp_path / "site-packages"
    installed.mkdir()
    for folder in site.getsitepackages():
        for entry in Path(folder).iterdir():
            if "synth_audit_env" not in entry.name:
                (installed / entry.name).symlink_to(entry)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Without the site module, no .pth file of an editable install says where the package lies.
    command = [sys.executable, "-S", "-c", _AS_IN_A_SPACE, str(installed), str(ROOT / "space" / "app.py")]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with running([*command, "--host", "127.0.0.1", "--port", str(port)], url, env=env, cwd=str(tmp_path)):
        wait_for_the_page(url)
        page = httpx.get(f"{url}/web/", timeout=PATIENCE_S, trust_env=False)
    assert page.status_code == 200
    assert "SynthAudit" in page.text
