# SPDX-License-Identifier: Apache-2.0
"""Captures made byte by byte: TCP conversations as lists of packets that a test may lose, double, swap, cut or wrap."""
import ipaddress
import struct
import zlib

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MACS = bytes.fromhex('000c29112233000c29445566')
START = 1780200729  # 2026-05-31T04:12:09Z


def checksum(data):
    """RFC 1071."""
    data += b'\0' * (len(data) & 1)
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


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


def put_checksum(segment, at, source, destination, protocol, kind='good'):
    """Over the pseudo-header of RFC 9293, section 3.1, or RFC 8200, section 8.1. `kind`: 'good', 'bad', or a number to write
    as it is."""
    a, b = ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed
    pseudo = (struct.pack('>BBH', 0, protocol, len(segment)) if len(a) == 4 else struct.pack('>I3xB', len(segment), protocol))
    right = checksum(a + b + pseudo + segment) or (0xffff if protocol == 17 else 0)
    value = {'good': right, 'bad': right ^ 0x5a5a}.get(kind, kind)
    return segment[:at] + struct.pack('>H', value) + segment[at + 2:]


def tcp_segment(source, destination, sport, dport, seq, ack, flags, payload=b'', window=65535, urgent=0, options=b'', sum_='good'):
    options += b'\1' * (-len(options) % 4)
    segment = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, (5 + len(options) // 4) << 4, flags,
                          window, 0, urgent) + options + payload
    return put_checksum(segment, 16, source, destination, 6, sum_)


def udp_datagram(source, destination, sport, dport, payload, sum_='good'):
    segment = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
    return put_checksum(segment, 6, source, destination, 17, sum_)


def udp(source, destination, sport, dport, payload):
    return ip(source, destination, 17, udp_datagram(source, destination, sport, dport, payload))


def tcp(source, destination, sport, dport, seq, ack, flags, payload=b''):
    return ip(source, destination, 6, tcp_segment(source, destination, sport, dport, seq, ack, flags, payload))


def ethernet(packet, *tags):
    """`tags`: VLAN numbers from the outside in."""
    kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    frame = MACS
    for i, tag in enumerate(tags):
        frame += struct.pack('>HH', 0x88a8 if i + 1 < len(tags) else 0x8100, tag)
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


class Talk:
    """One TCP connection; `packets` are (side, IP packet) in the order in which they were sent."""

    def __init__(self, client, server, cport=40000, sport=80, cseq=1000, sseq=900000, mss=1400, wire=None):
        self.ends = [(client, cport), (server, sport)]
        self.seq = [cseq, sseq]
        self.mss = mss
        self.packets = []
        self.wire = [] if wire is None else wire  # of several connections, in the order in which they were sent

    def segment(self, side, flags, payload=b'', seq=None):
        (a, p), (b, q) = self.ends[side], self.ends[1 - side]
        packet = tcp(a, b, p, q, self.seq[side] if seq is None else seq, self.seq[1 - side] if flags & ACK else 0, flags, payload)
        self.packets.append((side, packet))
        self.wire.append((side, packet))

    def open(self):
        self.segment(0, SYN)
        self.seq[0] += 1
        self.segment(1, SYN | ACK)
        self.seq[1] += 1
        self.segment(0, ACK)
        return self

    def send(self, side, data):
        for at in range(0, len(data), self.mss):
            piece = data[at:at + self.mss]
            self.segment(side, PSH | ACK, piece)
            self.seq[side] += len(piece)
            self.segment(1 - side, ACK)
        return self

    def ask(self, line, reply):
        """A command and its reply."""
        return self.send(0, line.encode() + b'\r\n').send(1, reply.encode() + b'\r\n')

    def close(self):
        for side in (0, 1):
            self.segment(side, FIN | ACK)
            self.seq[side] += 1
        self.segment(0, ACK)
        return self

    def reset(self, side=0):
        self.segment(side, RST | ACK)
        return self

    def frames(self, side=None):
        return [ethernet(p) for s, p in self.packets if side in (None, s)]


def put(path, body, host='store.example', method='PUT'):
    return (f'{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n'
            'Content-Type: application/octet-stream\r\n\r\n').encode() + body


def get(path, host='store.example'):
    return f'GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode()


def answer(body=b'', status='200 OK'):
    return f'HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/octet-stream\r\n\r\n'.encode() + body


def upload(talk, path, body):
    return talk.open().send(0, put(path, body)).send(1, answer(status='201 Created')).close()


def download(talk, path, body):
    return talk.open().send(0, get(path)).send(1, answer(body)).close()


def ftp(client, server, name, body, upload=True, active=False, cport=41000, port=50123, mss=1400):
    """An FTP session that moves one file, as (side, packet) of both its connections."""
    wire = []
    control = Talk(client, server, cport, 21, wire=wire, mss=mss).open()
    control.send(1, b'220 ready\r\n').ask('USER lane', '331 password').ask('PASS x', '230 in').ask('TYPE I', '200 binary')
    place = f"{(client if active else server).replace('.', ',')},{port >> 8},{port & 255}"
    if active:
        control.ask(f'PORT {place}', '200 good')
        data = Talk(server, client, 20, port, 5000, 6000, wire=wire, mss=mss)
    else:
        control.ask('PASV', f'227 Entering Passive Mode ({place}).')
        data = Talk(client, server, cport + 1, port, 5000, 6000, wire=wire, mss=mss).open()
    control.ask(f"{'STOR' if upload else 'RETR'} {name}", '150 go ahead')
    if active:
        data.open()
    sender = int(upload == active)
    data.send(sender, body)
    for side in (sender, 1 - sender):
        data.segment(side, FIN | ACK)
        data.seq[side] += 1
    data.segment(sender, ACK)
    control.send(1, b'226 done\r\n').ask('QUIT', '221 bye').close()
    return wire


def noise(seed, n):
    """Bytes that look like nothing, the same each time."""
    out, state = bytearray(), zlib.crc32(str(seed).encode())
    while len(out) < n:
        state = zlib.crc32(struct.pack('<II', state, len(out)))
        out += struct.pack('<I', state)
    return bytes(out[:n])


def dull(seed, n):
    """Likewise, but no file of a cipher: a bit of each octet is zero."""
    return noise(seed, n).translate(bytes(i & 0xFB for i in range(256)))


def write(path, frames, times=None, link=1, step=0.0005, start=START):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for i, frame in enumerate(frames):
            t = times[i] if times else start + i * step
            micro = round(t * 1000000)
            f.write(struct.pack('<IIII', micro // 1000000, micro % 1000000, len(frame), len(frame)) + frame)
    return str(path)
