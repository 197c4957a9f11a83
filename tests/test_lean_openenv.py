"""openenv without its page: what is imported, and that the page is there for whoever asks."""

import json
import os
import subprocess
import sys

import pytest

from synth_audit_env.tests.patience import PATIENCE_S

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


def test_neither_the_server_nor_a_client_nor_an_agent_waits_for_the_page():
    loaded = told("""
import json, sys
import synth_audit_env.client, synth_audit_env.inference, synth_audit_env.server.app
print(json.dumps([name for name in ("gradio", "openenv.core.env_server.web_interface") if name in sys.modules]))
""")
    assert loaded == []


def test_who_asks_for_the_page_gets_it():
    # Whether the real one is got as well is shown by every test of a server with its page.
    answers = told(f"""
import json, sys
import synth_audit_env.client
import openenv.core, openenv.core.env_server
from openenv.core import *
from openenv.core.env_server import *
try:
    openenv.core.env_server.nothing
except AttributeError as problem:
    sentence = str(problem)
{STAND_IN}
sys.modules[page.__name__] = page
from openenv.core.env_server import create_web_interface_app
import importlib
importlib.reload(openenv.core.env_server)
print(json.dumps([sentence, create_web_interface_app, openenv.core.WebInterfaceManager,
                  sys.modules[page.__name__] is page]))
""")
    sentence = "module 'openenv.core.env_server' has no attribute 'nothing'"
    assert answers == [sentence, "the page's", "the page's", True]


def test_an_openenv_that_was_there_before_is_left_alone():
    answers = told(f"""
import json, sys
{STAND_IN}
sys.modules[page.__name__] = page
import openenv.core.env_server
import synth_audit_env.client
print(json.dumps([openenv.core.env_server.__dict__["create_web_interface_app"], page.__name__ in sys.modules]))
""")
    assert answers == ["the page's", True]


PAGE = "create_web_interface_app = WebInterfaceManager = 'the page'"
OFFERS_THE_PAGE = """
try:
    from .web_interface import WebInterfaceManager, create_web_interface_app
except ModuleNotFoundError:
    WebInterfaceManager = create_web_interface_app = None
"""
OWN_GETATTR = """
def __getattr__(name):
    if name != "other":
        raise AttributeError(name)
    return "the package's"
"""


@pytest.mark.parametrize(
    ("package", "lean"),
    [
        (f"{OFFERS_THE_PAGE}\n__all__ = ['create_web_interface_app', 'own']", True),
        (f"{OFFERS_THE_PAGE}\n__all__ = ('create_web_interface_app', 'WebInterfaceManager', 'own')", True),
        (f"{OFFERS_THE_PAGE}\n__all__ = ['own']", True),
        (OFFERS_THE_PAGE, True),
        (f"{OFFERS_THE_PAGE}{OWN_GETATTR}", False),
        ("from .web_interface import WebInterfaceManager, create_web_interface_app", False),
        ("from .taker import WebInterfaceManager, create_web_interface_app", False),
        ("from . import careful, web_interface\nfrom .careful import *", False),
    ],
    ids=["all", "tuple", "not in all", "no all", "own getattr", "no page no package", "nor a part of it", "noted"],
)
def test_another_openenv_is_imported_whatever_it_does(tmp_path, package, lean):
    """Without its page where that can be, and as it is where not."""
    core = tmp_path / "openenv" / "core"
    server = core / "env_server"
    server.mkdir(parents=True)
    for folder in (core.parent, core):
        (folder / "__init__.py").write_text("")
    (server / "__init__.py").write_text(f"own = 'own'\n{package}\n")
    (server / "web_interface.py").write_text(PAGE)
    (server / "taker.py").write_text("from .web_interface import *")
    (server / "careful.py").write_text(OFFERS_THE_PAGE)
    answers = told(
        """
import json, sys
import synth_audit_env
from openenv.core.env_server import *
import openenv.core.env_server as package
loaded = "openenv.core.env_server.web_interface" in sys.modules
other = getattr(package, "other", None)
print(json.dumps([loaded, own, package.create_web_interface_app, package.WebInterfaceManager, other]))
""",
        tmp_path,
    )
    other = "the package's" if OWN_GETATTR in package else None
    assert answers == [not lean, "own", "the page", "the page", other]
