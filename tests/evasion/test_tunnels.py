# SPDX-License-Identifier: Apache-2.0
"""Uploads inside tunnels, behind the tags of switches, in frames of the air and behind IPv6 extension headers: the innermost
pair of hosts is the one that is judged. Headers are written here from the documents that define them."""
import struct

from case import CREATED, CSV, JPG, case, cases, look, put, upload
from wire import CLIENT, CLIENT6, MACS, SERVER, SERVER6, Wire, checksum, ethernet, fragments4, ip, ipv4, udp_datagram

OUTER = ('192.0.2.1', '192.0.2.2')
OUTER6 = ('2001:db8::1', '2001:db8::2')


def outer(protocol, payload, side=0, v6=False):
    """Between the ends of the tunnel."""
    ends = OUTER6 if v6 else OUTER
    return ethernet(ip(ends[side], ends[1 - side], protocol, payload), side=side)


def over_udp(port, payload, side=0, sport=50000, v6=False):
    ends = OUTER6 if v6 else OUTER
    return outer(17, udp_datagram(ends[side], ends[1 - side], sport, port, payload), side, v6)


def gre(kind, payload, flags=0, fields=b''):
    return struct.pack('>HH', flags, kind) + fields + payload


def kind_of(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def vxlan(frame):
    return b'\x08\0\0\0\0\0\x2a\0' + frame


def gtp(packet, flags=0x30, more=b''):
    return struct.pack('>BBHI', flags, 255, len(more) + len(packet), 7) + more + packet


def geneve(kind, payload, options=b''):
    return struct.pack('>BBHI', len(options) // 4, 0, kind, 42 << 8) + options + payload


def nsh(following, payload, context=b'\0' * 16):
    return struct.pack('>HBBI', 63 << 6 | (8 + len(context)) // 4, 1, following, 7 << 8 | 255) + context + payload


def esp(payload, following, check=12, vector=b''):
    pad = -(len(payload) + 2) % 4
    return struct.pack('>II', 0x1001, 5) + vector + payload + bytes(range(1, pad + 1)) + bytes([pad, following]) + b'\xc5' * check


def transport(packet, number, wrap):
    """The packet with `wrap` of its transport in its place, as protocol `number`."""
    if packet[0] >> 4 == 6:
        body = wrap(packet[40:])
        return packet[:4] + struct.pack('>HB', len(body), number) + packet[7:40] + body
    body = wrap(packet[20:])
    head = packet[:2] + struct.pack('>H', 20 + len(body)) + packet[4:9] + bytes([number]) + b'\0\0' + packet[12:20]
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + body


def air(packet, first=0x08, second=0x01, more=b''):
    """A data frame of 802.11; `more` stands behind its sequence number."""
    return (bytes([first, second, 0, 0]) + b''.join(m for m in (MACS[0], MACS[1], MACS[0])) + b'\x10\0' + more + b'\xaa\xaa\3\0\0\0'
            + struct.pack('>H', kind_of(packet)) + packet)


def within(frame, link=1, **more):
    """The writer of an upload whose packets pass in what `frame` makes of them."""

    def write(w, f):
        w.frame, w.link = frame, link
        upload(w, f, **more)

    return write


def seen_inside(seen):
    assert {t['destination']['ip'] for t in seen.transfers} <= {SERVER, SERVER6}


FRAMES = {
    # networks over networks
    'in VXLAN': lambda p, s: over_udp(4789, vxlan(ethernet(p)), s),
    'in VXLAN on a port of its own': lambda p, s: over_udp(14789, vxlan(ethernet(p)), s),
    'in VXLAN with a VLAN inside': lambda p, s: over_udp(4789, vxlan(ethernet(p, (0x8100, 7))), s),
    'in VXLAN-GPE': lambda p, s: over_udp(4790, b'\x0c\0\0\1\0\0\x2a\0' + p, s),
    'in VXLAN-GPE with a service header': lambda p, s: over_udp(4790, b'\x0c\0\0\4\0\0\x2a\0' + nsh(1, p), s),
    'in GENEVE': lambda p, s: over_udp(6081, geneve(0x6558, ethernet(p)), s),
    'in GENEVE with options, IP inside': lambda p, s: over_udp(6081, geneve(0x0800, p, b'\1\2\x80\1abcd'), s),
    'in GENEVE over IPv6 on another port': lambda p, s: over_udp(16081, geneve(0x6558, ethernet(p)), s, v6=True),
    'in GTP-U': lambda p, s: over_udp(2152, gtp(p), s, sport=2152),
    'in GTP-U with a sequence number': lambda p, s: over_udp(2152, gtp(p, 0x32, b'\0\1\0\0'), s),
    'in GTP-U with two extension headers': lambda p, s: over_udp(2152, gtp(p, 0x34, b'\0\0\0\x85\1\0\x09\xc0\1\0\0\0'), s),
    'in GTP-U on another port': lambda p, s: over_udp(12152, gtp(p), s),
    'in L2TP': lambda p, s: over_udp(1701, b'\0\2\0\1\0\2\xff\3\0\x21' + p, s, sport=1701),
    'in L2TP with all fields': lambda p, s: over_udp(1701, b'\x4a\2' + struct.pack('>H', 20 + len(p)) + b'\0\1\0\2\0\1\0\0\0\4abcd'
                                                     + b'\0\x21' + p, s),
    'in L2TP version 3 over UDP': lambda p, s: over_udp(1701, b'\0\3\0\0\0\0\0\x09cookie12' + ethernet(p), s),
    'in L2TP version 3 over IP': lambda p, s: outer(115, b'\0\0\0\x09' + ethernet(p), s),
    'in L2TP version 3 over IP with a cookie and a sublayer': lambda p, s: outer(115, b'\0\0\0\x09cook\x40\0\0\1' + ethernet(p), s),
    'in foo over UDP': lambda p, s: over_udp(5555, p, s),
    'in GRE in foo over UDP': lambda p, s: over_udp(5556, gre(kind_of(p), p, 0x2000, b'\0\0\0\1'), s),
    'in GUE': lambda p, s: over_udp(6080, b'\0\4\0\0' + p, s),
    'in GUE on another port, with a field': lambda p, s: over_udp(7777, b'\1\4\0\1\0\0\0\0' + p, s),
    'in GRE in GUE': lambda p, s: over_udp(6080, b'\0\x2f\0\0' + gre(0x6558, ethernet(p)), s),
    'in LISP': lambda p, s: over_udp(4341, b'\x80\0\x12\x34\0\0\0\1' + p, s),
    'in GRE with key and sequence': lambda p, s: outer(47, gre(0x0800, p, 0x3000, b'\0\0\0\1\0\0\0\2'), s),
    'in NVGRE': lambda p, s: outer(47, gre(0x6558, ethernet(p), 0x2000, b'\0\x2a\0\1'), s),
    'in NSH over GRE': lambda p, s: outer(47, gre(0x894f, nsh(3, ethernet(p))), s),
    'in ERSPAN III': lambda p, s: outer(47, gre(0x22eb, b'\x20\7\0\0\0\0\0\0\0\0\0\0' + ethernet(p), 0x1000, b'\0\0\0\1'), s),
    'in WCCP': lambda p, s: outer(47, gre(0x883e, b'\0\0\0\0' + p), s),
    'in MPLS over UDP': lambda p, s: over_udp(6635, b'\0\1\1\x40' + p, s),
    'in IPv6 in IPv4': lambda p, s: outer(4, p, s, v6=True),
    'nine deep in IP': lambda p, s: outer(4, nested(p, 8, s), s),
    'in EtherIP': lambda p, s: outer(97, b'\x30\0' + ethernet(p), s),
    'in TZSP': lambda p, s: over_udp(37008, b'\1\0\0\1\x0a\1\x2c\1' + ethernet(p), s),
    'in TZSP from the air': lambda p, s: over_udp(37008, b'\1\0\0\x12\0\x0a\1\x2c\1' + air(p), s),
    'in CAPWAP': lambda p, s: over_udp(5247, b'\0\x10\x43\0\0\0\0\0' + air(p), s),
    # ESP that does not encrypt
    'in open ESP': lambda p, s: ethernet(transport(p, 50, lambda t: esp(t, 6)), side=s),
    'in open ESP with a long check value': lambda p, s: ethernet(transport(p, 50, lambda t: esp(t, 6, 16)), side=s),
    'in ESP with GMAC': lambda p, s: ethernet(transport(p, 50, lambda t: esp(t, 6, 16, b'\7' * 8)), side=s),
    'in open ESP as a tunnel': lambda p, s: outer(50, esp(p, 4), s),
    'in open ESP over UDP': lambda p, s: over_udp(4500, esp(p, 4), s, sport=4500),
    # tags of switches
    'behind tags 9100 and 9200': lambda p, s: ethernet(p, (0x9100, 5), (0x9200, 6), (0x9300, 7), side=s),
    'behind a VN-tag': lambda p, s: ethernet(b'\x80\x0a\0\x14\x08\0' + p, kind=0x8926, side=s),
    'behind an E-tag': lambda p, s: ethernet(b'\0\0\x10\1\0\0\x08\0' + p, kind=0x893f, side=s),
    'in FabricPath': lambda p, s: ethernet(b'\4\x60' + ethernet(p, (0x8100, 9)), kind=0x8903, side=s),
    'behind Cisco metadata': lambda p, s: ethernet(b'\1\1\0\1\0\x64\x08\0' + p, kind=0x8909, side=s),
    'in a service chain': lambda p, s: ethernet(nsh(1, p, b''), kind=0x894f, side=s),
    'in open MACsec': lambda p, s: ethernet(b'\0\0\0\0\0\1\x08\0' + p + b'\xc5' * 16, kind=0x88e5, side=s),
    'in open MACsec with its channel': lambda p, s: ethernet(b'\x20\0\0\0\0\1' + MACS[s] + b'\0\1\x08\0' + p + b'\xc5' * 16, kind=0x88e5,
                                                             side=s),
    'in a backbone': lambda p, s: ethernet(b'\0\0\x30\x39' + ethernet(p), kind=0x88e7, side=s),
    'in TRILL': lambda p, s: ethernet(b'\0\5\0\1\0\2' + ethernet(p), kind=0x22f3, side=s),
    'behind the padding of a frame': lambda p, s: ethernet(p, side=s) + b'\0' * 40,
}


def nested(packet, times, side, ends=OUTER):
    for _ in range(times):
        packet = ipv4(ends[side], ends[1 - side], 4, packet)
    return packet


test_tunnels = cases(JPG, {sentence: within(frame) for sentence, frame in FRAMES.items()}, also=seen_inside)

test_records_in_tunnels = cases(CSV, {sentence: within(FRAMES[sentence]) for sentence in (
    'in GENEVE', 'in GTP-U', 'in L2TP', 'in foo over UDP', 'in open ESP', 'in open MACsec')}, also=seen_inside)

V6 = {
    'in foo over UDP': lambda p, s: over_udp(5555, p, s),
    'in Teredo': lambda p, s: over_udp(3544, p, s, sport=40001),
    'in Teredo with authentication and origin': lambda p, s: over_udp(40001, b'\0\1\0\0' + b'n' * 9 + b'\0\0\x63\xbf\x3f\xff\xfd\xd2' + p, s,
                                                                      sport=3544),
    'in 6in4': lambda p, s: outer(41, p, s),
    'in open ESP': lambda p, s: ethernet(transport(p, 50, lambda t: esp(t, 6)), side=s),
    'behind the header of an experiment': lambda p, s: ethernet(transport(p, 253, lambda t: b'\6\1' + b'x' * 14 + t), side=s),
    'behind the other header of an experiment': lambda p, s: ethernet(transport(p, 254, lambda t: b'\6\0' + b'x' * 6 + t), side=s),
    'behind 60 headers': lambda p, s: ethernet(transport(p, 60, lambda t: b'\x3c\0\1\4\0\0\0\0' * 59 + b'\6\0\1\4\0\0\0\0' + t), side=s),
    'behind hop-by-hop, routing, mobility, HIP and shim6': lambda p, s: ethernet(transport(
        p, 0, lambda t: b'\x2b\0\1\4\0\0\0\0' + b'\x87\0\4\0\0\0\0\0' + b'\x8b\0\0\0\0\0\0\0' + b'\x8c\0\0\0\0\0\0\0'
        + b'\6\0\0\0\0\0\0\0' + t), side=s),
}
test_ipv6 = cases(JPG, {sentence: within(frame, client=CLIENT6, server=SERVER6) for sentence, frame in V6.items()}, also=seen_inside)

RADIOTAP = b'\0\0\x12\0\x2e\x48\0\0\0\2\x85\x09\xa0\0\xc4\1\0\0'
test_air = cases(JPG, {
    'in frames of the air': within(lambda p, s: air(p), 105),
    'with radiotap': within(lambda p, s: RADIOTAP + air(p), 127),
    'with radiotap, QoS and four addresses': within(
        lambda p, s: RADIOTAP + air(p, 0x88, 0x83, b'\2\0\0\0\0\7' + b'\0\0' + b'\0\0\0\0'), 127),
    'with PPI': within(lambda p, s: b'\0\0\x08\0\x69\0\0\0' + air(p), 192),
    'with Prism': within(lambda p, s: b'\x44\0\0\0\x90\0\0\0' + b'\0' * 136 + air(p), 119),
})


@case(JPG)
def test_two_segments_in_each_aggregated_frame(w, f):
    """two segments in each aggregated frame of the air"""
    t, packets = w.tcp(), []
    w.frame, w.link = lambda p, side: air(p), 105
    t.open()
    for at in range(0, len(put(f)), 1000):
        packets.append(t.build(0, put(f)[at:at + 1000]))
        t.seq[0] += len(put(f)[at:at + 1000])
    for i in range(0, len(packets), 2):
        w.raw(aggregate(packets[i:i + 2]))
    t.server(CREATED).close()


def aggregate(packets):
    """An A-MSDU: subframes, padded to 4 but for the last."""
    body = b''
    for p in packets:
        body += b'\0' * (-len(body) % 4)
        inner = b'\xaa\xaa\3\0\0\0' + struct.pack('>H', kind_of(p)) + p
        body += MACS[1] + MACS[0] + struct.pack('>H', len(inner)) + inner
    return b'\x88\1\0\0' + MACS[0] + MACS[1] + MACS[0] + b'\x10\0' + b'\x80\0' + body


@case(JPG)
def test_fragments_of_the_tunnel(w, f):
    """a tunnel whose packets are fragments"""
    plain = w.frame

    def send(packet, side):
        for piece in fragments4(ipv4(OUTER[side], OUTER[1 - side], 4, packet), 800, ident=next(idents))[:-1]:
            w.raw(plain(piece, side))
        return plain(fragments4(ipv4(OUTER[side], OUTER[1 - side], 4, packet), 800, ident=w.ident)[-1], side)

    def number():
        while True:
            w.ident = getattr(w, 'ident', 100) + 1
            yield w.ident

    idents = number()
    w.frame = send
    upload(w, f)


@case(JPG)
def test_garbage_in_packets_that_are_longer_than_their_frame(w, f):
    """garbage in packets that say that they are longer than their frame, where whole ones are as long: the receiver drops them"""
    w.tcp(server='10.40.9.9').open().client(b'\xaa' * 6000).close()
    t = w.tcp().open()
    body = put(f)
    for at in range(0, len(body), 1400):
        if at % 2800 == 0 and at < 8400:
            lie = t.build(0, b'\xdd' * len(body[at:at + 1400]))
            w.packet(lie[:2] + struct.pack('>H', len(lie) + 100) + lie[4:10] + b'\0\0' + lie[12:])
        t.client(body[at:at + 1400])
    t.server(CREATED).close()


@case(JPG)
def test_garbage_in_packets_without_a_length(w, f):
    """garbage in small packets whose total length is 0"""
    t = w.tcp().open()
    body = put(f)
    for at in range(0, len(body), 1000):
        lie = t.build(0, b'\xdd' * len(body[at:at + 1000]))
        head = lie[:2] + b'\0\0' + lie[4:10] + b'\0\0' + lie[12:20]
        w.packet(head[:10] + struct.pack('>H', checksum(head)) + head[12:] + lie[20:])
        t.client(body[at:at + 1000])
    t.server(CREATED).close()


@case(JPG)
def test_large_segments_without_a_length(w, f):
    """segments that the card was to cut, with a total length of 0"""

    def unmeasured(packet, side):
        if len(packet) < 1500:
            return ethernet(packet, side=side)
        head = packet[:2] + b'\0\0' + packet[4:10] + b'\0\0' + packet[12:20]
        return ethernet(head[:10] + struct.pack('>H', checksum(head)) + head[12:] + packet[20:], side=side)

    w.frame = unmeasured
    upload(w, f, mss=9000)


def to_translator(seen):
    assert [a for a in seen.alerts if 'vehicle-image' in a['gantry']['classes'] and a['gantry'].get('partner') == 'Plate Systems']


test_translated = cases(JPG, {
    'through a NAT64 translator, to a partner': lambda w, f: upload(w, f, client=CLIENT6, server='64:ff9b::' + SERVER),
    'through one of the site': lambda w, f: upload(w, f, client=CLIENT6, server='64:ff9b:1::' + SERVER),
}, also=to_translator)


def test_what_lies_deeper_than_the_bound_is_a_flow_of_the_hosts_that_are_known(tmp_path):
    ends = (CLIENT, SERVER)
    w = Wire(lambda p, s: ethernet(nested(p, 30, s, ends), side=s))
    upload(w, JPG)
    seen = look(tmp_path, w)
    assert not seen.classes
    flow, = [r for r in seen.flows if {r['source']['ip'], r['destination']['ip']} == set(ends)]
    assert flow['network']['application'] == 'IP_in_IP' and flow['client']['bytes'] > len(JPG.data)
