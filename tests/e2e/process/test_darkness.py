# SPDX-License-Identifier: Apache-2.0
"""Some kilobytes do not blind a worker: after what costs most, what fills the sets of counted values, and what kills the worker, a picture or a table
between the same hosts right afterwards is found as soon as ever, by the worker that was there before or its successor."""
import itertools
import os
import random
import subprocess

import lab as net
import material
import packets
import pytest
from test_crashes import counters, make, notices, poison, poisoned, with_poison  # noqa: F401
from test_http import curl, server, url  # noqa: F401

SOON = 5      # seconds, on a machine that has other work; by itself it takes a tenth of one
SEEDS = itertools.count(3000)


@pytest.fixture(scope='module')
def bomb(tmp_path_factory):
    """The path of some bytes of brotli that become 1 MiB of the worst text, and the bytes."""
    made = subprocess.run(['brotli', '-c', '-q', '11', '-w', '0'], input=b'<' * (1 << 20), check=True, capture_output=True).stdout
    assert len(made) < 20
    path = tmp_path_factory.mktemp('bomb') / 'b'
    path.write_bytes(made)
    return str(path), made


@pytest.fixture
def one(lab, tmp_path):
    """A sensor with one worker, which has to be the same at the end and never stuck."""
    with net.Sensor(lab, tmp_path, events='alert,transfer,flow,stats', options=['-w', '1']) as sensor:
        workers = sensor.children()['worker']
        yield sensor
        assert sensor.children()['worker'] == workers and not notices(sensor)
    assert counters(sensor).get('process.workers_stuck', 0) == 0


def seen(sensor, stage, name):
    return sensor.ask('status', '--json')['stats'][stage][name]


def found_soon(lab, sensor, work):
    """A picture by curl, now."""
    path, digest = make(work, next(SEEDS), '20260531-041158_L04_KXR4471.jpg')
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
    t = sensor.wait_transfer(digest, SOON)
    assert {'image', 'vehicle-image'} & set(t['gantry']['classes'])
    sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNAPPROVED and {'image', 'vehicle-image'} & set(a['gantry']['classes']), SOON)


def replay(lab, folder, frames):
    """As fast as they go, from the lane."""
    path = packets.write(folder / 'replayed.pcap', frames)
    lab.run('lane', 'tcpreplay', '-q', '--topspeed', '-i', 'eth0', path)


def test_a_thousand_small_bodies_of_brotli_that_become_a_gigabyte(lab, server, one, work, bomb):  # noqa: F811
    config = os.path.join(work, 'curl.conf')
    with open(config, 'w') as f:
        f.write('\nnext\n'.join(f'url = "{url(net.UNAPPROVED, "/b")}"\nupload-file = "{bomb[0]}"\nheader = "Content-Encoding: br"\noutput = "/dev/null"'
                                for _ in range(1000)))
    lab.run('lane', 'curl', '-sS', '--fail', '-K', config)
    found_soon(lab, one, work)
    one.wait_alert(lambda a: a['gantry'].get('classes') == ['unread-object'], SOON)


def test_the_same_behind_a_first_byte_that_comes_last(lab, server, one, work, bomb, tmp_path):  # noqa: F811
    request = b'PUT /b HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\nContent-Length: %d\r\n\r\n' % len(bomb[1]) + bomb[1]
    talks = []
    for i in range(10):
        t = packets.Talk(net.LANE, net.UNAPPROVED, cport=30000 + i, sport=8080).open()
        first = t.seq[0]
        t.seq[0] += 1
        t.send(0, (request * 300)[1:])
        t.segment(0, packets.PSH | packets.ACK, request[:1], first)
        talks += t.frames()
    replay(lab, tmp_path, talks)
    found_soon(lab, one, work)
    assert seen(one, 'http', 'requests') >= 3000


@pytest.mark.parametrize('uploads, rows', [(1000, 30), (5000, 1)])
def test_uploads_that_never_end_do_not_use_up_what_the_next_one_needs(lab, server, one, work, tmp_path, uploads, rows):  # noqa: F811
    """More tables than may be counted, or looked at, at once, with a few plates each; they are some megabytes of packets. The table and the picture
    come right after them."""
    g, frames = random.Random(8), []
    for i in range(uploads):
        t = packets.Talk(net.LANE, net.UNAPPROVED, cport=20000 + i, sport=8080).open()
        text = ''.join(f'{material.plate(g)},TX,4,inbound,2026-05-31T04:11:{j:02}Z\n' for j in range(rows))
        t.send(0, f'PUT /cut{i}.csv HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 99999\r\n\r\n{text}'.encode())
        frames += t.frames()
    assert sum(map(len, frames)) < 3_000_000
    replay(lab, tmp_path, frames)
    table = tmp_path / 'reads.csv'
    table.write_bytes(material.plate_csv(77, 60))
    curl(lab, '-T', str(table), url(net.UNAPPROVED, '/in/'))
    t = one.wait_transfer(material.sha256(table.read_bytes()), SOON)
    assert 'plate-record' in t['gantry']['classes']
    one.wait_alert(lambda a: 'plate-record' in a['gantry']['classes'], SOON)
    found_soon(lab, one, work)
    assert seen(one, 'content', 'gave_way') > 0


@pytest.mark.parametrize('mark', [b'MARK-THAT-CRASHES', b'MARK-THAT-HANGS'])
def test_a_picture_right_behind_a_flow_that_kills_the_worker(lab, server, tmp_path, work, poison, mark):  # noqa: F811
    """Between the same hosts. Where the worker died of hashing, what goes on is looked at without it, so by its name and bytes."""
    with with_poison(lab, tmp_path, poison) as sensor:
        curl(lab, '-T', poisoned(work, mark, 'bad.bin', 1), url(net.UNAPPROVED, '/in/'))
        net.wait_for(lambda: notices(sensor), SOON, 'the restart')
        path, _ = make(work, next(SEEDS), '20260531-041158_L04_KXR4472.jpg')
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        net.wait_for(lambda: [t for t in sensor.transfers() if t['file'].get('name', '').endswith('KXR4472.jpg')
                              and {'image', 'vehicle-image'} & set(t['gantry']['classes'])], SOON, 'the picture')
        sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNAPPROVED and {'image', 'vehicle-image'} & set(a['gantry'].get('classes', [])), SOON)
        assert len(notices(sensor)) == 1
