# SPDX-License-Identifier: Apache-2.0
"""Pictures and tables that do not begin where their transfer does: ranges, resumed and split transfers, bytes put before them, masks.
The twin carries a sound recording, or a table of the weather, in the same way."""
import base64
import random
import struct
import zlib

from case import CREATED, CSV, JPG, SOUND, WEATHER, File, answer, case, cases, get, put, sound, upload
from wire import CLIENT, SERVER

NOISE = random.Random(9).randbytes(70000)


def plain(f, data=None, name='notes.bin', type_='application/octet-stream'):
    """The bytes, or others, under a name and a type that say nothing."""
    return f.but(data=f.data if data is None else data, name=name, type_=type_)


def ranged(f, first, last=None, data=None, total=None):
    """A PUT of a range of `f`, or of other bytes that are said to be this range."""
    last = len(f.data) - 1 if last is None else last
    part = f.data[first:last + 1] if data is None else data
    return put(f.but(data=part), f'Content-Range: bytes {first}-{last}/{total or len(f.data)}')


def pull(w, f, *ranges):
    """A partner fetches ranges, each on the same connection."""
    t = w.tcp(client=SERVER, server=CLIENT).open()
    for first, last in ranges:
        last = len(f.data) - 1 if last is None else last
        t.client(get(f, f'Range: bytes={first}-{last}'))
        t.server(answer(f.but(data=f.data[first:last + 1]), f'Content-Range: bytes {first}-{last}/{len(f.data)}', status='206 Partial Content'))
    t.close()


def requests(w, *messages):
    t = w.tcp().open()
    for message in messages:
        t.client(message).server(CREATED)
    t.close()


def store(w, name, data, *before, command='STOR', port=40123):
    """An upload by FTP, passive, behind these lines and their replies."""
    t = w.tcp(sport=21, cport=33000 + port % 1000).open()
    t.server(b'220 ready\r\n').client(b'USER a\r\n').server(b'331 password\r\n').client(b'PASS b\r\n').server(b'230 in\r\n')
    t.client(b'TYPE I\r\n').server(b'200 binary\r\n').client(b'PASV\r\n')
    t.server(f"227 Entering Passive Mode ({SERVER.replace('.', ',')},{port >> 8},{port & 255})\r\n".encode())
    for line, reply in before:
        t.client(line.encode() + b'\r\n').server(reply.encode() + b'\r\n')
    d = w.tcp(sport=port, cport=50000).open()
    t.client(f'{command} {name}\r\n'.encode()).server(b'150 go\r\n')
    d.client(data).close()
    t.server(b'226 done\r\n').close()


# --- The first bytes are missing

test_ranges_under_a_plain_name = cases(JPG, {
    f'a range from byte {first} on': lambda w, f, first=first: pull(w, plain(f), (first, None)) for first in (1, 2, 3, 11, 20, 60, 150, 1500)
}, whole=False)

test_ranges_under_a_pictures_name = cases(JPG, {
    f'a range from byte {first} on': lambda w, f, first=first: pull(w, f, (first, None)) for first in (700, 5000, 20000)
}, whole=False, twin=File('shift-call.wav', 'audio/x-wav', sound(2)))

test_uploaded_ranges = cases(JPG, {
    'a resumed PUT whose beginning nobody saw': lambda w, f: requests(w, ranged(plain(f), 2)),
    'a declared type alone': lambda w, f: requests(w, ranged(f.but(name='a'), 9000)),
    'a name alone': lambda w, f: requests(w, ranged(f.but(type_='application/octet-stream'), 9000)),
    'all of it, said to begin at byte 5': lambda w, f: requests(w, ranged(plain(f), 5, len(f.data) + 4, f.data, len(f.data) + 5)),
    'each part under a name of its own': lambda w, f: requests(w, put(plain(f, f.data[:2], 'p1')), put(plain(f, f.data[2:], 'p2'))),
    'parts of which two are scan alone': lambda w, f: requests(
        w, put(plain(f, f.data[:100], 'p1')), put(plain(f, f.data[100:11000], 'p2')), put(plain(f, f.data[11000:], 'p3'))),
    'by FTP behind REST 2': lambda w, f: store(w, 'a.bin', f.data[2:], ('REST 2', '350 go on')),
    'by FTP, appended to what nobody saw': lambda w, f: store(w, 'a.bin', f.data[2:], command='APPE'),
    'by FTP in two files': lambda w, f: (store(w, 'p1', f.data[:2]), store(w, 'p2', f.data[2:], port=40124)),
}, whole=False)


@case(JPG, whole=False)
def test_the_beginning_was_lost_on_the_way(w, f):
    t = w.tcp().open()
    message = put(plain(f))
    start = len(message) - len(f.data)
    t.client(message[:start])
    t.skip(0, 30)
    t.client(message[start + 30:]).server(CREATED).close()


# --- Parts that meet

test_parts_that_meet = cases(JPG, {
    'two ranges on one connection': lambda w, f: pull(w, plain(f), (0, 1), (2, None)),
    'the second part first': lambda w, f: pull(w, plain(f), (2, None), (0, 1)),
    'three parts out of order': lambda w, f: pull(w, plain(f), (9000, None), (0, 1), (2, 8999)),
    'two uploaded ranges': lambda w, f: requests(w, ranged(plain(f), 0, 1), ranged(plain(f), 2)),
    'garbage at the beginning, then all of it': lambda w, f: requests(w, ranged(plain(f), 0, 999, NOISE[:1000]), ranged(plain(f), 0)),
    'garbage in the midst, then all of it': lambda w, f: requests(w, ranged(plain(f), 2, 1999, NOISE[:1998]), ranged(plain(f), 0)),
    'garbage, then all but the last byte, then that': lambda w, f: requests(
        w, ranged(plain(f), 0, 99, NOISE[:100]), ranged(plain(f), 0, len(f.data) - 2), ranged(plain(f), len(f.data) - 1)),
    'all of it, then garbage at the beginning': lambda w, f: requests(w, ranged(plain(f), 0), ranged(plain(f), 0, 99, NOISE[:100])),
})

test_parts_that_overlap = cases(JPG, {
    'garbage over the tables, under a plain name': lambda w, f: requests(
        w, ranged(plain(f), 0, 1), ranged(plain(f), 2, 99, NOISE[:98]), ranged(plain(f), 2)),
    'garbage over all of the head, under a picture\'s name': lambda w, f: requests(
        w, ranged(f, 0, 0), ranged(f, 1, 1499, NOISE[:1499]), ranged(f, 1)),
}, whole=False)


# --- Other bytes stand before it

def png(width=2, height=2):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = (b'\0' + b'\x80' * 3 * width) * height
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows))
            + chunk(b'IEND', b''))


def box(kind, data):
    return struct.pack('>I4s', 8 + len(data), kind) + data


LEADS = {
    'one NUL byte': b'\0',
    'the magic of an executable': b'MZ',
    'the magic of JPEG XL': b'\xff\x0a',
    'the magic of gzip': b'\x1f\x8b',
    'FF and FF': b'\xff\xff',
    'half a table of a JPEG': b'\xff\xdb\0\x43\0' + NOISE[:20],
    'seven bytes of noise': NOISE[:7],
    '511 bytes of noise': NOISE[:511],
    '60,000 bytes of noise': NOISE[:60000],
    'a kilobyte of text': b'minutes of the meeting\n' * 45,
    'a letter in HTML': b'<html><body>' + b'Dear all,<br>' * 100,
    'the head of an MP4': box(b'ftyp', b'isom\0\0\0\0isom') + struct.pack('>I4s', 21000, b'mdat'),
    'the head of an AVI': b'RIFF' + struct.pack('<I', 21000) + b'AVI LIST\x10\0\0\0movi00dc',
    'the head of a PDF': b'%PDF-1.4\n1 0 obj\n<</Type/XObject/Subtype/Image/Filter/DCTDecode>>\nstream\n',
    'an MP3 tag': b'ID3\x03\0\0\0\0\x02\0APIC\0\0\x50\0\0\0\0image/jpeg\0\x03\0',
    'an ELF header': b'\x7fELF\x02\x01\x01' + b'\0' * 57,
    'the header of a RAW file': b'FUJIFILMCCD-RA' + b'\0' * 146,
}


def behind(lead):
    def write(w, f):
        hidden = plain(f, lead + f.data)
        upload(w, hidden)
        return hidden
    return write


test_bytes_before_it = cases(JPG, {f'behind {name}': behind(lead) for name, lead in LEADS.items()})


@case(JPG, twin=File('a.png', 'application/octet-stream', NOISE[:3000]))
def test_a_picture_of_another_format_behind_a_byte(w, f):
    hidden = plain(f, b'\0' + (f.data if f.data == NOISE[:3000] else png()))
    upload(w, hidden)
    return hidden


# --- Masks and names

def masked(f, key):
    return bytes(b ^ key[i % len(key)] for i, b in enumerate(f.data))


def as_(change):
    def write(w, f):
        hidden = change(f)
        upload(w, hidden)
        return hidden
    return write


test_masks = cases(JPG, {
    'exclusive or with 20': as_(lambda f: plain(f, masked(f, b'\x20'))),
    'every bit turned': as_(lambda f: plain(f, masked(f, b'\xff'))),
    'a longer mask, under a camera\'s name': as_(lambda f: plain(f, masked(f, b'key'), f.name)),
    'backwards, under a camera\'s name': as_(lambda f: plain(f, f.data[::-1], f.name)),
    'in base64, as the value of a key': as_(lambda f: plain(
        f, b'{"camera": 4, "image": "' + base64.b64encode(f.data) + b'"}', 'event', 'application/json')),
    'in base64, in an element': as_(lambda f: plain(f, b'<r><Photo>' + base64.b64encode(f.data) + b'</Photo></r>', 'event', 'text/xml')),
})


# --- Simple formats, made of the picture's first bytes as pixels

def greymap(kind, width, height, more=b''):
    return lambda f: plain(f, f'{kind}\n{width} {height}\n255\n'.encode() + more + f.data[:width * height])


GREY = File('scan.txt', 'text/plain', b'P5 is the road to the bridge, P6 the one behind it\n' * 40)
test_simple_formats = cases(JPG, {
    'a greymap': as_(lambda f: f if f is GREY else greymap('P5', 100, 80)(f)),
    'a pixmap': as_(lambda f: f if f is GREY else greymap('P6', 30, 20)(f)),
    'a greymap with a remark': as_(lambda f: f if f is GREY else plain(f, b'P5\n# lane 4\n100 80\n255\n' + f.data[:8000])),
    'an icon': as_(lambda f: f if f is GREY else plain(
        f, struct.pack('<HHHBBBBHHII', 0, 1, 1, 2, 2, 0, 0, 1, 32, len(png()), 22) + png())),
}, twin=GREY)


# --- Tables

test_tables = cases(CSV, {
    'behind a control character': as_(lambda f: f.but(data=b'\x01' + f.data)),
    'behind a NUL byte': as_(lambda f: f.but(data=b'\0' + f.data)),
    'with an escape in each tenth line': as_(lambda f: f.but(
        data=b'\n'.join(line + (b'\x1d' if i % 10 == 9 else b'') for i, line in enumerate(f.data.split(b'\n'))))),
    'two bytes of it missing': as_(lambda f: f.but(data=f.data[2:])),
    'garbage at the beginning, then all of it': lambda w, f: requests(w, ranged(f, 0, 999, NOISE[:1000]), ranged(f, 0)),
})
