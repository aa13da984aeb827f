"""What no well-meaning client sends, to a real server: each is answered or let go, and nobody else notices."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from struct import pack

import pytest

from tests.integration.api.conftest import until
from tests.integration.api.running_server import Server, children_of, running
from tests.integration.studio import Studio

GET = b"GET /live HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
JSON = b'{"email": "a@example.test", "password": "x"}'

HEADS = {
    "nothing": b"",
    "line ends": b"\r\n" * 200,
    "no HTTP": b"\x00\xff\xfe\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100ca010000c60303") + b"\x00" * 190,
    "HTTP 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP 9.9": b"GET /live HTTP/9.9\r\nHost: x\r\n\r\n",
    "HTTP 0.9": b"GET /live\r\n\r\n",
    "a method of its own": b"BREW /live HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a line": b"GET /live HT",
    "half a head": GET + b"Accept: text",
    "no host": b"GET /live HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "a host of nonsense": b"GET /v1/studio HTTP/1.1\r\nHost: \xff[::1%25:99999@\r\n\r\n",
    "the whole address": b"GET http://elsewhere.example/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "OPTIONS *": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "an upgrade": GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "a space before the colon": GET + b"Accept : x\r\n\r\n",
    "no colon": GET + b"Accept\r\n\r\n",
    "a folded header": GET + b"Accept: a\r\n b\r\n\r\n",
    "a NUL in a header": GET + b"Accept: a\x00b\r\n\r\n",
    "bytes in a header": GET
    + b"Accept-Language: \xff\xfe\xf0\x9f\x98\x80;q=nan, de;q=1e9\r\nPrefer: wait=\xb2\r\n\r\n",
    "a huge header": GET + b"Cookie: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "many headers": GET + b"".join(b"X-%d: 1\r\n" % number for number in range(20_000)) + b"\r\n",
    "a huge address": b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "many cookies": GET + b"Cookie: " + b"; ".join([b"seatline=\xff", b'a="\\999"', b"=;=;"] * 100) + b"\r\n\r\n",
    "a broken token": GET.replace(b"/live", b"/v1/me") + b"Authorization: Bearer \xff.\xf0.\xe2\x80\xae\r\n\r\n",
    "another scheme": GET.replace(b"/live", b"/v1/me") + b"Authorization: Basic \x80\r\n\r\n",
    "percent signs": b"GET /v1/sessions/%zz%%%?cursor=%ff%00&limit=%F0%9F%98%80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "hidden slashes": b"GET /static/%c0%ae%c0%ae/%2e%2e%2f..%5capp.py HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a character": b"GET /unsubscribe/%ed%a0%80%e2%80%ae%f4%90%80%80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in the address": b"GET /calendar/\xff\xf0\x9f.ics?\xed\xa0\x80=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "another site": b"GET //elsewhere.example/%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: x\r\n\r\n",
    "a page of nonsense": b"GET /?month=%00&week=99999-W99&day=-1&training=%ff&q=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
}
BODIES = {
    "a length below zero": POST + b"Content-Length: -1\r\n\r\n" + JSON,
    "a length in words": POST + b"Content-Length: many\r\n\r\n" + JSON,
    "a length with a sign": POST + b"Content-Length: +44\r\n\r\n" + JSON,
    "a length of many digits": POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n" + JSON,
    "two lengths": POST + b"Content-Length: 44\r\nContent-Length: 4\r\n\r\n" + JSON,
    "a length too short": POST + b"Content-Length: 5\r\n\r\n" + JSON,
    "a length too long": POST + b"Content-Length: 900\r\n\r\n" + JSON,
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET + b"\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked, not at the end": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a coding nobody knows": POST + b"Transfer-Encoding: mystery\r\n\r\n",
    "a chunk of zz bytes": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "a chunk below zero": CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk of 2**80 bytes": CHUNKED + b"1" + b"0" * 20 + b"\r\n{}\r\n0\r\n\r\n",
    "a chunk too short": CHUNKED + b"2\r\n{}{}{}\r\n0\r\n\r\n",
    "a chunk without its end": CHUNKED + b"2\r\n{}0\r\n\r\n",
    "an endless extension": CHUNKED + b"2;" + b"x" * 500_000 + b"\r\n{}\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 9\r\nAuthorization: x\r\n\r\n",
    "no last chunk": CHUNKED + b"2\r\n{}\r\n",
    "a body with GET": GET + b"Content-Length: 2\r\n\r\n{}",
    "an expectation": POST + b"Expect: 200-surely\r\nContent-Length: 2\r\n\r\n{}",
    "compressed": POST + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
    "UTF-16": POST + b"Content-Length: 10\r\n\r\n\xff\xfe{\x00 \x00}\x00  ",
    "another charset": POST.replace(b"json", b"json; charset=utf-7") + b"Content-Length: 2\r\n\r\n{}",
    "parts": POST.replace(b"application/json", b"multipart/form-data; boundary=") + b"Content-Length: 4\r\n\r\n----",
    "a form of many fields": POST.replace(b"/v1/tokens", b"/sign-in").replace(b"json", b"x-www-form-urlencoded")
    + b"Content-Length: 30000\r\n\r\n"
    + b"a=%ff&" * 5_000,
}
LETS_GO_SECONDS = 40

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what Linux shows of a process")


@pytest.fixture(scope="module")
def server(_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    said = tmp_path_factory.mktemp("gunicorn") / "said.txt"
    with running(said) as server:
        yield server
    # The server says what it could not read; nothing of it is a fault.
    assert not re.search(r"Traceback|\[error\]|\[ERROR\]|Error handling", said.read_text()), said.read_text()


@pytest.fixture(autouse=True)
def _answers_as_before(server: Server, studio: Studio) -> Iterator[None]:
    before = descriptors(server)
    yield
    status, accepted = server.book(studio.a_session(), studio.a_member())
    assert (status, accepted["status"]) == (202, "waiting")
    until(lambda: descriptors(server) <= before + 10)  # the pool's connections may have grown meanwhile


def descriptors(server: Server) -> int:
    """Return how many files and sockets the server and its worker hold."""
    pid = server.process.pid
    return sum(1 for each in [pid, *children_of(pid)] for _ in Path(f"/proc/{each}/fd").iterdir())


def statuses(server: Server, sent: bytes) -> list[int]:
    """Send this, end the sending, and return the status of each answer."""
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=LETS_GO_SECONDS) as connection:
        # The server may have answered and gone before it has heard all.
        with suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while more := connection.recv(65_536):
                heard += more
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]


def test_nonsense_is_no_fault_of_the_server(server: Server) -> None:
    answers = {name: statuses(server, sent) for name, sent in {**HEADS, **BODIES}.items()}
    # 501 and 505 say that the server does not know such a coding or version, as HTTP asks.
    faults = {
        name: found for name, found in answers.items() if any(one >= 500 and one not in {501, 505} for one in found)
    }
    assert faults == {}
    assert {name: found for name, found in answers.items() if name.startswith(("a chunk", "trailers"))} == {
        **{name: [400] for name in BODIES if name.startswith(("a chunk", "trailers"))}
    }


@pytest.mark.parametrize("name", [name for name in BODIES if name.startswith("a chunk")])
def test_behind_a_broken_body_no_other_request_is_read(server: Server, name: str) -> None:
    assert statuses(server, BODIES[name] + GET + b"\r\n") == [400]


def test_a_smuggled_request_is_not_answered(server: Server) -> None:
    assert len(statuses(server, BODIES["length and chunks"])) <= 1


def test_requests_in_one_go_are_answered_in_order(server: Server) -> None:
    unknown = GET.replace(b"/live", b"/nothing") + b"\r\n"
    last = GET + b"Connection: close\r\n\r\n"
    assert statuses(server, (GET + b"\r\n" + unknown) * 20 + last) == [200, 404] * 20 + [200]


def test_clients_that_stop_in_the_middle_keep_nobody_waiting(server: Server, studio: Studio) -> None:
    """Slow heads, slow bodies, answers that nobody reads, connections that say nothing."""
    member = studio.a_member()
    slow_body = POST + b"Content-Length: 44\r\n\r\n" + JSON[:7]
    unread = (b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n") * 50
    with ExitStack() as open_ones:
        for number in range(100):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=LETS_GO_SECONDS)
            open_ones.enter_context(connection)
            connection.sendall([b"", GET, slow_body, CHUNKED + b"5\r\n{", unread][number % 5])
        assert server.ask("GET", "/v1/me", member)[0] == 200
        for number in range(10):
            assert server.ask("GET", f"/v1/nothing/{number}")[0] == 404


def test_streams_that_are_dropped_leave_nothing_behind(server: Server, studio: Studio) -> None:
    members, session = studio.members(3), studio.a_session()
    for _ in range(3):
        streams = []
        for number in range(30):
            streams.append(server.listen(members[number % 3], session))
            assert streams[-1].recv(12) == b"HTTP/1.1 200"
        for number, stream in enumerate(streams):
            if number % 2:  # half of them without a farewell
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            stream.close()
        # The server finds out when it has something to say.
        for each in studio.members(3):
            server.book(session, each)
            studio.serve(session)
