# SPDX-License-Identifier: Apache-2.0
"""Captures of floods: as many packets or flows as are asked for, quickly made, with real uploads among them."""
import ipaddress
import random
import struct

import lab as net
import packets

MACS = bytes.fromhex('020000000002' '020000000001')
LANES = int(ipaddress.ip_address('10.40.0.0'))
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START = 1780200000  # 2026-05-31


def number(address):
    return int(ipaddress.ip_address(address))


def frame(source, destination, sport, dport, sequence, acknowledged, flags, payload=b''):
    """An Ethernet frame with IPv4 and TCP; addresses as numbers, TCP's checksum left out (a bridge checks that of IP)."""
    total = 0x4500 + 40 + len(payload) + 0x4000 + 0x4006 + (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff)
    total = (total & 0xffff) + (total >> 16)
    total = ~(total + (total >> 16)) & 0xffff
    return struct.pack('>12sHBBHHHBBHIIHHIIBBHHH', MACS, 0x0800, 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, total, source,
                       destination, sport, dport, sequence, acknowledged, 0x50, flags, 65000, 0, 0) + payload


class Capture:
    """Writes frames `gap` microseconds apart."""

    def __init__(self, path, gap=10):
        self.file, self.gap, self.time, self.count = open(path, 'wb', 1 << 20), gap, START * 1_000_000, 0
        self.file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

    def add(self, data):
        self.time += self.gap
        self.count += 1
        self.file.write(struct.pack('<IIII', self.time // 1_000_000, self.time % 1_000_000, len(data), len(data)) + data)

    def upload(self, path, body, address=net.UNAPPROVED, port=40000):
        talk = packets.upload(packets.Talk(net.LANE, address, cport=port), path, body)
        for data in talk.frames():
            self.add(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def pair(i, server=net.UNAPPROVED):
    """The ends of flow `i`: a client in the image network, so that the flow matters."""
    return LANES + 256 + (i >> 15) % 60000, number(server), 1024 + i % 32768


def syns(count):
    """Nobody answers."""
    for i in range(count):
        client, server, port = pair(i)
        yield frame(client, server, port, 80, i, 0, SYN)


def tiny(count):
    """Whole conversations of one byte."""
    for i in range(count):
        client, server, port = pair(i)
        yield frame(client, server, port, 80, 100, 0, SYN)
        yield frame(server, client, 80, port, 500, 101, SYN | ACK)
        yield frame(client, server, port, 80, 101, 501, ACK | PSH, b'x')
        yield frame(client, server, port, 80, 102, 501, ACK | RST)


def endless(count, payload=b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', server=net.UNAPPROVED, answer=b''):
    """Opened, used once, never closed."""
    at = server
    for i in range(count):
        client, server, port = pair(i, at)
        yield frame(client, server, port, 80, 100, 0, SYN)
        yield frame(server, client, 80, port, 500, 101, SYN | ACK)
        yield frame(client, server, port, 80, 101, 501, ACK | PSH, payload)
        if answer:
            yield frame(server, client, 80, port, 501, 101 + len(payload), ACK | PSH, answer)


def small(count, size=64, flows=100, server=net.UNAPPROVED):
    """Frames of `size` bytes of a few flows that go on and on; their bytes are noise."""
    noise = random.Random(size).randbytes(size - 54)
    for i in range(flows):
        yield frame(*pair(i, server)[:2], pair(i)[2], 4444, 100, 0, SYN)
    for i in range(count - flows):
        client, at, port = pair(i % flows, server)
        yield frame(client, at, port, 4444, (101 + i // flows * len(noise)) & 0xffffffff, 501, ACK | PSH, noise)


def uploads(count, size, server=net.UNAPPROVED, flows=16):
    """Frames of `size` bytes of endless HTTP uploads of noise between `flows` pairs of hosts, eight packets in turn."""
    noise = [random.Random(i).randbytes(size - 54) for i in range(64)]
    head = b'PUT /in/%d.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n'
    seq = []
    for i in range(flows):
        client, at, port = pair(i << 15, server)
        yield frame(client, at, port, 80, 100, 0, SYN)
        yield frame(client, at, port, 80, 101, 501, ACK | PSH, head % i)
        seq.append(101 + len(head % i))
    for n in range(count - 2 * flows):
        i = n // 8 % flows
        client, at, port = pair(i << 15, server)
        yield frame(client, at, port, 80, seq[i] & 0xffffffff, 501, ACK | PSH, noise[n % 64])
        seq[i] += size - 54


KINDS = {'syns': syns, 'tiny flows': tiny, 'endless flows': endless, '64-byte packets': small}
