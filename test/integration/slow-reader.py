"""Reads from a port of 127.0.0.1 at its own pace and prints how many bytes came, and what ended it.

Parameters: port, receive buffer (0: the system's choice), bytes a time (0: none, until the end),
milliseconds between two times.
"""

import select
import socket
import sys
import time

port, receive_buffer, at_a_time, pause_ms = map(int, sys.argv[1:])
peer = socket.socket()
if receive_buffer > 0:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
peer.connect(("127.0.0.1", port))
received = 0
end = "FIN"
try:
    if at_a_time == 0:
        poll = select.poll()
        poll.register(peer, select.POLLHUP | select.POLLERR)
        poll.poll()
        peer.recv(0)
        raise ConnectionResetError
    while True:
        data = peer.recv(at_a_time)
        if not data:
            break
        received += len(data)
        time.sleep(pause_ms / 1000)
except ConnectionResetError:
    end = "RST"
print(received, end)
