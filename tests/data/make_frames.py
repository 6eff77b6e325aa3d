#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes frames-*.pcap and form-* with scapy: every frame carries, under some stack of headers, the same TCP segment with
the frame's name as its payload. The unit tests of capture and decode say what each name must give.

    /usr/bin/python3 make_frames.py
"""
import struct
from scapy.all import (AH, Dot1Q, Ether, GRE, IP, IPOption_RR, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, LLC, PPP, PPPoE, Raw, SCTP, SCTPChunkData, SNAP, TCP,
                       UDP, load_contrib, raw)
load_contrib("mpls")
from scapy.contrib.mpls import MPLS

MACS = dict(src="00:0c:29:11:22:33", dst="00:0c:29:44:55:66")
IP4 = dict(src="10.40.3.7", dst="198.51.100.20")
IP6 = dict(src="2001:db8:40::7", dst="2001:db8:ffff::20")
OUT4 = dict(src="192.0.2.1", dst="192.0.2.2")
OUT6 = dict(src="2001:db8::1", dst="2001:db8::2")


def segment(name):
    return TCP(sport=51820, dport=21, seq=0x01020304, ack=0x0a0b0c0d, flags="PA", window=4096) / Raw(name.encode())


def v4(name, **more):
    return IP(id=7, **IP4, **more) / segment(name)


def v6(name):
    return IPv6(**IP6) / segment(name)


def ether(payload, kind):
    return Ether(type=kind, **MACS) / payload


def gre(flags, protocol, fields, payload, outer=None):
    return ether((outer or IP(proto=47, **OUT4)) / Raw(struct.pack(">HH", flags, protocol) + fields + raw(payload)),
                 0x86dd if outer else 0x800)


def inner_ether(name):
    return Ether(type=0x800, **MACS) / v4(name)


def erspan2(name):
    return struct.pack(">HHI", 1 << 12 | 77, 5, 9) + raw(inner_ether(name))


def erspan3(name, sub):
    head = struct.pack(">HHIHH", 2 << 12 | 78, 5, 123456, 0, 1 if sub else 0)
    return head + (b"\x11" * 8 if sub else b"") + raw(inner_ether(name))


def vxlan(port, inner):
    return ether(IP(**OUT4) / UDP(sport=50000, dport=port) / Raw(struct.pack(">II", 8 << 24, 42 << 8)) / inner, 0x800)


def mpls(*labels, inner):
    stack = inner
    for i, label in enumerate(reversed(labels)):
        stack = MPLS(label=label, s=1 if i == 0 else 0, ttl=64) / stack
    return ether(stack, 0x8847)


def udp(port, payload, sport=50000):
    return ether(IP(**OUT4) / UDP(sport=sport, dport=port) / Raw(payload), 0x800)


def gtp(inner, flags=0x30, more=b""):
    return struct.pack(">BBHI", flags, 0xff, len(more) + len(inner), 0x1234) + more + inner


def geneve(kind, inner, options=b""):
    return struct.pack(">BBHI", len(options) // 4, 0, kind, 42 << 8) + options + inner


def nsh(following, inner, context=b"\0" * 16):
    """RFC 8300: version 0, TTL 63, length in words, MD type 1 with its 16 bytes of context, next protocol; service path."""
    words = (8 + len(context)) // 4
    return struct.pack(">HBBI", 63 << 6 | words, 1, following, 7 << 8 | 255) + context + inner


def tzsp(kind, inner):
    return struct.pack(">BBH", 1, 0, kind) + b"\x0a\x01\x2c" + b"\x00" + b"\x0b\x01\x06" + b"\x01" + inner


SNAP_HEAD = b"\xaa\xaa\x03\0\0\0"


def air(inner, kind=0x800, first=0x08, second=0x01, more=b""):
    """A data frame of 802.11 to the distribution system; `more` stands behind the sequence number."""
    return (bytes([first, second, 0, 0]) + b"\2\0\0\0\0\1" * 3 + b"\x10\0" + more + SNAP_HEAD + struct.pack(">H", kind)
            + raw(inner))


def esp(inner, following, check=12, vector=b""):
    pad = -(len(inner) + 2) % 4
    return (struct.pack(">II", 0x1001, 5) + vector + inner + bytes(range(1, pad + 1)) + bytes([pad, following])
            + b"\xc5" * check)


def source_route():
    return struct.pack(">HHHBB4sHBB", 0, 0, 0x0800, 0, 4, b"\x0a\0\0\1", 0, 0, 0)


CASES = [
    ("v4", lambda n: ether(v4(n), 0x800)),
    ("v6", lambda n: ether(v6(n), 0x86dd)),
    ("vlan", lambda n: ether(Dot1Q(vlan=40, prio=5, type=0x800) / v4(n), 0x8100)),
    ("qinq", lambda n: ether(Dot1Q(vlan=100, type=0x8100) / Dot1Q(vlan=40, type=0x800) / v4(n), 0x88a8)),
    ("qinq-9100", lambda n: ether(Dot1Q(vlan=101, type=0x8100) / Dot1Q(vlan=40, type=0x86dd) / v6(n), 0x9100)),
    ("snap", lambda n: Ether(type=len(raw(v4(n))) + 8, **MACS) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
        / SNAP(OUI=0, code=0x800) / v4(n)),
    ("v4-options", lambda n: ether(v4(n, options=[IPOption_RR(routers=["192.0.2.9"] * 3)]), 0x800)),
    ("v6-extensions", lambda n: ether(IPv6(**IP6) / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting(addresses=["2001:db8::5"],
        segleft=0) / IPv6ExtHdrDestOpt() / segment(n), 0x86dd)),
    ("v6-atomic", lambda n: ether(IPv6(**IP6) / IPv6ExtHdrFragment(id=9) / segment(n), 0x86dd)),
    ("v4-ah", lambda n: ether(IP(proto=51, **IP4) / AH(nh=6, payloadlen=4, spi=1, seq=1, icv=b"i" * 12) / segment(n),
        0x800)),
    ("v6-ah", lambda n: ether(IPv6(nh=51, **IP6) / AH(nh=6, payloadlen=4, spi=1, seq=1, icv=b"i" * 12) / segment(n),
        0x86dd)),
    ("mpls", lambda n: mpls(16, 17, inner=v4(n))),
    ("mpls-v6", lambda n: mpls(16, 2, inner=v6(n))),
    ("mpls-pseudowire", lambda n: mpls(16, 18, inner=inner_ether(n))),
    ("mpls-control-word", lambda n: mpls(16, 18, inner=Raw(b"\0\0\0\1") / inner_ether(n))),
    ("pppoe", lambda n: ether(PPPoE(sessionid=3) / PPP(proto=0x21) / v4(n), 0x8864)),
    ("pppoe-v6", lambda n: ether(PPPoE(sessionid=3) / PPP(proto=0x57) / v6(n), 0x8864)),
    ("qinq-pppoe", lambda n: ether(Dot1Q(vlan=100, type=0x8100) / Dot1Q(vlan=40, type=0x8864) / PPPoE(sessionid=3)
        / PPP(proto=0x21) / v4(n), 0x88a8)),
    ("gre", lambda n: gre(0, 0x800, b"", v4(n))),
    ("gre-v6", lambda n: gre(0, 0x86dd, b"", v6(n))),
    ("gre-fields", lambda n: gre(0xb000, 0x800, b"\0" * 4 + b"\0\0\0\5" + b"\0\0\0\1", v4(n))),
    ("gre-bridged", lambda n: gre(0x2000, 0x6558, b"\0\0\0\5", inner_ether(n))),
    ("gre-over-v6", lambda n: gre(0, 0x800, b"", v4(n), outer=IPv6(nh=47, **OUT6))),
    ("gre-mpls", lambda n: gre(0, 0x8847, b"", MPLS(label=20, s=1, ttl=9) / v4(n))),
    ("gre-pptp", lambda n: gre(0x3081, 0x880b, struct.pack(">HHII", len(raw(v4(n))) + 4, 1, 1, 1),
        Raw(b"\xff\x03\0\x21" + raw(v4(n))))),
    ("gre-pptp-compressed", lambda n: gre(0x3001, 0x880b, struct.pack(">HHI", len(raw(v4(n))) + 1, 1, 1),
        Raw(b"\x21" + raw(v4(n))))),
    ("erspan1", lambda n: gre(0, 0x88be, b"", inner_ether(n))),
    ("erspan2", lambda n: gre(0x1000, 0x88be, b"\0\0\0\1", Raw(erspan2(n)))),
    ("erspan3", lambda n: gre(0x1000, 0x22eb, b"\0\0\0\1", Raw(erspan3(n, False)))),
    ("erspan3-sub", lambda n: gre(0x1000, 0x22eb, b"\0\0\0\1", Raw(erspan3(n, True)))),
    ("vxlan", lambda n: vxlan(4789, inner_ether(n))),
    ("vxlan-8472", lambda n: vxlan(8472, inner_ether(n))),
    ("vxlan-vlan", lambda n: vxlan(4789, Ether(type=0x8100, **MACS) / Dot1Q(vlan=41, type=0x800) / v4(n))),
    ("ipip", lambda n: ether(IP(proto=4, **OUT4) / v4(n), 0x800)),
    ("6in4", lambda n: ether(IP(proto=41, **OUT4) / v6(n), 0x800)),
    ("4in6", lambda n: ether(IPv6(nh=4, **OUT6) / v4(n), 0x86dd)),
    ("6in6-options", lambda n: ether(IPv6(**OUT6) / IPv6ExtHdrDestOpt(nh=41) / v6(n), 0x86dd)),
    ("pad", lambda n: raw(ether(v4(n), 0x800)) + b"\0" * 20),
    ("qinq-9200", lambda n: ether(Dot1Q(vlan=102, type=0x9300) / Dot1Q(vlan=40, type=0x800) / v4(n), 0x9200)),
    ("geneve", lambda n: udp(6081, geneve(0x6558, raw(inner_ether(n))))),
    ("geneve-options", lambda n: udp(6081, geneve(0x86dd, raw(v6(n)), b"\x01\x02\x80\x01abcd" + b"\0\0\0\0"))),
    ("gtp-u", lambda n: udp(2152, gtp(raw(v4(n))), sport=2152)),
    ("gtp-u-sequence", lambda n: udp(2152, gtp(raw(v6(n)), 0x32, b"\0\x07\0\0"))),
    ("gtp-u-extensions", lambda n: udp(2152, gtp(raw(v4(n)), 0x34, b"\0\0\0\x85\x01\x00\x09\x40\x01\0\0\0"))),
    ("gtp-u-ethernet", lambda n: udp(2152, gtp(raw(inner_ether(n))))),
    ("vntag", lambda n: ether(Raw(b"\x80\x0a\0\x14\x08\0" + raw(v4(n))), 0x8926)),
    ("vntag-vlan", lambda n: ether(Raw(b"\0\x0a\0\x14\x81\0\0\x2a\x08\0" + raw(v4(n))), 0x8926)),
    ("etag", lambda n: ether(Raw(b"\0\0\x10\x01\0\0\x08\0" + raw(v4(n))), 0x893f)),
    ("fabricpath", lambda n: ether(Raw(b"\x04\x60" + raw(inner_ether(n))), 0x8903)),
    ("metadata", lambda n: ether(Raw(b"\1\1\0\1\0\x64\x08\0" + raw(v4(n))), 0x8909)),
    ("macsec", lambda n: ether(Raw(b"\0\0\0\0\0\1\x08\0" + raw(v4(n)) + b"\xc5" * 16), 0x88e5)),
    ("macsec-channel", lambda n: ether(Raw(b"\x21\0\0\0\0\1" + b"\0\x0c\x29\x11\x22\x33\0\1" + b"\x86\xdd" + raw(v6(n))
        + b"\xc5" * 16), 0x88e5)),
    # behind here the fan-out keeps to the outer pair of addresses, if there is one
    ("backbone", lambda n: ether(Raw(b"\0\0\x30\x39" + raw(inner_ether(n))), 0x88e7)),
    ("trill", lambda n: ether(Raw(b"\0\x45\0\1\0\2" + b"\0" * 4 + raw(inner_ether(n))), 0x22f3)),
    ("hsr", lambda n: ether(Raw(b"\0\x40\0\1\x08\0" + raw(v4(n))), 0x892f)),
    ("redundancy", lambda n: ether(Raw(b"\0\0\0\1\x08\0" + raw(v4(n))), 0xf1c1)),
    ("nsh", lambda n: ether(Raw(nsh(1, raw(v4(n)))), 0x894f)),
    ("nsh-ethernet", lambda n: ether(Raw(nsh(3, raw(inner_ether(n)), b"")), 0x894f)),
    ("gre-nsh", lambda n: gre(0, 0x894f, b"", Raw(nsh(2, raw(v6(n)))))),
    ("gre-wccp", lambda n: gre(0, 0x883e, b"\0\0\0\0", v4(n))),
    ("vxlan-gpe", lambda n: udp(4790, b"\x0c\0\0\1\0\0\x2a\0" + raw(v4(n)))),
    ("vxlan-gpe-nsh", lambda n: udp(4790, b"\x0c\0\0\4\0\0\x2a\0" + nsh(3, raw(inner_ether(n))))),
    ("vxlan-anywhere", lambda n: udp(51000, b"\x08\0\0\0\0\0\x2a\0" + raw(inner_ether(n)))),
    ("geneve-anywhere", lambda n: udp(51000, geneve(0x6558, raw(inner_ether(n))))),
    ("gtp-u-anywhere", lambda n: udp(51000, gtp(raw(v4(n))))),
    ("l2tp", lambda n: udp(1701, b"\0\2\0\1\0\2" + b"\xff\x03\0\x21" + raw(v4(n)), sport=1701)),
    ("l2tp-fields", lambda n: udp(1701, b"\x4a\2" + struct.pack(">H", 0) + b"\0\1\0\2" + b"\0\1\0\0" + b"\0\4abcd"
        + b"\0\x57" + raw(v6(n)))),
    ("l2tp-from", lambda n: udp(51000, b"\0\2\0\1\0\2" + b"\x21" + raw(v4(n)), sport=1701)),
    ("l2tp-anywhere", lambda n: udp(51000, b"\0\2\0\1\0\2" + b"\xff\x03\0\x21" + raw(v4(n)))),
    ("l2tpv3-udp", lambda n: udp(1701, b"\0\3\0\0" + b"\0\0\0\x09" + b"cookie12" + b"\0\0\0\0" + raw(inner_ether(n)))),
    ("l2tpv3-ip", lambda n: ether(IP(proto=115, **OUT4) / Raw(b"\0\0\0\x09" + raw(inner_ether(n))), 0x800)),
    ("l2tpv3-ip-cookie", lambda n: ether(IP(proto=115, **OUT4) / Raw(b"\0\0\0\x09" + b"cook" + b"\xff\x03\0\x21"
        + raw(v4(n))), 0x800)),
    ("lisp", lambda n: udp(4341, b"\x80\0\x12\x34\0\0\0\1" + raw(v4(n)))),
    ("gue", lambda n: udp(6080, b"\0\4\0\0" + raw(v4(n)))),
    ("gue-fields", lambda n: udp(6080, b"\1\x29\0\1" + b"\0\0\0\0" + raw(v6(n)))),
    ("gue-1", lambda n: udp(6080, raw(v4(n)))),
    ("gue-gre-anywhere", lambda n: udp(5555, b"\0\x2f\0\0" + b"\0\0\x65\x58" + raw(inner_ether(n)))),
    ("fou", lambda n: udp(5555, raw(v4(n)))),
    ("fou-v6", lambda n: udp(5556, raw(v6(n)))),
    ("fou-gre", lambda n: udp(5557, b"\x20\0\x08\0\0\0\0\1" + raw(v4(n)))),
    ("gre-udp", lambda n: udp(4754, b"\0\0\x86\xdd" + raw(v6(n)))),
    ("mpls-udp", lambda n: udp(6635, b"\0\1\1\x40" + raw(v4(n)))),
    ("mpls-ip", lambda n: ether(IP(proto=137, **OUT4) / Raw(b"\0\1\1\x40" + raw(v4(n))), 0x800)),
    ("teredo", lambda n: udp(3544, raw(v6(n)))),
    ("teredo-origin", lambda n: udp(51000, b"\0\1\0\0" + b"n" * 8 + b"\0" + b"\0\0\x63\xbf\x3f\xff\xfd\xd2" + raw(v6(n)),
        sport=3544)),
    ("esp-null", lambda n: ether(IP(proto=50, **IP4) / Raw(esp(raw(v4(n))[20:], 6)), 0x800)),
    ("esp-null-16", lambda n: ether(IPv6(nh=50, **IP6) / Raw(esp(raw(v6(n))[40:], 6, 16)), 0x86dd)),
    ("esp-null-gmac", lambda n: ether(IP(proto=50, **IP4) / Raw(esp(raw(v4(n))[20:], 6, 16, b"v" * 8)), 0x800)),
    ("esp-null-tunnel", lambda n: ether(IP(proto=50, **OUT4) / Raw(esp(raw(v4(n)), 4)), 0x800)),
    ("esp-null-tunnel-v6", lambda n: ether(IP(proto=50, **OUT4) / Raw(esp(raw(v6(n)), 41)), 0x800)),
    ("esp-null-udp", lambda n: udp(4500, esp(raw(v4(n)), 4), sport=4500)),
    ("etherip", lambda n: ether(IP(proto=97, **OUT4) / Raw(b"\x30\0" + raw(inner_ether(n))), 0x800)),
    ("srv6-ethernet", lambda n: ether(IPv6(nh=143, **OUT6) / Raw(raw(inner_ether(n))), 0x86dd)),
    ("tzsp", lambda n: udp(37008, tzsp(1, raw(inner_ether(n))))),
    ("tzsp-air", lambda n: udp(37008, tzsp(18, air(v4(n))))),
    ("capwap", lambda n: udp(5247, b"\0\x10\0\0\0\0\0\0" + raw(inner_ether(n)))),
    ("capwap-air", lambda n: udp(5247, b"\0\x10\x43\0\0\0\0\0" + air(v4(n)), sport=51000)),
    ("v6-new-extension", lambda n: ether(IPv6(nh=253, **IP6) / Raw(b"\x06\1" + b"\x01\x0c" + b"x" * 12 + raw(v6(n))[40:]),
        0x86dd)),
    ("v6-20-extensions", lambda n: ether(IPv6(nh=60, **IP6) / Raw(b"\x3c\0\1\4\0\0\0\0" * 19 + b"\6\0\1\4\0\0\0\0"
        + raw(v6(n))[40:]), 0x86dd)),
    ("gre-route", lambda n: gre(0x4000, 0x800, source_route(), v4(n))),
]

LINKS = [  # name, LINKTYPE, frame
    ("sll", 113, lambda n: struct.pack(">HHH8sH", 4, 1, 6, b"\0" * 8, 0x800) + raw(v4(n))),
    ("sll2", 276, lambda n: struct.pack(">HHIHBB8s", 0x86dd, 0, 2, 1, 4, 6, b"\0" * 8) + raw(v6(n))),
    ("raw", 101, lambda n: raw(v6(n))),
    ("ipv4", 228, lambda n: raw(v4(n))),
    ("ipv6", 229, lambda n: raw(v6(n))),
    ("null-le", 0, lambda n: struct.pack("<I", 2) + raw(v4(n))),
    ("null-be", 0, lambda n: struct.pack(">I", 30) + raw(v6(n))),
    ("loop", 108, lambda n: struct.pack(">I", 24) + raw(v6(n))),
    ("nflog", 239, lambda n: b"\x02\0\0\x05" + struct.pack("<HHHBB", 8, 1, 0x0008, 3, 0) + b"\x05\0\x0a\0x\0\0\0"
        + struct.pack("<HH", 4 + len(raw(v4(n))), 9) + raw(v4(n))),
    ("ppp", 9, lambda n: b"\xff\x03\0\x21" + raw(v4(n))),
    ("ppp-bare", 9, lambda n: b"\0\x57" + raw(v6(n))),
    ("ppp-serial", 50, lambda n: b"\xff\x03\0\x21" + raw(v4(n))),
    ("ppp-cisco", 50, lambda n: b"\x0f\0\x08\0" + raw(v4(n))),
    ("air", 105, lambda n: air(v4(n))),
    ("air-qos-wds", 105, lambda n: air(v6(n), 0x86dd, 0x88, 0x83, b"\2\0\0\0\0\7" + b"\0\0" + b"\0\0\0\0")),
    ("radiotap", 127, lambda n: b"\0\0\x12\0\x2e\x48\0\0\x00\x02\x85\x09\xa0\0\xc4\1\0\0" + air(v4(n))),
    ("radiotap-padded", 127, lambda n: b"\0\0\x19\0" + struct.pack("<II", 0x80000003, 0) + b"\0" * 4 + b"\7" * 8 + b"\x20"
        + air(v4(n), first=0x88, more=b"\0\0" + b"\0\0")),
    ("ppi", 192, lambda n: b"\0\0\x08\0\x69\0\0\0" + air(v4(n))),
    ("prism", 119, lambda n: b"\x44\0\0\0\x90\0\0\0" + b"\0" * 136 + air(v4(n))),
    ("avs", 163, lambda n: b"\x80\x21\x10\1\0\0\0\x40" + b"\0" * 56 + air(v4(n))),
    ("ppp-ether", 51, lambda n: raw(PPPoE(sessionid=3) / PPP(proto=0x21) / v4(n))),
]


def write(path, link, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, link))
        for i, frame in enumerate(frames):
            f.write(struct.pack("<IIII", 1780000000 + i, 123456789, len(frame), len(frame)) + frame)


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def interface(link, snapshot=65535, order="<"):
    """Interface description with if_tsresol 9 (nanoseconds)."""
    return block(1, struct.pack(order + "HHI", link, 0, snapshot) + struct.pack(order + "HHBxxx", 9, 1, 9)
                 + struct.pack(order + "HH", 0, 0), order)


def packet(number, second, frame, order="<"):
    ns = second * 10**9 + 123456789
    return block(6, struct.pack(order + "IIIII", number, ns >> 32, ns & 0xffffffff, len(frame), len(frame)) + frame, order)


def write_other_forms(frame, bare):
    section = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    with open("form-nanosecond.pcapng", "wb") as f:
        f.write(section + interface(1) + packet(0, 1780000000, frame))
    with open("form-two-links.pcapng", "wb") as f:
        f.write(section + interface(1) + packet(0, 1780000000, frame) + interface(101) + packet(1, 1780000001, bare))
    for name, order in (("form-snapshot-lengths.pcapng", "<"), ("form-snapshot-lengths-big-endian.pcapng", ">")):
        with open(name, "wb") as f:
            f.write(block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order) + interface(1, 96, order)
                    + interface(1, 262144, order) + packet(0, 1780000000, frame, order) + interface(1, 0, order)
                    + packet(1, 1780000001, frame, order) + packet(2, 1780000002, frame, order))
    with open("form-big-endian.pcap", "wb") as f:  # microseconds
        f.write(struct.pack(">IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        f.write(struct.pack(">IIII", 1780000000, 123456, len(frame), len(frame)) + frame)
    with open("form-unknown-link.pcap", "wb") as f:  # LINKTYPE_BACNET_MS_TP
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 165))


def main():
    write("frames-ethernet.pcap", 1, [raw(make(name)) for name, make in CASES])
    for name, link, make in LINKS:
        write("frames-%s.pcap" % name, link, [make(name)])
    write_other_forms(raw(ether(v4("v4"), 0x800)), raw(v4("v4")))


main()
