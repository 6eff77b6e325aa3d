# SPDX-License-Identifier: Apache-2.0
"""Conversations written packet by packet, with checksums, options, TTLs and times under control.

    wire = Wire()
    t = wire.tcp(sport=80).open()
    t.client(b'PUT ...')                   cut at the MSS, each segment acknowledged
    t.segment(0, b'garbage', ttl=1, checksum='bad', advance=False)
    t.server(b'HTTP/1.1 201 Created...').close()
    wire.save(path)

Checksums are right unless a test says otherwise. Sides: 0 the client, 1 the server.
"""
import struct

import packets
from packets import ACK, FIN, PSH, RST, START, SYN, URG, checksum, fragments4, fragments6, ip, ipv4, ipv6, tcp_segment, udp_datagram  # noqa: F401

MACS = (bytes.fromhex('000c29112233'), bytes.fromhex('000c29445566'))
ETHERNET = 1

CLIENT, SERVER = '10.40.3.7', '198.51.100.77'
CLIENT6, SERVER6 = '2001:db8:40::7', '2001:db8:beef::77'


def ethernet(packet, *tags, kind=None, side=0):
    """`tags`: (ethertype, VLAN) from the outside in. `kind`: the ethertype, that of the IP version if not given."""
    if kind is None:
        kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    frame = MACS[1 - side] + MACS[side]
    for tpid, tag in tags:
        frame += struct.pack('>HH', tpid, tag)
    return frame + struct.pack('>H', kind) + packet


class Wire:
    """What passes the span, in its order. `frame` makes of an IP packet and its side what stands in the capture."""

    def __init__(self, frame=None, link=ETHERNET, step=0.0005):
        self.frame = frame or (lambda packet, side: ethernet(packet, side=side))
        self.link, self.step, self.now = link, step, START
        self.frames = []  # (time, bytes)
        self.ports = 40000

    def raw(self, frame, at=None):
        """A whole frame; `at`: a time of its own."""
        self.frames.append((self.now if at is None else at, frame))
        self.now += self.step
        return self

    def packet(self, packet, side=0, at=None):
        return self.raw(self.frame(packet, side), at)

    def wait(self, seconds):
        self.now += seconds
        return self

    def tcp(self, client=CLIENT, server=SERVER, sport=80, cport=None, **more):
        """`sport`: the server's port, `cport` the client's."""
        self.ports += 1
        return Tcp(self, client, server, cport or self.ports, sport, **more)

    def udp(self, side, payload, client=CLIENT, server=SERVER, cport=40000, sport=9000, sum_='good', **ip_more):
        ends = [(client, cport), (server, sport)]
        (a, p), (b, q) = ends[side], ends[1 - side]
        return self.packet(ip(a, b, 17, udp_datagram(a, b, p, q, payload, sum_), **ip_more), side)

    def save(self, path, link=None):
        return packets.write(path, [frame for _, frame in self.frames], [time for time, _ in self.frames],
                             self.link if link is None else link)


class Tcp:
    """One TCP connection. `seq` is what each side sends next; `options` stand in every segment of that side."""

    def __init__(self, wire, client, server, cport, sport, cseq=1000, sseq=900000, mss=1400, window=65535, ttl=64,
                 options=(b'', b''), acks=True):
        self.wire, self.ends = wire, [(client, cport), (server, sport)]
        self.seq, self.mss, self.window, self.ttl, self.options, self.acks = [cseq, sseq], mss, window, ttl, list(options), acks

    def build(self, side, payload=b'', flags=PSH | ACK, seq=None, ack=None, ttl=None, options=None, window=None, urgent=0,
              checksum='good', **ip_more):
        """The IP packet of one segment; nothing is sent and nothing advances."""
        (a, p), (b, q) = self.ends[side], self.ends[1 - side]
        segment = tcp_segment(a, b, p, q, self.seq[side] if seq is None else seq,
                              (self.seq[1 - side] if ack is None else ack) if flags & ACK else 0, flags, payload,
                              self.window if window is None else window, urgent,
                              self.options[side] if options is None else options, checksum)
        return ip(a, b, 6, segment, ttl=self.ttl if ttl is None else ttl, **ip_more)

    def segment(self, side, payload=b'', flags=PSH | ACK, advance=None, at=None, **more):
        """One segment as told. It advances its side's `seq`, unless it was given one of its own or a bad checksum."""
        self.wire.packet(self.build(side, payload, flags, **more), side, at)
        if advance is None:
            advance = more.get('seq') is None and more.get('checksum', 'good') == 'good'
        if advance:
            self.seq[side] += len(payload) + bool(flags & SYN) + bool(flags & FIN)
        return self

    def ack(self, side, **more):
        return self.segment(side, b'', ACK, **more)

    def open(self, options=(b'', b'')):
        """The handshake; `options` of the SYN and the SYN-ACK."""
        self.segment(0, b'', SYN, options=options[0] or None)
        self.segment(1, b'', SYN | ACK, options=options[1] or None)
        return self.ack(0)

    def send(self, side, data, **more):
        for at in range(0, len(data), self.mss):
            self.segment(side, data[at:at + self.mss], **more)
            if self.acks:
                self.ack(1 - side)
        return self

    def client(self, data, **more):
        return self.send(0, data, **more)

    def server(self, data, **more):
        return self.send(1, data, **more)

    def skip(self, side, n):
        """Bytes that this side sent and nobody saw."""
        self.seq[side] += n
        return self

    def close(self):
        for side in (0, 1):
            self.segment(side, b'', FIN | ACK)
        return self.ack(0)

    def reset(self, side=0):
        return self.segment(side, b'', RST | ACK)
