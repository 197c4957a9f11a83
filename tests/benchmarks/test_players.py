"""The client counts what a real server answers, and what it does not."""

import struct

import pytest

from synth_audit_env.benchmarks.players import Loop, Tally
from synth_audit_env.benchmarks.recorded import record
from synth_audit_env.benchmarks.wire import frame
from synth_audit_env.tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def script():
    return record(3, "oversight_easy")


@pytest.fixture
def said(script):
    return list(zip(script.said, script.answers, strict=True))


def play(port, sessions, said):
    tally, loop = Tally(), Loop(port, sessions)
    try:
        for player in loop.players:
            player.give(said, [tally] * len(said))
        loop.converse()
    finally:
        loop.close()
    return tally


def test_a_server_answers_what_was_recorded(serve, script, said):
    tally = play(serve().port, 5, said)
    assert (tally.messages, tally.errors) == (5 * len(said), 0)
    assert tally.received == 5 * sum(map(len, script.answers))
    assert len(tally.latencies) == tally.messages
    assert all(0 < latency < 10 for latency in tally.latencies)


def test_resets_and_steps_are_counted_apart(serve, said):
    resets, steps, loop = Tally(), Tally(), Loop(serve().port, 2)
    for player in loop.players:
        player.give(said * 2, [resets, *[steps] * (len(said) - 1)] * 2)
    loop.converse()
    loop.close()
    assert (resets.messages, steps.messages) == (4, 4 * (len(said) - 1))


def test_another_answer_is_an_error(serve, said):
    said[2] = (said[2][0], said[2][1].replace(b'"done":false', b'"done":true'))
    tally = play(serve().port, 3, said)
    assert (tally.messages, tally.errors) == (3 * len(said), 3)


def test_who_is_turned_away_has_an_error_for_every_message(serve, said):
    server = serve(max_sessions=2)
    tally = play(server.port, 3, said)
    # The third is told so, which answers its first message wrongly, and hung up on.
    assert tally.errors == len(said)
    assert tally.messages == 2 * len(said) + 1
    server.wait_for_sessions(0)


def test_a_lost_session_does_not_play_the_next_wave(serve, said):
    server, tally = serve(), Tally()
    loop = Loop(server.port, 2)
    crashed = loop.players[0]
    crashed.socket.sendall(frame(struct.pack("!H", 1000), opcode=8))
    for _ in range(2):
        for player in loop.players:
            player.give(said, [tally] * len(said))
        loop.converse()
    loop.close()
    assert (tally.messages, tally.errors) == (2 * len(said), 2 * len(said))


def test_pings_are_answered_and_not_counted(monkeypatch, serve, said):
    from synth_audit_env.server import app
    from synth_audit_env.server.serving.websocket_protocol import SessionProtocol

    heard, hear = [], SessionProtocol.handle_pong
    monkeypatch.setattr(SessionProtocol, "handle_pong", lambda self, pong: (heard.append(pong), hear(self, pong)))
    monkeypatch.setitem(app.UVICORN_OPTIONS, "ws_ping_interval", 0.01)
    monkeypatch.setitem(app.UVICORN_OPTIONS, "ws_ping_timeout", PATIENCE_S)
    port = serve().port
    loop, tally = Loop(port, 1), Tally()
    for _ in range(100):
        loop.players[0].give(said, [tally] * len(said))
        loop.converse()
    loop.close()
    assert (tally.messages, tally.errors) == (100 * len(said), 0)
    assert len(heard) > 1, "each is sent when the one before has been answered"
