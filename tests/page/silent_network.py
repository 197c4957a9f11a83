"""A network that can go silent: it takes what is sent, says nothing, and ends no connection, as in a tunnel.

with SilentNetwork(server.port) as network:
    network.is_silent = True
    httpx.get(network.url)  # waits
"""

import asyncio
import contextlib
import threading


class SilentNetwork:
    """Stands before a port of this machine, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.is_silent = False
        self._behind = port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "SilentNetwork":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        taken: set[asyncio.Task[None]] = set()
        listening = await asyncio.start_server(
            lambda *ends: taken.add(asyncio.ensure_future(self._joined(*ends))), "127.0.0.1", 0
        )
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        listening.close()
        for one in taken:
            one.cancel()
        await asyncio.gather(*taken, return_exceptions=True)

    async def _joined(self, reader, writer) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            await asyncio.gather(self._passed(reader, requests), self._passed(answers, writer))
        finally:
            for end in (writer, requests):
                end.close()

    async def _passed(self, reader, writer) -> None:
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65536):
                if not self.is_silent:
                    writer.write(part)
            writer.close()
