"""Whatever way a message goes, it is answered once, and in its turn."""

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from synth_audit_env.server.serving.limits import MOST_VALUES
from synth_audit_env.server.serving.websocket_protocol import HOOKS, framed, whole_text
from synth_audit_env.tests.server.serving.wire import Peer, until

WAITED = b"waits"
"""A message that has this in it is declined, and answered by the task."""


def said(text, opcode=Opcode.TEXT, fin=True):
    """A frame as a client sends it."""
    return Frame(opcode, text, fin).serialize(mask=True)


@given(st.text().map(str.encode) | st.integers(0, 70_000).map(lambda size: b"x" * size))
def test_frames_are_those_of_the_library(text):
    assert whole_text(said(text)) == text
    assert framed(text) == Frame(Opcode.TEXT, text).serialize(mask=False)


HELLO = said(b"hello")


class Echo:
    """An application that answers each text with itself, and counts those that it has answered in place."""

    def __init__(self):
        self.in_place = self.tasked = 0
        self.is_idle = False

    def answer(self, text):
        if not self.is_idle or WAITED in text:
            return None
        self.in_place += 1
        return text

    async def __call__(self, scope, receive, send):
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        scope["extensions"][HOOKS].in_place = self.answer
        try:
            while True:
                self.is_idle = True
                text = await socket.receive_text()
                self.is_idle = False
                self.tasked += 1
                for _ in range(len(text) % 3):
                    await asyncio.sleep(0)  # some answers take a moment
                await socket.send_text(text)
        except WebSocketDisconnect:
            return


@asynccontextmanager
async def connected(echo):
    """A connection to the application whose handshake is done."""
    peer = Peer(echo)
    await peer.shake_hands()
    await until(lambda: echo.is_idle)
    yield peer
    peer.protocol.connection_lost(None)
    await asyncio.gather(*peer.state.tasks)


async def conversed(echo, segments, answers):
    """What is said to a client that sends these bytes, in these segments."""
    async with connected(echo) as peer:
        for segment in segments:
            await until(lambda: peer.wire.reading)
            peer.protocol.data_received(segment)
        await until(lambda: len(heard(peer.wire)) >= answers)
        for _ in range(20):  # in which one too many would come
            await asyncio.sleep(0)
        return heard(peer.wire)


def heard(wire):
    """The texts that the client has been sent."""
    stream, texts = StreamReader(), []
    stream.feed_data(wire.written)
    while True:
        try:
            next(Frame.parse(stream.read_exact, mask=False))
        except StopIteration as parsed:
            texts += [parsed.value.data] if parsed.value.opcode is Opcode.TEXT else []
        else:
            return texts  # the rest is not a whole frame


messages = st.tuples(
    st.sampled_from([b"one", b"two %d", b"waits", b"x" * 130, b"y" * 66_000]),
    st.lists(st.integers(0, 140), max_size=2),  # where the message is cut into frames
    st.booleans(),  # whether a ping follows each of its frames
)


def frames_of(text, cuts, pings):
    """A message as its frames."""
    places = sorted({0, *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[begin:end] for begin, end in zip(places, [*places[1:], len(text)], strict=True)]
    for number, piece in enumerate(pieces):
        yield said(piece, Opcode.CONT if number else Opcode.TEXT, number == len(pieces) - 1)
        if pings:
            yield said(b"?", Opcode.PING)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages, max_size=8), st.none() | st.lists(st.integers(0, 3_000), max_size=8))
def test_each_is_answered_once_in_its_turn(drawn, cuts):
    """However messages are cut into frames, and frames into segments; without cuts each frame is a segment.

    A short message that came alone is answered in place, unless it is declined or comes while another one is answered.
    """
    texts = [text.replace(b"%d", b"%d" % number) for number, (text, *_) in enumerate(drawn)]
    frames = [frame for text, (_, *how) in zip(texts, drawn, strict=True) for frame in frames_of(text, *how)]
    segments, stream = frames, b"".join(frames)
    if cuts is not None:
        places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
        segments = [stream[begin:end] for begin, end in pairwise(places)]
    echo = Echo()
    assert asyncio.run(conversed(echo, segments, len(texts))) == texts
    assert echo.in_place + echo.tasked == len(texts)
    in_one_piece = all(WAITED not in text and not set(inside) - {0} and not pings for text, inside, pings in drawn)
    if cuts is None and in_one_piece and all(len(text) < MOST_VALUES for text in texts):
        assert echo.tasked == 0


async def test_a_client_that_does_not_read_is_waited_for():
    """Nothing is answered in place while the last answers are still on their way out."""
    echo = Echo()
    async with connected(echo) as peer:
        peer.protocol.pause_writing()
        peer.protocol.data_received(HELLO)
        assert (echo.in_place, peer.wire.written) == (0, b"")
        peer.protocol.resume_writing()
        await until(lambda: peer.wire.written)
        assert heard(peer.wire) == [b"hello"]
