# SPDX-License-Identifier: Apache-2.0
"""What the bench's captures carry: pictures with structure and metadata, and records, a tenth of all bytes, in the forms that vendors write.

Pictures are cut from the wallpapers that Debian ships (mate-backgrounds, desktop-base), if they are there, and otherwise from scenes that are
drawn; each cut is another one. Plates are drawn; no real one is among them.
"""
import base64
import glob
import io
import json
import os
import random
import struct
import sys

from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
import material  # noqa: E402

WALLPAPERS = '/usr/share/backgrounds/**/*.jpg', '/usr/share/backgrounds/**/*.png', '/usr/share/desktop-base/**/*.png'
PICTURES = ['jpeg'] * 7 + ['png', 'jpeg', 'tiff']
RECORDS = ['csv', 'jsonl', 'alpr', 'xml', 'sql', 'keys']


def drawn_scene(g):
    """A sky, ground, boxes and lines, with the grain of a camera."""
    picture = Image.new('RGB', (1920, 1440))
    draw = ImageDraw.Draw(picture)
    for y in range(1440):
        draw.line((0, y, 1919, y), (60 + y // 12, 80 + y // 14, 90 + y // 20))
    for _ in range(300):
        x, y = g.randrange(1900), g.randrange(1400)
        draw.rectangle((x, y, x + g.randrange(5, 200), y + g.randrange(5, 150)), tuple(g.choices(range(256), k=3)))
    grain = Image.frombytes('L', (960, 720), g.randbytes(960 * 720)).resize((1920, 1440)).convert('RGB')
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(1)), grain, 0.06)


def scenes(g):
    paths = sorted(p for pattern in WALLPAPERS for p in glob.glob(pattern, recursive=True) if os.path.isfile(p))
    out = []
    for path in paths[:40]:
        picture = Image.open(path).convert('RGB')
        if min(picture.size) >= 1000:
            picture.thumbnail((4000, 3000))
            out.append(picture)
    return out or [drawn_scene(g) for _ in range(4)]


def cut_out(g, scene):
    width, height = g.randrange(800, min(2400, scene.width) + 1, 8), g.randrange(600, min(1600, scene.height) + 1, 8)
    x, y = g.randrange(scene.width - width + 1), g.randrange(scene.height - height + 1)
    return scene.crop((x, y, x + width, y + height))


def metadata(i):
    exif = Image.Exif()
    exif[0x010f], exif[0x0110], exif[0x0131] = 'AXIS', 'AXIS Q1700-LE', f'10.12.{i % 99}'
    exif[0x0132], exif[0x010e] = f'2026:05:31 04:{i // 60 % 60:02d}:{i % 60:02d}', f'lane {i % 8}'
    return exif


def picture(i, kind, g, source):
    image, out = cut_out(g, g.choice(source)), io.BytesIO()
    if kind == 'jpeg':
        image.save(out, 'JPEG', quality=g.choice((75, 85, 92)), exif=metadata(i), comment=b'JVC V1.0 camera = lane%02d' % (i % 100),
                   progressive=i % 5 == 0)
    elif kind == 'png':
        image.resize((image.width // 2, image.height // 2)).save(out, 'PNG', compress_level=6)
    else:
        image.resize((image.width // 2, image.height // 2)).save(out, 'TIFF')
    return f'L{i % 8:02d}_{i:05d}.{kind if kind != "jpeg" else "jpg"}', out.getvalue()


def crop(g, source):
    out = io.BytesIO()
    cut_out(g, g.choice(source)).resize((200, 80)).save(out, 'JPEG', quality=80)
    return base64.b64encode(out.getvalue()).decode()


def read(g, k):
    return {'plate': material.plate(g), 'state': g.choice(('TX', 'NM', 'AZ', 'CA')), 'time': f'2026-05-31T{k // 3600 % 24:02d}:{k // 60 % 60:02d}:{k % 60:02d}Z',
            'lane': g.randrange(1, 9), 'confidence': g.randrange(8000, 10000) / 100}


def write_reads(kind, g, rows, source):
    reads = [read(g, k) for k in range(rows)]
    if kind == 'csv':
        return 'plate,state,time,lane,confidence\n' + ''.join(','.join(map(str, r.values())) + '\n' for r in reads)
    if kind == 'jsonl':
        return ''.join(json.dumps(r) + '\n' for r in reads)
    if kind == 'sql':
        return ''.join("INSERT INTO plate_reads (plate, state, read_time, lane, confidence) VALUES "
                       f"('{r['plate']}', '{r['state']}', '{r['time']}', {r['lane']}, {r['confidence']});\n" for r in reads)
    if kind == 'keys':
        return ''.join(f'May 31 04:11:58 lane{r["lane"]} anpr: plate={r["plate"]} state={r["state"]} time={r["time"]} conf={r["confidence"]}\n' for r in reads)
    pieces = [crop(g, source) for _ in range(4)]
    if kind == 'alpr':
        return ''.join(json.dumps({'data_type': 'alpr_results', 'epoch_time': 1780200000000 + k, 'results': [
            {'plate': r['plate'], 'region': 'us-tx', 'confidence': r['confidence'], 'plate_crop_jpeg': pieces[k % 4]}]}) + '\n'
            for k, r in enumerate(reads[:rows // 8 + 1]))
    return '<?xml version="1.0"?>\n<Reads>\n' + ''.join(
        f'<Read><Plate>{r["plate"]}</Plate><State>{r["state"]}</State><UTCTime>{r["time"]}</UTCTime><Lane>{r["lane"]}</Lane>'
        f'<PlateImage>{pieces[k % 4]}</PlateImage></Read>\n' for k, r in enumerate(reads[:rows // 8 + 1])) + '</Reads>\n'


def make(folder, megabytes, told):
    """Writes the files and returns their paths; told(bytes) is called for each."""
    g = random.Random(4)
    source, paths, total, texts, tables, i = scenes(g), [], 0, 0, 0, 0
    while total < megabytes * 1_000_000:
        if texts * 10 < total:
            kind = RECORDS[tables % len(RECORDS)]
            tables += 1
            name, data = f'reads{i:05d}.{ {"alpr": "json", "keys": "log"}.get(kind, kind) }', write_reads(kind, g, g.randrange(500, 8000), source).encode()
            texts += len(data)
        else:
            name, data = picture(i, PICTURES[i % len(PICTURES)], g, source)
        path = os.path.join(folder, name)
        with open(path, 'wb') as f:
            f.write(data)
        paths.append(path)
        total += len(data)
        told(len(data))
        i += 1
    return paths


def small_calls(n):
    """Bodies of what an application says to another: 1 to 2 KB of JSON each."""
    g = random.Random(5)
    for k in range(n):
        yield json.dumps({'id': k, 'session': f'{g.getrandbits(128):032x}', 'events': [
            {'at': f'2026-05-31T04:{k // 60 % 60:02d}:{k % 60:02d}.{g.randrange(1000):03d}Z', 'kind': g.choice(('heartbeat', 'state', 'door', 'light')),
             'value': g.random(), 'note': 'nothing to report'} for _ in range(g.randrange(8, 16))]}).encode()
