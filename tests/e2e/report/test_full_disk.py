# SPDX-License-Identifier: Apache-2.0
"""A disk that others fill up: alerts go on, the ledger forgets nothing, and no number comes twice."""
import collections
import json
import os
import signal
import subprocess

import lab as net
import many
import pytest
from recording import counters
from test_delivery import uploads


@pytest.fixture
def disk(tmp_path):
    """A small file system that holds the sensor's state, and a way to fill it."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    net.reachable(str(tmp_path))
    net.run('mount', '-t', 'tmpfs', '-o', 'size=6m,mode=777', 'none', str(folder))
    yield folder
    net.run('umount', '-l', str(folder))


def fill(folder):
    with open(folder / 'filler', 'wb', buffering=0) as f:
        try:
            while f.write(bytes(4096)) == 4096:
                pass
        except OSError:
            pass


def notices(sensor, key):
    return [n for n in sensor.records('notice') if n['rule']['id'] == key]


def lines(sensor):
    return sensor.ask('ledger', '--json')['lines']


def check_numbers(sensor):
    """Each boot id and number is one message, told once or again; the boot ids in their order."""
    told = collections.defaultdict(set)
    for record in sensor.records():
        told[record['gantry']['boot'], record['gantry']['sequence']].add(json.dumps(record))
    assert all(len(same) == 1 for same in told.values())
    return list(dict.fromkeys(r['gantry']['boot'] for r in sensor.records()))


def kill_reporter(sensor):
    pid = sensor.reporter()
    os.kill(pid, signal.SIGKILL)
    net.wait_for(lambda: sensor.reporter() not in (None, pid), 30, 'the next reporter')


def fail_to_write(lab, sensor, disk):
    """Fifty incidents before the disk is full, a hundred behind it; what is sent again packet by packet is none."""
    uploads(lab, 50).wait(30)
    net.wait_for(lambda: len(sensor.alerts()) >= 50, 10, 'alerts')
    fill(disk)
    uploads(lab, 150).wait(30)
    net.wait_for(lambda: len(sensor.alerts()) >= 150, 10, 'alerts on a full disk')
    assert len(notices(sensor, 'store-failing')) == 1
    stats = sensor.ask('status', '--json')['stats']['report']
    assert stats['ledger_forgotten'] == stats['store_forgotten'] == 0
    assert len(lines(sensor)) == 150


def test_what_a_full_disk_does_not_take_is_written_when_there_is_room(lab, disk, tmp_path):
    with net.Sensor(lab, tmp_path, events='alert', state=disk / 'state') as sensor:
        fail_to_write(lab, sensor, disk)
        os.unlink(disk / 'filler')
        net.wait_for(lambda: 'store: can be written again' in open(sensor.log).read(), 15, 'the next try')
        kill_reporter(sensor)
        assert [line['day']['objects'] for line in lines(sensor)] == [1] * 150
        assert len(sensor.ask('incidents', 'list', '--open', '--json')['incidents']) == 150
        uploads(lab, 160).wait(30)
        net.wait_for(lambda: len(sensor.alerts()) >= 160, 10, 'alerts of the next reporter')
    assert len(check_numbers(sensor)) == 2


def test_a_reporter_that_dies_on_a_full_disk_is_followed_by_one_with_another_boot_id(lab, disk, tmp_path):
    with net.Sensor(lab, tmp_path, events='alert', state=disk / 'state') as sensor:
        fail_to_write(lab, sensor, disk)
        before = len(sensor.records())
        kill_reporter(sensor)
        uploads(lab, 170).wait(30)
        net.wait_for(lambda: len(sensor.records()) >= before + 20, 10, 'alerts of the next reporter')
    boots = check_numbers(sensor)
    assert len(boots) == 2
    first, second = ([r['gantry']['sequence'] for r in sensor.records() if r['gantry']['boot'] == b] for b in boots)
    assert min(second) <= max(first), 'under one boot id these would have come twice'


def read(folder, name, count, more=''):
    """The stats of reading an upload to each of so many networks, with the state on the small file system."""
    config, capture = folder / f'{name}.yaml', folder / 'many.pcap'
    text = net.CONFIG.format(root=net.ROOT, outputs='').replace('sensor: {', f'sensor: {{state: {folder}/disk/{name}, ')
    config.write_text(text + more)
    many.write(capture, count)
    out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', capture, '-o', 'json:-', '--events', 'alert,stats'],
                         capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    records = [json.loads(line) for line in out.stdout.splitlines()]
    assert sum(r['event']['action'] == 'alert' for r in records) == 2 * count
    return counters(records)['report']


def test_the_ledger_makes_room_at_its_own_bound_and_not_for_a_full_disk(disk, tmp_path):
    stats = read(tmp_path, 'bounded', 1000, 'store: {max-size: 1 MiB}\n')
    assert stats['ledger_forgotten'] > 0
    (disk / 'ballast').write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - (400 << 10)))
    stats = read(tmp_path, 'full', 400)
    assert stats['store_failures'] > 0
    assert stats['ledger_forgotten'] == stats['store_forgotten'] == 0 and stats['ledger_lines'] == 400
