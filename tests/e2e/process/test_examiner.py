# SPDX-License-Identifier: Apache-2.0
"""The examiner dies, hangs, has too much to do, and sees what it has seen before: what goes on, and that it is told."""
import contextlib
import os
import signal
import subprocess
import time

import lab as net
import material
from test_crashes import counters, notices, poison, with_poison  # noqa: F401
from test_http import PORT, curl, server, url  # noqa: F401

EVENTS = 'alert,transfer,stats'


def archive(folder, name, files):
    """A 7z file: what is in it shows to nobody who does not take it apart."""
    inside = folder / f'{name}.in'
    inside.mkdir()
    for member, data in files.items():
        (inside / member).write_bytes(data)
    subprocess.run(['7z', 'a', '-bd', f'{folder}/{name}', *files], cwd=inside, check=True, stdout=subprocess.DEVNULL)
    return folder / name


def pictures(seed, n=2):
    return {f'20260531-041158_L04_KXR{seed + i}.jpg': material.lane_image(seed + i, 320, 240) for i in range(n)}


def send(lab, path, address):
    curl(lab, '-T', str(path), url(address, '/in/'))


def has(sensor, address, files, seconds=10):
    """All members came to this address, once each."""
    digests = sorted(map(material.sha256, files.values()))
    def there():
        found = sorted(t['file']['hash']['sha256'] for t in sensor.transfers()
                       if t['destination']['ip'] == address and t['gantry']['object']['parent'])
        return found == digests
    net.wait_for(there, seconds, f'the members at {address}')


def alerted(sensor, address, of_class, seconds=10):
    return sensor.wait_alert(lambda a: a['destination']['ip'] == address and of_class in a['gantry']['classes'], seconds)


def sensor_with(lab, tmp_path, more='', **options):
    return net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1'], more=more, **options)


def test_what_was_seen_once_is_not_examined_again_and_each_event_is_told(lab, server, tmp_path):
    files = pictures(5001) | {'reads.csv': material.plate_csv(9)}
    path = archive(tmp_path, 'a.7z', files)
    with sensor_with(lab, tmp_path) as sensor:
        for n in range(3):
            send(lab, path, net.stranger(700 + n))
            has(sensor, net.stranger(700 + n), files)
            for c in 'vehicle-image', 'plate-record':
                alert = alerted(sensor, net.stranger(700 + n), c)
                assert alert['source']['ip'] == net.LANE
        send(lab, path, net.APPROVED)
        has(sensor, net.APPROVED, files)
    last = counters(sensor)
    assert last['examine.files'] == 1 and last['examine.again'] == 3
    assert not [a for a in sensor.alerts() if a['destination']['ip'] == net.APPROVED]
    numbers = [t['gantry']['object']['id'] for t in sensor.transfers() if not t['gantry']['transfer'].get('pending')]
    assert len(numbers) == len(set(numbers))
    for n in range(3):
        plates = [a for a in sensor.alerts() if a['destination']['ip'] == net.stranger(700 + n) and 'plate-record' in a['gantry']['classes']]
        assert plates and plates[0]['gantry']['incident']['distinct_plates'] > 0


def test_an_archive_that_kills_the_examiner_twice_is_told_and_never_tried_again(lab, server, tmp_path, poison):
    bad = archive(tmp_path, 'bad.7z', pictures(5101, 1) | {'x.bin': b'MARK-THAT-CRASHES' * 20})
    good = pictures(5201)
    with with_poison(lab, tmp_path, poison) as sensor:
        workers = sensor.children()['worker']
        send(lab, bad, net.stranger(710))
        alert = alerted(sensor, net.stranger(710), 'unread-object', 15)
        assert alert['file']['name'] == 'bad.7z'
        net.wait_for(lambda: notices(sensor, 'examiner-killed'), 5, 'the notice')
        send(lab, archive(tmp_path, 'good.7z', good), net.stranger(711))
        has(sensor, net.stranger(711), good)
        send(lab, bad, net.stranger(712))
        alerted(sensor, net.stranger(712), 'unread-object', 15)
        assert sensor.children()['worker'] == workers
    last = counters(sensor)
    assert last['examine.deaths'] == 2 and last['examine.given_up'] == 2
    assert not [t for t in sensor.transfers() if t['destination']['ip'] in (net.stranger(710), net.stranger(712)) and t['gantry']['object']['parent']]


def test_an_archive_that_takes_too_long_is_given_up(lab, server, tmp_path, poison):
    bad = archive(tmp_path, 'slow.7z', {'x.bin': b'MARK-THAT-HANGS' * 20})
    good = pictures(5301)
    with with_poison(lab, tmp_path, poison, '\nexaminers: {time: 1 s}\n') as sensor:
        send(lab, bad, net.stranger(720))
        send(lab, archive(tmp_path, 'good.7z', good), net.stranger(721))
        has(sensor, net.stranger(721), good, 20)
        alerted(sensor, net.stranger(720), 'unread-object', 15)
    assert counters(sensor)['examine.given_up'] == 1


def test_a_killed_examiner_is_back_and_does_what_it_was_at(lab, server, tmp_path):
    files = pictures(5401)
    with sensor_with(lab, tmp_path) as sensor:
        [examiner] = sensor.children()['examiner']
        os.kill(examiner, signal.SIGKILL)
        send(lab, archive(tmp_path, 'a.7z', files), net.stranger(730))
        has(sensor, net.stranger(730), files)
        assert sensor.children()['examiner'] != [examiner]
        roles = [p['role'] for p in sensor.ask('status', '--json')['processes']]
        assert sorted(roles) == ['examiner', 'reporter', 'worker']


@contextlib.contextmanager
def half_sent(lab, path, address):
    """An upload that stands still in the middle."""
    code = ('import socket, sys, time\ndata = open(sys.argv[1], "rb").read()\n'
            's = socket.create_connection((sys.argv[2], int(sys.argv[3])))\n'
            's.sendall(b"PUT /in/half.7z HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(data) + data[:len(data) // 2])\n'
            'print("half", flush=True)\nsys.stdin.read()\ns.sendall(data[len(data) // 2:])\ns.recv(1000)\n')
    process = lab.start('lane', '/usr/bin/python3', '-c', code, str(path), address, str(PORT), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b'half\n'
    yield
    process.stdin.close()
    assert process.wait(20) == 0


def test_when_the_slots_are_full_the_file_is_told_as_not_examined(lab, server, tmp_path):
    first, second = pictures(5501), pictures(5601)
    with sensor_with(lab, tmp_path, '\nexaminers: {slots: 1}\n') as sensor:
        with half_sent(lab, archive(tmp_path, 'a.7z', first), net.stranger(740)):
            send(lab, archive(tmp_path, 'b.7z', second), net.stranger(741))
            alert = alerted(sensor, net.stranger(741), 'unread-object')
            assert alert['file']['name'] == 'b.7z'
        has(sensor, net.stranger(740), first)
        send(lab, archive(tmp_path, 'c.7z', second), net.stranger(742))
        has(sensor, net.stranger(742), second)
    assert counters(sensor)['examine.no_room'] == 1


def test_without_examiners_an_archive_is_a_file_like_any(lab, server, tmp_path):
    path = archive(tmp_path, 'a.7z', pictures(5701))
    with sensor_with(lab, tmp_path, '\nexaminers: {count: 0}\n') as sensor:
        send(lab, path, net.stranger(750))
        t = sensor.wait_transfer(material.sha256(path.read_bytes()))
        assert 'pending' not in t['gantry']['transfer'] and sensor.children()['examiner'] == []
    assert not sensor.alerts()


def test_while_every_examiner_is_dead_workers_go_on_and_it_is_told(lab, server, tmp_path):
    with sensor_with(lab, tmp_path, '\nexaminers: {time: 1 s}\n') as sensor:
        end = time.monotonic() + 100
        n = 0
        while time.monotonic() < end and not notices(sensor, 'examiners-dead'):
            for pid in sensor.children()['examiner']:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if n % 10 == 0:
                send(lab, archive(tmp_path, f'{n}.7z', pictures(5801, 1)), net.stranger(760))
            n += 1
            time.sleep(0.1)
        assert notices(sensor, 'examiners-dead')
        alerted(sensor, net.stranger(760), 'unread-object')
        data = material.lane_image(5900)
        (tmp_path / 'x.jpg').write_bytes(data)
        send(lab, tmp_path / 'x.jpg', net.stranger(761))
        sensor.wait_picture(data, net.stranger(761))
