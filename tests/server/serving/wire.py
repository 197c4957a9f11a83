"""A connection that is none, for the protocols of the server."""

import asyncio


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
