# SPDX-License-Identifier: Apache-2.0
"""Who inside may read what: hosts of an internal network, and of the image network itself, fetch pictures from a store in the lane, or get them sent.
The span shows what passes between the two halves of the lab."""
import os

import lab as net
import material
import pytest
from web import nginx as web_server

LAPTOP, DESK, CLERK, CAMERA = net.INTERNAL, '10.9.0.6', '10.9.0.7', '10.40.9.9'
TAKES = 8090
READERS = f'''readers:
  - name: desk
    prefixes: [{DESK}]
    contracts: [{{id: IN-1, from: 2020-01-01, until: 2099-12-31, classes: [image, vehicle-image]}}]
  - name: clerks
    prefixes: [{CLERK}]
    contracts: [{{id: IN-2, from: 2020-01-01, until: 2099-12-31, classes: [plate-record]}}]
'''


@pytest.fixture(scope='module')
def hosts(lab, tmp_path_factory):
    for host in DESK, CLERK, CAMERA:
        lab.ip('outside', 'addr', 'add', f'{host}/32', 'dev', 'eth0')
    folder = tmp_path_factory.mktemp('takes')
    process = web_server(lab, 'outside', folder, [TAKES])
    yield
    lab.stop(process)
    for host in DESK, CLERK, CAMERA:
        lab.ip('outside', 'addr', 'del', f'{host}/32', 'dev', 'eth0')


@pytest.fixture(scope='module')
def watched(lab, hosts, tmp_path_factory):
    with net.Sensor(lab, tmp_path_factory.mktemp('watched'), events='alert,transfer', more=READERS) as s:
        yield s


def fetch(lab, nginx, reader, seed, name=None):
    """A picture of the store in the lane; its bytes."""
    root, port = nginx
    data = material.lane_image(seed)
    name = name or f'20260531-041158_L04_KXR{seed}.jpg'
    with open(os.path.join(root, name), 'wb') as f:
        f.write(data)
    lab.run('outside', 'curl', '-sS', '--fail', '-m', '20', '--interface', reader, '-o', '/dev/null', f'http://{net.LANE}:{port}/{name}')
    return data


def opened(sensor, host):
    return [a for a in sensor.alerts() if a['destination']['ip'] == host]


def test_a_laptop_inside_that_reads_pictures_alerts(lab, nginx, watched):
    data = fetch(lab, nginx, LAPTOP, 8000)
    t = watched.wait_transfer(material.sha256(data))
    assert t['gantry']['verdict'] == 'unapproved-reader' and t['network']['direction'] == 'internal'
    alert = watched.wait_alert(lambda a: a['destination']['ip'] == LAPTOP)
    assert alert['gantry']['verdict'] == 'unapproved-reader' and alert['gantry']['classes'] in (['vehicle-image'], ['image'])
    assert alert['gantry']['partner'] is None and 'no reader' in alert['gantry']['reason']


def test_a_reader_with_a_contract_is_silent_and_one_beyond_its_contract_is_not(lab, nginx, watched):
    data = fetch(lab, nginx, DESK, 8001)
    t = watched.wait_transfer(material.sha256(data))
    assert (t['gantry']['verdict'], t['gantry']['partner'], t['gantry']['contract']) == ('approved', 'desk', 'IN-1')
    fetch(lab, nginx, CLERK, 8002)
    alert = watched.wait_alert(lambda a: a['destination']['ip'] == CLERK)
    assert (alert['gantry']['verdict'], alert['gantry']['partner'], alert['gantry']['contract']) == ('reader-breach', 'clerks', 'IN-2')
    assert not opened(watched, DESK)


def test_another_host_of_the_image_network_is_no_reader_by_itself(lab, watched, tmp_path):
    path = tmp_path / '20260531-041158_L04_KXR8003.jpg'
    path.write_bytes(material.lane_image(8003))
    lab.run('lane', 'curl', '-sS', '--fail', '-m', '20', '-T', str(path), f'http://{CAMERA}:{TAKES}/x.jpg')
    assert watched.wait_alert(lambda a: a['destination']['ip'] == CAMERA)['gantry']['verdict'] == 'unapproved-reader'


def test_what_nobody_can_read_inside_does_not_alert(lab, watched):
    """The same to a partner does, and comes behind it."""
    for to in CLERK, net.UNAPPROVED:
        listener = lab.start('outside', 'socat', '-u', f'TCP-LISTEN:4447,bind={to}', 'OPEN:/dev/null')
        lab.wait_port('outside', to, 4447)
        lab.run('lane', 'socat', '-u', '-', f'TCP:{to}:4447', input='\x01\x02 nobody knows this\n' * 5000)
        lab.stop(listener)
    unread = [['unread-flow'], ['encrypted-flow']]
    watched.wait_alert(lambda a: a['destination']['ip'] == net.UNAPPROVED and a['gantry'].get('classes') in unread)
    assert not [a for a in opened(watched, CLERK) if a['gantry'].get('classes') in unread]


def test_the_ledger_and_the_digest_show_readers_as_others(lab, watched):
    lines = watched.ask('ledger', '--json')['lines']
    assert {'clerks', '10.9.0.0/24'} <= {line['destination'] for line in lines}
    rows = watched.ask('digest', '--json')['volume']
    assert {'reader-breach', 'unapproved-reader'} <= {row['verdict'] for row in rows}


def test_without_readers_nothing_inside_is_looked_at(lab, hosts, nginx, sensor):
    fetch(lab, nginx, LAPTOP, 8010)
    data = fetch(lab, nginx, net.UNKNOWN, 8011)  # the sensor sees
    sensor.wait_transfer(material.sha256(data))
    assert {t['destination']['ip'] for t in sensor.transfers()} == {net.UNKNOWN}
    assert {a['destination']['ip'] for a in sensor.alerts()} == {net.UNKNOWN}
