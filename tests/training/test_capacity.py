"""A server with too few sessions is found out before the training begins."""

import pytest

from synth_audit_env.rollouts.own_server import free_port
from synth_audit_env.training.capacity import check_sessions
from synth_audit_env.training.plan import PlanError


def test_a_server_with_room_for_all_is_left_as_it_was(serve):
    server = serve(max_sessions=3)
    check_sessions(server.url, 3)
    server.wait_for_sessions(0)


def test_one_with_too_few_says_how_many_it_has_and_what_would_do(serve):
    server = serve(max_sessions=3)
    with pytest.raises(PlanError, match="has room for 3 sessions, and a step plays 5 .* --max-sessions 5"):
        check_sessions(server.url, 5)
    server.wait_for_sessions(0)


def test_where_no_server_answers():
    with pytest.raises(PlanError, match="No environment answers at"):
        check_sessions(f"http://127.0.0.1:{free_port()}", 1)
