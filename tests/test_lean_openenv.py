"""openenv without its page: what is imported, and that the page is there for whoever asks."""

import json
import subprocess
import sys

import pytest

HEAVY = ("gradio", "openenv.core.env_server.web_interface")


def told(code):
    """What a fresh Python prints as JSON after running some code."""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("module", ["client", "server.app", "inference", "evaluation"])
def test_nobody_waits_for_the_page(module):
    loaded = told(f"""
import json, sys
import synth_audit_env.{module}
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
""")
    assert loaded == []


def test_who_asks_for_the_page_gets_it():
    answers = told("""
import json, sys
import synth_audit_env.client
import openenv.core, openenv.core.env_server
from openenv.core import *
from openenv.core.env_server import *
before = "gradio" in sys.modules
try:
    openenv.core.env_server.nothing
except AttributeError as problem:
    sentence = str(problem)
from openenv.core.env_server import create_web_interface_app
from openenv.core.env_server import web_interface as page
manager = openenv.core.WebInterfaceManager
print(json.dumps([before, sentence, create_web_interface_app is page.create_web_interface_app,
                  manager is page.WebInterfaceManager, "gradio" in sys.modules]))
""")
    sentence = "module 'openenv.core.env_server' has no attribute 'nothing'"
    assert answers == [False, sentence, True, True, True]


def test_an_openenv_that_was_there_before_is_left_alone():
    answers = told("""
import json, sys
import openenv.core.env_server
import synth_audit_env.client
print(json.dumps(["create_web_interface_app" in openenv.core.env_server.__dict__, "gradio" in sys.modules]))
""")
    assert answers == [True, True]
