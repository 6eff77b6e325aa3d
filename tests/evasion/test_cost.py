# SPDX-License-Identifier: Apache-2.0
"""What costs more than it weighs, and the file beside it: the look becomes shallower where nobody pays for it, and never ends."""
import gzip
import json
import random
import struct
import subprocess
import zlib

import pytest
from case import CREATED, CSV, JPG, SOUND, File, case, cases, head, look, put, weather
from wire import SERVER, Wire

# 1 MiB of '<', as `brotli -q 11 -w 0` writes it.
BROTLI_WALL = bytes.fromhex('5fffff8f5f82271e0b0472ef1f00')
BOMB = head('PUT', '/b', 'Content-Encoding: br', 'Content-Length: 14') + BROTLI_WALL
GZIP_WALL = gzip.compress(b'<' * (1 << 20), 9, mtime=0)
OTHER = '198.51.100.9'


def coded(body, coding='gzip', path='/b'):
    return head('PUT', path, f'Content-Encoding: {coding}', f'Content-Length: {len(body)}') + body


def talk(w, texts, **more):
    t = w.tcp(**more).open()
    for text in texts:
        t.client(text)
    t.server(CREATED * len(texts))
    return t


def after(texts):
    """The file on the same connection, behind them."""
    return lambda w, f: talk(w, texts).client(put(f)).server(CREATED).close()


def beside(texts, **more):
    """The file on another connection between the same hosts."""
    def write(w, f):
        talk(w, texts, **more).close()
        w.tcp().open().client(put(f)).server(CREATED).close()
    return write


def held(w, f):
    """Two hundred bombs wait behind a byte that comes last; the file comes right after."""
    t = w.tcp().open()
    first = t.seq[0]
    t.skip(0, 1)
    t.client((BOMB * 200)[1:])
    t.segment(0, BOMB[:1], seq=first, advance=False)
    t.server(CREATED * 200)
    w.tcp().open().client(put(f)).server(CREATED).close()


def never_ended(w, f, server=None, later=1):
    """Uploads that nobody ends: more than may be looked at at once. The file comes behind them."""
    for i in range(3000):
        t = w.tcp(cport=20000 + i, server=server(i) if server else SERVER).open()
        t.client(head('PUT', f'/u{i}.csv', 'Content-Length: 99999', 'Content-Type: text/csv') + b'lane,speed,axles\n')
    for _ in range(later):
        w.wait(0.1).udp(0, b'time goes by')
    w.tcp().open().client(put(f)).server(CREATED).close()


def png_chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


PNG = b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0))


def in_gzip(w, f):
    """Bombs first; the file in gzip pays for its own decoding."""
    body = gzip.compress(f.data, mtime=0)
    t = talk(w, [BOMB] * 100)
    t.client(head('PUT', '/in/' + f.name, f'Content-Type: {f.type}', 'Content-Encoding: gzip', f'Content-Length: {len(body)}') + body)
    t.server(CREATED).close()


# Of the bombs themselves, whatever the file is.
UNREAD = 'unread-object'


# In gzip it weighs as much as the table of plates, so it pays for as much.
TWINS = {JPG: SOUND, CSV: File('stations.csv', 'text/csv', weather(200))}


def bombs(holds, writers, config=''):
    @pytest.mark.parametrize('run', ['found', 'twin'])
    @pytest.mark.parametrize('write', writers.values(), ids=writers.keys())
    def test(tmp_path, write, run):
        f = TWINS[holds] if run == 'twin' else holds
        wire = Wire()
        write(wire, f)
        seen = look(tmp_path, wire, config)
        assert UNREAD in seen.classes, seen.brief()
        assert bool(seen.classes & f.classes) == (run == 'found'), seen.brief()
        assert seen.classes <= f.classes | {UNREAD}, seen.brief()
        assert seen.has(f.sha256), seen.brief()
    return test


test_bombs_and_a_picture = bombs(JPG, {
    'after brotli on its connection': after([BOMB] * 200),
    'beside brotli': beside([BOMB] * 200),
    'beside brotli that a missing first byte holds back': held,
    'after gzip on its connection': after([coded(GZIP_WALL)] * 20),
    'after gzip in gzip in gzip': after([coded(gzip.compress(gzip.compress(b'<' * (16 << 20))), 'gzip, gzip')] * 20),
    'in gzip, after brotli': in_gzip,
})

# Small limits, which then are the first that anybody meets.
FEW = 'limits: {content: {objects: 400}}'
test_uploads_that_nobody_ends_and_a_picture = bombs(JPG, {
    'between its hosts': never_ended,
    'to many strangers': lambda w, f: never_ended(w, f, lambda i: f'203.0.{i // 250}.{i % 250 + 1}', 30),
}, FEW)
test_uploads_that_nobody_ends_and_a_table = bombs(CSV, {'between its hosts': never_ended}, FEW)

test_bombs_and_a_table = bombs(CSV, {
    'after brotli on its connection': after([BOMB] * 200),
    'beside brotli': beside([BOMB] * 200),
    'in gzip, after brotli': in_gzip,
})


def wrapped(parts, boundary='b'):
    """A form whose last part is the file."""
    def write(w, f):
        body = b''.join(parts) + (f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="{f.name}"\r\n'
                                  f'Content-Type: {f.type}\r\n\r\n').encode() + f.data + f'\r\n--{boundary}--\r\n'.encode()
        talk(w, [head('POST', '/f', f'Content-Type: multipart/form-data; boundary={boundary}', f'Content-Length: {len(body)}')
                 + body]).close()
    return write


def one_byte_chunks(w, f):
    """Each byte of the file is a chunk."""
    body = b''.join(b'1\r\n%c\r\n' % byte for byte in f.data) + b'0\r\n\r\n'
    talk(w, [head('PUT', '/in/' + f.name, f'Content-Type: {f.type}', 'Transfer-Encoding: chunked') + body]).close()


def ranges_first(w, f):
    one = [head('PUT', '/r', 'Content-Length: 1', f'Content-Range: bytes {1 + 2 * i}-{1 + 2 * i}/{99999 + i % 7}') + b'x'
           for i in range(1500)]
    after([b''.join(one)])(w, f)


SMALL_PARTS = [b'\r\n--b\r\n\r\nxyz'] * 20000

test_many_small_things_and_a_picture = cases(JPG, {
    'the last of twenty thousand parts of three bytes': wrapped(SMALL_PARTS),
    'after three thousand uploads of one byte': after([head('PUT', '/s', 'Content-Length: 1') + b'x'] * 3000),
    'after ranges of one name that never meet': ranges_first,
    'in chunks of one byte': one_byte_chunks,
    'in segments of one byte': lambda w, f: w.tcp(mss=1).open().client(put(f)).server(CREATED).close(),
})

test_many_small_things_and_a_table = cases(CSV, {
    'the last of twenty thousand parts of three bytes': wrapped(SMALL_PARTS),
    'after three thousand uploads of one byte': after([head('PUT', '/s', 'Content-Length: 1') + b'x'] * 3000),
    'in chunks of one byte': one_byte_chunks,
    'in segments of one byte': lambda w, f: w.tcp(mss=1).open().client(put(f)).server(CREATED).close(),
})


@case(CSV)
def test_a_table_behind_a_wall_of_lane_in_its_own_object(w, f):
    whole = f.but(b'lane,' * 100000 + b'\n' + f.data)
    w.tcp().open().client(put(whole)).server(CREATED).close()
    return whole


@case(CSV)
def test_a_table_behind_a_wall_of_fillers_in_its_own_object(w, f):
    whole = f.but(b'<' * 500000 + b'\n' + f.data)
    w.tcp().open().client(put(whole)).server(CREATED).close()
    return whole


@case(CSV)
def test_a_table_after_a_thousand_uploads_that_were_cut_with_a_plate_in_each(w, f):
    g = random.Random(3)
    for i in range(1000):
        t = w.tcp(cport=20000 + i).open()
        row = f'{"".join(g.choices("ABCDEFGHKL", k=3))}{g.randrange(10000):04d},x\n' * 3
        t.client(head('PUT', f'/cut{i}', 'Content-Length: 99999', 'Content-Type: text/csv') + row.encode()).reset()
    w.tcp().open().client(put(f)).server(CREATED).close()


def run(folder, write, config=''):
    wire = Wire()
    write(wire)
    return look(folder, wire, config)


def test_what_unfolds_like_ordinary_data_raises_nothing(tmp_path):
    g = random.Random(9)
    rows = [json.dumps({'station': f'north-{g.randrange(40)}', 'element': g.choice(['wind', 'rain']), 'value': g.random(),
                        'unit': 'mm', 'remark': None, 'quality': {'checked': True, 'source': 'automatic'}}) for i in range(60000)]
    text = '\n'.join(rows).encode()
    body = gzip.compress(text, 9, mtime=0)
    assert 8 < len(text) / len(body) < 20 and len(text) > 6 << 20
    seen = run(tmp_path, lambda w: talk(w, [coded(body, path='/w.json')]).close())
    assert not seen.classes, seen.brief()
    assert seen.has(File('w', 'x', text).sha256), 'all of it was decoded'


@pytest.mark.parametrize('name, texts', [
    ('a gzip that unfolds to 64 MiB', [coded(gzip.compress(b'a' * (64 << 20)))]),
    ('brotli a hundred times', [BOMB] * 100),
    ('texts of a picture', [head('PUT', '/p.png', 'Content-Length: %d' % len(p := PNG + png_chunk(
        b'zTXt', b'a\0\0' + zlib.compress(b'<' * (1 << 20), 9)) * 40)) + p]),
])
def test_what_nobody_paid_for_is_told_as_unread(tmp_path, name, texts):
    assert UNREAD in run(tmp_path, lambda w: talk(w, texts).close()).classes


def test_a_contract_that_names_the_class_silences_it(tmp_path):
    config = '''
partners: [{name: Border Labs, prefixes: [198.51.100.0/24], contracts: [{id: BL-7, from: 2020-01-01, until: 2099-12-31,
  classes: [unread-object]}]}]'''
    (tmp_path / 'a').mkdir()
    plain = run(tmp_path / 'a', lambda w: talk(w, [BOMB] * 100).close())
    assert UNREAD in plain.classes
    import case
    before, case.CONFIG = case.CONFIG, case.CONFIG.replace(
        next(line for line in case.CONFIG.splitlines() if line.startswith('partners')), '')
    try:
        seen = run(tmp_path, lambda w: talk(w, [BOMB] * 100).close(), config)
    finally:
        case.CONFIG = before
    assert UNREAD not in seen.classes, seen.brief()


def brotli(body):
    return subprocess.run(['brotli', '-q', '5', '-c'], input=body, capture_output=True, check=True).stdout


def after_ordinary_brotli(w, f):
    """Ten times as much as it was on the wire, a hundred times: that is no bomb."""
    g = random.Random(18)
    rows = [{'id': g.randrange(10**6), 'name': g.choice(['north', 'south', 'east', 'west']), 'note': 'late ' * g.randrange(4)} for _ in range(5000)]
    ordinary = brotli(json.dumps(rows).encode())
    t = talk(w, [coded(ordinary, 'br', f'/r{i}') for i in range(100)])
    body = brotli(f.data)
    t.client(head('PUT', '/in/' + f.name, f'Content-Type: {f.type}', 'Content-Encoding: br', f'Content-Length: {len(body)}') + body)
    t.server(CREATED).close()


test_ordinary_brotli_and_a_picture = cases(JPG, {'a hundred bodies before it': after_ordinary_brotli})
test_ordinary_brotli_and_a_table = cases(CSV, {'a hundred bodies before it': after_ordinary_brotli})
