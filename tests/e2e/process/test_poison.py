# SPDX-License-Identifier: Apache-2.0
"""A record that kills the reporter is stepped over, counted and told, and everything else is delivered; one that dies for another
reason ends a run that somebody waits for, and is tried for ever on an interface."""
import os
import re
import signal
import subprocess
import time

import lab as net
import packets
import pytest
import recording
from test_crashes import EVENTS, counters, notices
from test_http import curl, server, url  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
CRASH, FORBIDDEN = 'MARK-THAT-ALWAYS-CRASHES', 'MARK-THAT-IS-FORBIDDEN'


@pytest.fixture(scope='module')
def poison(tmp_path_factory):
    return net.preloaded(tmp_path_factory.mktemp('poison'), os.path.join(HERE, 'poison_reporter.c'))


def names_of(records):
    return [t['file']['name'] for t in recording.transfers(records)]


# --- files


def capture(folder, names):
    """One upload each, one after another."""
    talks = [packets.upload(packets.Talk(net.LANE, net.UNAPPROVED, cport=20000 + i), f'/in/{name}', packets.dull(name, 3000))
             for i, name in enumerate(names)]
    return packets.write(folder / 'x.pcap', [frame for t in talks for frame in t.frames()])


def run(folder, library, path, state=None, seconds=60):
    """(exit status, records, log) of a sensor that reads this file."""
    config, out = folder / 'offline.yaml', folder / 'records.json'
    net.reachable(str(folder))
    text = net.CONFIG.format(root=net.ROOT, outputs='')
    config.write_text(text.replace('sensor: {', f'sensor: {{state: {state}, ') if state else text)
    done = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', path, '-o', f'json:file:{out}', '--events', 'transfer,stats'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, text=True,
                          env={**os.environ, 'LD_PRELOAD': library})
    lines = out.read_text().splitlines() if out.exists() else []
    return done.returncode, [net.json.loads(line) for line in lines], done.stdout


def stats(records):
    return recording.counters(records)


@pytest.mark.parametrize('mark', [CRASH, FORBIDDEN])
@pytest.mark.parametrize('at', [0, 37, 149])
def test_a_record_that_kills_the_reporter_twice_is_stepped_over_and_the_run_ends(tmp_path, poison, mark, at):
    names = [f'{i:03}.bin' for i in range(150)]
    names[at] = f'{at:03}-{mark}.bin'
    status, records, log = run(tmp_path, poison, capture(tmp_path, names))
    assert status == 1, log
    assert set(names_of(records)) == set(names) - {names[at]}
    assert max(names_of(records).count(n) for n in names) <= 2, 'again once, as after a kill, of those that shared its batch'
    [told] = [r for r in records if r.get('rule', {}).get('id') == 'record-given-up']
    text = told['rule']['name']
    assert 'of worker 1, a transfer: it is stepped over' in text and text in log
    assert stats(records)['channel']['records_given_up'] == 1
    assert 2 <= stats(records)['process']['reporter_restarts'] <= 3
    number = 31 if mark == FORBIDDEN else 11
    restarted = [r['rule']['name'] for r in records if r.get('rule', {}).get('id') == 'reporter-restarted']
    assert restarted and f'of signal {number} ' in restarted[-1] and 'of worker 1, a transfer' in restarted[-1]


def test_several_of_them_are_each_stepped_over_and_no_other_is_told_twice_with_a_database(tmp_path, poison):
    names = [f'{i:03}.bin' for i in range(60)]
    for at in (5, 6, 40):
        names[at] = f'{at:03}-{CRASH}.bin'
    status, records, log = run(tmp_path, poison, capture(tmp_path, names), tmp_path / 'state')
    assert status == 1, log
    assert sorted(names_of(records)) == sorted(n for n in names if CRASH not in n)
    assert stats(records)['channel']['records_given_up'] == 3
    assert len([r for r in records if r.get('rule', {}).get('id') == 'record-given-up']) == 3


def test_deaths_at_different_records_lose_nothing(tmp_path, poison):
    names = [f'{i:03}.bin' for i in range(60)]
    names[20], names[30] = 'MARK-THAT-CRASHES-ONCE-A.bin', 'MARK-THAT-CRASHES-ONCE-B.bin'
    status, records, log = run(tmp_path, poison, capture(tmp_path, names), tmp_path / 'state')
    assert status == 0, log
    assert sorted(names_of(records)) == sorted(names)
    assert stats(records)['channel']['records_given_up'] == 0 and stats(records)['process']['reporter_restarts'] == 2


def test_a_reporter_that_dies_of_every_record_ends_the_run(tmp_path, poison):
    names = [f'{i:03}-{CRASH}.bin' for i in range(40)]
    begin = time.monotonic()
    status, records, log = run(tmp_path, poison, capture(tmp_path, names))
    assert status == 1 and time.monotonic() - begin < 30
    assert 'the reporter died of 16 records one behind another' in log, log


def test_a_reporter_that_dies_at_its_start_ends_the_run_with_a_message(tmp_path, poison):
    state = tmp_path / 'state'
    state.mkdir()
    (state / 'fatal').touch()
    begin = time.monotonic()
    status, records, log = run(tmp_path, poison, capture(tmp_path, ['a.bin']), state)
    assert status == 1 and records == []
    assert 'the reporter died 5 times in a row without working off a record' in log, log
    assert time.monotonic() - begin < 15


def test_without_such_a_record_nothing_is_told_of_deaths(tmp_path, poison):
    status, records, log = run(tmp_path, poison, capture(tmp_path, ['a.bin', 'b.bin']), tmp_path / 'state')
    assert status == 0 and sorted(names_of(records)) == ['a.bin', 'b.bin']
    assert not [r for r in records if r.get('rule', {}).get('id') in ('record-given-up', 'reporter-restarted')]
    assert stats(records)['process']['reporter_restarts'] == 0


# --- on an interface


def sensor_with(lab, tmp_path, library, workers=1):
    sensor = net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', str(workers)])
    sensor.words = ['env', f'LD_PRELOAD={library}', *sensor.words]
    return sensor


def send(lab, work, name, address=net.UNAPPROVED):
    path = os.path.join(work, name)
    with open(path, 'wb') as f:
        f.write(packets.dull(name, 3000))
    curl(lab, '-T', path, url(address, '/in/'))


def wait_names(sensor, names, seconds):
    net.wait_for(lambda: set(names) <= set(names_of(sensor.records())), seconds, f'transfers of {names}')


def test_live_all_else_is_told_once_and_the_sensor_goes_on(lab, server, tmp_path, work, poison):  # noqa: F811
    bad = f'{CRASH}.bin'
    with sensor_with(lab, tmp_path, poison) as sensor:
        send(lab, work, 'before.bin')
        wait_names(sensor, ['before.bin'], 5)
        send(lab, work, bad)
        send(lab, work, 'behind.bin')
        wait_names(sensor, ['behind.bin'], 6)
        told = net.wait_for(lambda: notices(sensor, 'record-given-up'), 5, 'the notice')
        pid = sensor.children()['reporter']
        send(lab, work, 'later.bin')
        wait_names(sensor, ['later.bin'], 2)
        assert sensor.children()['reporter'] == pid
    names = names_of(sensor.records())
    assert sorted(names) == ['before.bin', 'behind.bin', 'later.bin']
    assert len(told) == 1 and 'of worker 1, a transfer' in told[0]['rule']['name']
    c = counters(sensor)
    assert c['channel.records_given_up'] == 1 and 2 <= c['process.reporter_restarts'] <= 3
    assert notices(sensor, 'records-lost'), 'the interval says it too'


def test_many_such_records_of_one_worker_do_not_hold_up_the_others(lab, server, tmp_path, work, poison):  # noqa: F811
    """Each is from the lane to one address, so from one worker; the other worker's are told meanwhile, and the sensor stops in order."""
    with sensor_with(lab, tmp_path, poison, 2) as sensor:
        addresses = [net.UNAPPROVED, *map(net.stranger, range(12))]
        for i, address in enumerate(addresses):
            send(lab, work, f'first{i}.bin', address)
        wait_names(sensor, [f'first{i}.bin' for i in range(len(addresses))], 5)
        for i in range(6):
            send(lab, work, f'{i}-{CRASH}.bin')
        pauses = lambda: [int(n) for n in re.findall(r' waits for (\d+) s', ' '.join(n['rule']['name'] for n in notices(sensor, 'reporter-restarted')))]
        net.wait_for(lambda: max(pauses(), default=0) > 6, 30, 'a long pause of that worker')
        for i, address in enumerate(addresses):
            send(lab, work, f'second{i}.bin', address)
        came = lambda: {n for n in names_of(sensor.records()) if n.startswith('second')}
        time.sleep(2)
        assert 3 <= len(came()) < len(addresses), 'what the other worker found, and nothing else'
        assert pauses() == sorted(pauses()), 'longer each time'
    names = names_of(sensor.records())
    assert sorted(n for n in names if 'MARK' not in n) == sorted(f'{k}{i}.bin' for k in ('first', 'second') for i in range(len(addresses)))
    assert not [n for n in names if 'MARK' in n]
    assert counters(sensor)['channel.records_given_up'] == 6


def test_a_reporter_that_dies_at_its_start_is_tried_with_growing_pauses_until_it_lives(lab, server, tmp_path, work, poison):  # noqa: F811
    with sensor_with(lab, tmp_path, poison) as sensor:
        send(lab, work, 'before.bin')
        wait_names(sensor, ['before.bin'], 5)
        fatal = os.path.join(sensor.state, 'fatal')
        open(fatal, 'w').close()
        os.kill(sensor.children()['reporter'][0], signal.SIGKILL)
        send(lab, work, 'meanwhile.bin')
        time.sleep(5)
        log = open(sensor.log).read()
        deaths = log.count('the reporter died of signal 11')
        assert 4 <= deaths <= 6, 'at once, after 0.4, 0.8, 1.6, 2 s'
        assert 'each time soon after its start' in log
        assert sensor.process.poll() is None
        os.unlink(fatal)
        wait_names(sensor, ['meanwhile.bin'], 5)
        told = net.wait_for(lambda: notices(sensor, 'reporter-restarted'), 3, 'the notice')
    assert ' times, the last time of signal 11 ' in told[0]['rule']['name']
    assert counters(sensor)['channel.records_given_up'] == 0


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGSEGV])
def test_a_reporter_killed_twice_by_hand_loses_nothing(lab, server, tmp_path, work, poison, number):  # noqa: F811
    names = [f'{i}.bin' for i in range(8)]
    with sensor_with(lab, tmp_path, poison) as sensor:
        for kills, some in enumerate((names[:3], names[3:6]), 1):
            for name in some:
                send(lab, work, name)
            os.kill(sensor.children()['reporter'][0], number)
            net.wait_for(lambda: len(notices(sensor, 'reporter-restarted')) >= kills, 10, 'the notice')
        for name in names[6:]:
            send(lab, work, name)
        wait_names(sensor, names, 10)
    told = names_of(sensor.records())
    assert set(told) == set(names) and len(told) <= len(names) + 2, 'a kill may repeat what went out a moment before it'
    c = counters(sensor)
    assert c['channel.records_given_up'] == 0 and c['process.reporter_restarts'] == 2
