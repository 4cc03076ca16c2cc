"""The accept loop on real sockets: bursts, the bound, the heartbeat, the end."""

import itertools
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ivr.server import AgiServer

ROOT = Path(__file__).resolve().parents[2]


def closed_within(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.fixture
def run():
    servers = []

    def run(serve, **options):
        server = AgiServer(("127.0.0.1", 0), serve, **{"most_calls": lambda: 8, **options})
        servers.append(server)
        server.start()
        return server

    yield run
    for server in servers:
        server.stop()


def call(server: AgiServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 5)


def eventually(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def echo(connection: socket.socket) -> None:
    while data := connection.recv(100):
        connection.sendall(data)


def test_each_call_has_its_thread(run):
    server = run(echo)
    calls = [call(server) for _ in range(5)]
    for number, connection in enumerate(reversed(calls)):
        connection.sendall(bytes([number]))
        assert connection.recv(1) == bytes([number])
    eventually(lambda: server.connections() == 5)
    for connection in calls:
        connection.close()
    eventually(lambda: server.connections() == 0)


def test_a_burst_waits_in_the_kernel_and_is_served(run):
    server = AgiServer(("127.0.0.1", 0), echo, most_calls=lambda: 600)
    calls = [call(server) for _ in range(300)]  # nobody accepts yet
    server.start()
    try:
        for connection in calls:
            connection.sendall(b"x")
        for connection in calls:
            connection.settimeout(20)
            assert connection.recv(1) == b"x"
    finally:
        for connection in calls:
            connection.close()
        server.stop()


def test_beyond_the_bound_a_call_is_closed_at_once_and_places_come_back(run):
    server = run(echo, most_calls=lambda: 2)
    first, second = call(server), call(server)
    eventually(lambda: server.connections() == 2)
    with call(server) as third:
        assert closed_within(third, 20)
    first.close()
    eventually(lambda: server.connections() == 1)
    with call(server) as fourth:
        fourth.sendall(b"y")
        assert fourth.recv(1) == b"y"
    second.close()


def test_the_bound_may_move_while_it_runs(run):
    bound = [1]
    server = run(echo, most_calls=lambda: bound[0])
    with call(server) as first:
        eventually(lambda: server.connections() == 1)
        with call(server) as refused:
            assert closed_within(refused, 20)
        bound[0] = 2
        with call(server) as second:
            second.sendall(b"z")
            assert second.recv(1) == b"z"
        first.sendall(b"y")
        assert first.recv(1) == b"y"


def test_the_accept_loop_tells_that_it_lives(run):
    beats = []
    run(echo, heartbeat=lambda: beats.append(time.monotonic()))
    eventually(lambda: len(beats) >= 4)
    assert max(b - a for a, b in itertools.pairwise(beats)) < 5


def test_a_session_that_fails_closes_only_its_own_call(run):
    def serve(connection):
        if connection.recv(1) == b"!":
            raise ZeroDivisionError
        connection.sendall(b"ok")

    server = run(serve)
    with call(server) as bad, call(server) as good:
        bad.sendall(b"!")
        assert closed_within(bad, 20)
        good.sendall(b".")
        assert good.recv(2) == b"ok"


def test_stopping_closes_every_session(run):
    server = run(echo)
    with call(server) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        server.stop()
        assert closed_within(connection, 20)
        eventually(lambda: not [t for t in threading.enumerate() if t.name == "agi-session"])
    with pytest.raises(OSError):
        call(server)


def test_no_delay_is_set(run):
    seen = []

    def serve(connection):
        seen.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    with call(run(serve)) as connection:
        assert closed_within(connection, 20)
    assert seen[0] != 0


STARVED = """
import os, resource, socket, sys
import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
from ivr.server import AgiServer
def echo(connection):
    while data := connection.recv(100):
        connection.sendall(data)
server = AgiServer(("127.0.0.1", 0), echo, most_calls=lambda: 8)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
server.start()
highest = max(map(int, os.listdir("/proc/self/fd")))
holes = [os.open(os.devnull, os.O_RDONLY) for _ in range(highest)]
resource.setrlimit(resource.RLIMIT_NOFILE, (max(holes) + 1, hard))
print(server.port, flush=True)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print("room again", flush=True)
sys.stdin.readline()
"""


def test_without_descriptors_callers_are_turned_away_and_not_kept_waiting():
    """A connection that nobody accepts is a caller in silence. When there is room again, calls are served."""
    words = [sys.executable, "-c", STARVED]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, **pipes, text=True, cwd=ROOT) as process:
        try:
            port = int(process.stdout.readline())
            for _ in range(5):
                with socket.create_connection(("127.0.0.1", port), 5) as connection:
                    assert closed_within(connection, 10)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "room again\n"
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.settimeout(10)
                connection.sendall(b"x")
                assert connection.recv(1) == b"x"
        finally:
            process.kill()
