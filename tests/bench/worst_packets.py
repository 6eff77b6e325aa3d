# SPDX-License-Identifier: Apache-2.0
"""Inputs of worst_inputs.INPUTS that are odd packets: heads within heads, fragments, what TCP leaves open, many hosts."""
import itertools
import struct

from worst_inputs import ACK, ANSWER, FIN, LANE, MACS, OUTSIDE, PSH, RST, SYN, Line, add_up, finish, head, input_of, ip_frame

UDP_ONE = struct.pack('>HHHH', 9, 9, 9, 0) + b'x'
PLAIN = ip_frame(LANE, OUTSIDE, 17, UDP_ONE)[14:]  # the smallest packet, for what it stands within


def udp_frame(source, destination, sport, dport, payload):
    return ip_frame(source, destination, 17, struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload)


# --- encapsulations


def nest_wall(name, wrap, ether=b'\x08\x00'):
    """Heads within heads, as many as a frame of 1,400 bytes holds."""
    @input_of(name)
    def make(size):
        packet = PLAIN
        while len(packet) < 1400:
            packet = wrap(packet)
        frame = MACS + ether + packet
        while True:
            yield frame


def within_ip(protocol, head=b''):
    return lambda packet: ip_frame(LANE, OUTSIDE, protocol, head + packet)[14:]


def within_udp(port, head):
    return lambda packet: udp_frame(LANE, OUTSIDE, 9, port, head + packet)[14:]


nest_wall('IP within IP, sixty deep', within_ip(4))
nest_wall('GRE within GRE', within_ip(47, b'\0\0\x08\0'))
nest_wall('VXLAN within VXLAN', within_udp(4789, b'\x08\0\0\0\0\0\1\0' + MACS + b'\x08\0'))
nest_wall('GENEVE within GENEVE', within_udp(6081, b'\0\0\x65\x58\0\0\1\0' + MACS + b'\x08\0'))
nest_wall('VLAN tags, three hundred on one another', lambda packet: (b'\0\1\x81\0' if packet[0] == 0 else b'\0\1\x08\0') + packet,
          b'\x81\0')
nest_wall('MPLS labels, three hundred on one another', lambda packet: (b'\0\1\0\x40' if packet[0] == 0 else b'\0\1\1\x40') + packet,
          b'\x88\x47')


@input_of('IPv6 extension headers, a hundred and more')
def extension_headers(size):
    chain = b'\x3c\0\1\4\0\0\0\0' * 150 + b'\x11\0\1\4\0\0\0\0'
    ends = bytes.fromhex('20010db8004000000000000000000020') + bytes.fromhex('20010db8000000000000000000000077')
    for i in itertools.count():
        payload = chain + struct.pack('>HHHH', 1024 + i % 60000, 9, 9, 0) + b'x'
        yield MACS + b'\x86\xdd' + struct.pack('>IHBB', 6 << 28, len(payload), 0x3c, 64) + ends + payload


@input_of('IPv6 datagrams of one byte, each from a network of its own')
def ipv6_sources(size):
    for i in itertools.count():
        ends = bytes.fromhex('20010db80040') + struct.pack('>HQ', i >> 8 & 0xffff, i) + bytes.fromhex('20010db8000000000000000000000077')
        yield MACS + b'\x86\xdd' + struct.pack('>IHBB', 6 << 28, 9, 17, 64) + ends + struct.pack('>HHHH', 1024, 9, 9, 0) + b'x'


# --- fragments


@input_of('fragments that lie over one another and differ')
def fragments_over(size):
    for ident in itertools.count(1):
        for i in range(40):
            at = i * 7 % 20
            yield ip_frame(LANE, OUTSIDE, 6, bytes([i]) * 16, ident & 0xffff, at | 0x2000)


@input_of('fragments, first ones alone')
def fragments_first(size):
    for ident in itertools.count(1):
        yield ip_frame(LANE + ident // 65536, OUTSIDE, 17, struct.pack('>HHHH', 1024, 9, 900, 0), ident & 0xffff, 0x2000)


# --- what TCP leaves open


def segment_with(line, side, options, payload, seq=None, flags=PSH | ACK):
    """One with options of TCP, which are a multiple of four bytes."""
    ends, ports, other = line.ends, line.ports, 1 - side
    at = line.seq[side] if seq is None else seq
    tcp = struct.pack('>HHIIBBHHH', ports[side], ports[other], at & 0xffffffff, line.seq[other] & 0xffffffff,
                      0x50 + (len(options) << 2), flags, 65535, 0, 0) + options
    total = add_up(struct.pack('>IIHH', ends[side], ends[other], 6, len(tcp) + len(payload))) + add_up(tcp) + add_up(payload)
    return ip_frame(ends[side], ends[other], 6, tcp[:16] + struct.pack('>H', finish(total)) + tcp[18:] + payload)


def stamps(now, echo=0):
    return b'\1\1\x08\x0a' + struct.pack('>II', now & 0xffffffff, echo & 0xffffffff)


def upload_line(**more):
    line = Line(**more)
    yield from line.open()
    yield from line.send(0, head(1 << 30))
    return line


@input_of('segments of one byte that lie over one another and differ')
def segments_differ(size):
    line = yield from upload_line()
    while True:
        for i in range(2048):
            yield line.segment(0, PSH | ACK, bytes([i & 255]) * 2, line.seq[0] + 1 + i)
        yield from line.send(0, b'y' * 2050)
        yield from line.acknowledge(0)


@input_of('segments of two bytes, half of each sent again and different')
def segments_half(size):
    line = yield from upload_line()
    while True:
        for i in range(4096):
            yield line.segment(0, PSH | ACK, bytes([i & 255, i + 1 & 255]))
            line.seq[0] += 1
        line.seq[0] += 1
        yield from line.acknowledge(0)


@input_of('segments of one byte, every second one missing and acknowledged')
def segments_missing(size):
    line = yield from upload_line()
    for i in itertools.count():
        yield line.segment(0, PSH | ACK, b'x')
        line.seq[0] += 2
        if i % 64 == 0:
            yield from line.acknowledge(0)


@input_of('segments of one byte with times of yesterday')
def segments_old(size):
    line = Line()
    yield segment_with(line, 0, stamps(1 << 20), b'', flags=SYN)
    line.seq[0] += 1
    yield segment_with(line, 1, stamps(1 << 20, 1 << 20), b'', flags=SYN | ACK)
    line.seq[1] += 1
    for i in itertools.count():
        yield segment_with(line, 0, stamps((1 << 20) - i % 1000 * (i & 1)), b'x')
        line.seq[0] += 1 - (i & 1)
        if i % 64 == 0:
            yield segment_with(line, 1, stamps(1 << 20, 1 << 20), b'', flags=ACK)


@input_of('selective acknowledgements without end')
def segments_sack(size):
    line = yield from upload_line()
    for i in itertools.count():
        at = line.seq[0] + 2 * i % 30000
        yield segment_with(line, 1, b'\1\1\5\x1a' + struct.pack('>6I', at, at + 1, at + 3, at + 4, at + 6, at + 7), b'', flags=ACK)


@input_of('segments of one byte far outside the window')
def segments_outside(size):
    line = yield from upload_line()
    for i in itertools.count():
        yield line.segment(0, PSH | ACK, b'x', line.seq[0] + (1 << 20) + 7919 * i)


@input_of('segments of one urgent byte')
def segments_urgent(size):
    line = yield from upload_line()
    for i in itertools.count():
        yield line.segment(0, PSH | ACK | 0x20, b'x')
        line.seq[0] += 1
        if i % 64 == 0:
            yield from line.acknowledge(0)


def flag_wall(name, flags, both):
    @input_of(name)
    def make(size):
        for i in itertools.count():
            line = Line(port=1024 + i % 60000, client=LANE + i // 60000 % 1000)
            yield line.segment(0, flags)
            if both:
                yield line.segment(1, flags)


flag_wall('ends (FIN) of connections that never were', FIN | ACK, False)
flag_wall('resets of connections that never were, both ways', RST | ACK, True)


@input_of('connections that are opened and reset')
def reset_flows(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, client=LANE + i // 60000 % 1000)
        yield from line.open()
        yield line.segment(0, RST)


@input_of('openings that carry a request')
def data_in_syn(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, client=LANE + i // 60000 % 1000)
        yield line.segment(0, SYN, b'PUT / HTTP/1.1\r\nContent-Length:1\r\n\r\nx')


@input_of('one pair of ports, opened and reset again and again')
def port_again(size):
    for i in itertools.count():
        line = Line()
        line.seq = [1000 + 70000 * i & 0xffffffff, 900000 + 70000 * i & 0xffffffff]
        yield from line.open()
        yield from line.send(0, b'PUT / HTTP/1.1\r\nContent-Length:1\r\n\r\nx')
        yield line.segment(0, RST)


# --- many hosts


def host_wall(name, ends, data=b'x'):
    """A connection of one segment for each pair of ends."""
    @input_of(name)
    def make(size):
        for i in itertools.count():
            client, server = ends(i)
            yield Line(client=client, server=server).segment(0, PSH | ACK, data)


UPLOAD = b'PUT / HTTP/1.1\r\nContent-Length:1\r\n\r\nx'
LANES = 60000  # of 10.40.0.0/16
host_wall('connections of one byte, each to another stranger', lambda i: (LANE, OUTSIDE + i))
host_wall('connections of one byte, each from another stranger', lambda i: (OUTSIDE + i, LANE))
host_wall('connections of one byte, each from another host inside', lambda i: (LANE + i % LANES, OUTSIDE + i // LANES))
host_wall('uploads of one byte, each to another stranger', lambda i: (LANE, OUTSIDE + i), UPLOAD)
host_wall('uploads of one byte, each from another host inside', lambda i: (LANE + i % LANES, OUTSIDE + i // LANES), UPLOAD)


@input_of('uploads of one byte with an answer, each to another stranger')
def answered_strangers(size):
    for i in itertools.count():
        line = Line(server=OUTSIDE + i)
        yield line.segment(0, PSH | ACK, UPLOAD)
        line.seq[0] += len(UPLOAD)
        yield line.segment(1, PSH | ACK, ANSWER)


@input_of('datagrams of one byte, each to another stranger')
def datagram_strangers(size):
    for i in itertools.count():
        yield udp_frame(LANE, OUTSIDE + i, 1024 + i % 60000, 5000, b'x')


# --- ICMP


def echo(i, payload):
    icmp = struct.pack('>BBHHH', 8, 0, 0, 7, i & 0xffff) + payload
    return icmp[:2] + struct.pack('>H', finish(add_up(icmp))) + icmp[4:]


@input_of('echoes whose payload changes')
def echoes(size):
    for i in itertools.count():
        yield ip_frame(LANE, OUTSIDE, 1, echo(i, struct.pack('>QQ', i * 0x9e3779b97f4a7c15 & (1 << 64) - 1, i)))


@input_of('echoes, each to another stranger')
def echo_strangers(size):
    for i in itertools.count():
        yield ip_frame(LANE, OUTSIDE + i, 1, echo(i, struct.pack('>Q', i * 0x9e3779b97f4a7c15 & (1 << 64) - 1)))


@input_of('messages of ICMP that quote packets of flows')
def icmp_errors(size):
    for i in itertools.count():
        quoted = ip_frame(LANE, OUTSIDE, 17, struct.pack('>HHHH', 1024 + i % 60000, 9, 9, 0))[14:]
        icmp = struct.pack('>BBHI', 3, 3, 0, 0) + quoted
        yield ip_frame(OUTSIDE, LANE, 1, icmp[:2] + struct.pack('>H', finish(add_up(icmp))) + icmp[4:])
