# SPDX-License-Identifier: Apache-2.0
"""Several sensors, one ledger in an engine: what none sees alone is told once, and the sums are those of one sensor that sees it all."""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import engine
import lab as net
import material
import pytest
from test_crashes import EVENTS, upload
from test_http import server as web  # noqa: F401
from test_reload import reload
from test_weeks import DAY, Capture

DAYS, A_DAY, SENSORS = 39, 2, 3
BEGIN = int(time.time()) // DAY * DAY - (DAYS + 1) * DAY
DIGEST_KEY = '00112233445566778899aabbccddeeff'


def write(path, days):
    """A drip of two pictures a night, and each day three for the partner that may have them."""
    capture = Capture(path)
    for day in days:
        for i in range(3):
            capture.upload(BEGIN + day * DAY + 9 * 3600 + i * 60, net.APPROVED, f'{day}-{i}.jpg', material.lane_image(day * 10 + i, 64, 48))
        for i in range(A_DAY):
            capture.upload(BEGIN + day * DAY + 20 * 3600 + i * 300, f'203.0.113.{1 + day}', f'n{i}.jpg',
                           material.lane_image(90000 + day * 4 + i, 64, 48))
    capture.file.close()
    return str(path)


@pytest.fixture(scope='module')
def captures(tmp_path_factory):
    """Three of a third of the nights each, and one of all."""
    folder = tmp_path_factory.mktemp('captures')
    thirds = [write(folder / f'{k}.pcap', range(k, DAYS, SENSORS)) for k in range(SENSORS)]
    return thirds, write(folder / 'all.pcap', range(DAYS))


class Run:
    """One sensor that reads a capture."""

    def __init__(self, folder, name, fleet, capture, state=None, change=('', '')):
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        self.state = state or self.folder / 'state'
        net.reachable(str(self.folder))
        os.chmod(self.folder, 0o777)
        key = folder / 'digest-key'
        key.write_text(DIGEST_KEY)
        key.chmod(0o600)
        self.config = self.folder / 'gantry.yaml'
        text = net.CONFIG.format(root=net.ROOT, outputs='').replace(
            'name: edge-1', f'name: {name}, state: {self.state}, digest-key: {key}')
        self.config.write_text(text.replace(*change) + fleet)
        self.errors = open(self.folder / 'log', 'w')
        self.out = open(self.folder / 'records.json', 'w')
        self.process = subprocess.Popen([net.GANTRY, '-q', '-c', str(self.config), '-r', capture, '-o', 'json:-', '--events', 'alert,stats'],
                                        stdin=subprocess.PIPE, stdout=self.out, stderr=self.errors)

    def records(self):
        return [json.loads(line) for line in open(self.folder / 'records.json').read().splitlines() if line.endswith('}')]

    def finish(self, seconds=120):
        if self.process.stdin:
            self.process.stdin.close()
        status = self.process.wait(seconds)
        assert status == 0, open(self.folder / 'log').read()
        return self.records()

    def notices(self):
        return [r['rule']['id'] for r in self.records() if r['event']['action'] == 'notice']


def opened(records):
    return [r for r in records if r['event']['action'] == 'alert' and r['gantry']['incident']['state'] == 'opened']


def drips(records):
    return [r for r in opened(records) if r['rule']['id'] == 'ledger-low-and-slow']


def stats(records):
    return [r for r in records if r['event']['action'] == 'stats'][-1]['gantry']['stats']['report']


def lines_of(state):
    """{(network, destination, class): (objects, bytes, denied objects, denied days)} of the days in a sensor's own database."""
    db = sqlite3.connect(f'{state}/gantry.db')
    rows = db.execute('SELECT network, destination, class, sum(objects), sum(bytes), sum(denied_objects), sum(denied_objects > 0)'
                      ' FROM line JOIN bucket ON line = id WHERE slot >= 36 GROUP BY id').fetchall()
    db.close()
    return {r[:3]: r[3:] for r in rows}


def fleet_of(run, *words):
    done = subprocess.run([net.GANTRYCTL, 'fleet', '-c', str(run.config), '--json', *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sums_of(answer):
    return {(x['network'], x['destination'], x['class']): (x['period']['objects'], x['period']['bytes'], x['period']['denied_objects'],
                                                            x['period']['denied_days']) for x in answer['lines']}


@pytest.fixture
def key(tmp_path):
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o755)
    path = tmp_path / 'fleet-key'
    path.write_text('5a' * 32)
    path.chmod(0o600)
    (tmp_path / 'password').write_text(engine.PASSWORD)
    (tmp_path / 'password').chmod(0o600)
    return path


VALKEY = pytest.param('valkey-server', marks=[
    pytest.mark.peers, pytest.mark.skipif(not shutil.which('valkey-server'), reason='valkey is not installed: Debian 12 has it in its backports alone')])
PROGRAMS = pytest.mark.parametrize('program', ['redis-server', VALKEY])


@pytest.fixture
def server(tmp_path):
    servers = []

    def start(**more):
        servers.append(engine.Server(tmp_path / f'engine{len(servers)}', **more).start())
        return servers[-1]
    yield start
    for s in servers:
        s.kill()


@pytest.fixture(scope='module')
def alone(captures, tmp_path_factory):
    """What one sensor that sees all three captures has."""
    folder = tmp_path_factory.mktemp('alone')
    run = Run(folder, 'alone', '', captures[1])
    assert len(drips(run.finish())) == 1
    return lines_of(run.state)


def together(folder, fleet, thirds, change=('', '')):
    """Three sensors at once."""
    runs = [Run(folder, f'edge-{k}', fleet, thirds[k], change=change) for k in range(SENSORS)]
    return runs, [r.finish() for r in runs]


@PROGRAMS
def test_a_drip_that_no_sensor_sees_alone_is_told_by_one_of_three(tmp_path, captures, key, server, alone, program):
    s = server(program=program)
    s.allow()
    fleet = s.settings(key, f', user: gantry, password: {tmp_path}/password')
    runs, records = together(tmp_path, fleet, captures[0])
    told = [d for r in records for d in drips(r)]
    assert len(told) == 1, [len(drips(r)) for r in records]
    assert 'seen by several sensors together' in told[0]['gantry']['reason']
    answer = fleet_of(runs[0])
    assert sums_of(answer) == alone
    assert [x['name'] for x in sorted(answer['sensors'], key=lambda x: x['name'])] == ['edge-0', 'edge-1', 'edge-2']
    assert len({x['configuration']['rules'] for x in answer['sensors']}) == 1
    for line in answer['lines']:
        pictures = line['period']['objects']  # each is another one
        assert abs(line['period']['distinct_images'] - pictures) <= 2, line
        assert line['sensors'] == SENSORS and sum(x['objects'] for x in line['shares']) == pictures
    objects = sum(x['period']['objects'] for x in answer['lines'])
    commands = int(re.search(r'total_commands_processed:(\d+)', s.ask('INFO', 'stats')).group(1))
    received = int(re.search(r'total_net_input_bytes:(\d+)', s.ask('INFO', 'stats')).group(1))
    print(f'{objects} transfers: {commands / objects:.1f} commands and {received / objects:.0f} octets each')


def test_without_an_engine_none_of_them_tells_the_drip(tmp_path, captures, alone):
    _, records = together(tmp_path, '', captures[0])
    assert not [d for r in records for d in drips(r)]


def test_names_and_plates_stand_in_the_engine_under_the_key_alone(tmp_path, captures, key, server):
    s = server(tls=False)
    Run(tmp_path, 'edge-0', s.settings(key), captures[0][0]).finish()
    keys = s.ask('KEYS', '*').split()
    assert keys and all(re.fullmatch(r'gantry:(sensors|lines:\d+:[0-9a-f]|\{[0-9a-f]{32}\}:[bn]|\{[0-9a-f]{32}\}:[dhpilt]\d+)', k) for k in keys), keys
    raw = open(next((tmp_path / 'engine0' / 'appendonlydir').glob('*.incr.aof')), 'rb').read()
    for word in (b'lanes', b'203.0.113', b'Border', b'vehicle', b'edge-0'):
        assert word not in raw
    left = [k for k in keys if k != 'gantry:sensors' and s.ask('TTL', k).strip() in ('-1', '-2')]
    assert not left, left
    other = tmp_path / 'other-key'
    other.write_text('a5' * 32)
    other.chmod(0o600)
    (tmp_path / 'other.yaml').write_text(s.settings(other))
    done = subprocess.run([net.GANTRYCTL, 'fleet', '-c', str(tmp_path / 'other.yaml'), '--json'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)['lines'] == [] and 'not written with this key' in done.stderr


def test_what_is_sent_again_counts_once(tmp_path, captures, key, server, alone):
    s = server(tls=False)
    cutter = engine.Cutter(s.port, 700)
    fleet = s.settings(key).replace(str(s.port), str(cutter.port))
    runs = [Run(tmp_path, f'edge-{k}', fleet, '-') for k in range(SENSORS)]
    for run, capture in zip(runs, captures[0]):
        run.process.stdin.write(open(capture, 'rb').read())
        run.process.stdin.flush()
    net.wait_for(lambda: cutter.cuts >= SENSORS, 40, 'broken connections')
    cutter.octets = 0  # from now on nothing is cut
    net.wait_for(lambda: int(s.ask('HLEN', 'gantry:sensors')) == SENSORS, 40, 'all sensors')
    records = [r.finish() for r in runs]
    assert sum(stats(r)['fleet_repeated'] for r in records) > 0
    direct = s.settings(key)
    empty = write(tmp_path / 'empty.pcap', ())
    for k, run in enumerate(runs):  # all that its database holds is written once more
        Run(tmp_path, f'edge-{k}', direct, empty, state=run.state).finish()
    assert sums_of(fleet_of(runs[0])) == alone


def test_an_engine_that_is_away_is_told_and_what_was_counted_meanwhile_comes_later(tmp_path, captures, key, server, alone):
    s = server(tls=False)
    runs = [Run(tmp_path, f'edge-{k}', s.settings(key), '-') for k in range(SENSORS)]
    data = [open(c, 'rb').read() for c in captures[0]]
    for run, d in zip(runs, data):
        run.process.stdin.write(d[:len(d) // 3])
        run.process.stdin.flush()
    net.wait_for(lambda: int(s.ask('HLEN', 'gantry:sensors')) == SENSORS, 30, 'all sensors')
    s.kill()
    for run, d in zip(runs, data):
        run.process.stdin.write(d[len(d) // 3:])
        run.process.stdin.flush()
    net.wait_for(lambda: all('fleet-away' in r.notices() for r in runs), 40, 'the notices')
    s.start()
    net.wait_for(lambda: all('fleet-away-over' in r.notices() for r in runs), 60, 'the engine')
    for run in runs:
        run.finish()
    assert sums_of(fleet_of(runs[0])) == alone


def test_an_engine_that_stands_still_holds_up_no_alert(tmp_path, captures, key, server):
    s = server(tls=False)
    run = Run(tmp_path, 'edge-0', s.settings(key), '-')
    later = Capture(tmp_path / 'later.pcap')
    for i in range(20):
        later.upload(BEGIN + (DAYS + 1) * DAY + i, net.UNAPPROVED, f'u{i}.jpg', material.lane_image(70000 + i, 64, 48))
    later.file.close()
    run.process.stdin.write(open(captures[0][0], 'rb').read())
    run.process.stdin.flush()
    net.wait_for(lambda: int(s.ask('HLEN', 'gantry:sensors')) == 1, 30, 'the sensor')
    s.process.send_signal(signal.SIGSTOP)

    def breaches():
        return [r for r in opened(run.records()) if r['gantry']['verdict'] == 'unapproved']
    assert not breaches()
    run.process.stdin.write(open(tmp_path / 'later.pcap', 'rb').read()[24:])  # behind the head of a capture
    run.process.stdin.flush()
    net.wait_for(breaches, 5, 'the alert')
    assert 'fleet-away' not in run.notices()  # the sensor waits for an answer still
    net.wait_for(lambda: 'fleet-away' in run.notices(), 40, 'the notice')
    s.process.send_signal(signal.SIGCONT)
    net.wait_for(lambda: 'fleet-away-over' in run.notices(), 60, 'the engine')
    assert not stats(run.finish())['fleet_lines_left']


def test_of_a_pair_the_one_that_takes_writes_is_used(tmp_path, captures, key, server, alone):
    one, other = server(tls=False), server(tls=False)
    other.ask('REPLICAOF', '127.0.0.1', str(one.port))
    net.wait_for(lambda: 'master_link_status:up' in other.ask('INFO', 'replication'), 30, 'the replica')
    f = Feeding(tmp_path, f'fleet: {{to: ["redis://127.0.0.1:{other.port}", "redis://127.0.0.1:{one.port}"], key: {key}}}\n', captures[0])
    f.feed(0, 3)
    net.wait_for(lambda: int(one.ask('HLEN', 'gantry:sensors')) == SENSORS, 30, 'all sensors')
    one.kill()
    other.ask('REPLICAOF', 'NO', 'ONE')
    f.feed(3, 6)
    records = f.finish()
    assert len([d for r in records for d in drips(r)]) == 1
    assert sums_of(fleet_of(f.runs[0])) == alone


@pytest.fixture
def wire():
    made = engine.Wire()
    yield made
    made.close()


def test_a_network_that_is_cut_silently_is_told_and_what_was_counted_meanwhile_comes_later(tmp_path, captures, key, server, alone, wire):
    s = server(tls=False, command=wire.command(), address=wire.THERE)
    runs = [Run(tmp_path, f'edge-{k}', s.settings(key), '-') for k in range(SENSORS)]
    data = [open(c, 'rb').read() for c in captures[0]]

    def feed(begin, end):
        for run, d in zip(runs, data):
            run.process.stdin.write(d[len(d) * begin // 4:len(d) * end // 4])
            run.process.stdin.flush()
    feed(0, 1)
    net.wait_for(lambda: int(s.ask('HLEN', 'gantry:sensors')) == SENSORS, 30, 'all sensors')
    feed(1, 2)
    wire.cut()
    feed(2, 3)
    net.wait_for(lambda: all('fleet-away' in r.notices() for r in runs), 40, 'the notices')

    def writes():
        return re.search(r'rdb_changes_since_last_save:(\d+)', s.ask('INFO', 'persistence')).group(1)
    before = writes()
    feed(3, 4)
    time.sleep(12)  # longer than an answer is waited for, so that connections are given up, too
    assert writes() == before  # nothing gets there
    assert wire.mend() > 0
    net.wait_for(lambda: all('fleet-away-over' in r.notices() for r in runs), 90, 'the engine')
    records = [run.finish() for run in runs]
    assert not any(stats(r)['fleet_lines_left'] or stats(r)['fleet_digests_left'] for r in records)
    assert sums_of(fleet_of(runs[0])) == alone


def test_what_waits_for_an_engine_is_bounded_and_what_is_forgotten_is_counted(tmp_path, key):
    capture = Capture(tmp_path / 'many.pcap')
    for i in range(600):  # each a line of its own, of some 7 KB
        capture.upload(BEGIN + i, f'{101 + i // 250}.{i % 250}.0.9', f'{i}.jpg', material.lane_image(i % 20, 64, 48))
    capture.file.close()
    nobody = f'fleet: {{to: "redis://127.0.0.1:{net.free_port()}", key: {key}}}\n'
    counts = []
    for memory in ('1 MiB', '64 MiB'):
        name = f'edge-{memory.split()[0]}'
        run = Run(tmp_path, name, f'{nobody}ledger: {{memory: {memory}}}\n', str(tmp_path / 'many.pcap'))
        counts.append(stats(run.finish())['fleet_lines_left'])
    assert counts[0] > 100 and counts[1] == 0, counts


def test_a_sensor_that_is_forgotten_is_no_longer_listed_and_what_it_counted_stays(tmp_path, captures, key, server):
    s = server()
    s.allow()
    fleet = s.settings(key, f', user: gantry, password: {tmp_path}/password')
    runs = [Run(tmp_path, f'edge-{k}', fleet, captures[0][k]) for k in range(2)]
    for run in runs:
        run.finish()

    def forget(name):
        return subprocess.run([net.GANTRYCTL, 'fleet', '-c', str(runs[0].config), '--forget', name], capture_output=True, text=True, timeout=60)

    def names(answer):
        return sorted(x['name'] for x in answer['sensors'])
    before = fleet_of(runs[0])
    assert names(before) == ['edge-0', 'edge-1'] and sums_of(before)
    for name in ('edge-7', 'edge-', 'EDGE-1', ''):
        done = forget(name)
        assert done.returncode == 1 and 'no sensor of this name is listed' in done.stderr, (name, done)
    assert names(fleet_of(runs[0])) == ['edge-0', 'edge-1']
    done = forget('edge-1')
    assert done.returncode == 0, done.stderr
    after = fleet_of(runs[0])
    assert names(after) == ['edge-0'] and sums_of(after) == sums_of(before)
    assert forget('edge-1').returncode == 1
    Run(tmp_path, 'edge-1', fleet, write(tmp_path / 'empty.pcap', ()), state=runs[1].state).finish()
    assert names(fleet_of(runs[0])) == ['edge-0', 'edge-1']  # it is not gone after all


@pytest.mark.parametrize('kind', ['lease', 'mark'])
def test_a_lease_silences_no_alarm_for_longer_than_it_lasts_and_a_mark_does(tmp_path, captures, key, server, kind):
    s = server(tls=False)
    assert not drips(Run(tmp_path, 'edge-0', s.settings(key), captures[0][0]).finish())
    for line in s.ask('--scan', '--pattern', '*:n').split():  # as if another sensor had been about to tell it, or had told it
        s.ask('SET', line[:-1] + {'lease': 'l0', 'mark': 't0'}[kind], 'another', 'PX', '600000')
    run = Run(tmp_path, 'edge-1', s.settings(key), '-')
    run.process.stdin.write(open(captures[0][1], 'rb').read())
    run.process.stdin.flush()
    since = time.monotonic()
    if kind == 'lease':
        net.wait_for(lambda: drips(run.records()), 60, 'the alarm')
        assert time.monotonic() - since > 25
    assert len(drips(run.finish())) == (kind == 'lease')


def test_a_sensor_on_a_span_port_that_is_reloaded_and_killed_counts_once(tmp_path, key, server, lab, work, web):
    s = server(command=lab.command('sensor'))
    s.allow()
    with net.Sensor(lab, tmp_path, events=EVENTS, more=s.settings(key, f', user: gantry, password: {tmp_path}/password')) as sensor:
        for n in range(3):
            upload(lab, sensor, work, 900 + n)
        assert reload(sensor)[1] in (True, False)
        upload(lab, sensor, work, 910)
        os.kill(sensor.reporter(), 9)
        upload(lab, sensor, work, 911)

        def seen():
            words = lab.command('sensor', net.GANTRYCTL, 'fleet', '-c', sensor.config, '--json')
            answer = json.loads(subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout)
            return answer if [x['day']['objects'] for x in answer['lines']] == [5] else None
        answer = net.wait_for(seen, 30, 'five objects')
        time.sleep(5)
        assert seen()
        status = sensor.ask('status', '--json')
        assert status['fleet'] == {'state': 'ready', 'ready': True}
        assert answer['lines'][0]['period']['distinct_images'] == 5 and answer['lines'][0]['sensors'] == 1
        one, = answer['sensors']
        assert one['name'] == 'edge-1' and one['heard'] <= 12 and one['configuration']['digest'] == status['configuration']['digest']
        assert one['warnings'] == status['warnings'] and one['counters']['packets'] > 0 and one['counters']['dropped'] == 0


MISTAKES = {
    '{key: KEY}': 'fleet: to is missing',
    '{to: "rediss://127.0.0.1"}': 'fleet: key is missing',
    '{to: "http://127.0.0.1", key: KEY}': 'to: "http://127.0.0.1" is no engine; write rediss://host:port',
    '{to: "redis://127.0.0.1:0", key: KEY}': 'to: "0" is no port',
    '{to: ["rediss://a", "redis://b"], key: KEY}': 'to: names some nodes with TLS and some without',
    '{to: "redis://a", key: KEY, prefix: "a b"}': 'prefix: must have 1 to 31 letters',
    '{to: "redis://a", key: KEY, user: gantry}': 'user: has no password',
    '{to: "redis://a", key: /dev/null}': 'key: /dev/null does not hold 64 hexadecimal digits',
    '{to: "redis://a", key: /none}': 'key: /none cannot be read: No such file or directory',
    '{to: "redis://a", key: KEY, password: /dev/null}': 'password: /dev/null does not hold 1 to 255 octets',
    '{to: "rediss://a", key: KEY, ca: /none}': 'ca: cannot read the authorities in /none',
}


@pytest.mark.parametrize('fleet', MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, key, fleet):
    config = tmp_path / 'gantry.yaml'
    config.write_text(net.CONFIG.format(root=net.ROOT, outputs='') + 'fleet: ' + fleet.replace('KEY', str(key)) + '\n')
    line = len(config.read_text().splitlines())
    done = subprocess.run([net.GANTRY, '-c', str(config), '--check'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and f'{config}:{line}: error: {MISTAKES[fleet]}' in done.stderr, done.stderr


# --- a cluster ---

@pytest.fixture
def cluster(tmp_path, program):
    made = engine.Cluster(tmp_path / 'cluster', program)
    yield made
    made.kill()


class Feeding:
    """Three sensors that read their captures piece by piece."""

    def __init__(self, folder, fleet, captures):
        self.runs = [Run(folder, f'edge-{k}', fleet, '-') for k in range(SENSORS)]
        self.data = [open(c, 'rb').read() for c in captures]

    def feed(self, begin, end, of=6):
        for run, d in zip(self.runs, self.data):
            run.process.stdin.write(d[len(d) * begin // of:len(d) * end // of])
            run.process.stdin.flush()
        time.sleep(3)

    def finish(self):
        return [run.finish() for run in self.runs]


def line_to_move(cluster):
    """The slot of a line, its node and another one."""
    slot, source = next(iter(net.wait_for(cluster.lines, 30, 'lines').items()))
    return slot, source, next(i for i in cluster.masters() if i != source)


@pytest.mark.peers
@PROGRAMS
def test_a_cluster_that_loses_a_node_and_moves_slots_has_the_sums_of_one_sensor(tmp_path, captures, key, cluster, alone, program):
    f = Feeding(tmp_path, cluster.settings(key), captures[0])
    f.feed(0, 2)
    slot, source, target = line_to_move(cluster)
    cluster.move(slot, source, target, lambda: f.feed(2, 4))
    victim = cluster.masters()[target]
    victim.kill()
    f.feed(4, 5)
    net.wait_for(lambda: len(cluster.masters()) == 3, 60, 'the replica')
    f.feed(5, 6)
    records = f.finish()
    assert len([d for r in records for d in drips(r)]) == 1
    assert sum(stats(r)['fleet_redirected'] for r in records) > 0
    assert sums_of(fleet_of(f.runs[0])) == alone


@pytest.mark.peers
@PROGRAMS
def test_a_range_of_slots_that_moves_while_three_sensors_write_loses_nothing(tmp_path, captures, key, cluster, alone, program):
    f = Feeding(tmp_path, cluster.settings(key), captures[0])
    f.feed(0, 1)
    slot, source, target = line_to_move(cluster)
    slots, moved = cluster.move_range(slot, source, target, lambda step: f.feed(1 + step, 2 + step))
    f.feed(4, 6)
    records = f.finish()
    redirected = sum(stats(r)['fleet_redirected'] for r in records)
    print(f'{slots} slots with {moved} keys moved; {redirected} commands were redirected')
    assert slots >= 250 and moved > 10 and redirected > 0 and cluster.lines()[slot] == target
    assert len([d for r in records for d in drips(r)]) == 1
    assert sums_of(fleet_of(f.runs[0])) == alone
