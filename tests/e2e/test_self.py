# SPDX-License-Identifier: Apache-2.0
"""What the sensor says of itself: its heartbeat, and each warning with its remedy, once while it holds and when it is over."""
import os
import time

import lab as net
import material
import packets
import pytest
import recording
from test_http import curl, server, url  # noqa: F401

QUICK = 'health: {interval: 1 s, networks-after: 0, vlan-silence: 0}'


def watch(lab, folder, health=QUICK, **options):
    return net.Sensor(lab, folder, events='alert,transfer,stats', more=health, **options)


def notices(sensor, key=None):
    return [r['rule']['name'] for r in sensor.records('notice') if key in (None, r['rule']['id'])]


def keys(records):
    return [r['rule']['id'] for r in records if r['event']['action'] == 'notice']


def told(sensor, key, times=1, seconds=6):
    return net.wait_for(lambda: len(notices(sensor, key)) == times and notices(sensor, key), seconds, f'notice {key}')[-1]


def beats(sensor):
    return [r['gantry']['stats'] for r in sensor.records('stats')]


def upload(lab, work, seed, address=net.UNAPPROVED):
    data = material.lane_image(seed)
    path = os.path.join(work, f'S{seed}.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(address, '/in/'))
    return data


TICKS = f'''
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b"tick", ("{net.UNKNOWN}", 9999))
    time.sleep(0.1)
'''


@pytest.fixture
def ticks(lab):
    """A packet now and then, so that the span is not silent."""
    process = lab.start('lane', 'python3', '-c', TICKS)
    yield process
    process.kill()
    process.wait()


# --- the heartbeat

def test_each_interval_has_a_stats_record_whose_intervals_add_up_to_the_totals(lab, server, ticks, tmp_path, work):
    with watch(lab, tmp_path) as sensor:
        data = upload(lab, work, 600)
        sensor.wait_transfer(material.sha256(data))
        net.wait_for(lambda: len(beats(sensor)) >= 3, 6, 'three stats records')
    all_beats = beats(sensor)
    assert sum(b['interval']['packets'] for b in all_beats) == all_beats[-1]['capture']['packets'] > 10
    assert sum(b['interval']['bytes'] for b in all_beats) == all_beats[-1]['capture']['bytes']
    assert sum(b['interval']['objects_complete'] for b in all_beats) == 1
    assert all(b['interval']['seconds'] in (1, 2) for b in all_beats[:-1])
    assert all_beats[0]['process']['workers'] >= 1
    assert abs(all_beats[0]['process']['start_timestamp_seconds'] - time.time()) < 60
    assert notices(sensor) == [], 'a healthy span is no news'
