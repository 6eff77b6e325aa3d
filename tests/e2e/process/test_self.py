# SPDX-License-Identifier: Apache-2.0
"""What the sensor says of itself: its heartbeat, and each warning with its remedy, once while it holds and when it is over."""
import contextlib
import os
import re
import signal
import socket
import time

import lab as net
import material
import packets
import pytest
import recording
from test_http import curl, server, url  # noqa: F401

QUICK = 'health: {interval: 1 s, networks-after: 0, vlan-silence: 0}'
TICKS = f'''
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b"", ("{net.UNKNOWN}", 9999))
    time.sleep(0.1)
'''
# Sends a frame of VLAN argv[1] (0: none) from argv[2] each 0.1 s, argv[3] times.
FRAMES = '''
import socket, sys, time, packets
vlan, source, times = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("eth0", 0))
for i in range(times):
    out.send(packets.ethernet(packets.udp(source, "203.0.113.9", 5000, 9998, b"x" * 30), *([vlan] if vlan else [])))
    time.sleep(0.1)
'''


@pytest.fixture
def ticks(lab):
    """A packet now and then, so that the span is not silent. Without payload it is none of those of which copies are counted."""
    process = lab.start('lane', 'python3', '-c', TICKS)
    yield process
    process.kill()
    process.wait()


def frames(lab, vlan, source, times):
    return lab.start('lane', 'env', f'PYTHONPATH={net.HERE}', 'python3', '-c', FRAMES, str(vlan), source, str(times))


def watch(lab, folder, health=QUICK, **options):
    return net.Sensor(lab, folder, events='alert,transfer,stats', more=health, **options)


def change(sensor, old, new):
    text = open(sensor.config).read()
    assert old in text
    with open(sensor.config, 'w') as f:
        f.write(text.replace(old, new))


def notices(sensor, key=None):
    return [r['rule']['name'] for r in sensor.records('notice') if key in (None, r['rule']['id'])]


def keys(records):
    return [r['rule']['id'] for r in records if r['event']['action'] == 'notice']


def told(sensor, key, times=1, seconds=6):
    return net.wait_for(lambda: len(notices(sensor, key)) == times and notices(sensor, key), seconds, f'notice {key}')[-1]


def beats(sensor):
    return [r['gantry']['stats'] for r in sensor.records('stats')]


def wait_beats(sensor, more):
    wanted = len(beats(sensor)) + more
    net.wait_for(lambda: len(beats(sensor)) >= wanted, 4 + 2 * more, f'{more} stats records')


def upload(lab, work, seed, size=0, address=net.UNAPPROVED):
    data = material.lane_image(seed) + os.urandom(size)
    path = os.path.join(work, f'S{seed}.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(address, '/in/'))
    return data


def uploads(lab, work, count):
    """Several short flows at once."""
    path = os.path.join(work, 'small.txt')
    with open(path, 'wb') as f:
        f.write(b'nothing of interest\n' * 20)
    lab.run('lane', 'sh', '-c', ' & '.join(f'curl -sS -o /dev/null -T {path} {url(net.UNAPPROVED, f"/in/{i}")}'
                                            for i in range(count)) + ' & wait')


# --- the heartbeat

def test_each_interval_has_a_stats_record_whose_intervals_add_up_to_the_totals(lab, server, ticks, tmp_path, work):
    with watch(lab, tmp_path) as sensor:
        data = upload(lab, work, 600)
        sensor.wait_transfer(material.sha256(data))
        wait_beats(sensor, 2)
    every = beats(sensor)
    assert sum(b['interval']['packets'] for b in every) == every[-1]['capture']['packets'] > 10
    assert sum(b['interval']['bytes'] for b in every) == every[-1]['capture']['bytes']
    assert sum(b['interval']['objects_complete'] for b in every) == 1
    assert all(b['interval']['seconds'] in (1, 2) for b in every[:-1])
    assert every[0]['process']['workers'] >= 1
    assert abs(every[0]['process']['start_timestamp_seconds'] - time.time()) < 60
    assert notices(sensor) == [], 'a healthy span is no news'


def test_the_heartbeat_in_syslog_has_what_matters_in_a_short_message(lab, server, ticks, tmp_path, work):
    path = os.path.join(work, 'log')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        os.chmod(path, 0o777)
        receiver.settimeout(6)
        output = f'{{format: rfc5424, to: "unix:{path}", records: [stats]}}'
        with watch(lab, tmp_path, outputs=output) as sensor:
            upload(lab, work, 601)
            messages = [receiver.recv(65536).decode() for _ in range(3)]
    assert all(' STATS [gantry@32473 ' in m for m in messages)
    values = dict(re.findall(r' ([a-z_.]+)="(\d+)"', messages[-1]))
    for key in ('interval.seconds', 'interval.packets', 'interval.dropped', 'interval.unseen_bytes', 'health.loss_ppm',
                'interval.flows_one_sided', 'interval.objects_complete', 'interval.objects_incomplete',
                'interval.objects_not_inspected', 'interval.encrypted_bytes', 'interval.caps_reached', 'channel.waiting',
                'process.worker_restarts', 'process.reload_timestamp_seconds', 'process.last_reload_failed'):
        assert key in values, key
    seen = sum(int(dict(re.findall(r' ([a-z_.]+)="(\d+)"', m))['interval.packets']) for m in messages)
    assert seen > 10 and re.search(r'\d+ packets \(.*\) in \d+ s, 0 dropped, 0\.00 % of the traffic not seen', messages[-1])


def test_the_heartbeat_tells_the_last_reload_and_whether_it_was_taken(lab, ticks, tmp_path):
    with watch(lab, tmp_path) as sensor:
        wait_beats(sensor, 1)
        before = beats(sensor)[-1]['process']
        assert before['reload_timestamp_seconds'] == 0
        sensor.process.send_signal(signal.SIGHUP)
        net.wait_for(lambda: beats(sensor)[-1]['process']['reload_timestamp_seconds'], 10, 'the reload')
        good = beats(sensor)[-1]['process']
        assert good['last_reload_failed'] == 0 and good['configuration_version'] == before['configuration_version'] + 1
        assert abs(good['reload_timestamp_seconds'] - time.time()) < 30
        with open(sensor.config, 'a') as f:
            f.write('\nnonsense: 1\n')
        sensor.process.send_signal(signal.SIGHUP)
        net.wait_for(lambda: beats(sensor)[-1]['process']['last_reload_failed'], 10, 'the refusal')
        assert beats(sensor)[-1]['process']['configuration_version'] == good['configuration_version']


# --- the interface

def test_a_span_without_carrier_or_packets_is_told_and_that_it_is_back(lab, tmp_path, request):
    with watch(lab, tmp_path) as sensor:
        request.getfixturevalue('ticks')
        wait_beats(sensor, 2)
        assert 'interface-down' not in keys(sensor.records())
        quiet = notices(sensor, 'span-silent')
        try:
            lab.ip('hub', 'link', 'set', 'p-sensor', 'down')
            assert 'no carrier' in told(sensor, 'interface-down')
            assert 'no packet came for 1 s' in told(sensor, 'span-silent', len(quiet) + 1)
            wait_beats(sensor, 2)
        finally:
            lab.ip('hub', 'link', 'set', 'p-sensor', 'up')
        told(sensor, 'interface-down-over')
        told(sensor, 'span-silent-over', len(quiet) + 1)
    assert len(notices(sensor, 'interface-down')) == 1, 'once, however long it lasts'
    assert len(notices(sensor, 'span-silent')) == len(quiet) + 1


def test_offloads_that_are_on_are_told_at_once_and_again_when_they_come_back(lab, ticks, tmp_path):
    def gro(state):
        lab.run('sensor', 'ethtool', '-K', 'span0', 'gro', state)
    try:
        gro('on')
        with watch(lab, tmp_path) as sensor:
            first = told(sensor, 'offloads-on', seconds=0.5)
            assert '(gro)' in first and first.endswith('ethtool -K span0 gro off')
            wait_beats(sensor, 2)
            assert len(notices(sensor, 'offloads-on')) == 1
            gro('off')
            told(sensor, 'offloads-on-over')
            gro('on')
            told(sensor, 'offloads-on', 2)
    finally:
        gro('off')


# --- packets

def test_a_one_way_span_is_told_and_one_of_both_ways_is_not(lab, server, ticks, tmp_path, work):
    with watch(lab, tmp_path, QUICK.replace('1 s', '2 s')) as sensor:
        uploads(lab, work, 10)
        wait_beats(sensor, 1)
        assert notices(sensor) == []
        with lab.hiding(f'ip saddr {net.UNAPPROVED}'):
            for _ in range(3):
                uploads(lab, work, 10)
                time.sleep(1)
            net.wait_for(lambda: notices(sensor, 'span-one-way'), 15, 'the notice')
        assert 'only one direction is seen' in notices(sensor, 'span-one-way')[0]


@pytest.fixture(scope='module')
def big(tmp_path_factory):
    """A capture of one large upload, and one in which each of its packets comes twice."""
    folder = tmp_path_factory.mktemp('big')
    once = packets.upload(packets.Talk(net.LANE, net.UNAPPROVED), '/in/big.bin', packets.dull('big', 1500000)).frames()
    twice = [f for frame in once for f in (frame, frame)]
    return packets.write(folder / 'once.pcap', once), packets.write(folder / 'twice.pcap', twice)


def replay(lab, path):
    lab.run('lane', 'tcpreplay', '-q', '--pps', '3000', '-i', 'eth0', path)


def test_a_span_that_shows_every_packet_twice_is_told_and_one_that_does_not_is_not(lab, big, ticks, tmp_path):
    with watch(lab, tmp_path) as sensor:
        replay(lab, big[0])
        wait_beats(sensor, 4)  # these are judged before the others come
        assert notices(sensor) == []
        replay(lab, big[1])
        assert re.match(r'(100|9\d) % of the packets come twice', told(sensor, 'span-duplicated'))
        time.sleep(2)  # else these would be copies too
        replay(lab, big[0])
        told(sensor, 'span-duplicated-over')


def segments_sent_again(lab):
    """By the sender's kernel, since its network namespace began."""
    names, values = [line.split()[1:] for line in lab.run('lane', 'cat', '/proc/net/snmp').stdout.splitlines() if line.startswith('Tcp:')]
    return int(values[names.index('RetransSegs')])


def test_loss_is_counted_by_the_byte_told_with_its_end_and_not_told_below_the_threshold(lab, server, ticks, tmp_path, work):
    with watch(lab, tmp_path) as sensor:
        upload(lab, work, 610, 3000000)
        wait_beats(sensor, 2)
        assert notices(sensor) == []
        with lab.hiding(f'ip saddr {net.LANE} ip length > 1000 numgen random mod 10 == 0') as hidden:
            before = segments_sent_again(lab)
            upload(lab, work, 611, 6000000)
            text = told(sensor, 'traffic-lost')
            count, size = hidden()
        wait_beats(sensor, 6)  # missing bytes are waited for 4 s, and count then
        upload(lab, work, 612, 3000000)
        told(sensor, 'traffic-lost-over')
    assert 5 < float(re.match(r'([\d.]+) % of the traffic', text)[1]) < 15
    unseen = sum(b['interval']['unseen_bytes'] for b in beats(sensor))
    hidden_bytes = size - 52 * count  # 20 bytes of IP and 32 of TCP with its time stamps in each
    # What the sender sent once more, since an acknowledgement was late, is not missing.
    again = 1448 * (3 + segments_sent_again(lab) - before)
    assert count > 100 and hidden_bytes - again <= unseen <= hidden_bytes
    assert max(b['health']['loss_ppm'] for b in beats(sensor)) > 50000


def unaccounted(lab, sensor):
    """Frames that arrived and that the sensor knows nothing of, now: those from before its start. Some may come while this looks."""
    while True:
        arrived = lab.arrived()
        accounted = sensor.accounted()
        if lab.arrived() == arrived:
            return arrived - sum(accounted.values())


def test_drops_of_the_kernel_are_counted_to_the_packet_and_told(lab, big, tmp_path):
    sensor = watch(lab, tmp_path, QUICK.replace('1 s', '3 s'), options=['-w', '1'])
    change(sensor, 'rules:', 'capture: {ring: 1 MiB}\nrules:')
    with sensor:
        worker = sensor.children()['worker'][0]
        before = unaccounted(lab, sensor)
        os.kill(worker, signal.SIGSTOP)
        replay(lab, big[0])
        os.kill(worker, signal.SIGCONT)
        text = told(sensor, 'traffic-lost', seconds=8)
        net.wait_for(lambda: unaccounted(lab, sensor) == before, 5, 'every frame that arrived')
        lost = sensor.accounted()
    assert lost['kernel_drops'] > 200 and re.search(r'\(\d{3,} packets dropped', text)


def test_packets_that_the_snap_length_cuts_are_told(lab, server, ticks, tmp_path, work):
    sensor = watch(lab, tmp_path)
    change(sensor, 'rules:', 'capture: {snap-length: 256 B}\nrules:')
    with sensor:
        wait_beats(sensor, 1)
        assert notices(sensor) == []
        upload(lab, work, 620, 100000)
        assert 'raise capture.snap-length' in told(sensor, 'packets-cut')
        told(sensor, 'packets-cut-over')


# --- what should be there

def test_a_vlan_that_falls_silent_is_told_and_one_that_goes_on_is_not(lab, tmp_path):
    health = 'health: {interval: 1 s, networks-after: 0, vlan-silence: 2 s}'
    with watch(lab, tmp_path, health) as sensor:
        steady = frames(lab, 40, net.LANE, 150)
        assert frames(lab, 30, net.LANE, 30).wait(10) == 0
        text = told(sensor, 'vlan-lost', seconds=8)
        assert text.startswith('1 VLAN is silent that had traffic before (30)')
        frames(lab, 30, net.LANE, 15)
        told(sensor, 'vlan-lost-over')
        assert steady.poll() is None
    assert len(notices(sensor, 'vlan-lost')) == 1


def test_an_image_network_that_is_never_seen_is_named_until_it_is(lab, ticks, tmp_path):
    sensor = watch(lab, tmp_path, 'health: {interval: 1 s, networks-after: 2 s, vlan-silence: 0}')
    change(sensor, 'internal-networks:', '  - {name: depot, prefixes: [10.41.0.0/16]}\ninternal-networks:')
    with sensor:
        text = told(sensor, 'network-unseen')
        assert text.startswith('1 image network was never seen since the start (depot)')
        assert frames(lab, 0, '10.41.7.7', 2).wait(5) == 0
        told(sensor, 'network-unseen-over')
    assert len(notices(sensor, 'network-unseen')) == 1


def test_a_successor_of_the_reporter_does_not_tell_again_what_still_holds(lab, ticks, tmp_path):
    try:
        lab.run('sensor', 'ethtool', '-K', 'span0', 'gro', 'on')
        with watch(lab, tmp_path) as sensor:
            told(sensor, 'offloads-on')
            os.kill(sensor.children()['reporter'][0], signal.SIGKILL)
            wait_beats(sensor, 3)
            lab.run('sensor', 'ethtool', '-K', 'span0', 'gro', 'off')
            told(sensor, 'offloads-on-over')
            assert len(notices(sensor, 'offloads-on')) == 1
    finally:
        lab.run('sensor', 'ethtool', '-K', 'span0', 'gro', 'off')


# --- files

def read(folder, *paths):
    return recording.gantry(folder, *[w for p in paths for w in ('-r', str(p))], events='alert,stats')


def test_a_sound_capture_has_no_warning(big, tmp_path):
    assert keys(read(tmp_path, big[0])) == []


def test_a_capture_of_one_direction_or_with_every_packet_twice_is_told(big, tmp_path):
    assert keys(read(tmp_path, big[1])) == ['span-duplicated']
    talks = [packets.upload(packets.Talk(net.LANE, net.UNAPPROVED, cport=42000 + i), f'/in/{i}', b'x' * 5000)
             for i in range(8)]
    path = packets.write(tmp_path / 'one.pcap', [f for t in talks for f in t.frames(side=0)])
    records = read(tmp_path, path)
    assert 'span-one-way' in keys(records)
    assert records[-1]['gantry']['stats']['flow']['one_sided'] == 8
    both = packets.write(tmp_path / 'both.pcap', [f for t in talks for f in t.frames()])
    assert keys(read(tmp_path, both)) == []


def test_a_capture_cut_by_its_snap_length_is_told(big, tmp_path):
    cut = str(tmp_path / 'cut.pcap')
    net.run('editcap', '-s', '200', big[0], cut)
    assert 'packets-cut' in keys(read(tmp_path, cut))


def test_a_clock_that_jumps_back_in_a_capture_is_told_and_a_quiet_night_is_not(tmp_path):
    sent = packets.upload(packets.Talk(net.LANE, net.UNAPPROVED), '/in/x', b'x' * 9000).frames()
    half = len(sent) // 2

    def times(shift):
        return [packets.START + i * 0.001 + (shift if i >= half else 0) for i in range(len(sent))]
    jumps = packets.write(tmp_path / 'back.pcap', sent, times(-7200))
    quiet = packets.write(tmp_path / 'night.pcap', sent, times(7200))
    assert 'packet-time-jumped' in keys(read(tmp_path, jumps))
    assert 'packet-time-jumped' not in keys(read(tmp_path, quiet))


def test_a_vlan_that_ends_long_before_the_capture_does_is_told(tmp_path):
    def vlan(number, first, last):
        return [(packets.START + t, packets.ethernet(packets.udp(net.LANE, net.UNKNOWN, 5000, 9998, b'x' * 30), number))
                for t in range(first, last, 30)]
    sent = sorted(vlan(30, 0, 1200) + vlan(40, 0, 3600))
    path = packets.write(tmp_path / 'vlan.pcap', [f for _, f in sent], [t for t, _ in sent])
    told_of = [r['rule']['name'] for r in read(tmp_path, path) if r['event']['action'] == 'notice']
    assert len(told_of) == 1 and '(30)' in told_of[0]
