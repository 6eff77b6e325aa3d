# SPDX-License-Identifier: Apache-2.0
"""Plate reads and travellers that move one by one: a body a request, on one connection and on many, a query, a message of MQTT. What a host
sends to another counts together; what only looks like it, or is always the same plate, does not."""
import datetime
import json
import random
import subprocess

import lab as net
import material
import packets
import pytest
from test_http import PORT, curl, server, url  # noqa: F401
from test_mqtt import broker, publish  # noqa: F401

LANE, STRANGER, OTHER = '10.40.0.9', '198.51.100.7', '198.51.100.8'
LETTERS = 'BCDFGHJKLMNPRSTVWXYZ'
COUNT = 24


def rows(seed=1, count=COUNT):
    """(plate, time, lane)"""
    g, at = random.Random(seed), datetime.datetime(2026, 5, 31, 4, 10)
    return [(''.join(g.choices(LETTERS, k=3)) + f'{g.randrange(10000):04d}', (at + datetime.timedelta(seconds=40 * i)).isoformat(), 1 + i % 8)
            for i in range(count)]


def travellers(seed=2, count=COUNT):
    g = random.Random(seed)
    return [{'familyName': g.choice(('GARCIA', 'SMITH', 'SILVA')), 'dateOfBirth': f'{g.randrange(1940, 2005)}-0{g.randrange(1, 9)}-1{g.randrange(9)}',
             'nationality': g.choice(('MEX', 'USA', 'PRT')), 'passportNumber': f'{g.choice(LETTERS)}{g.randrange(10 ** 8):08d}'} for _ in range(count)]


@pytest.fixture
def read(tmp_path):
    """Runs the sensor over conversations, each a packets.Talk; the alerts' (class, destination, distinct plates), the last one of each."""
    def run(*talks):
        (tmp_path / 'gantry.yaml').write_text(f'image-networks: [{{name: lanes, prefixes: [10.40.0.0/16]}}]\nrules: [{net.ROOT}/rules]\n')
        packets.write(tmp_path / 'c.pcap', [f for t in talks for f in t.frames()])
        out = subprocess.run([net.GANTRY, '-q', '-c', tmp_path / 'gantry.yaml', '-r', tmp_path / 'c.pcap', '-o', 'json:-', '--events', 'alert'],
                             capture_output=True, text=True, timeout=60)
        assert out.returncode == 0, out.stderr
        found = {}
        for record in map(json.loads, out.stdout.splitlines()):
            for c in record['gantry']['classes']:
                found[c, record['destination']['ip']] = record['gantry']['incident'].get('distinct_plates', 0)
        return found
    return run


def posts(bodies, to=STRANGER, each=False):
    """On one connection, or each on its own."""
    talks = []
    for i, body in enumerate(bodies):
        if each or not talks:
            talks.append(packets.Talk(LANE, to, 40000 + i).open())
        talks[-1].send(0, packets.put(f'/api/{i}', body.encode(), method='POST')).send(1, packets.answer(status='201 Created'))
    for t in talks:
        t.close()
    return talks


FORMS = {
    'JSON': lambda p, at, lane: json.dumps({'id': lane, 'placa': p, 'carril': lane}),
    'a key by itself': lambda p, at, lane: json.dumps({'vrm': p}),
    'pretty': lambda p, at, lane: json.dumps({'event': {'registration_plate': p.lower(), 'when': at}}, indent=2),
    'XML': lambda p, at, lane: f'<?xml version="1.0"?>\n<event><immatriculation>{p}</immatriculation><voie>{lane}</voie></event>\n',
    'form': lambda p, at, lane: f'Kennzeichen={p[:3]}+{p[3:]}&Spur={lane}',
    'a line without names': lambda p, at, lane: f'{p},TX,{at},{lane}',
}


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('each', [False, True], ids=['one connection', 'many connections'])
def test_a_read_a_request_counts_together_with_the_others(read, form, each):
    bodies = [FORMS[form](*row) for row in rows()]
    assert read(*posts(bodies, each=each)) == {('plate-record', STRANGER): COUNT}


def test_a_traveller_a_request_counts_together_with_the_others(read):
    found = read(*posts([json.dumps(t) for t in travellers()]))
    assert found == {('traveller-record', STRANGER): COUNT}


def test_a_read_a_query_counts_together_with_the_others(read):
    talk = packets.Talk(LANE, STRANGER).open()
    for plate, at, lane in rows():
        talk.send(0, packets.get(f'/api/seen?matricula={plate}&carril={lane}')).send(1, packets.answer())
    assert read(talk.close() or talk) == {('plate-record', STRANGER): COUNT}


def test_each_destination_counts_by_itself(read):
    bodies = [FORMS['a key by itself'](*row) for row in rows(count=14)]
    assert read(*posts(bodies[:7]), *posts(bodies[7:], to=OTHER)) == {}
    assert read(*posts(bodies[:7]), *posts(bodies, to=OTHER)) == {('plate-record', OTHER): 14}


TWINS = {
    'tickets': lambda i, g: {'ticket': f'OPS-{g.randrange(1000, 9999)}', 'state': 'done', 'at': f'2026-05-31T04:{i:02d}:00'},
    'tickets of the shape of a plate': lambda i, g: {'ticket': rows(i + 100, 1)[0][0], 'at': f'2026-05-31T04:{i:02d}:00', 'queue': 3},
    'the plate of a parking app\'s one user': lambda i, g: {'plate': 'KXR4471', 'zone': 'B', 'until': f'2026-05-31T04:{i:02d}:00'},
    'serial numbers of telemetry': lambda i, g: {'serial': rows(i + 100, 1)[0][0], 'time': f'2026-05-31T04:{i:02d}:00', 'temperature': 22.5},
    'plates of a laboratory': lambda i, g: {'plate': f'PLT{i:04d}', 'well': 'A01', 'od600': 0.4},
    'dishes': lambda i, g: {'plate': 'dinner', 'table': i, 'at': f'2026-05-31T04:{i:02d}:00'},
    'employees': lambda i, g: {'name': 'ANNA', 'birth_date': f'{1960 + i}-01-02', 'employee_no': f'E{g.randrange(99999):05d}'},
    'customers': lambda i, g: {'surname': 'SMITH', 'date_of_birth': f'{1960 + i}-01-02', 'customer': g.randrange(10 ** 6), 'country': 'USA'},
}


@pytest.mark.parametrize('twin', TWINS)
def test_what_is_no_read_or_always_the_same_one_is_silent(read, twin):
    g = random.Random(3)
    assert read(*posts([json.dumps(TWINS[twin](i, g)) for i in range(40)], each=True)) == {}


def test_real_clients_that_send_a_read_a_request(lab, sensor, server, tmp_path):  # noqa: F811
    words = []
    for i, (plate, at, lane) in enumerate(rows(5)):
        (tmp_path / f'r{i}').write_text(json.dumps({'license_plate': plate, 'state': 'TX'}))
        words += ['--next'] * (i > 0) + ['-sS', '-o', '/dev/null', '-X', 'PUT', '--data-binary', f'@{tmp_path}/r{i}', url(net.UNKNOWN, f'/r{i}')]
    lab.run('lane', 'curl', *words)
    alert = sensor.wait_alert(lambda r: 'plate-record' in r['gantry']['classes'], 20)
    assert alert['destination']['ip'] == net.UNKNOWN


def test_messages_of_mqtt_that_hold_a_read_each(lab, sensor, broker, tmp_path):  # noqa: F811
    broker('outside')
    for i, (plate, at, lane) in enumerate(rows(6)):
        (tmp_path / f'm{i}').write_text(json.dumps({'plate': plate, 'seen': at}))
    publish(lab, net.UNKNOWN, '5', 1, 'files', *[str(tmp_path / f'm{i}') for i in range(COUNT)])
    alert = sensor.wait_alert(lambda r: 'plate-record' in r['gantry']['classes'], 20)
    assert alert['network']['protocol'] == 'mqtt'
    assert material.sha256(b'') not in alert.get('file', {}).get('hash', {}).values()
