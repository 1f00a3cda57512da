"""Feeds the parser by hand from a plain blocking socket: no event loop, no files, no source of adicom's.

The parser never reads: bytes go in as they come, events come out as far as they go.
"""

from __future__ import annotations

import socket
import threading

from made import native

import adicom


def send(connection: socket.socket) -> None:
    """Be the other side: send an object, hang up."""
    with connection:
        for piece in native(megabytes=4):
            connection.sendall(piece)


def show(event: adicom.Event) -> None:
    """Print what is worth a line."""
    match event:
        case adicom.FileMetaEnd(transfer_syntax=syntax):
            print(f"{event.offset:>8}  the data set begins, in {syntax}")
        case adicom.Element():
            print(f"{event.offset:>8}  {event.tag} {event.VR} {event.length:>3} bytes  {bytes(event.value[:24])!r}")
        case adicom.ValueStart():
            print(f"{event.offset:>8}  {event.tag} {event.VR} {event.length:,} bytes, which come in pieces")
        case adicom.FileEnd():
            print(f"{event.offset:>8}  the end")


def main() -> None:
    """Read the socket to its end."""
    here, there = socket.socketpair()
    sender = threading.Thread(target=send, args=(there,))
    sender.start()

    parser = adicom.Parser()
    with here:
        while not parser.finished:
            if data := here.recv(65536):
                parser.receive_data(data)
            else:
                parser.receive_eof()
            while events := parser.events():
                for event in events:
                    show(event)
    sender.join()


if __name__ == "__main__":
    main()
