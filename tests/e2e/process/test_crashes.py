# SPDX-License-Identifier: Apache-2.0
"""Workers, the reporter and the supervisor die under traffic: what goes on, what is lost, and that this is told."""
import os
import re
import signal
import time

import lab as net
import material
import pytest
from test_http import curl, server, url  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
EVENTS = 'alert,transfer,flow,stats'


def make(work, seed, name=None):
    data = material.lane_image(seed)
    path = os.path.join(work, name or f'L{seed}.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    return path, material.sha256(data)


def upload(lab, sensor, work, seed, address=net.UNAPPROVED):
    path, digest = make(work, seed)
    curl(lab, '-T', path, url(address, '/in/'))
    return sensor.wait_transfer(digest)


def notices(sensor, key='worker-restarted'):
    return [r for r in sensor.records('notice') if r['rule']['id'] == key]


def told_pictures(sensor):
    """Names of transfers that a rule found a picture in."""
    return {r['file']['name'] for r in sensor.records('transfer') if 'image' in r['gantry'].get('classes', [])}


def counters(sensor):
    """Of the last record of the run, by "stage.name"."""
    last = sensor.records('stats')[-1]['gantry']['stats']
    return {f'{stage}.{name}': n for stage, names in last.items() for name, n in names.items()}


def wait_new_worker(sensor, old, seconds=1.0):
    begin = time.monotonic()
    new = net.wait_for(lambda: set(sensor.children()['worker']) - set(old), seconds, 'a new worker')
    return new.pop(), time.monotonic() - begin


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGSYS])
def test_a_killed_worker_is_back_within_a_second_and_that_is_told(lab, server, tmp_path, work, number):
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1']) as sensor:
        upload(lab, sensor, work, 400)
        workers = sensor.children()['worker']
        os.kill(workers[0], number)
        wait_new_worker(sensor, workers)
        upload(lab, sensor, work, 401)
        told = net.wait_for(lambda: notices(sensor), 3, 'the notice')
    assert f'worker 1 died of signal {int(number)} ' in told[0]['rule']['name'] and len(told) == 1
    c = counters(sensor)
    assert c['process.worker_restarts'] == 1
    lost = int(re.search(r'(\d+) flows', told[0]['rule']['name']).group(1))
    assert c['process.flows_lost'] == lost >= 1
    assert c.get('process.flows_blamed', 0) == 0, 'a kill from outside is nobody\'s fault'


def test_the_other_worker_goes_on_with_its_flows(lab, server, tmp_path, work):
    """One slow upload in each worker; one worker is killed: the other's upload is whole."""
    slow = {}
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '2']) as sensor:
        for i, address in enumerate([net.UNAPPROVED, net.UNKNOWN, net.UNAPPROVED6, net.UNKNOWN6, net.APPROVED6]):
            path = os.path.join(work, f'slow{i}.jpg')
            data = material.lane_image(410 + i) + os.urandom(300000)
            with open(path, 'wb') as f:
                f.write(data)
            slow[material.sha256(data)] = lab.start('lane', 'curl', '-sS', '--limit-rate', '100k', '-o', '/dev/null',
                                                    '-T', path, url(address, '/in/'))
        time.sleep(1)
        workers = sensor.children()['worker']
        os.kill(workers[0], signal.SIGKILL)
        wait_new_worker(sensor, workers)
        for process in slow.values():
            process.wait(30)
        time.sleep(1)
    whole = {t['file']['hash']['sha256'] for t in sensor.transfers()
             if t['gantry']['transfer']['complete'] and 'hash' in t['file']}
    survived = sum(digest in whole for digest in slow)
    assert 1 <= survived < len(slow), f'{survived} of {len(slow)}: split over two workers, of which one died'


def test_what_was_sent_is_what_was_seen_and_what_was_counted_as_lost(lab, tmp_path, work):
    """Numbered datagrams while workers are killed: none may be missing without being counted."""
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1', '-f', 'udp and dst port 9999']) as sensor:
        count = 30000
        sender = lab.start('lane', 'python3', '-c', f'''
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range({count}):
    s.sendto(b"%08d" % i + b"x" * 200, ("{net.UNKNOWN}", 9999))
    if i % 20 == 0: time.sleep(0.002)
''')
        for _ in range(2):
            time.sleep(1)
            workers = sensor.children()['worker']
            os.kill(workers[0], signal.SIGKILL)
            wait_new_worker(sensor, workers)
        assert sender.wait(60) == 0
        time.sleep(0.5)
    c = counters(sensor)
    seen = c['capture.packets']
    lost = c['capture.lost_to_restart'] + c['capture.kernel_drops']
    assert c['process.worker_restarts'] == 2
    assert seen <= count <= seen + lost, f'{seen} seen, {lost} counted as lost, of {count}'
    assert lost < count / 2
    assert seen + lost - count <= 2 * 8192, 'at most the block that each worker was reading is counted twice'


def test_a_stopped_worker_is_found_by_the_watchdog(lab, server, tmp_path, work):
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1']) as sensor:
        pass
    config = open(sensor.config).read().replace('name: edge-1', 'name: edge-1, stuck-after: 1 s')
    sensor = net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1'])
    with open(sensor.config, 'w') as f:
        f.write(config)
    with sensor:
        upload(lab, sensor, work, 420)
        time.sleep(2)
        assert not notices(sensor), 'an idle worker is not stuck'
        workers = sensor.children()['worker']
        os.kill(workers[0], signal.SIGSTOP)
        wait_new_worker(sensor, workers, 2.5)
        upload(lab, sensor, work, 421)
        told = net.wait_for(lambda: notices(sensor), 3, 'the notice')
    assert 'worker 1 was stuck' in told[0]['rule']['name']
    assert counters(sensor)['process.workers_stuck'] == 1


@pytest.fixture
def poison(tmp_path, monkeypatch):
    return net.preloaded(tmp_path, os.path.join(HERE, 'poison.c'))


def with_poison(lab, tmp_path, library, more=''):
    sensor = net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1'], more=more)
    config = open(sensor.config).read().replace('name: edge-1', 'name: edge-1, stuck-after: 1 s')
    with open(sensor.config, 'w') as f:
        f.write(config)
    # without the processor's own SHA-256 all objects are hashed by OpenSSL, where the library waits for them
    sensor.words = ['env', f'LD_PRELOAD={library}', 'OPENSSL_ia32cap=:~0x20000000', *sensor.words]
    return sensor


def poisoned(work, mark, name, times=60):
    path = os.path.join(work, name)
    with open(path, 'wb') as f:
        f.write(b'\xff\xd8\xff\xe0' + b''.join(os.urandom(5000) + mark for _ in range(times)))
    return path


def test_flows_that_kill_workers_are_left_out_and_others_are_not(lab, server, tmp_path, work, poison):
    with with_poison(lab, tmp_path, poison) as sensor:
        upload(lab, sensor, work, 430)
        for i in range(3):
            curl(lab, '-T', poisoned(work, b'MARK-THAT-CRASHES', f'bad{i}.jpg'), url(net.UNAPPROVED, '/in/'))
            net.wait_for(lambda: len(notices(sensor)) > i, 4, 'a restart')
        told = net.wait_for(lambda: notices(sensor, 'flow-skipped'), 3, 'the notice')
        restarts = len(notices(sensor))
        for i in range(3):
            curl(lab, '-T', poisoned(work, b'MARK-THAT-CRASHES', f'more{i}.jpg'), url(net.UNAPPROVED, '/in/'))
        time.sleep(1)
        assert len(notices(sensor)) == restarts, 'nobody dies of it any more'
        net.wait_for(lambda: {f'more{i}.jpg' for i in range(3)} <= told_pictures(sensor), 5, 'transfers of what goes on, without digests')
        upload(lab, sensor, work, 431, net.UNKNOWN)
    assert f'{net.LANE} port ' in told[0]['rule']['name'] and net.UNAPPROVED in told[0]['rule']['name']
    c = counters(sensor)
    assert c['process.flows_blamed'] >= 1 and c.get('process.packets_skipped', 0) == 0


def test_a_worker_that_hangs_in_a_packet_is_stopped_and_its_flow_named(lab, server, tmp_path, work, poison):
    with with_poison(lab, tmp_path, poison) as sensor:
        curl(lab, '-T', poisoned(work, b'MARK-THAT-HANGS', 'hang.jpg', 1), url(net.UNAPPROVED, '/in/'))
        told = net.wait_for(lambda: notices(sensor), 5, 'the notice')
        upload(lab, sensor, work, 440)
    text = told[0]['rule']['name']
    assert 'worker 1 was stuck at a packet between' in text and net.UNAPPROVED in text


def test_a_worker_that_was_taken_over_sends_no_frame(lab, server, tmp_path, work, poison):
    before = lab.sent()
    with with_poison(lab, tmp_path, poison) as sensor:
        curl(lab, '-T', poisoned(work, b'MARK-THAT-SENDS', 'sends.jpg', 1), url(net.UNAPPROVED, '/in/'))
        told = net.wait_for(lambda: notices(sensor), 5, 'the notice')
        upload(lab, sensor, work, 441, net.UNKNOWN)
    assert 'died of signal 31 (Bad system call)' in told[0]['rule']['name']
    assert lab.sent() == before


def test_a_reporter_killed_again_and_again_loses_no_transfer(lab, server, tmp_path, work):
    digests = []
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        for i in range(6):
            path, digest = make(work, 450 + i)
            digests.append(digest)
            curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
            old = sensor.children()['reporter']
            if old:
                os.kill(old[0], signal.SIGKILL)
        for digest in digests:
            sensor.wait_transfer(digest, 10)
        net.wait_for(lambda: set(sensor.children()['reporter']) - set(old), 10, 'a new reporter: one that dies while all stop is a failure')


def runs(pid):
    """A process that has ended keeps its number until its new parent, the system's first process, has looked at it."""
    try:
        with open(f'/proc/{pid}/stat') as f:
            return f.read().rpartition(') ')[2][0] not in 'ZX'
    except OSError:
        return False


def test_all_end_when_the_supervisor_is_killed(lab, server, tmp_path, work):
    sensor = net.Sensor(lab, tmp_path)
    with sensor:
        upload(lab, sensor, work, 460)
        children = sensor.children()
        pids = children['worker'] + children['reporter']
        assert len(pids) >= 2
        sensor.process.kill()
        sensor.process.wait(5)
        net.wait_for(lambda: not any(runs(pid) for pid in pids), 2, 'the end of all children')


def test_a_storm_of_restarts_backs_off(lab, tmp_path):
    with net.Sensor(lab, tmp_path, options=['-w', '1']) as sensor:
        seen, end = set(), time.monotonic() + 6
        while time.monotonic() < end:
            for pid in sensor.children()['worker']:
                if pid not in seen:
                    seen.add(pid)
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        # At once, after 0.4, 0.8, 1.6, 3.2 s ...: without waiting it would be dozens.
        assert 3 <= len(seen) <= 6, len(seen)
        net.wait_for(lambda: sensor.children()['worker'], 15, 'a worker all the same')
