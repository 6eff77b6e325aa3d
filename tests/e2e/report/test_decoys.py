# SPDX-License-Identifier: Apache-2.0
"""Twelve thousand small uploads to strangers, live, hide nothing of a partner: not the pictures that it gets among them, nor the nineteen days before, nor
what closed then. What the sensor may keep is set so that the decoys fill it: the ledger, open and closed incidents, and alerts."""
import subprocess
import time

import floods
import lab as net
import material
import pytest
from test_http import curl, server, url  # noqa: F401
from test_weeks import DAY, Capture

DECOYS, PICTURES, DAYS, NIGHTLY = 12000, 5, 20, 4
LITTLE_ROOM = '''
ledger: {slow-days: 20, slow-objects: 60, memory: 16 MiB}
store: {max-size: 6 MiB}
'''
SHORT_INCIDENTS = 'alerts: {quiet: 1 s, incidents-max: 1000}\n'


def decoy(i):
    """One upload of three bytes that look like a picture's, to a stranger of its own network."""
    me, it, port = floods.number(net.LANE), floods.number('100.64.0.9') + i * 256, 10000 + i
    body = f'PUT /20260531-{40000 + i:06}_L04_QZX{i % 10000:04}.jpg HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n'.encode() + b'\xff\xd8\xff'
    answer = b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'
    end = 101 + len(body)
    yield floods.frame(me, it, port, 80, 100, 0, floods.SYN)
    yield floods.frame(it, me, 80, port, 500, 101, floods.SYN | floods.ACK)
    yield floods.frame(me, it, port, 80, 101, 501, floods.ACK | floods.PSH, body)
    yield floods.frame(it, me, 80, port, 501, end, floods.ACK | floods.PSH, answer)
    yield floods.frame(me, it, port, 80, end, 501 + len(answer), floods.ACK | floods.FIN)
    yield floods.frame(it, me, 80, port, 501 + len(answer), end + 1, floods.ACK | floods.FIN)


@pytest.fixture(scope='module')
def decoys(tmp_path_factory):
    """Captures that together hold all of them."""
    paths = []
    for c in range(PICTURES):
        paths.append(str(tmp_path_factory.mktemp('decoys') / f'{c}.pcap'))
        with floods.Capture(paths[-1]) as capture:
            for i in range(c, DECOYS, PICTURES):
                for frame in decoy(i):
                    capture.add(frame)
    return paths


def nights_before(folder, destination):
    """A few small pictures on each of the days before this one: a capture, read into the store of the sensor that watches today."""
    today = int(time.time()) // DAY * DAY
    capture = Capture(folder / 'nights.pcap')
    for day in range(DAYS - 1, 0, -1):
        for i in range(NIGHTLY):
            capture.upload(today - day * DAY + DAY // 2 + i, destination, f'{day}-{i}.jpg', material.lane_image(day * 10 + i, 64, 48))
    capture.file.close()
    return capture.file.name


@pytest.fixture(params=[net.UNAPPROVED, net.APPROVED], ids=['without a contract', 'under contract'])
def partner(request):
    return request.param, {net.UNAPPROVED: 'Plate Systems', net.APPROVED: 'Border Labs'}[request.param]


@pytest.fixture
def watching(lab, tmp_path, partner):
    """A sensor that has seen the nights before, and has little room."""
    sensor = net.Sensor(lab, tmp_path, events='alert,stats', more=LITTLE_ROOM)
    text = open(sensor.config).read()
    with open(sensor.config, 'w') as f:
        f.write(text.replace('alerts: {global: 0}\n', SHORT_INCIDENTS))
    before = f'json:file:{tmp_path}/before.json'
    subprocess.run([net.GANTRY, '-q', '-c', sensor.config, '-r', nights_before(tmp_path, partner[0]), '-o', before], check=True, timeout=60)
    with sensor:
        yield sensor


def about(sensor, destination, by_ledger=False):
    """Alerts of its incidents, or of its line in the ledger."""
    return [a for a in sensor.alerts() if a.get('destination', {}).get('ip') == destination
            and (a['rule']['id'] == 'ledger-low-and-slow') == by_ledger]


def severe(sensor, destination):
    """Incidents that were told with the highest severity."""
    return {a['gantry']['incident']['id'] for a in about(sensor, destination) if a['event']['severity'] == 10}


def totals(sensor, name):
    """Of its one line in the ledger."""
    line, = sensor.ask('ledger', 'lanes', name, '--json')['lines']
    assert line['class'] == 'vehicle-image'
    return line['period']


def closed_before(sensor, name):
    """Incidents of the nights before."""
    today = time.strftime('%Y-%m-%d', time.gmtime())
    return {i['id'] for i in sensor.ask('incidents', 'list', '--closed', '--json')['incidents'] if i['partner'] == name and i['first'] < today}


def test_pictures_to_a_partner_are_told_as_its_contract_has_it_among_twelve_thousand_decoys(
        lab, server, decoys, watching, partner, tmp_path):  # noqa: F811
    address, name = partner
    denied, before, past = address == net.UNAPPROVED, (DAYS - 1) * NIGHTLY, closed_before(watching, name)
    assert len(past) == (before if denied else 0)
    for i, capture in enumerate(decoys):
        lab.run('lane', 'tcpreplay', '-q', '--pps', '12000', '-i', 'eth0', capture)
        assert totals(watching, name)['objects'] == before + i, 'each day before is there'
        path = tmp_path / f'20260531-0511{i:02}_L04_KXR447{i}.jpg'
        path.write_bytes(material.lane_image(i))
        curl(lab, '-T', str(path), url(address, '/in/'))
        if denied:
            net.wait_for(lambda: len(severe(watching, address)) == i + 1, 10, 'its alert')
            net.wait_for(lambda: about(watching, address, by_ledger=True), 10, 'the alert of the twentieth day')
        net.wait_for(lambda: totals(watching, name)['objects'] == before + i + 1, 10, 'the picture in the ledger')
    net.wait_for(lambda: drowned(watching), 20, 'what the decoys push out')
    assert closed_before(watching, name) == past
    if not denied:
        assert not about(watching, address) + about(watching, address, by_ledger=True)
        return
    slow = about(watching, address, by_ledger=True)[0]['gantry']['incident']
    assert slow['state'] == 'opened' and slow['objects'] == before + 1
    states = [a['gantry']['incident']['state'] for a in about(watching, address)]
    assert states.count('opened') == PICTURES, 'each picture has an incident of its own, the one before was closed'


def drowned(sensor):
    """Counts of what gave way, once all decoys have been seen and something of each kind has gone."""
    stats = sensor.ask('status', '--json')['stats']
    gone = {k: stats['report'][k] for k in ('incidents_opened', 'ledger_forgotten', 'store_forgotten', 'incidents_shed', 'alerts_held')}
    return gone if stats['flow']['opened'] >= DECOYS + PICTURES and all(gone.values()) else None
