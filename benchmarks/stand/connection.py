"""An HTTP/1.1 client that costs little: one kept connection, one request at a time, no more parsed than is needed."""

import asyncio

RETRIES_MAX = 40  # a server that restarts is back within this many tries
RETRY_SECONDS = 0.25


class Connection(asyncio.Protocol):
    """One kept connection to one server; a lost one is dialled again and the request sent once more."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.retries = 0

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request and return status and body of the answer; `OSError` when the server stays away."""
        for _ in range(RETRIES_MAX):
            try:
                if self._transport is None or self._transport.is_closing():
                    await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
                return await self._sent(request)
            except OSError:
                self.retries += 1
                await asyncio.sleep(RETRY_SECONDS)
        raise ConnectionError(f"{self._address[0]}:{self._address[1]} does not answer")

    async def _sent(self, request: bytes) -> tuple[int, bytes]:
        assert self._transport is not None
        self._buffer.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up the request under way (called by asyncio)."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(str(exc or "the server closed the connection")))

    def data_received(self, data: bytes) -> None:
        """Answer the request once its whole body is there (called by asyncio)."""
        buffer = self._buffer
        buffer += data
        head = buffer.find(b"\r\n\r\n")
        if head < 0 or self._answer is None or self._answer.done():
            return
        lowered = bytes(buffer[:head]).lower()
        at = lowered.find(b"content-length:")
        length = int(lowered[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(buffer) >= head + 4 + length:
            self._answer.set_result((int(buffer[9:12]), bytes(buffer[head + 4 : head + 4 + length])))


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request; the connection is kept."""
    lines = [f"{method} {path} HTTP/1.1", "Host: benchmark"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
