"""The bare WebSocket client speaks the protocol as the `websockets` library reads and writes it."""

import random

import pytest
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from synth_audit_env.benchmarks.wire import BINARY, CLOSE, PING, TEXT, Inflow, connect, frame, handshake

LENGTHS = [0, 1, 125, 126, 65_535, 65_536]


@pytest.fixture
def library():
    """The server's side of a connection, with the handshake behind it."""
    protocol = ServerProtocol(max_size=None)
    protocol.receive_data(handshake("/ws?seed=1"))
    (request,) = protocol.events_received()
    assert request.path == "/ws?seed=1"
    protocol.send_response(protocol.accept(request))
    assert protocol.data_to_send()[0].startswith(b"HTTP/1.1 101")
    return protocol


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_frames_are_read_by_the_library(library, length, opcode):
    payload = b"x" * length
    library.receive_data(frame(payload, opcode))
    assert library.events_received() == [Frame(Opcode(opcode), payload)]


def test_what_the_library_writes_is_taken_apart_wherever_it_is_cut():
    rng = random.Random(1)
    messages = [(TEXT, bytes([number]) * length) for number, length in enumerate(LENGTHS)]
    messages[1:1] = [(PING, b"1234"), (CLOSE, b"\x03\xe8")]
    sent = b"".join(Frame(Opcode(opcode), payload).serialize(mask=False) for opcode, payload in messages)
    for _ in range(200):
        cuts = sorted(rng.choices(range(len(sent)), k=rng.randrange(8)))
        inflow = Inflow()
        pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
        assert [message for piece in pieces for message in inflow.feed(piece)] == messages
    for cut in range(12):  # within the head of the first and the second frame
        inflow = Inflow()
        assert inflow.feed(sent[:cut]) + inflow.feed(sent[cut:]) == messages


def test_a_message_in_several_frames_is_refused():
    with pytest.raises(ConnectionError, match="several frames"):
        Inflow().feed(Frame(Opcode.TEXT, b"half", fin=False).serialize(mask=False))


def test_a_handshake_that_is_refused(server):
    connect(server.port).close()
    with pytest.raises(ConnectionError, match="refused the handshake.*40[34]"):
        connect(server.port, "/nowhere")
