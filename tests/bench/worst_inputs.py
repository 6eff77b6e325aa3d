# SPDX-License-Identifier: Apache-2.0
"""Captures of what costs a sensor most for each byte that its sender pays for: one function an input, in INPUTS.

Each function is given how many bytes the capture shall have and gives Ethernet frames. All of it goes from a camera network to
an address that nobody knows, so that it is looked into as deeply as anything is.
"""
import gzip
import ipaddress
import itertools
import random
import struct
import zlib

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MACS = bytes.fromhex('020000000002' '020000000001')
LANE, OUTSIDE = (int(ipaddress.ip_address(a)) for a in ('10.40.1.20', '203.0.113.77'))
RECORD = 16  # bytes of a packet's header in a capture
INPUTS = {}
TIMES = {}


def input_of(name, times=1):
    """`times`: so many times as large as others, where hosts may borrow much before they pay themselves."""
    def keep(function):
        INPUTS[name] = function
        TIMES[name] = times
        return function
    return keep


# --- packets


def add_up(data):
    """The one's complement sum: 2^16 is 1 in it."""
    return int.from_bytes(data + b'\0' * (len(data) & 1), 'big') % 65535


def finish(total):
    return ~total % 65535 or 65535


def ip_frame(source, destination, protocol, payload, ident=0, fragment=0x4000):
    head = struct.pack('>HHHHBBHII', 0x4500, 20 + len(payload), ident, fragment, 64, protocol, 0, source, destination)
    return MACS + b'\x08\x00' + head[:10] + struct.pack('>H', finish(add_up(head))) + head[12:] + payload


def tcp_segment(source, destination, sport, dport, sequence, acknowledged, flags, payload=b''):
    head = struct.pack('>HHIIBBHHH', sport, dport, sequence & 0xffffffff, acknowledged & 0xffffffff, 0x50, flags, 65535, 0, 0)
    total = add_up(struct.pack('>IIHH', source, destination, 6, len(head) + len(payload))) + add_up(head) + add_up(payload)
    return head[:16] + struct.pack('>H', finish(total)) + head[18:] + payload


class Line:
    """One TCP connection; each call gives the frames that it sends. What comes is acknowledged every `window` bytes."""

    def __init__(self, port=40000, server_port=80, client=LANE, server=OUTSIDE, mss=1400, window=65536):
        self.ends, self.ports = (client, server), (port, server_port)
        self.seq, self.acked, self.mss, self.window = [1000, 900000], [1000, 900000], mss, window

    def segment(self, side, flags, payload=b'', seq=None):
        other = 1 - side
        return ip_frame(self.ends[side], self.ends[other], 6, tcp_segment(
            self.ends[side], self.ends[other], self.ports[side], self.ports[other], self.seq[side] if seq is None else seq,
            self.seq[other] if flags & ACK else 0, flags, payload))

    def open(self):
        yield self.segment(0, SYN)
        self.seq[0] += 1
        yield self.segment(1, SYN | ACK)
        self.seq[1] += 1
        yield self.segment(0, ACK)
        self.acked = list(self.seq)

    def send(self, side, data):
        for at in range(0, len(data), self.mss):
            piece = data[at:at + self.mss]
            yield self.segment(side, PSH | ACK, piece)
            self.seq[side] += len(piece)
            if self.seq[side] - self.acked[side] >= self.window:
                yield from self.acknowledge(side)

    def acknowledge(self, side):
        self.acked[side] = self.seq[side]
        yield self.segment(1 - side, ACK)

    def close(self):
        yield self.segment(0, FIN | ACK)
        self.seq[0] += 1
        yield self.segment(1, FIN | ACK)
        self.seq[1] += 1
        yield self.segment(0, ACK)


def write(path, frames, gap=20):
    """`gap`: microseconds from frame to frame."""
    time = 1780200000_000000  # 2026-05-31
    with open(path, 'wb', 1 << 20) as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            time += gap
            f.write(struct.pack('<IIII', time // 1000000, time % 1000000, len(frame), len(frame)) + frame)


def cut(frames, size):
    """As many of them as make so many bytes of a capture."""
    for frame in frames:
        size -= RECORD + len(frame)
        if size < 0:
            return
        yield frame


# --- HTTP


def head(length, *fields, method='PUT', target='/a'):
    return '\r\n'.join([f'{method} {target} HTTP/1.1', 'Host: a', f'Content-Length: {length}', *fields, '', '']).encode()


ANSWER = b'HTTP/1.1 204 \r\n\r\n'


def upload(body, *fields):
    """One long body on one connection, whatever its length: the capture ends before it does."""
    line = Line()
    yield from line.open()
    yield from line.send(0, head(len(body), *fields))
    yield from line.send(0, body)
    yield from line.acknowledge(0)
    yield from line.send(1, ANSWER)
    yield from line.close()


def requests(texts, each=50):
    """Requests behind one another, `each` of them on one connection, many in a segment; answers in one segment too."""
    texts = iter(texts)
    for port in itertools.count(20000):
        some = list(itertools.islice(texts, each))
        if not some:
            return
        line = Line(port=1024 + port % 60000)
        yield from line.open()
        yield from line.send(0, b''.join(some))
        yield from line.acknowledge(0)
        yield from line.send(1, ANSWER * len(some))
        yield from line.close()


def wall(unit, size):
    return (unit * (size // len(unit) + 1))[:size]


def plates(seed):
    g = random.Random(seed)
    while True:
        yield ''.join(g.choices('ABCDEFGHJKLMNPRSTUVWXYZ', k=3)) + f'{g.randrange(10000):04d}'


def joined(pieces, size):
    out, n = [], 0
    for piece in pieces:
        out.append(piece)
        n += len(piece)
        if n >= size:
            return b''.join(out)
    return b''.join(out)


# --- segments and packets


def one_byte(times, order=lambda run: run):
    """A body in segments of one byte, each of them sent so many times."""
    line = Line()
    yield from line.open()
    yield from line.send(0, head(1 << 30))
    while True:
        run = [(line.seq[0] + i, bytes([65 + i % 26])) for i in range(4096)]
        for seq, byte in order(run):
            for _ in range(times):
                yield line.segment(0, PSH | ACK, byte, seq)
        line.seq[0] += len(run)
        yield from line.acknowledge(0)


@input_of('segments of one byte')
def segments(size):
    return one_byte(1)


@input_of('segments of one byte, of a request line that waits for an answer')
def segments_of_line(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000)
        yield from line.open()
        yield from line.send(0, head(0))
        for _ in range(30000):
            yield line.segment(0, PSH | ACK, b'a')
            line.seq[0] += 1


@input_of('segments of one byte, each again and again')
def segments_again(size):
    return one_byte(8)


@input_of('segments of one byte, backwards')
def segments_backwards(size):
    return one_byte(1, reversed)


@input_of('segments of one byte behind a hole, every second one, again and again')
def segments_behind_hole(size):
    line = Line()
    yield from line.open()
    yield from line.send(0, head(1 << 30))
    while True:
        for _ in range(8):
            for i in range(2, 4096, 2):
                yield line.segment(0, PSH | ACK, b'x', line.seq[0] + i)
        yield from line.send(0, b'y' * 4096)
        yield from line.acknowledge(0)


@input_of('fragments of eight bytes')
def fragments(size):
    line = Line()
    yield from line.open()
    yield from line.send(0, head(1 << 30))
    for ident in itertools.count(1):
        segment = tcp_segment(LANE, OUTSIDE, 40000, 80, line.seq[0], line.seq[1], ACK, b'f' * 1388)
        line.seq[0] += 1388
        for at in range(0, len(segment), 8):
            more = 0x2000 if at + 8 < len(segment) else 0
            yield ip_frame(LANE, OUTSIDE, 6, segment[at:at + 8], ident & 0xffff, at // 8 | more)


@input_of('fragments of eight bytes that never meet')
def fragments_alone(size):
    for ident in itertools.count(1):
        for at in (9, 7, 5, 3, 1):
            yield ip_frame(LANE, OUTSIDE + (ident >> 16), 6, b'f' * 8, ident & 0xffff, at | 0x2000)


@input_of('openings that nobody answers')
def syns(size):
    for i in itertools.count():
        yield Line(port=1024 + i % 60000, client=LANE + i // 60000 % 1000).segment(0, SYN)


@input_of('connections of one byte')
def tiny_flows(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, client=LANE + i // 60000 % 1000)
        yield line.segment(0, PSH | ACK, b'x')


@input_of('connections of one request, never ended')
def endless_flows(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, client=LANE + i // 60000 % 1000)
        yield line.segment(0, SYN)
        line.seq[0] += 1
        yield line.segment(0, PSH | ACK, b'GET / HTTP/1.1\r\n\r\n')


@input_of('datagrams of one byte, a flow each')
def datagrams(size):
    for i in itertools.count():
        yield ip_frame(LANE + i // 60000 % 1000, OUTSIDE, 17, struct.pack('>HHHH', 1024 + i % 60000, 5000, 9, 0) + b'x')


@input_of('datagrams of QUIC Initial packets that no key opens, a flow each')
def quic_initials(size):
    for i in itertools.count():
        sealed = struct.pack('>I', i) * 6
        packets = b''.join(struct.pack('>BIBIIBBB', 0xc3, 1, 8, i, k, 0, 0, len(sealed)) + sealed for k in range(30))
        udp = struct.pack('>HHHH', 1024 + i % 60000, 443, 8 + len(packets), 0)
        yield ip_frame(LANE + i // 60000 % 1000, OUTSIDE, 17, udp + packets)


# --- what HTTP is made of


def request_wall(name, text, each):
    """One request again and again, `each` times on one connection."""
    @input_of(name)
    def make(size):
        return requests(itertools.repeat(text), each)


request_wall('HTTP/0.9, requests of 6 bytes', b'GET /\n', 1)
request_wall('HTTP/0.9, requests of 6 bytes, many on a connection', b'GET /\n', 5000)
request_wall('smallest requests', b'GET / HTTP/1.1\r\n\r\n', 5000)
request_wall('uploads of no byte', b'PUT / HTTP/1.1\r\nContent-Length:0\r\n\r\n', 5000)
request_wall('uploads of one byte', b'PUT / HTTP/1.1\r\nContent-Length:1\r\n\r\nx', 5000)


@input_of('downloads of one byte')
def small_downloads(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, client=OUTSIDE, server=LANE)
        yield from line.open()
        yield from line.send(0, b'GET / HTTP/1.1\r\n\r\n' * 1000)
        yield from line.acknowledge(0)
        yield from line.send(1, b'HTTP/1.1 200\r\nContent-Length:1\r\n\r\nx' * 1000)
        yield from line.close()


request_wall('header fields of three bytes', b'GET / HTTP/1.1\r\n' + b'a:\r\n' * 1000 + b'\r\n', 20)
request_wall('header fields of many names', b'GET / HTTP/1.1\r\n' + b''.join(b'%x:\r\n' % i for i in range(2000)) + b'\r\n', 20)


def chunk_wall(name, chunk):
    @input_of(name)
    def make(size):
        line = Line()
        yield from line.open()
        yield from line.send(0, b'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n')
        while True:
            yield from line.send(0, chunk * 350)


chunk_wall('chunks of one byte', b'1\nx\n')
chunk_wall('chunks of one byte, line ends of two', b'1\r\nx\r\n')


def part_wall(name, part, many):
    request_wall(name, head(len(part) * many, 'Content-Type: multipart/form-data; boundary=b') + part * many, 10)


part_wall('multipart, parts of three bytes', b'\r\n--b\r\n\r\nxyz', 4000)
part_wall('multipart, parts of three bytes with names', b'\r\n--b\r\nContent-Disposition: form-data; filename=a.jpg\r\n\r\nxyz', 1000)


@input_of('multipart, what almost is a boundary')
def near_boundaries(size):
    body = wall(b'\n--bbbbbbbbbbbbbbbbbbbbbbbbbbbbb', size)
    return upload(body, 'Content-Type: multipart/form-data; boundary=' + 'b' * 60)


# --- ranges


def ranges(places, total):
    for at, n in places:
        yield (f'PUT /r HTTP/1.1\r\nContent-Length:{n}\r\nContent-Range:bytes {at}-{at + n - 1}/{total}\r\n\r\n').encode() + b'r' * n


@input_of('ranges of one name, each of another total')
def equal_keys(size):
    return requests((next(ranges([(1, 1)], 10 + i)) for i in itertools.count()), 5000)


@input_of('ranges that do not meet')
def scattered_ranges(size):
    return requests(ranges(((1 + 2 * (i % 4000), 1) for i in itertools.count()), 1 << 40), 5000)


@input_of('ranges that do not meet, backwards')
def scattered_backwards(size):
    return requests(ranges(((8001 - 2 * (i % 4000), 1) for i in itertools.count()), 1 << 40), 5000)


@input_of('ranges, two thousand at once')
def many_open_parts(size):
    lines = [Line(port=2000 + i) for i in range(2000)]
    for line in lines:
        yield from line.open()
    for turn in itertools.count():
        for i, line in enumerate(lines):
            at = 1 + 4 * i
            text = f'PUT /r HTTP/1.1\r\nContent-Length:2\r\nContent-Range:bytes {at}-{at + 1}/99999999\r\n\r\nr'
            yield from line.send(0, (b'r' if turn else b'') + text.encode())


@input_of('multipart ranges of one byte')
def range_parts(size):
    parts = b''.join(b'\r\n--b\r\nContent-Range:bytes %d-%d/99999\r\n\r\nx' % (at, at) for at in range(1, 4001, 2))
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, client=OUTSIDE, server=LANE)
        yield from line.open()
        yield from line.send(0, b'GET /r HTTP/1.1\r\nHost: a\r\n\r\n')
        yield from line.acknowledge(0)
        yield from line.send(1, b'HTTP/1.1 206 P\r\nContent-Type: multipart/byteranges; boundary=b\r\n'
                             b'Content-Length: %d\r\n\r\n' % len(parts) + parts)
        yield from line.close()


# --- codings

# 1 MiB of '<', as `brotli -q 11 -w 0` writes it.
BROTLI_WALL = bytes.fromhex('5fffff8f5f82271e0b0472ef1f00')
BROTLI_UPLOAD = b'PUT / HTTP/1.1\r\nContent-Encoding:br\r\nContent-Length:14\r\n\r\n' + BROTLI_WALL
request_wall('brotli, 14 bytes that become 1 MiB', BROTLI_UPLOAD, 500)


@input_of('brotli, the same behind a missing first byte')
def brotli_walls_held(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000)
        yield from line.open()
        first = line.segment(0, PSH | ACK, BROTLI_UPLOAD[:1])
        line.seq[0] += 1
        yield from line.send(0, (BROTLI_UPLOAD * 200)[1:])
        yield first
        yield from line.acknowledge(0)
        yield from line.close()


@input_of('gzip, 1 MiB of one letter')
def gzip_walls(size):
    body = gzip.compress(b'<' * (1 << 20), 9, mtime=0)
    return requests(itertools.repeat(head(len(body), 'Content-Encoding: gzip') + body), 10)


@input_of('gzip, one long body of one letter')
def gzip_long(size):
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    begin, block = (z.compress(b'<' * (8 << 20)) + z.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    body = begin + wall(block, size - len(block))
    return upload(body, 'Content-Encoding: gzip')


@input_of('gzip, members of no byte')
def gzip_members(size):
    return upload(wall(gzip.compress(b'', mtime=0), size), 'Content-Encoding: gzip')


@input_of('gzip, four codings within one another')
def gzip_nested(size):
    body = b'<' * (1 << 20)
    for _ in range(4):
        body = gzip.compress(body, 9, mtime=0)
    return requests(itertools.repeat(head(len(body), 'Content-Encoding: gzip, gzip, gzip, gzip') + body), 50)


@input_of('deflate, stored blocks of one byte')
def deflate_blocks(size):
    return upload(wall(b'\0\1\0\xfe\xffx', size), 'Content-Encoding: deflate')


@input_of('deflate, dynamic blocks of one byte')
def deflate_tables(size):
    z = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    g = random.Random(1)
    block = b''.join(z.compress(bytes(g.choices(b'abcdefghijklmnop', k=60))) + z.flush(zlib.Z_FULL_FLUSH) for _ in range(1000))
    return upload(wall(block, size), 'Content-Encoding: deflate')


# --- pictures


@input_of('JPEG, segments of 5 bytes')
def jpeg_segments(size):
    return upload(b'\xff\xd8' + wall(b'\xff\xfe\0\x03x', size))


@input_of('JPEG, segments of 4 bytes')
def jpeg_empty_segments(size):
    return upload(b'\xff\xd8' + wall(b'\xff\xfe\0\x02', size))


@input_of('JPEG, a wall of FF')
def jpeg_fill(size):
    return upload(b'\xff\xd8' + b'\xff' * size)


@input_of('JPEG, FF 00 for pixels')
def jpeg_stuffed(size):
    return upload(b'\xff\xd8\xff\xda\0\x02' + wall(b'\xff\0', size))


def png_chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


PNG = b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0))


@input_of('PNG, zTXt of nothing')
def small_ztxt(size):
    return upload(PNG + wall(png_chunk(b'zTXt', b'a\0\0' + zlib.compress(b'')), size))


@input_of('PNG, zTXt of 64 KiB of one letter')
def ztxt_walls(size):
    return upload(PNG + wall(png_chunk(b'zTXt', b'a\0\0' + zlib.compress(b'<' * 65536, 9)), size))


@input_of('PNG, tEXt of one letter')
def small_text(size):
    return upload(PNG + wall(png_chunk(b'tEXt', b'a\0x'), size))


@input_of('GIF, comments of one letter')
def gif_comments(size):
    return upload(b'GIF89a\1\0\1\0\0\0\0' + wall(b'!\xfe\1x\0', size))


@input_of('WebP, chunks of no byte')
def webp_chunks(size):
    return upload(b'RIFF\xff\xff\xff\x7fWEBP' + wall(b'EXIF\0\0\0\0', size))


@input_of('JPEG 2000, boxes of no byte')
def jp2_boxes(size):
    return upload(b'\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ' + wall(b'\0\0\0\x08xml ', size))


# --- text


def text_wall(name, unit):
    @input_of(name)
    def make(size):
        return upload(wall(unit, size))


text_wall('text, <', b'<')
text_wall('text, line ends', b'\n')
text_wall('text, lane,', b'lane,')
text_wall('text, lane, in lines', b'lane,' * 40 + b'\n')
text_wall('text, plate,', b'plate,')
text_wall('text, lp,', b'lp,')
text_wall('text, "plate":"', b'"plate":"')
text_wall('text, lower lines of travel documents', b'L898902C36UTO7408122F1204159ZE184226B<<<<<10\n')
text_wall('text, P<', b'P<UTO')
text_wall('text, upper lines of travel documents', b'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n')
text_wall('text, one plate', b'ABC1234,')
text_wall('text, commas', b',')
text_wall('text, INSERT INTO', b'INSERT INTO ')
text_wall('text, {"lane":', b'{"lane":1,')
text_wall('text, times', b'2026-05-31T04:11:58,')


@input_of('text, table of plates')
def plate_table(size):
    rows = (f'{p},2026-05-31T04:11:{i % 60:02d}Z,L{i % 8}\n'.encode() for i, p in enumerate(plates(1)))
    return upload(b'plate,time,lane\n' + joined(rows, size))


@input_of('text, lines of JSON with plates')
def plate_json(size):
    rows = (f'{{"plate":"{p}","lane":{i % 8},"timestamp":"2026-05-31T04:11:{i % 60:02d}Z"}}\n'.encode() for i, p in enumerate(plates(2)))
    return upload(joined(rows, size))


@input_of('text, plates alone')
def plate_lines(size):
    return upload(joined((p.encode() + b'\n' for p in plates(3)), size))


@input_of('text, many small tables of plates')
def small_tables(size):
    g = plates(4)

    def table():
        while True:
            body = b'plate,lane\n' + b''.join(f'{next(g)},{i}\n'.encode() for i in range(12))
            yield head(len(body)) + body
    return requests(table(), 200)


@input_of('text, UTF-16')
def utf16(size):
    return upload(b'\xff\xfe' + wall('lane,<'.encode('utf-16-le'), size))


# --- file transfer


@input_of('FTP, lines of one letter')
def ftp_lines(size):
    line = Line(server_port=21)
    yield from line.open()
    yield from line.send(1, b'220 ready\r\n')
    while True:
        yield from line.send(0, b'x\n' * 700)
        yield from line.send(1, b'500\n' * 350)


@input_of('FTP, passive ports without end')
def ftp_passive(size):
    line = Line(server_port=21)
    yield from line.open()
    yield from line.send(1, b'220 ready\r\n')
    for i in itertools.count():
        yield from line.send(0, b'PASV\r\n' * 50)
        yield from line.send(1, b''.join(b'227 (203,0,113,77,%d,%d)\r\n' % (4 + (i * 50 + k) // 256 % 250, (i * 50 + k) % 256)
                                         for k in range(50)))


@input_of('SOCKS, greetings')
def socks(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=1080)
        yield from line.open()
        yield from line.send(0, b'\5\1\0')
        yield from line.send(1, b'\5\0')
        yield from line.send(0, b'\5\1\0\1\xcb\0\x71\x4d\0\x50')


@input_of('bytes of no protocol, a few on each connection')
def unknown_flows(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=7000)
        yield from line.open()
        yield from line.send(0, b'\x80\x81\x82')
        yield from line.send(1, b'\x90\x91\x92')
