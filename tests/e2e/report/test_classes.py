# SPDX-License-Identifier: Apache-2.0
"""One incident a thing: a picture that turns out to show a plate is one incident, however many are sent and whoever reads them;
counts of plates are exact up to 1,024, whatever the order, the days, the workers and the restarts."""
import os
import random
import sqlite3
import struct

import lab as net
import material
import pytest
from test_case import alerts_of, read
from test_weeks import BEGIN, Capture

OTHER = '203.0.113.9'
PLATE = b'{"LicensePlate":"KXR%04d"}'


def picture(n, plate_at, fill=4000):
    """A plain JPEG; in its metadata, or behind its end, a plate."""
    import io

    from PIL import Image
    noise = random.Random(n).randbytes(64 * 48)
    out = io.BytesIO()
    Image.frombytes('L', (64, 48), noise).resize((256, 192)).save(out, 'JPEG', quality=90)
    data = out.getvalue()
    if plate_at == 'nowhere':
        return data
    if plate_at == 'end':
        return data + PLATE % (n + 1000)
    comment = bytes(random.Random(n + 1).choices(b'abcdefgh ', k=fill)) + PLATE % (n + 1000)
    return data[:2] + b'\xff\xfe' + struct.pack('>H', len(comment) + 2) + comment + data[2:]


def capture_of(path, uploads):
    """(seconds, destination, name, body)"""
    capture = Capture(path)
    for t, to, name, body in uploads:
        capture.upload(BEGIN + t, to, name, body)
    capture.file.close()
    return path


def shown(alerts):
    return [(a['gantry']['incident']['state'], a['gantry']['classes'], a['gantry']['incident']['objects']) for a in alerts]


@pytest.mark.parametrize('plate_at', ['metadata', 'end'])
@pytest.mark.parametrize('workers', ['1', '3'])
def test_pictures_whose_plate_comes_late_are_one_incident(tmp_path, plate_at, workers):
    pictures = [picture(n, plate_at) for n in range(4)]
    path = capture_of(tmp_path / 'c.pcap', [(n * 5, OTHER, f'{n}.jpg', p) for n, p in enumerate(pictures)])
    alerts = alerts_of(read(tmp_path, path, words=['-w', workers]))
    assert shown(alerts) == [('opened', ['image'], 1), ('changed', ['vehicle-image'], 1), ('closed', ['vehicle-image'], 4)]
    assert len({a['gantry']['incident']['id'] for a in alerts}) == 1
    assert alerts[1]['gantry']['incident']['class_before'] == 'image'
    assert alerts[1]['event']['severity'] > alerts[0]['event']['severity']
    assert alerts[2]['gantry']['incident']['bytes'] == sum(map(len, pictures))


def test_plain_pictures_beside_them_are_an_incident_of_their_own(tmp_path):
    path = capture_of(tmp_path / 'c.pcap', [(n * 5, OTHER, f'{n}.jpg', picture(n, ('metadata', 'nowhere')[n % 2])) for n in range(6)])
    alerts = alerts_of(read(tmp_path, path))
    closed = {a['gantry']['classes'][0]: a['gantry']['incident']['objects'] for a in alerts
              if a['gantry']['incident']['state'] == 'closed'}
    assert closed == {'vehicle-image': 3, 'image': 3}
    assert len(alerts) == 5, 'opened, changed; opened; both closed'


def test_the_ledger_and_the_digest_count_such_a_picture_once(tmp_path):
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o777)
    path = capture_of(tmp_path / 'c.pcap', [(n * 5, OTHER, f'{n}.jpg', picture(n, 'metadata')) for n in range(4)])
    records = read(tmp_path, path, sensor=f', state: {tmp_path}/state', events='alert,digest')
    db = sqlite3.connect(tmp_path / 'state' / 'gantry.db')
    rows = db.execute('SELECT class, sum(objects) FROM line JOIN bucket ON line = id WHERE slot >= 36 GROUP BY class').fetchall()
    assert rows == [('vehicle-image', 4)]
    digest = [r for r in records if r['event']['action'] == 'digest'][-1]['gantry']['digest']
    assert [(v['objects'], v['verdict']) for v in digest['volume']] == [(4, 'unknown')]
    assert digest['incidents']['opened'] == digest['incidents']['changed'] == 1


def table(plates):
    rows = [f'{p},TX,{i % 8 + 1},inbound,2026-05-31T04:{i // 60 % 60:02d}:{i % 60:02d}Z,0.9' for i, p in enumerate(plates)]
    return '\n'.join(['plate,state,lane,direction,timestamp,confidence'] + rows).encode() + b'\n'


def plates_of(seed, n):
    g, out = random.Random(seed), set()
    while len(out) < n:
        out.add(material.plate(g))
    return sorted(out)


@pytest.mark.parametrize('n', [1, 31, 33, 124, 257, 1000, 1024])
def test_counts_of_plates_are_exact(tmp_path, n):
    """In one table or in many that share plates, in any order."""
    plates = plates_of(n, n)
    several = [plates[i * n // 6:i * n // 6 + n // 4 + 5] for i in range(6)] + [plates]
    random.Random(n).shuffle(several)
    for name, tables in (('one', [plates]), ('many', [t for t in several if len(t) > 0])):
        if n < 5:
            tables = [t + plates_of('others', 9) for t in tables]
        wanted = len({p for t in tables for p in t})
        path = capture_of(tmp_path / f'{name}.pcap', [(i * 5, OTHER, f'{i}.csv', table(t)) for i, t in enumerate(tables)])
        alerts = alerts_of(read(tmp_path, path, words=['-w', '2']))
        assert {a['gantry']['classes'][0] for a in alerts} == {'plate-record'}
        assert alerts[-1]['gantry']['incident']['distinct_plates'] == wanted


def test_beyond_1024_a_count_is_an_estimate_that_says_no_less(tmp_path):
    plates = plates_of(5, 1600)
    path = capture_of(tmp_path / 'c.pcap', [(i * 5, OTHER, f'{i}.csv', table(plates[i * 400:i * 400 + 400])) for i in range(4)])
    count = alerts_of(read(tmp_path, path))[-1]['gantry']['incident']['distinct_plates']
    assert 1600 * .87 < count < 1600 * 1.13
    path = capture_of(tmp_path / 'd.pcap', [(i * 5, OTHER, f'{i}.csv', table(plates[i * 205:i * 205 + 205])) for i in range(5)])
    assert 1025 <= alerts_of(read(tmp_path, path))[-1]['gantry']['incident']['distinct_plates'] < 1025 * 1.13
