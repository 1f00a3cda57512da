"""What the servers of the tests promise: nothing of them is left when their test is over."""

from __future__ import annotations

import socket
import time

from tests.servers import RangeServer


def test_connections_of_the_last_moment_are_closed() -> None:
    with RangeServer() as server:
        assert server._loop is not None
        # All of them, and the end of the server, are waiting when the loop goes on.
        server._loop.call_soon_threadsafe(time.sleep, 0.1)
        time.sleep(0.02)
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(5)]
    for client in clients:
        with client:
            assert client.recv(1) == b""
