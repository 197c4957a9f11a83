"""A client of the server's protocols without a network: what it sends is handed over as one read of a socket would."""

import asyncio

import uvicorn
from uvicorn.server import ServerState

from synth_audit_env.server.application import UVICORN_OPTIONS
from synth_audit_env.server.serving.http_protocol import RequestProtocol
from synth_audit_env.tests.conftest import HANDSHAKE
from synth_audit_env.tests.patience import PATIENCE_S

READ_AT_ONCE = 256_000
"""uvloop's."""


class Wire(asyncio.Transport):
    """A transport that keeps what is written, and says whether the server reads."""

    def __init__(self):
        super().__init__()
        self.reading, self.closing, self.aborted, self.written = True, False, False, b""

    def get_extra_info(self, name, default=None):
        return default

    def get_write_buffer_size(self):
        return 0

    def set_protocol(self, protocol):
        self.protocol = protocol

    def is_closing(self):
        return self.closing

    def write(self, data):
        self.written += data

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = not self.closing

    def close(self):
        self.closing, self.reading = True, False

    def abort(self):
        self.close()
        self.aborted = True


class Peer:
    """A client of an ASGI application, at the other end of the wire."""

    def __init__(self, application):
        options = {**UVICORN_OPTIONS, "ws_ping_interval": None, "log_level": "critical"}
        config = uvicorn.Config(application, **options)
        config.load()
        self.wire, self.state = Wire(), ServerState()
        self.wire.protocol = RequestProtocol(config, self.state, {})
        self.wire.protocol.connection_made(self.wire)

    @property
    def protocol(self):
        """The one that the connection is served by, which a handshake changes."""
        return self.wire.protocol

    async def shake_hands(self):
        self.protocol.data_received(HANDSHAKE.format(path="/ws", host="here").encode())
        await until(lambda: self.wire.written.endswith(b"\r\n\r\n"))
        self.wire.written = b""

    async def send(self, data):
        """As a socket does: what is not read waits."""
        for start in range(0, len(data), READ_AT_ONCE):
            await until(lambda: self.wire.reading or self.wire.closing)
            if not self.wire.closing:
                self.protocol.data_received(data[start : start + READ_AT_ONCE])


async def until(met):
    """Let the event loop turn until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not met():
            await asyncio.sleep(0)
