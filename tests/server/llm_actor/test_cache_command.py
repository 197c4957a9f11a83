"""`synth-audit cache build`: fills a cache from a real endpoint, goes on where it stopped, and says what it came to."""

import itertools

import pytest

from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.cache_command import main
from synth_audit_env.server.llm_actor.prose_cache import ProseCache
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Fault, chat_server
from synth_audit_env.tests.server.llm_actor.rule_writers import say

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def build(tmp_path):
    def run(url, *arguments, episodes=2):
        where = ["--model", MODEL, "--model-url", url, "--cache", str(tmp_path / "prose")]
        return main(["cache", "build", "--tier", "easy", "--episodes", str(episodes), *where, *arguments])

    return run


def test_it_fills_the_cache_and_says_how_much(build, tmp_path, capsys):
    with chat_server(say) as model:
        assert build(model.url) == 0
        asked = len(model.requests)
    assert len(list(tmp_path.rglob("*.json"))) == 2
    notes = asked
    printed = f"2 episodes: {notes} of {notes} notes are in the model's words, and 0 (0.0 %) keep the scripted prose.\n"
    assert capsys.readouterr().out == printed
    # And a server plays it without a model.
    env = SynthAuditEnvironment(tell=LlmActor(MODEL, ProseCache(tmp_path / "prose"), None).tell, actor="llm")
    for index in range(2):
        env.reset(split="test", index=index, task_id="oversight_easy")
        assert env.state.actor_model == MODEL


def test_it_goes_on_where_it_stopped(build, tmp_path, capsys):
    served = itertools.count()

    def fails_late(request):
        return say(request) if next(served) < 6 else Fault(400, {"error": {"message": "Enough."}})

    with chat_server(fails_late) as model:
        assert build(model.url, episodes=4) == 2
    stopped = capsys.readouterr()
    assert stopped.out == ""
    assert stopped.err.splitlines()[-1].endswith("Enough). The same command goes on from here.")
    assert len(list(tmp_path.rglob("*.json"))) == 1
    with chat_server(say) as model:
        assert build(model.url, episodes=4) == 0
        asked = len(model.requests)
    words = capsys.readouterr().out
    assert words.startswith("4 episodes: ")
    assert asked < int(words.split()[2]), "the first is not worded again"
