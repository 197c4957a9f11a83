"""openenv without its page: what is imported, and that the page is there for whoever asks."""

import json
import subprocess
import sys

STAND_IN = """
import types
page = types.ModuleType("openenv.core.env_server.web_interface")
page.create_web_interface_app = page.WebInterfaceManager = "the page's"
"""


def told(code):
    """What a fresh Python prints as JSON after running some code."""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
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
