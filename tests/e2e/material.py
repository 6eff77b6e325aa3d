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


def plate(generator):
    letters = ''.join(generator.choice('ABCDEFGHJKLMNPRSTUVWXYZ') for _ in range(3))
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
