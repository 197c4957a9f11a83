"""The page as the server serves it: its own look, no other host, no way in but the page itself."""

import re

import httpx
import pytest

from synth_audit_env.server.web.error_kinds import kinds_pane
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.web_server import web_server

audit_tab = pytest.importorskip("synth_audit_env.server.web.audit_tab")


@pytest.fixture(scope="module")
def page():
    with web_server() as url, httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as client:
        yield client


def test_the_page_loads_no_style_from_another_host_and_keeps_no_runs(page):
    config = page.get("/web/config").json()
    assert [sheet for sheet in config["stylesheets"] if "://" in sheet] == []
    assert "googleapis" not in page.get("/web/").text
    assert "Geist" not in page.get("/web/theme.css").text
    assert ".wb-pane" in page.get("/web/").text


def test_a_browser_that_asks_for_the_icon_of_the_page_gets_it(page):
    icon = page.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert icon.text.startswith("<svg")


def test_the_fields_say_how_much_they_hold_and_the_kinds_of_error_are_explained(page):
    props = [one["props"] for one in page.get("/web/config").json()["components"]]
    told = {one.get("label"): one.get("info") for one in props}
    assert told["Why it is wrong"] == "At most 2,000 characters."
    assert told["What you found: a line for each error"].endswith("At most 20,000 characters.")
    assert kinds_pane() in [one.get("value") for one in props]


def test_none_of_our_handlers_is_part_of_an_api(page):
    named = set(page.get("/web/gradio_api/info").json()["named_endpoints"])
    # Those of openenv's playground.
    assert {re.sub(r"_[0-9]+$", "", name) for name in named} <= {"/reset_env", "/step_fn", "/quick_step", "/show_state"}


def test_the_workbench_is_the_first_tab_and_the_playground_the_second(page):
    tabs = [one["props"]["label"] for one in page.get("/web/config").json()["components"] if one["type"] == "tabitem"]
    assert tabs == ["Workbench", "Audit", "Replay", "Results", "Playground"]


def test_another_split_empties_the_seed(page):
    """Which would else win over the split: a seed is of one."""
    config = page.get("/web/config").json()
    ids = {one["props"].get("label"): one["id"] for one in config["components"]}
    emptied = [one for one in config["dependencies"] if [ids["Split"], "input"] in map(list, one["targets"])]
    before = ids["What was chosen before"]
    told = [(one["inputs"], one["outputs"], one["js"]) for one in emptied]
    assert told == [([ids["Split"], before, ids["Seed"]], [ids["Seed"], before], audit_tab._OTHER_SPLIT)]


def test_without_being_asked_for_there_is_no_page(serve):
    with httpx.Client(base_url=serve().url, trust_env=False) as client:
        assert client.get("/web/").status_code == 404


@pytest.mark.parametrize(
    ("variables", "status"), [({"AGENT_ONLY": "true"}, 403), ({"SYNTH_AUDIT_TOKEN": "0123456789abcdef"}, 401)]
)
def test_an_agent_only_server_and_one_with_a_token_do_not_serve_it(variables, status):
    with web_server(**variables) as url, httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as client:
        assert client.get("/web/").status_code == status
