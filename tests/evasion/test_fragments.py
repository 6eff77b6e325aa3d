# SPDX-License-Identifier: Apache-2.0
"""Fragments that overlap, contradict each other, come in any order or from nowhere."""
import random
import struct

from case import CREATED, JPG, case, cases, put
from wire import CLIENT6, SERVER6, fragments4, fragments6, ipv4, ipv6


def each(split, v6=False):
    """An upload whose segments each go through `split(w, packet, number)`."""
    def write(w, f):
        t = w.tcp(client=CLIENT6, server=SERVER6) if v6 else w.tcp()
        t.open()
        data = put(f)
        for number, at in enumerate(range(0, len(data), 1400)):
            split(w, t.build(0, data[at:at + 1400]), number + 100)
            t.seq[0] += len(data[at:at + 1400])
            t.ack(1)
        t.server(CREATED).close()
    return write


def cut4(packet, ident, size=512):
    return fragments4(packet, size, ident)


def forged4(fragment, at=28, **more):
    """A fragment with the same place and other bytes."""
    a, b = '.'.join(map(str, fragment[12:16])), '.'.join(map(str, fragment[16:20]))
    body = fragment[20:at] + bytes(x ^ 0x55 for x in fragment[at:])
    return ipv4(a, b, fragment[9], body, struct.unpack('>H', fragment[4:6])[0], struct.unpack('>H', fragment[6:8])[0], **more)


def send(w, pieces):
    for piece in pieces:
        w.packet(piece)


def last_fragment(packet, ident, offset, **more):
    a, b = '.'.join(map(str, packet[12:16])), '.'.join(map(str, packet[16:20]))
    return ipv4(a, b, 6, b'\x55' * 64, ident, offset // 8, **more)


def with_forged(order, index=1, **more):
    """`order`: a string of r, the real fragment `index`, and f, the forged one."""
    def split(w, packet, ident):
        pieces = cut4(packet, ident)
        for i, piece in enumerate(pieces):
            if i == index:
                send(w, [piece if c == 'r' else forged4(piece, **more) for c in order])
            else:
                w.packet(piece)
    return split


test_order = cases(JPG, {
    'in order': each(lambda w, p, i: send(w, cut4(p, i))),
    'reverse': each(lambda w, p, i: send(w, cut4(p, i)[::-1])),
    'the last one first': each(lambda w, p, i: send(w, cut4(p, i)[-1:] + cut4(p, i)[:-1])),
    'eight bytes each': each(lambda w, p, i: send(w, cut4(p, i, 8))),
    'eight bytes each, reverse': each(lambda w, p, i: send(w, cut4(p, i, 8)[::-1])),
    'each twice': each(lambda w, p, i: send(w, [x for y in cut4(p, i) for x in (y, y)])),
    'two packets mixed': each(lambda w, p, i: send(w, [x for y in zip(cut4(p, i), cut4(p, i + 1000)) for x in y])),
})

test_contradictions = cases(JPG, {
    'a forged one before the real one': each(with_forged('fr')),
    'a forged one behind it': each(with_forged('rf')),
    'forged ones on both sides': each(with_forged('frf')),
    'a forged one with a time to live of one': each(with_forged('fr', ttl=1)),
    'a forged first one': each(with_forged('fr', index=0, at=40)),
    'a forged last one': each(with_forged('fr', index=2)),
    'a forged last one, then the others again': each(lambda w, p, i: send(
        w, cut4(p, i)[:-1] + [forged4(cut4(p, i)[-1], 20)] + cut4(p, i))),
})


def shuffled4(fragment, **more):
    """The same words in another order behind a TCP header: no checksum sees that."""
    a, b = '.'.join(map(str, fragment[12:16])), '.'.join(map(str, fragment[16:20]))
    offset = struct.unpack('>H', fragment[6:8])[0] & 0x1fff
    body, start = fragment[20:], 0 if offset else 20
    words = [body[i:i + 2] for i in range(start, len(body) - 1, 2)]
    random.Random(offset).shuffle(words)
    other = body[:start] + b''.join(words) + body[start + 2 * len(words):]
    return ipv4(a, b, fragment[9], other, struct.unpack('>H', fragment[4:6])[0], struct.unpack('>H', fragment[6:8])[0], **more)


def with_shuffled(order, *which, **more):
    """`order`: a string of r, the real fragment, and f, the shuffled one, of each fragment of `which`."""
    def split(w, packet, ident):
        for i, piece in enumerate(cut4(packet, ident)):
            send(w, [piece if c == 'r' else shuffled4(piece, **more) for c in (order if i in which else 'r')])
    return each(split)


test_contradictions_of_one_checksum = cases(JPG, {
    'the first one': with_shuffled('fr', 0),
    'the second one': with_shuffled('fr', 1),
    'each': with_shuffled('fr', 0, 1, 2),
    'the first one, with a time to live of one': with_shuffled('fr', 0, ttl=1),
    'each, with a time to live of one': with_shuffled('fr', 0, 1, 2, ttl=1),
}, whole=False)  # each segment has two readings, and nothing tells which go together
test_copies_of_one_checksum = cases(JPG, {
    'each, behind the real one': with_shuffled('rf', 0, 1, 2),
    'a whole packet with the same number before, with a time to live of one': each(lambda w, p, i: send(
        w, [shuffled4(x, ttl=1) for x in cut4(p, i)] + cut4(p, i))),
    'a forged first one with a time to live of one': each(with_forged('fr', index=0, ttl=1)),
})


test_ends = cases(JPG, {
    'an end too early': each(lambda w, p, i: send(w, [last_fragment(p, i, 512, ttl=1)] + cut4(p, i))),
    'an end too early, behind the first': each(lambda w, p, i: send(w, cut4(p, i)[:1] + [last_fragment(p, i, 512)] + cut4(p, i)[1:])),
    'an end too late': each(lambda w, p, i: send(w, [last_fragment(p, i, 4096, ttl=1)] + cut4(p, i))),
    'two ends too late': each(lambda w, p, i: send(w, cut4(p, i)[:1] + [last_fragment(p, i, 2048)] + cut4(p, i)[1:])),
})

test_others = cases(JPG, {
    'a whole forged packet with the same number before': each(lambda w, p, i: send(
        w, [forged4(x, 20) for x in cut4(p, i)] + cut4(p, i))),
    'fragments and the whole': each(lambda w, p, i: send(w, cut4(p, i)[:2] + [p])),
})


def cut6(packet, ident, size=512):
    return fragments6(packet, size, ident)


def forged6(fragment):
    a, b = ':'.join(f'{x:02x}{y:02x}' for x, y in zip(fragment[8:24:2], fragment[9:24:2])), ':'.join(
        f'{x:02x}{y:02x}' for x, y in zip(fragment[24:40:2], fragment[25:40:2]))
    return ipv6(a, b, fragment[40], bytes(x ^ 0x55 for x in fragment[48:]), fragment[7], [(44, fragment[41:48])])


test_over_ipv6 = cases(JPG, {
    'in order': each(lambda w, p, i: send(w, cut6(p, i)), True),
    'reverse': each(lambda w, p, i: send(w, cut6(p, i)[::-1]), True),
    'whole in one fragment': each(lambda w, p, i: send(w, cut6(p, i, 2000)), True),
    'eight bytes each': each(lambda w, p, i: send(w, cut6(p, i, 8)), True),
    'overlapping, dropped by the receiver, and sent again': each(lambda w, p, i: send(
        w, [cut6(p, i)[0], forged6(cut6(p, i)[1])] + cut6(p, i)[1:] + cut6(p, i + 1000)), True),
})


@case(JPG)
def test_a_fragment_of_another_packet_with_the_same_number(w, f):
    each(lambda w, p, i: send(w, [forged4(cut4(p, i)[1], 20, ttl=3)] + cut4(p, i)))(w, f)
