"""The links between the processes: they carry everything, and misbehave exactly as told."""

import socket
from collections.abc import Iterator
from contextlib import closing
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from ops.chaos.links import LOST_ONE_IN, Link, Network, Trouble

LONG = 10.0  # seconds, never waited for where all is well
A_WHILE = 0.2  # seconds in which an answer that is held back does not come


class Echo(BaseRequestHandler):
    """Sends back what it gets, a question at a time."""

    def handle(self) -> None:
        while said := self.request.recv(1000):
            self.request.sendall(said)


class EchoServer(ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


@pytest.fixture
def link(network: Network) -> Iterator[Link]:
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield network.link("us to echo", server.server_address[1])
        server.shutdown()


def dial(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=LONG)


def answer(connection: socket.socket, question: bytes = b"hello") -> bytes:
    connection.sendall(question)
    return connection.recv(1000)


def is_broken(connection: socket.socket) -> bool:
    try:
        return answer(connection) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def test_what_is_said_arrives_and_so_does_the_answer(link: Link) -> None:
    with closing(dial(link)) as connection:
        assert [answer(connection, word) for word in (b"one", b"two")] == [b"one", b"two"]


def test_a_connection_ends_where_its_other_end_does(link: Link) -> None:
    with closing(dial(link)) as connection:
        answer(connection)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def test_a_cut_breaks_every_connection_and_the_next_one_works(network: Network, link: Link) -> None:
    with closing(dial(link)) as one, closing(dial(link)) as other:
        assert answer(one) == answer(other) == b"hello"
        assert network.cut(link.name) == 2
        assert is_broken(one)
        assert is_broken(other)
    with closing(dial(link)) as again:
        assert answer(again) == b"hello"


def test_a_link_that_refuses_takes_nobody_on_until_it_is_over(network: Network, link: Link) -> None:
    with closing(dial(link)) as before:
        assert answer(before) == b"hello"
        with network.in_trouble([link.name], Trouble.REFUSES):
            assert is_broken(before)
            with pytest.raises(ConnectionRefusedError):
                dial(link)
    with closing(dial(link)) as after:
        assert answer(after) == b"hello"


def test_a_link_that_hangs_holds_everything_back_and_then_delivers_it(network: Network, link: Link) -> None:
    with closing(dial(link)) as connection:
        assert answer(connection) == b"hello"
        with network.in_trouble([link.name], Trouble.HANGS):
            connection.sendall(b"held")
            connection.settimeout(A_WHILE)
            with pytest.raises(TimeoutError):
                connection.recv(1000)
        connection.settimeout(LONG)
        assert connection.recv(1000) == b"held"


def test_a_link_that_loses_answers_breaks_the_connection_with_them(network: Network, link: Link) -> None:
    with network.in_trouble([link.name], Trouble.LOSES_ANSWERS), closing(dial(link)) as connection:
        answered = 0
        while not is_broken(connection):
            answered += 1

    assert answered < 100 * LOST_ONE_IN
    with closing(dial(link)) as connection:
        assert not any(is_broken(connection) for _ in range(10 * LOST_ONE_IN))


def test_of_two_troubles_one_stays_when_the_other_ends(network: Network, link: Link) -> None:
    with network.in_trouble([link.name], Trouble.REFUSES):
        with network.in_trouble([link.name], Trouble.HANGS):
            pass
        with pytest.raises(ConnectionRefusedError):
            dial(link)


def test_the_server_knows_connections_by_the_ports_that_are_told(network: Network, link: Link) -> None:
    assert network.ports_at_server(link.name) == set()
    with closing(dial(link)) as connection:
        answer(connection)
        assert len(network.ports_at_server(link.name)) == 1
