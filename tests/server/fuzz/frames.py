"""WebSocket traffic as bytes: frames as they should be and as they should not, and what the server has to make of them.

conversation = [text(b'{"type": "state"}'), Part("reserved bits", frame(0xC1, b"{}"), closes=(1002,))]
"""

import struct
from dataclasses import dataclass

from hypothesis import strategies as st

from synth_audit_env.server.serving.limits import LARGEST_FRAME

FIN, TEXT, BINARY, CLOSE, PING, PONG = 0x80, 0x1, 0x2, 0x8, 0x9, 0xA
MASKED = 0x80
PROTOCOL, INVALID, TOO_BIG = (1002,), (1007,), (1009,)
"""Close codes of RFC 6455."""


@dataclass(frozen=True)
class Part:
    """Some bytes, and what has to come of them."""

    what: str
    data: bytes
    says: str = ""
    """The text in it."""
    answers: int = 0
    """Messages that come back."""
    pong: bytes | None = None
    """What comes back as a pong."""
    closes: tuple[int, ...] | None = None
    """The codes of which one has to come back, after which the connection is closed; None where it goes on."""
    swallows: bool = False
    """Whether the server may wait for more after it, and takes what follows for that."""


def frame(first, payload=b"", *, mask=bytes(4), length=None, wide=False):
    """A frame, whether or not there may be such a one.

    Args:
        first: Its first byte: flags and opcode.
        payload: What is in it.
        mask: The key; None for an unmasked frame.
        length: What it says its length is; the true one when not given.
        wide: Whether the length takes eight bytes even where fewer would do.
    """
    length, masked = len(payload) if length is None else length, 0 if mask is None else MASKED
    if wide or length > 0xFFFF:
        head = struct.pack("!BBQ", first, masked | 127, length)
    elif length > 125:
        head = struct.pack("!BBH", first, masked | 126, length)
    else:
        head = struct.pack("!BB", first, masked | length)
    if mask is None:
        return head + payload
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)])
    return head + mask + (int.from_bytes(payload) ^ key).to_bytes(len(payload))


masks = st.just(bytes(4)) | st.binary(min_size=4, max_size=4)
short = st.binary(max_size=125)


@st.composite
def whole(draw, messages):
    """A message in one frame."""
    message = draw(messages)
    kind, data = (BINARY, message) if isinstance(message, bytes) else (TEXT, message.encode())
    sent = frame(FIN | kind, data, mask=draw(masks), wide=draw(st.booleans()))
    return Part("message", sent, data.decode(errors="replace"), answers=1)


@st.composite
def pieces(draw, messages):
    """A text in several frames, some of them empty, with a ping between where one may stand."""
    data, count = _bytes(draw(messages)), draw(st.integers(2, 5))
    cuts = sorted(draw(st.integers(0, len(data))) for _ in range(count - 1))
    parts = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    sent, pong = b"", None
    for place, part in enumerate(parts):
        last = place == count - 1
        # The text may be cut in the middle of a character; only the whole has to be UTF-8.
        sent += frame((FIN if last else 0) | (0 if place else TEXT), part, mask=draw(masks))
        if place == 0 and draw(st.booleans()):
            pong = draw(short)
            sent += frame(FIN | PING, pong)
    try:
        return Part("pieces", sent, data.decode(), answers=1, pong=pong)
    except UnicodeDecodeError:
        return Part("pieces", sent, pong=pong, closes=INVALID)


def _bytes(message):
    return message if isinstance(message, bytes) else message.encode()


pings = short.map(lambda data: Part("ping", frame(FIN | PING, data), pong=data))
pongs = short.map(lambda data: Part("pong", frame(FIN | PONG, data)))


def _close(payload, *codes):
    return Part("close", frame(FIN | CLOSE, payload), closes=codes)


def _coded(code, reason=b""):
    return struct.pack("!H", code) + reason


closes = st.one_of(
    st.just(_close(b"", 1005)),
    st.sampled_from([1000, 1001, 1003, 1011, 3000, 4999]).map(lambda code: _close(_coded(code, b"bye"), code)),
    st.sampled_from([0, 999, 1004, 1005, 1006, 1015, 2000, 65535]).map(lambda code: _close(_coded(code), *PROTOCOL)),
    st.just(_close(b"\x03", *PROTOCOL)),
    st.just(_close(_coded(1000, b"\xff\xfe"), *INVALID, *PROTOCOL)),
)
first_of_reserved = st.sampled_from(
    [first | kind for first in (0xC0, 0xA0, 0x90, 0xF0) for kind in (TEXT, BINARY, PING)]
)
unknown_kinds = st.sampled_from([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]).map(lambda kind: FIN | kind)
not_utf8 = st.sampled_from(
    [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b'{"type": "state\x80"}', b"\xe2\x82"]
)
lengths = st.sampled_from([LARGEST_FRAME + 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1])
controls = st.sampled_from([CLOSE, PING, PONG])


def breaks(messages):
    """What ends a connection, or leaves it waiting."""
    payloads = messages.map(_bytes)
    return st.one_of(
        closes,
        first_of_reserved.map(lambda first: Part("reserved bits", frame(first, b"{}"), closes=PROTOCOL)),
        unknown_kinds.map(lambda first: Part("unknown opcode", frame(first, b"{}"), closes=PROTOCOL)),
        payloads.map(lambda data: Part("unmasked", frame(FIN | TEXT, data, mask=None), closes=PROTOCOL)),
        payloads.map(lambda data: Part("continues nothing", frame(FIN, data), closes=PROTOCOL)),
        payloads.map(lambda data: Part("two at once", frame(TEXT, data) + frame(FIN | TEXT, data), closes=PROTOCOL)),
        controls.map(lambda kind: Part("control in pieces", frame(kind, b"x"), closes=PROTOCOL)),
        controls.map(lambda kind: Part("long control", frame(FIN | kind, b"x" * 126), closes=PROTOCOL)),
        not_utf8.map(lambda data: Part("not UTF-8", frame(FIN | TEXT, data), closes=INVALID)),
        not_utf8.map(lambda data: Part("not UTF-8", frame(TEXT, data[:1]) + frame(FIN, data[1:]), closes=INVALID)),
        lengths.map(lambda length: Part("too long", frame(FIN | TEXT, b"{}", length=length), closes=TOO_BIG)),
        st.integers(0, 40).map(lambda count: Part("too long in pieces", _growing(count), closes=TOO_BIG)),
        st.tuples(payloads, st.integers(1, 30)).map(
            lambda drawn: Part("cut short", frame(FIN | TEXT, drawn[0] + b"{}")[: -drawn[1]], swallows=True)
        ),
        st.binary(min_size=1, max_size=200).map(lambda data: Part("noise", data, swallows=True)),
    )


def _growing(count):
    return frame(TEXT, b"x") + frame(0, b"x") * count + frame(0, length=LARGEST_FRAME)


@st.composite
def conversations(draw, messages):
    """What one client sends: some messages and pings, and at the end, mostly, what it may not send."""
    parts = draw(st.lists(st.one_of(whole(messages), whole(messages), pieces(messages), pings, pongs), max_size=5))
    for place, part in enumerate(parts):
        if part.closes:
            return parts[: place + 1]
    return [*parts, draw(breaks(messages))] if draw(st.integers(0, 3)) else parts
