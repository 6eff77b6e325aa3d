# SPDX-License-Identifier: Apache-2.0
"""Synthetic things to send: pictures of nothing, plate reads of no car. All from fixed seeds."""
import hashlib
import io
import random

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
