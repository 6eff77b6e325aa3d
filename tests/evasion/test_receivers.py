# SPDX-License-Identifier: Apache-2.0
"""Ordinary freedoms of TCP that receivers take in their stride: keep-alives, probes, data in odd segments, ports used again, any order,
holes that are filled late, answers before the end."""
import random
import struct

from case import CREATED, JPG, cases, put
from wire import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, URG, ethernet, ipv4

GARBAGE = bytes((i * 89 + i // 256 * 7 + 3) & 0xff for i in range(1400))
NOTHING = b'HTTP/1.1 204 No Content\r\n\r\n'


def pieces(f, n=1400):
    data = put(f)
    return [(at, data[at:at + n]) for at in range(0, len(data), n)]


def each(before=None, behind=None, **more):
    """An upload, with what `before` and `behind` do around each of its segments."""
    def write(w, f):
        t = w.tcp(**more).open()
        for _, piece in pieces(f):
            if before:
                before(t, piece)
            t.client(piece)
            if behind:
                behind(t, piece)
        t.server(CREATED).close()
    return write


def probes(byte=None):
    """The server closes its window; the client tries one byte, that of the file or another."""
    def write(w, f):
        t, data = w.tcp().open(), put(f)
        t.client(data[:2800]).ack(1, window=0)
        for _ in range(4):
            w.wait(1)
            t.segment(0, byte or data[2800:2801], advance=False).ack(1, window=0)
        t.ack(1).client(data[2800:]).server(CREATED).close()
    return write


def in_order(arrange, pause=0):
    """All segments in another order; the last of them after a pause."""
    def write(w, f):
        t, segments = w.tcp(acks=False).open(), arrange(pieces(f))
        for i, (at, piece) in enumerate(segments):
            w.wait(pause if i == len(segments) - 1 else 0)
            t.segment(0, piece, seq=1001 + at)
        t.seq[0] += len(put(f))
        t.ack(1).server(CREATED).close()
    return write


def shuffled(segments):
    segments = list(segments)
    random.Random(3).shuffle(segments)
    return segments


def hole(at, n, seconds):
    """n bytes come last, so much later; the server asks for them all the while."""
    def write(w, f):
        t, data = w.tcp(acks=False).open(), put(f)
        t.client(data[:at]).ack(1)
        t.seq[0] += n
        for begin in range(at + n, len(data), 1400):
            t.segment(0, data[begin:begin + 1400]).ack(1, ack=1001 + at)
        w.wait(seconds)
        t.segment(0, data[at:at + n], seq=1001 + at).ack(1).server(CREATED).close()
    return write


def used_again(times, end):
    """The same ports, so many short connections before."""
    def write(w, f):
        start = 1000
        for i in range(times):
            t = w.tcp(cport=45001, cseq=start, sseq=900000 + i * 70000).open()
            end(t.client(b'GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n' % i).server(NOTHING))
            start = t.seq[0] + 200000
        w.tcp(cport=45001, cseq=start, sseq=77000000).open().client(put(f)).server(CREATED).close()
    return write


def in_syn(garbage):
    """Bytes in a SYN that the server does not take: it acknowledges the SYN alone."""
    def write(w, f):
        t = w.tcp().segment(0, garbage, SYN, advance=False)
        t.seq[0] += 1
        t.segment(1, b'', SYN | ACK).ack(0).client(put(f)).server(CREATED).close()
    return write


def partly_in_syn(w, f):
    data = put(f)
    t = w.tcp().segment(0, data[:500], SYN, advance=False)
    t.segment(1, b'', SYN | ACK, ack=1201).seq[0] = 1201
    t.ack(0).client(data[200:]).server(CREATED).close()


def fin_first(w, f):
    t, data = w.tcp(acks=False).open(), put(f)
    t.segment(0, b'', FIN | ACK, seq=1001 + len(data)).client(data)
    t.seq[0] += 1
    t.ack(1).server(CREATED).segment(1, b'', FIN | ACK).ack(0)


def fin_on_each(w, f):
    t = w.tcp(acks=False).open()
    for at, piece in pieces(f):
        t.segment(0, piece, FIN | PSH | ACK, seq=1001 + at)
    t.seq[0] += len(put(f)) + 1
    t.ack(1).server(CREATED)


def server_half_closes(w, f):
    t = w.tcp().open().segment(1, b'', FIN | ACK).ack(0).client(put(f))
    t.segment(0, b'', FIN | ACK).ack(1)


def overlapping(n):
    """Each segment brings n bytes once more, of which the receiver has others already."""
    def write(w, f):
        t = w.tcp(acks=False).open()
        for at, piece in pieces(f):
            again = min(at, n)
            t.segment(0, GARBAGE[:again] + piece, seq=1001 + at - again)
            t.seq[0] = 1001 + at + len(piece)
            t.ack(1)
        t.server(CREATED).close()
    return write


def joined_when_repeated(w, f):
    t, data = w.tcp(acks=False).open(), put(f)
    for at in range(0, len(data), 2800):
        t.segment(0, data[at:at + 900], advance=False)
        t.segment(0, data[at + 900:at + 1800], seq=1001 + at + 900)
        t.segment(0, data[at:at + 2800]).ack(1)
    t.server(CREATED).close()


def old_connection(w, f):
    old = w.tcp(cport=45002).open().client(b'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n').server(NOTHING).close()
    t = w.tcp(cport=45002, cseq=50000000, sseq=7000000).open()
    for _, piece in pieces(f):
        old.segment(0, GARBAGE, seq=1001).segment(1, b'', RST | ACK, seq=900001)
        t.client(piece)
    t.server(CREATED).close()


def answered_early(answer):
    def write(w, f):
        data = put(f)
        w.tcp().open().client(data[:300]).server(answer).client(data[300:]).close()
    return write


def damaged_header(t, piece):
    packet = t.build(0, GARBAGE[:len(piece)])
    t.wire.packet(packet[:10] + bytes([packet[10] ^ 0x5a]) + packet[11:])


def no_header(t, piece):
    """A data offset of 16 bytes, less than a header has."""
    packet = bytearray(t.build(0, GARBAGE[:len(piece)]))
    packet[32] = 4 << 4
    t.wire.packet(bytes(packet))


def unreachable(t, piece):
    """The network says that there is no such host or port; TCP goes on."""
    quoted = t.build(0)[:28]
    for kind, code in ((3, 1), (3, 3), (11, 0)):
        t.wire.packet(ipv4(SERVER, CLIENT, 1, struct.pack('>BBHI', kind, code, 0, 0) + quoted), 1)


test_receivers = cases(JPG, {
    'a keep-alive with a byte before each segment': each(lambda t, p: t.segment(0, b'\xff', ACK, seq=t.seq[0] - 1).ack(1)),
    'probes of a closed window with the next byte': probes(),
    'probes of a closed window with another byte': probes(b'\xee'),
    'bytes in a SYN that are not taken': in_syn(GARBAGE[:300]),
    'a hello in a SYN that is not taken': in_syn(b'\x16\3\1\2\0\1\0\1\xfc\3\3' + GARBAGE[:300]),
    'bytes in a SYN of which a part is taken': partly_in_syn,
    'a FIN before all bytes': fin_first,
    'a FIN on each segment': fin_on_each,
    'a server that half-closes first': server_half_closes,
    **{f'each segment overlaps the last by {n} other bytes': overlapping(n) for n in (1, 700, 1399)},
    'segments that are joined when they are repeated': joined_when_repeated,
    'flags of congestion on each segment': lambda w, f: w.tcp().open().client(put(f), flags=PSH | ACK | 0xc0).server(CREATED).close(),
    'an urgent pointer far ahead': lambda w, f: w.tcp().open().client(put(f), flags=PSH | ACK | URG, urgent=40000).server(CREATED).close(),
    'a RST with a small time to live before each segment': each(lambda t, p: t.segment(0, b'', RST | ACK, ttl=2, advance=False)),
    'a SYN before each segment': each(lambda t, p: t.segment(0, b'', SYN, seq=t.seq[0] + 77).ack(1)),
    'a SYN with bytes before each segment': each(lambda t, p: t.segment(0, GARBAGE[:1000], SYN | ACK, seq=t.seq[0] - 1).ack(1)),
    'other bytes far behind before each segment': each(lambda t, p: t.segment(0, GARBAGE, seq=t.seq[0] - 100000)),
    'a damaged IP header before each segment': each(damaged_header),
    'segments without a whole header': each(no_header),
    'errors of the network before each segment': each(unreachable),
    'a frame to everybody with other bytes': each(lambda t, p: t.wire.raw(b'\xff' * 6 + ethernet(t.build(0, GARBAGE[:len(p)], ttl=1))[6:])),
    'a segment each 100 s': each(lambda t, p: t.wire.wait(100)),
    'windows of one byte': lambda w, f: w.tcp(window=1).open().client(put(f)).server(CREATED).close(),
    **{f'{name}{f", the last {pause} s later" if pause else ""}': in_order(arrange, pause) for name, arrange in {
        'reverse': lambda s: s[::-1], 'any order': shuffled, 'even ones first': lambda s: s[::2] + s[1::2], 'the first one last': lambda s: s[1:] + s[:1],
    }.items() for pause in (0, 4)},
    **{f'{n} bytes at {at} come {s} s late': hole(at, n, s) for at in (10, 5000) for n in (1, 1400) for s in (2, 25)},
    **{f'ports that {n} connections used, ended by {name}': used_again(n, end) for n in (1, 5) for name, end in {
        'FIN': lambda t: t.close(), 'RST': lambda t: t.reset(), 'a RST of the server': lambda t: t.reset(1), 'nothing': lambda t: t}.items()},
    'segments of an old connection between': old_connection,
    'an answer before the end': answered_early(CREATED),
    'a refusal before the end': answered_early(b'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
})
