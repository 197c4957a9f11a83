"""openenv on demand: what is imported with our modules, and that all of openenv is there for whoever asks."""

import json
import os
import subprocess
import sys

import pytest

from synth_audit_env.tests.patience import PATIENCE_S

PAGE = "openenv.core.env_server.web_interface"
NEEDS_NONE = ("fastapi", "starlette", "uvicorn", "fastmcp", "mcp", "gradio", "pandas", "openai", "httpx")
"""What a model of a message needs nothing of, and a client neither."""
UNASKED = {
    "": ("pydantic", "openenv.core"),
    ".models": NEEDS_NONE,
    ".client": NEEDS_NONE,
    ".client, synth_audit_env.inference, synth_audit_env.server.app": ("gradio", PAGE),
}
"""By what is imported of the package: what must not come with it."""
STAND_IN = """
import types
page = types.ModuleType("openenv.core.env_server.web_interface")
page.create_web_interface_app = page.WebInterfaceManager = "the page's"
"""


def told(code, path=""):
    """What a fresh Python, which looks for modules in a folder first, prints as JSON after running some code."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("imported", UNASKED)
def test_nothing_is_imported_that_nobody_needs(imported):
    brought = told(f"""
import json, sys
import synth_audit_env{imported}
print(json.dumps([name for name in {UNASKED[imported]!r} if name in sys.modules]))
""")
    assert brought == []


def test_whoever_wants_the_page_imports_its_module():
    """The package itself says that there is none, as openenv's own does where Gradio is missing."""
    answers = told(f"""
import json, sys
import synth_audit_env.client
import openenv.core.env_server
from openenv.core import *
{STAND_IN}
hidden = page.__name__ not in sys.modules
sys.modules[page.__name__] = page
from openenv.core.env_server.web_interface import create_web_interface_app as own
print(json.dumps([openenv.core.create_web_interface_app, openenv.core.WebInterfaceManager, hidden, own]))
""")
    assert answers == [None, None, True, "the page's"]


OURS = "import synth_audit_env.models, synth_audit_env.client"
ALL_OF_OPENENV = "import openenv.core, openenv.core.env_server; from openenv.core import *"
NO_PAGE = f"sys.modules['{PAGE}'] = None"
"""Gradio takes longer to import than all the rest."""


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (OURS, ALL_OF_OPENENV),
        (f"{NO_PAGE}; {ALL_OF_OPENENV}", OURS),
        (
            OURS,
            "import openenv.core.env_server.types, importlib; importlib.reload(openenv.core).env_server.types.State",
        ),
        (OURS, "import openenv; openenv.GenericEnvClient"),
        (OURS, "import openenv.core; assert {'EnvClient', 'create_app'} <= set(dir(openenv.core))"),
    ],
    ids=["ours first", "theirs first", "a module", "from the top", "looked over"],
)
def test_our_classes_are_openenvs_whatever_is_imported_first(first, then):
    answers = told(
        f"""
import json, sys
{first}
{then}
from synth_audit_env import client, models
from openenv.core import Action, EnvClient, Environment, GenericEnvClient, Observation, State, SyncEnvClient, create_app
from openenv.core.env_server import types
import openenv.core, pickle
action = models.SynthAuditAction(action_type="approve", proposal_id="PROP-001")
print(json.dumps([
    issubclass(models.SynthAuditAction, Action), issubclass(models.SynthAuditObservation, Observation),
    issubclass(models.SynthAuditState, State), issubclass(client.SynthAuditEnv, EnvClient),
    issubclass(client.SyncSynthAuditEnv, SyncEnvClient), issubclass(GenericEnvClient, EnvClient), callable(create_app),
    openenv.core.env_server.types is types, types.Action is Action,
    pickle.loads(pickle.dumps(action)) == action, pickle.loads(pickle.dumps(Action)) is Action,
]))
"""
    )
    assert answers == [True] * 11


def another_openenv(folder, version, package):
    """An openenv of this version, whose server's package has this code."""
    core = folder / "openenv" / "core"
    server = core / "env_server"
    server.mkdir(parents=True)
    (core.parent / "__init__.py").write_text(f"__version__ = {version!r}")
    (core / "__init__.py").write_text("from . import env_server\nfrom .env_server import *\n")
    (server / "__init__.py").write_text(package)
    (server / "types.py").write_text("own = 'a type'")
    (server / "web_interface.py").write_text("create_web_interface_app = WebInterfaceManager = 'the page'")


OFFERS_THE_PAGE = """
try:
    from .web_interface import WebInterfaceManager, create_web_interface_app
except ModuleNotFoundError:
    WebInterfaceManager = create_web_interface_app = None
__all__ = ["WebInterfaceManager", "create_web_interface_app"]
"""
IMPORTED = """
import json, sys
import synth_audit_env
import openenv.core.env_server.types
runs = vars(sys.modules["openenv.core.env_server"]).get("__all__") is not None
from openenv.core import *
page = "openenv.core.env_server.web_interface" in sys.modules
server = openenv.core.env_server
print(json.dumps([runs, page, server.create_web_interface_app, server.types.own]))
"""


@pytest.mark.parametrize(("version", "at_once"), [("0.10.0", False), ("0.10.1", True), ("0.11.0", True), (None, True)])
def test_a_release_that_was_not_tested_is_imported_as_it_is(tmp_path, version, at_once):
    another_openenv(tmp_path, version, OFFERS_THE_PAGE)
    page = "the page" if at_once else None
    assert told(IMPORTED, tmp_path) == [at_once, at_once, page, "a type"]
