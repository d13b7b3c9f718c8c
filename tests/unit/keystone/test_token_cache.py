"""The cache of tokens: which of its servers answer."""

import socket
import threading

import pytest
from oslo_config import cfg

from concertim_api.keystone import token_cache
from concertim_api.keystone.token_cache import Memcached


@pytest.fixture
def cache(tmp_path):
    """Make a cache of some servers, as the configuration names them."""

    def make(*servers):
        path = tmp_path / "concertim.conf"
        path.write_text(
            f"[keystone_authtoken]\nmemcached_servers = {','.join(servers)}\n"
        )
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[str(path)])
        return Memcached(conf)

    return make


@pytest.fixture
def serve(tmp_path):
    """Serve one connection after the other; return the address."""
    sockets = []

    def start(handle, family=socket.AF_INET):
        server = socket.socket(family)
        sockets.append(server)
        is_file = family == socket.AF_UNIX
        path = str(tmp_path / "memcached")
        server.bind(path if is_file else ("127.0.0.1", 0))
        server.listen()
        threading.Thread(
            target=accept, args=(server, handle), daemon=True
        ).start()
        if is_file:
            return f"unix:{path}"
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield start
    for server in sockets:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def accept(server, handle):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:  # it was shut down
            return
        with connection:
            handle(connection)


def answer(connection):
    assert connection.recv(100) == b"version\r\n"
    connection.sendall(b"VERSION 1.6.18\r\n")


def hang_up(connection):
    """End without an answer, as a server does that wants TLS."""


def hang(connection):
    """Keep the connection, and say nothing, until the other side ends."""
    connection.recv(100)
    connection.recv(1)


@pytest.mark.parametrize("handle", [answer, hang_up])
def test_a_server_that_reacts(cache, serve, handle):
    assert [*cache(serve(handle)).silent()] == []


def test_a_server_at_a_socket_of_this_machine(cache, serve):
    assert [*cache(serve(answer, socket.AF_UNIX)).silent()] == []


def test_those_that_do_not_answer_are_named(cache, serve, monkeypatch):
    monkeypatch.setattr(token_cache, "PATIENCE", 0.1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{taken.getsockname()[1]}"
        servers = [serve(answer), serve(hang), closed, "127.0.0.1:port"]
        assert [*cache(*servers).silent()] == servers[1:]


def test_without_servers_nobody_is_silent(cache):
    assert [*cache().silent()] == []


def test_what_is_known_is_believed_for_a_moment(cache, serve, monkeypatch):
    counts = []

    def count(connection):
        counts.append(1)
        answer(connection)

    servers = cache(serve(count))
    for _ in range(3):
        assert [*servers.silent()] == []
    assert len(counts) == 1
    monkeypatch.setattr(token_cache, "MEMORY", -1.0)
    servers.silent()
    assert len(counts) == 2
