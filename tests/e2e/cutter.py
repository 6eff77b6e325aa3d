# SPDX-License-Identifier: Apache-2.0
"""A bad network in one program: python3 cutter.py PORT TARGET_PORT SEED [OCTETS SECONDS] passes connections on to 127.0.0.1
and resets each, both ways and with what it holds, after a random number of octets and a random time up to those."""
import random
import select
import socket
import struct
import sys
import time

RESET = struct.pack('ii', 1, 0)


def pass_on(one, other, octets, seconds):
    end = time.monotonic() + seconds
    while octets > 0 and time.monotonic() < end:
        ready, _, _ = select.select([one, other], [], [], 0.05)
        for s in ready:
            data = s.recv(min(65536, max(octets, 1)))
            if not data:
                return
            octets -= len(data)
            (other if s is one else one).sendall(data)


def main(port, target, seed, octets=200000, seconds=1.5):
    g = random.Random(seed)
    server = socket.create_server(('127.0.0.1', port))
    while True:
        one, _ = server.accept()
        try:
            other = socket.create_connection(('127.0.0.1', target))
        except OSError:
            one.close()
            continue
        try:
            pass_on(one, other, g.randrange(500, octets), g.uniform(0.1, seconds))
        except OSError:
            pass
        for s in (one, other):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            s.close()


if __name__ == '__main__':
    main(*map(int, sys.argv[1:]))
