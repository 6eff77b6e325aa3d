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
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MACS = (bytes.fromhex('000c29112233'), bytes.fromhex('000c29445566'))
START = 1780200729.0  # 2026-05-31T04:12:09Z
ETHERNET = 1

CLIENT, SERVER = '10.40.3.7', '198.51.100.77'
CLIENT6, SERVER6 = '2001:db8:40::7', '2001:db8:beef::77'


def checksum(data):
    """RFC 1071."""
    data += b'\0' * (len(data) & 1)
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport_checksum(source, destination, protocol, segment):
    """Over the pseudo-header of RFC 9293, section 3.1, or RFC 8200, section 8.1."""
    a, b = ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed
    pseudo = (struct.pack('>BBH', 0, protocol, len(segment)) if len(a) == 4
              else struct.pack('>I3xB', len(segment), protocol))
    return checksum(a + b + pseudo + segment)


def put_checksum(segment, at, source, destination, protocol, kind):
    """`kind`: 'good', 'bad', or a number to write as it is."""
    if isinstance(kind, int):
        value = kind
    else:
        value = transport_checksum(source, destination, protocol, segment)
        if protocol == 17 and value == 0:
            value = 0xffff
        if kind == 'bad':
            value ^= 0x5a5a
    return segment[:at] + struct.pack('>H', value) + segment[at + 2:]


def ipv4(source, destination, protocol, payload, ident=0, fragment=0, ttl=64, options=b'', total=None, tos=0):
    """`fragment`: the 16 bits of flags and offset. `options`: a multiple of 4 bytes. `total`: a length that lies."""
    words = 5 + len(options) // 4
    head = struct.pack('>BBHHHBBH4s4s', 0x40 | words, tos, words * 4 + len(payload) if total is None else total, ident & 0xffff,
                       fragment, ttl, protocol, 0, ipaddress.ip_address(source).packed,
                       ipaddress.ip_address(destination).packed) + options
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + payload


def ipv6(source, destination, protocol, payload, ttl=64, extensions=()):
    """`extensions`: (protocol number, bytes behind the next-header octet) from the outside in."""
    for number, rest in reversed(list(extensions)):
        payload = bytes([protocol]) + rest + payload
        protocol = number
    return struct.pack('>IHBB16s16s', 6 << 28, len(payload), protocol, ttl, ipaddress.ip_address(source).packed,
                       ipaddress.ip_address(destination).packed) + payload


def ip(source, destination, protocol, payload, **more):
    return (ipv6 if ':' in source else ipv4)(source, destination, protocol, payload, **more)


def tcp_segment(source, destination, sport, dport, seq, ack, flags, payload=b'', window=65535, urgent=0, options=b'', sum_='good'):
    options += b'\1' * (-len(options) % 4)
    segment = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, (5 + len(options) // 4) << 4, flags,
                          window, 0, urgent) + options + payload
    return put_checksum(segment, 16, source, destination, 6, sum_)


def udp_datagram(source, destination, sport, dport, payload, sum_='good'):
    segment = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
    return put_checksum(segment, 6, source, destination, 17, sum_)


def ethernet(packet, *tags, kind=None, side=0):
    """`tags`: (ethertype, VLAN) from the outside in. `kind`: the ethertype, that of the IP version if not given."""
    if kind is None:
        kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    frame = MACS[1 - side] + MACS[side]
    for tpid, tag in tags:
        frame += struct.pack('>HH', tpid, tag)
    return frame + struct.pack('>H', kind) + packet


def fragments4(packet, size, ident=77):
    """An IPv4 packet without options in pieces of `size` bytes, a multiple of 8."""
    a, b = str(ipaddress.ip_address(packet[12:16])), str(ipaddress.ip_address(packet[16:20]))
    payload = packet[20:]
    return [ipv4(a, b, packet[9], payload[at:at + size], ident, at // 8 | (0x2000 if at + size < len(payload) else 0),
                 packet[8]) for at in range(0, len(payload), size)]


def fragments6(packet, size, ident=77):
    """An IPv6 packet without extension headers in pieces of `size` bytes, a multiple of 8."""
    a, b = str(ipaddress.ip_address(packet[8:24])), str(ipaddress.ip_address(packet[24:40]))
    payload = packet[40:]
    return [ipv6(a, b, packet[6], payload[at:at + size], packet[7],
                 [(44, struct.pack('>BHI', 0, at | (at + size < len(payload)), ident))]) for at in range(0, len(payload), size)]


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
        with open(path, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, self.link if link is None else link))
            for time, frame in self.frames:
                micro = round(time * 1000000)
                f.write(struct.pack('<IIII', micro // 1000000, micro % 1000000, len(frame), len(frame)) + frame)
        return str(path)


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
