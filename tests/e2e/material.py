# SPDX-License-Identifier: Apache-2.0
"""Synthetic things to send: pictures of nothing, plate reads of no car. All from fixed seeds."""
import hashlib
import io
import random
import struct
import zlib

from PIL import Image


def lane_image(seed, width=640, height=480):
    """A JPEG of grey noise with a lane camera's comment segment; no scene, no plate."""
    noise = random.Random(seed).randbytes(width * height // 64)
    picture = Image.frombytes('L', (width // 8, height // 8), noise).resize((width, height))
    out = io.BytesIO()
    picture.save(out, 'JPEG', quality=85, comment=b'JVC V1.0 camera = lane%02d' % (seed % 100))
    return out.getvalue()


def large_image(seed, size, width=640, height=480):
    """The same with so many octets of noise in segments of an application's own, as makers' notes have them."""
    picture, noise, most = lane_image(seed, width, height), random.Random(-seed).randbytes(size), 65533
    segments = [b'\xff\xef' + (len(noise[i:i + most]) + 2).to_bytes(2, 'big') + noise[i:i + most] for i in range(0, size, most)]
    return picture[:2] + b''.join(segments) + picture[2:]


def plate(generator):
    letters = ''.join(generator.choice('BCDFGHJKLMNPRSTVWXYZ') for _ in range(3))  # as Texas has them
    return f'{letters}{generator.randrange(10000):04d}'


def plate_csv(seed, rows=200):
    g = random.Random(seed)
    lines = ['plate,state,lane,direction,timestamp,confidence']
    for i in range(rows):
        lines.append(f'{plate(g)},TX,{g.randrange(1, 9)},inbound,2026-05-31T04:{i // 60 % 60:02d}:{i % 60:02d}Z,'
                     f'0.{g.randrange(800, 999)}')
    return '\n'.join(lines).encode() + b'\n'


def prose(seed, size=4000):
    words = ('the of and a to in is it that was for on are with as at be this have from or one had by word but not '
             'what all were we when your can said there use an each which she do how their if will up other').split()
    g, out = random.Random(seed), []
    while sum(map(len, out)) < size:
        out.append(g.choice(words) + (g.choice('.,') if g.random() < 0.1 else '') + ' ')
    return ''.join(out).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def rar4(files):
    """RAR 1.5 to 4: members as they are (method 0x30), as its technical note has them. Nothing free in Debian writes it."""
    def block(kind, flags, rest, data=b''):
        head = struct.pack('<BHH', kind, flags, 7 + len(rest)) + rest
        return struct.pack('<H', zlib.crc32(head) & 0xffff) + head + data
    out = b'Rar!\x1a\x07\x00' + block(0x73, 0, bytes(6))
    for name, data in files.items():
        name = name.replace('/', '\\').encode()
        out += block(0x74, 0x8000, struct.pack('<IIBIIBBHI', len(data), len(data), 3, zlib.crc32(data), 0x5ae00000, 20, 0x30, len(name), 0o100644) + name, data)
    return out + block(0x7b, 0x4000, b'')


def rar5(files):
    """RAR 5: members as they are, as its technical note has them."""
    def vint(n):
        out = b''
        while n > 0x7f:
            out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
        return out + bytes([n])
    def block(kind, flags, rest, data=b''):
        head = vint(kind) + vint(flags) + (vint(len(data)) if flags & 2 else b'') + rest
        head = vint(len(head)) + head
        return struct.pack('<I', zlib.crc32(head)) + head + data
    out = b'Rar!\x1a\x07\x01\x00' + block(1, 0, vint(0))
    for name, data in files.items():
        name = name.encode()
        out += block(2, 2, vint(4) + vint(len(data)) + vint(0o100644) + struct.pack('<I', zlib.crc32(data)) + vint(0) + vint(1) + vint(len(name)) + name, data)
    return out + block(5, 0, vint(0))


def compound(tree):
    """A compound file of OLE 2 (version 3): a folder is a dictionary, a stream is bytes."""
    entries, big, small = [], [], b''
    minis = []
    def add(name, value):
        index = len(entries)
        entries.append([name, value, 0xffffffff, 0xffffffff, 0, 0])  # name, what, next beside, first below, start, size
        if isinstance(value, dict):
            below = [add(n, v) for n, v in value.items()]
            for a, b in zip(below, below[1:]):
                entries[a][2] = b
            entries[index][3] = below[0] if below else 0xffffffff
        return index
    add('Root Entry', tree)
    for e in entries[1:]:
        if isinstance(e[1], bytes) and len(e[1]) < 4096:
            e[4], e[5] = len(minis), len(e[1])
            units = -(-len(e[1]) // 64)
            minis += [len(minis) + i + 1 for i in range(units - 1)] + [0xfffffffe] * (units > 0)
            small += e[1].ljust(units * 64, b'\0')
    sectors, fat = [], []
    def put(data):
        start, n = len(sectors), max(1, -(-len(data) // 512))
        for i in range(n):
            sectors.append(data[512 * i:512 * i + 512].ljust(512, b'\0'))
            fat.append(start + i + 1 if i + 1 < n else 0xfffffffe)
        return start
    for e in entries[1:]:
        if isinstance(e[1], bytes) and len(e[1]) >= 4096:
            e[4], e[5] = put(e[1]), len(e[1])
    entries[0][4], entries[0][5] = put(small), len(small)
    mini_fat = put(b''.join(struct.pack('<I', n) for n in minis).ljust(512, b'\xff'))
    directory = b''
    for i, (name, value, beside, below, start, size) in enumerate(entries):
        text = name.encode('utf-16-le') + b'\0\0'
        kind = 5 if i == 0 else 1 if isinstance(value, dict) else 2
        directory += text.ljust(64, b'\0') + struct.pack('<HBBIII', len(text), kind, 1, 0xffffffff, beside, below) + bytes(36) + struct.pack('<IQ', start, size)
    first = put(directory)
    place = len(sectors)
    fat.append(0xfffffffd)
    table = b''.join(struct.pack('<I', n) for n in fat).ljust(512, b'\xff')
    assert len(table) == 512
    head = b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + bytes(16) + struct.pack('<HHHHH', 0x3e, 3, 0xfffe, 9, 6) + bytes(6)
    head += struct.pack('<IIIIIIIII', 0, 1, first, 0, 4096, mini_fat, max(1, -(-len(minis) * 4 // 512)), 0xfffffffe, 0)
    head += struct.pack('<I', place) + b'\xff' * (108 * 4)
    return head + b''.join(sectors) + table
