"""What openenv 0.10 does that a server which is left running cannot have, and which test holds our care of it."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
CARE = {
    # On /ws.
    "A ValueError in a validator of the action is a 500 over HTTP, and ends a session on /ws.": """
        server/serving/test_faults.py::TestAValidatorThatRaisesAValueError::test_over_http_it_is_422
        server/serving/test_faults.py::TestAValidatorThatRaisesAValueError::test_on_ws_it_is_a_validation_error_and_the_session_goes_on
        server/serving/test_refusals.py::test_findings_are_json_and_hold_nothing_of_what_was_sent""",
    "JSON that is no object, or a binary frame, ends the session.": """
        server/test_app.py::TestBadInput::test_json_that_is_no_object
        server/test_app.py::TestBadInput::test_binary_frames""",
    "A message may have 16 MiB, and a longer one ends the session without a word.": """
        server/serving/test_websocket_protocol.py::test_a_message_that_is_too_long_by_less_is_refused_in_words
        server/serving/test_websocket_protocol.py::test_a_frame_over_the_limit_ends_its_connection_and_frees_the_slot""",
    "What a reset on /ws asks for is checked by nobody: a seed of -1 or 'abc' reaches the environment.": """
        server/test_app.py::TestBadInput::test_reset_options
        server/test_synth_audit_environment.py::test_a_bad_reset_is_a_clear_sentence_and_the_running_episode_goes_on""",
    "A step before the first reset reaches the environment.": """
        server/test_app.py::TestOutsideAnEpisode::test_step_before_reset""",
    "The client is told the text of any exception, whatever is in it.": """
        server/serving/test_faults.py::test_unexpected_exceptions_are_logged_and_not_told""",
    "An idle session loses its environment and its slot but not its socket, which steps the closed environment.": """
        server/serving/test_sessions.py::TestIdle::test_an_idle_session_ends_with_its_socket_and_its_slot""",
    "The socket of a peer that has vanished stays, and its slot too where sessions may be idle for ever.": """
        server/serving/test_sessions.py::TestIdle::test_a_vanished_peer_loses_its_slot_and_its_connection
        server/serving/test_sessions.py::TestIdle::test_a_peer_that_reads_nothing_loses_its_slot_and_its_connection
        server/serving/test_long_life.py::TestBusyClients::test_a_silent_session_lives_for_longer_by_the_usual_settings""",
    "A full server accepts the socket, says CAPACITY_REACHED and closes: it is the client's first call that fails.": """
        server/serving/test_sessions.py::TestCapacity::test_openenvs_own_message_when_full
        server/serving/test_sessions.py::TestCapacity::test_64_sessions_play_at_once_and_the_65th_is_refused
        server/serving/test_probes.py::TestReady::test_not_on_a_full_server_and_again_when_a_session_has_ended""",
    "A sync step runs in a thread, of which every session holds one.": """
        server/serving/test_sessions.py::test_sessions_take_no_threads""",
    # Of the client.
    "After an answer that came too late the next call is made in a new session, without a word.": """
        test_client.py::TestLostSessions::test_an_answer_that_came_too_late""",
    "Either end gives the other up when a ping is not answered within 20 s, as by a client that generates.": """
        server/serving/test_long_life.py::TestBusyClients::test_neither_end_waits_for_a_pong
        server/serving/test_long_life.py::TestBusyClients::test_a_loop_that_stands_still_loses_nothing""",
    "Plain calls return coroutines where the client was not entered by `with`.": """
        test_client.py::test_plain_calls_in_a_notebook""",
    # On the other routes.
    "/reset, /step and /state over HTTP meet a new environment each time: they are no session.": """
        server/test_app.py::TestHttp::test_reset_and_state_are_stateless
        server/test_app.py::TestHttp::test_step_needs_a_session""",
    "OPENENV_MODE=production takes those three away, but /ws still resets, steps and tells the state.": """
        server/test_app.py::TestHttp::test_production_mode_takes_the_stateless_routes_away_but_not_ws
        server/serving/test_gate.py::TestAgentsOnly::test_tools_over_mcp_and_nothing_else""",
    "/schema has the base class of states, and one observation for reset and step, unless others are named.": """
        server/test_app.py::TestProtocol::test_the_schemas_are_ours""",
    "Every field of a body is handed on as an argument, `self` among them.": """
        server/fuzz/test_http.py::test_a_field_that_has_the_name_of_an_argument_of_ours""",
    "All visitors of the playground at /web share one environment, and it loads its fonts from another host.": """
        server/serving/test_playground.py::test_without_being_asked_for_there_is_none
        server/serving/test_page_routes.py::test_nothing_comes_from_another_host_and_no_other_script_runs""",
    "The playground copies and serves any file of the server, and tells the text of any exception.": """
        server/serving/test_playground.py::test_no_input_of_any_function_leads_to_a_file_or_to_another_host
        server/serving/test_playground.py::test_no_function_tells_what_was_raised""",
    "Tools by openenv's MCPEnvironment set neither a reward nor the count of steps.": """
        server/serving/test_mcp.py::TestTools::test_a_call_is_a_step_of_the_same_referee""",
    # Of the package.
    "openenv and openenv-core install the same import package.": """
        test_packaging.py::test_openenv_comes_once""",
    "`openenv build` takes server/Dockerfile, `openenv push` the one at the root.": """
        test_packaging.py::test_the_image_is_built_from_one_file""",
    "A link in the package fails validation, and tools of 0.3 ask for a `server` script with a guarded main().": """
        test_packaging.py::test_no_link_is_tracked
        test_packaging.py::test_openenv_0_3_would_deploy_it""",
    "The runtime graders hold each reward to the declared range, and run only where a plan is declared.": """
        test_packaging.py::test_the_declared_reward_range_holds_the_return_of_any_episode
        test_packaging.py::test_the_runtime_plan_can_be_read
        scripts/test_runtime_graders.py::test_the_plan_is_declared_for_the_graders_and_not_in_the_manifest""",
}  # fmt: skip
"""Trap: the tests that go red where ours falls into it, as pytest names them in tests/."""


@pytest.mark.parametrize("trap", CARE)
def test_the_tests_that_are_named_exist(trap):
    for test in CARE[trap].split():
        file, *names = test.split("::")
        inside = ast.parse((TESTS / file).read_text(encoding="utf-8")).body
        for name in names:
            found = {
                one.name: one
                for one in inside
                if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert name in found, f"{file} has no {name}"
            inside = found[name].body
