# SPDX-License-Identifier: Apache-2.0
"""More inputs of worst_inputs.py: containers of very small things, small files that libraries take apart, frames and messages of
protocols that are as short as they may be."""
import bz2
import io
import itertools
import lzma
import os
import random
import struct
import tarfile
import zipfile

from worst_contents import body_wall, small_wall
from worst_inputs import ACK, LANE, PSH, Line, head, input_of, requests, upload
from worst_sessions import client_hello, extension, tls_record

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'data', 'examined')
PUT = 5  # files on one connection

# --- containers of very small things


def packed(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', method) as z:
        for name, text in members:
            z.writestr(name, text)
    return out.getvalue()


def body_of(name, make, *fields):
    """One long body, made of as many octets as the capture shall have."""
    @input_of(name)
    def give(size):
        return upload(make(size), *fields)


def file_wall(name, data, *fields):
    """One file again and again."""
    small_wall(name, data, *fields, each=PUT)


body_of('ZIP, members of one byte', lambda size: packed((f'{i:x}', b'x') for i in range(size // 85)))
body_of('ZIP, members of no byte', lambda size: packed((f'{i:x}', b'') for i in range(size // 85)))
body_of('ZIP, members of one byte, deflated', lambda size: packed(((f'{i:x}', b'x') for i in range(size // 85)), zipfile.ZIP_DEFLATED))
body_of('ZIP, members of one byte with names of pictures', lambda size: packed((f'{i:x}.jpg', b'x') for i in range(size // 95)))
file_wall('ZIP, archives of one member', packed([('a', b'x')]))


def tar_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as t:
        for name, text in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            t.addfile(entry, io.BytesIO(text))
    return out.getvalue()


body_of('tar, members of no byte', lambda size: tar_of((f'{i:x}', b'') for i in range(size // 512)))
body_of('tar, members of one byte', lambda size: tar_of((f'{i:x}', b'x') for i in range(size // 1024)))


def cpio_member(name, data):
    fields = (1, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head_ = b'070701' + b''.join(b'%08x' % n for n in fields) + name + b'\0'
    return head_ + b'\0' * (-len(head_) % 4) + data + b'\0' * (-len(data) % 4)


body_wall('cpio, members of one byte', cpio_member(b'a', b'x'))
body_wall('ar, members of one byte', b'a/              0           0     0     100644  1         `\nx\n', start=b'!<arch>\n')
body_wall('mail, parts of one byte', b'\r\n--b\r\n\r\nx', 'Content-Type: message/rfc822',
          start=b'From: a@b\r\nTo: c@d\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n')
body_wall('mail, attachments of three bytes in base64',
          b'\r\n--b\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.jpg\r\n\r\neHl6',
          'Content-Type: message/rfc822',
          start=b'From: a@b\r\nTo: c@d\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n')
body_wall('mailbox, mails of no byte', b'From a Sun May 31 04:11:00 2026\nFrom: a@b\nTo: c@d\nSubject: e\n\n\n')

# --- what decompresses

for kind, nothing, one in (('bzip2', bz2.compress(b''), bz2.compress(b'x')),
                           ('xz', lzma.compress(b''), lzma.compress(b'x')),
                           ('LZMA', lzma.compress(b'', lzma.FORMAT_ALONE), lzma.compress(b'x', lzma.FORMAT_ALONE))):
    body_wall(f'{kind}, streams of no byte', nothing)
    body_wall(f'{kind}, streams of one byte', one)
    file_wall(f'{kind}, files of one byte', one)
body_wall('Zstandard, frames of no byte', b'\x28\xb5\x2f\xfd\x20\0\1\0\0')
body_wall('Zstandard, blocks of one byte', b'\x0a\0\0x', start=b'\x28\xb5\x2f\xfd\0\x58')
body_wall('Zstandard, runs of 128 KiB', b'\2\0\x10x', start=b'\x28\xb5\x2f\xfd\0\x58')
body_wall('Zstandard, frames that are skipped', b'\x50\x2a\x4d\x18\0\0\0\0')
body_wall('LZ4, frames of no byte', b'\x04\x22\x4d\x18\x60\x40\x82\0\0\0\0')


def runs_of(compress, size):
    """Of one letter, unfolding as far as hosts pay for it."""
    return compress(b'<' * (1 << 20)) * (1 + size // len(compress(b'<' * (1 << 20))))


body_of('bzip2, 1 MiB of one letter', lambda size: runs_of(bz2.compress, size))
body_of('xz, 1 MiB of one letter', lambda size: runs_of(lzma.compress, size))
body_of('bzip2, bytes of no kind', lambda size: bz2.compress(random.Random(7).randbytes(size), 1))

# --- what libraries take apart


def sample_wall(name, file):
    with open(os.path.join(DATA, file), 'rb') as f:
        file_wall(name, f.read())


sample_wall('PDF, small documents', 'streams.pdf')
sample_wall('PDF, small documents, encrypted under no password', 'no-password.pdf')
sample_wall('7z, small archives of PPMd', 'ppmd.7z')
sample_wall('SQLite, small databases', 'reads.db')
sample_wall('Avro, small files', 'zstandard.avro')

# --- pictures


def tiff_directories(size):
    """Directories of one entry, each pointing to the next."""
    out = [b'II*\0\x08\0\0\0']
    for at in range(8, size, 18):
        out.append(struct.pack('<HHHIII', 1, 256, 3, 1, 16, at + 18))
    return b''.join(out)


body_of('TIFF, directories of one entry', tiff_directories)


def boxes(kind, *parts):
    inside = b''.join(parts)
    return struct.pack('>I4s', 8 + len(inside), kind) + inside


def heif_items(size):
    n = min(size // 40, 60000)
    infe = b''.join(boxes(b'infe', struct.pack('>IHH4sB', 0x02000000, i + 1, 0, b'Exif', 0)) for i in range(n))
    iloc = b''.join(struct.pack('>HHHII', i + 1, 0, 1, 40, 1) for i in range(n))
    meta = boxes(b'meta', bytes(4), boxes(b'hdlr', bytes(8), b'pict', bytes(13)), boxes(b'pitm', struct.pack('>IH', 0, 1)),
                 boxes(b'iinf', struct.pack('>IH', 0, n), infe),
                 boxes(b'iloc', struct.pack('>IHH', 0, 0x4400, n), iloc))
    return boxes(b'ftyp', b'heic', bytes(4), b'heicmif1') + meta


@input_of('HEIF, items of one byte')
def heif(size):
    body = heif_items(200000)
    return requests(itertools.repeat(head(len(body)) + body), 2)


# --- TLS


@input_of('TLS, hellos as browsers send them, each on a connection of its own')
def tls_browsers(size):
    ciphers = b''.join(struct.pack('>H', c) for c in (0x1301, 0x1302, 0x1303, *range(0xc02b, 0xc031), *range(0x9c, 0xa8), 0x2f, 0x35))
    more = extension(16, b'\0\x0c\2h2\x08http/1.1') + extension(51, b'\0\x24\0\x1d\0\x20' + bytes(32)) + extension(45, b'\1\1')
    plain = client_hello(b'camera.example', more)
    at = plain.index(b'\0\2\x13\1')
    body = plain[4:at] + struct.pack('>H', len(ciphers)) + ciphers + plain[at + 4:]
    pad = max(0, 508 - len(body))
    where = body.index(b'\1\0', 4 + len(ciphers)) + 2
    block = body[where + 2:] + extension(21, bytes(pad))
    body = body[:where] + struct.pack('>H', len(block)) + block
    hello = tls_record(22, b'\1' + struct.pack('>I', len(body))[1:] + body)
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, server_port=443, client=LANE + i // 60000 % 1000)
        yield line.segment(0, PSH | ACK, hello)


# --- messages as short as they may be


def talk_wall(name, port, first, client, server=b'', each=500):
    """A conversation that begins so (side, octets), then what both sides say again and again."""
    @input_of(name)
    def make(size):
        line = Line(server_port=port)
        yield from line.open()
        for side, octets in first:
            yield from line.send(side, octets)
        while True:
            yield from line.send(0, client * each)
            if server:
                yield from line.send(1, server * each)


HTTP2 = (0, b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + b'\0\0\0\4\0\0\0\0\0')
talk_wall('HTTP/2, data of one byte', 80, [HTTP2, (0, b'\0\0\6\1\4\0\0\0\1\x83\x86\x84\x41\x01a')], b'\0\0\1\0\0\0\0\0\1x')
talk_wall('HTTP/2, heads that go on in frames of no byte', 80, [HTTP2, (0, b'\0\0\1\1\0\0\0\0\1\x83')], b'\0\0\0\x09\0\0\0\0\1')
talk_wall('HTTP/2, settings', 80, [HTTP2], b'\0\0\6\4\0\0\0\0\0\0\1\0\0\x10\0')


@input_of('HTTP/2, streams of one upload each')
def http2_streams(size):
    line = Line()
    yield from line.open()
    yield from line.send(*HTTP2)
    for i in itertools.count():
        one = struct.pack('>I', 1 + 2 * i)
        yield from line.send(0, b'\0\0\6\1\4' + one + b'\x83\x86\x84\x41\x01a' + b'\0\0\1\0\1' + one + b'x')


UPGRADE = [(0, b'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
            b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'),
           (1, b'HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
            b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n')]
talk_wall('WebSocket, messages of one byte', 80, UPGRADE, b'\x82\x81\0\0\0\0x')
talk_wall('WebSocket, texts of one byte', 80, UPGRADE, b'\x81\x81\0\0\0\0x')
talk_wall('WebSocket, frames of one byte of a message', 80, [*UPGRADE, (0, b'\2\x81\0\0\0\0x')], b'\0\x81\0\0\0\0x')
talk_wall('WebSocket, pings', 80, UPGRADE, b'\x89\x80\0\0\0\0')
talk_wall('MQTT, messages of one byte', 1883, [(0, b'\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a'), (1, b'\x20\2\0\0')], b'\x30\4\0\1ax')
talk_wall('MQTT, pings', 1883, [(0, b'\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a'), (1, b'\x20\2\0\0')], b'\xc0\0', b'\xd0\0')
talk_wall('SMTP, mails of one byte', 25, [(1, b'220 a ESMTP\r\n'), (0, b'EHLO a\r\n'), (1, b'250 a\r\n')],
          b'MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n\r\nx\r\n.\r\n', b'250\r\n250\r\n354\r\n250\r\n', 20)
talk_wall('SMTP, commands', 25, [(1, b'220 a ESMTP\r\n'), (0, b'EHLO a\r\n'), (1, b'250 a\r\n')], b'NOOP\r\n', b'250\r\n')
talk_wall('POP3, commands', 110, [(1, b'+OK a\r\n'), (0, b'USER a\r\n'), (1, b'+OK\r\n')], b'NOOP\r\n', b'+OK\r\n')
talk_wall('IMAP, commands', 143, [(1, b'* OK IMAP4rev1 a\r\n')], b'a NOOP\r\n', b'a OK\r\n')
talk_wall('Redis, commands', 6379, [], b'*1\r\n$4\r\nPING\r\n', b'+PONG\r\n')
talk_wall('PostgreSQL, queries of one byte', 5432,
          [(0, struct.pack('>II', 16, 196608) + b'user\0a\0\0'), (1, b'R\0\0\0\x08\0\0\0\0Z\0\0\0\5I')],
          b'Q\0\0\0\6;\0', b'I\0\0\0\4Z\0\0\0\5I')
talk_wall('PostgreSQL, rows of one byte', 5432,
          [(0, struct.pack('>II', 16, 196608) + b'user\0a\0\0'), (1, b'R\0\0\0\x08\0\0\0\0Z\0\0\0\5I'), (0, b'Q\0\0\0\6;\0'),
           (1, b'T\0\0\0\x1a\0\1a\0' + bytes(6) + struct.pack('>IHIH', 25, 0xffff, 0xffffffff, 0))],
          b'H\0\0\0\4', b'D\0\0\0\x0b\0\1\0\0\0\1x')
talk_wall('RTSP, frames of one byte', 554, [(0, b'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'), (1, b'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n')],
          b'$\0\0\1x', b'$\0\0\1x')
talk_wall('SSH, packets of 8 bytes', 22, [(0, b'SSH-2.0-a\r\n'), (1, b'SSH-2.0-b\r\n')], b'\0\0\0\4\3\0\0\0')
