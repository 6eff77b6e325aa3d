# SPDX-License-Identifier: Apache-2.0
"""More than the sensor can take: floods of flows and packets, and a worker that gets too little time."""
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

import floods
import lab as net
import material
import pytest
from test_crashes import counters, notices
from test_http import curl, server, url  # noqa: F401

EVENTS = 'alert,transfer,stats'
FLOWS = 120_000


def write_config(tmp_path, memory, more=''):
    path = tmp_path / 'gantry.yaml'
    text = net.CONFIG.format(root=net.ROOT, outputs='').replace('512 MiB', memory)
    path.write_text(text + more)
    return str(path)


def image(seed):
    return material.lane_image(seed), f'/in/20260531-04115{seed % 10}_L04_ABC{1000 + seed}.jpg'


def records(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def read_capture(tmp_path, memory, capture):
    """Reads it offline; its records and the largest process' memory in MiB."""
    out = str(tmp_path / 'records.json')
    process = subprocess.Popen([net.GANTRY, '-q', '-c', write_config(tmp_path, memory), '-r', capture, '-o', f'json:file:{out}',
                                '--events', EVENTS])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0
    return records(out), used.ru_maxrss / 1024


@pytest.mark.parametrize('kind', floods.KINDS)
def test_a_flood_stays_within_the_memory_and_hides_no_upload(tmp_path, kind):
    bodies = [image(seed) for seed in (500, 501, 502)]
    capture = str(tmp_path / 'flood.pcap')
    with floods.Capture(capture) as c:
        for n, data in enumerate(floods.KINDS[kind](FLOWS)):
            if n % FLOWS == FLOWS // 2 and n // FLOWS < 2:
                c.upload(bodies[n // FLOWS][1], bodies[n // FLOWS][0], port=40000 + n // FLOWS)
            c.add(data)
        c.upload(bodies[2][1], bodies[2][0], port=40002)
    got, memory = read_capture(tmp_path, '64 MiB', capture)
    whole = {r['file']['hash']['sha256'] for r in got if r['event']['action'] == 'transfer' and 'hash' in r['file']}
    sent = [bodies[0], bodies[2]] + ([bodies[1]] if kind in ('tiny flows', 'endless flows') else [])
    assert {material.sha256(body) for body, _ in sent} <= whole
    assert [r for r in got if r['event']['action'] == 'alert']
    last = [r for r in got if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert last['capture']['packets'] == c.count
    if 'flows' in kind or kind == 'syns':
        assert last['flow'].get('shed', 0) + last['flow'].get('gave_way', 0) > 0, 'the caps were not reached'
    assert memory < 64 + 40, 'what was given, and the pages of programs, libraries and rules that processes share'


def test_memory_that_is_too_small_is_told_with_file_line_key_and_remedy(tmp_path):
    config = write_config(tmp_path, '64 MiB')
    bad = subprocess.run([net.GANTRY, '-c', config, '-w', '16', '--check'], capture_output=True, text=True)
    assert bad.returncode == 1
    assert f'{config}:2: error: sensor.memory: 64 MiB is too little for 16 workers' in bad.stderr
    give = re.search(r'; give (\d+) MiB', bad.stderr)[1]
    good = subprocess.run([net.GANTRY, '-c', write_config(tmp_path, f'{give} MiB'), '-w', '16', '--check', '-v'],
                          capture_output=True, text=True)
    assert good.returncode == 0
    for row in ('kernel packet rings', 'two snapshots', 'flow table', 'early segments', 'objects', 'names by nDPI', 'inspection'):
        assert re.search(rf'^  {row} +[0-9.]* ', good.stdout, re.M), row


def received(lab):
    """Packets at the span port by the kernel's count, those that it sends by itself included."""
    out = lab.run('sensor', 'ip', '-j', '-s', 'link', 'show', 'span0').stdout
    count = json.loads(out)[0]['stats64']
    return count['rx']['packets'] + count['tx']['packets']


@contextlib.contextmanager
def replayed(lab, capture, *options):
    process = lab.start('outside', 'tcpreplay', '-q', '--no-flow-stats', '-i', 'eth0', *options, '--loop=0', capture,
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        lab.stop(process)


@contextlib.contextmanager
def watched(lab, tmp_path, more=''):
    """A sensor with one worker; at its end every packet that came to the span port must be seen or counted as lost. A few
    that nobody asked for (neighbour discovery) come while it starts and stops."""
    outer = received(lab)
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1'], more=more) as sensor:
        inner = received(lab)
        yield sensor
        time.sleep(0.5)
        inner = received(lab) - inner
    outer = received(lab) - outer
    c = counters(sensor)
    accounted = c['capture.packets'] + c['capture.kernel_drops'] + c['capture.interface_drops']
    assert inner <= accounted <= outer < inner + 50


def needed_share(sensor):
    """The part of a core that the worker takes now."""
    path = f'/proc/{sensor.children()["worker"][0]}/schedstat'
    used, began = int(open(path).read().split()[0]), time.monotonic_ns()
    time.sleep(1)
    return (int(open(path).read().split()[0]) - used) / (time.monotonic_ns() - began)


@contextlib.contextmanager
def too_slow(sensor, run, rest):
    """The worker gets `run` seconds of time, then none for `rest`, again and again."""
    over = threading.Event()
    pid = sensor.children()['worker'][0]

    def pulse():
        while not over.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(rest)
            os.kill(pid, signal.SIGCONT)
            time.sleep(run)
    thread = threading.Thread(target=pulse)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def upload_until_alert(lab, sensor, work, seeds):
    """Uploads pictures to who must not have them until an alert is there."""
    before = len(sensor.alerts())
    for seed in seeds:
        body, name = image(seed)
        path = os.path.join(work, os.path.basename(name))
        with open(path, 'wb') as f:
            f.write(body)
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        with contextlib.suppress(AssertionError):
            net.wait_for(lambda: len(sensor.alerts()) > before, 1, 'an alert')
            return
    raise AssertionError('no alert came')


@pytest.mark.parametrize('kind', ['syns', '64-byte packets'])
def test_a_live_flood_at_full_rate_hides_no_upload_and_every_packet_is_accounted_for(lab, server, tmp_path, work, kind):
    capture = str(tmp_path / 'flood.pcap')
    with floods.Capture(capture) as c:
        for data in floods.KINDS[kind](60_000):
            c.add(data)
    with watched(lab, tmp_path) as sensor:
        with replayed(lab, capture, '--topspeed'):
            time.sleep(2)
            upload_until_alert(lab, sensor, work, range(520, 530))
            memory = sum(int(re.search(r'Pss_Anon: +(\d+)', open(f'/proc/{pid}/smaps_rollup').read())[1])
                         for pid in sensor.children()['worker'])
    assert counters(sensor)['capture.packets'] > 60_000
    assert memory < 384 * 1024, 'three quarters of sensor.memory; a quarter is the ring'


def test_a_worker_with_too_little_time_sheds_in_order_names_the_pair_and_still_alerts(lab, server, tmp_path, work):
    """Nearly all that it has to do are an approved partner's tables of plates, which cost much: when that goes, the rest is
    seen. It gets half of the time that it needs on this machine, and they go on for 13 seconds: what comes again costs
    little."""
    period = 0.16
    capture = str(tmp_path / 'approved.pcap')
    tables = [material.plate_csv(seed, 1000) for seed in range(20)]
    with floods.Capture(capture) as c:
        for port in range(41000, 43400):
            c.upload(f'/in/L{port}.csv', tables[port % len(tables)], net.APPROVED, port)
    with watched(lab, tmp_path, 'capture: {ring: 16 MiB}\n') as sensor:
        with replayed(lab, capture, '--mbps=80'), contextlib.ExitStack() as slow:
            run = period * min(needed_share(sensor), 1) / 2
            slow.enter_context(too_slow(sensor, run, period - run))
            told = net.wait_for(lambda: notices(sensor, 'overload'), 10, 'the notice')
            pair = net.wait_for(lambda: notices(sensor, 'heavy-pair'), 10, 'the pair')
            upload_until_alert(lab, sensor, work, range(550, 570))
        over = net.wait_for(lambda: notices(sensor, 'overload-ended'), 20, 'the end')
        path = os.path.join(work, 'after.jpg')
        with open(path, 'wb') as f:
            f.write(material.lane_image(571))
        curl(lab, '-T', path, url(net.APPROVED, '/in/'))
        sensor.wait_transfer(material.sha256(material.lane_image(571)))
    assert 'leaves out flows to approved destinations; give more sensor.workers' in told[0]['rule']['name']
    assert net.LANE in pair[0]['rule']['name'] and net.APPROVED in pair[0]['rule']['name']
    assert 'capture.split: ports' in pair[0]['rule']['name']
    assert 'keeps up again' in over[0]['rule']['name']
    c = counters(sensor)
    assert c['shed.approved_flows'] > 0 and c['shed.episodes'] >= 1


def test_a_stopped_worker_loses_packets_goes_through_all_steps_and_comes_back(lab, server, tmp_path, work):
    """Nothing that it leaves out helps against a ring that is too small: it goes as far as it may, and every packet counts."""
    capture = str(tmp_path / 'flood.pcap')
    with floods.Capture(capture) as c:
        for data in floods.small(60_000):
            c.add(data)
    with watched(lab, tmp_path, 'capture: {ring: 1 MiB}\n') as sensor:
        with replayed(lab, capture, '--topspeed'), too_slow(sensor, 0.02, 0.18):
            net.wait_for(lambda: 'new transfers' in str(notices(sensor, 'overload-worse')), 10, 'the last step')
        net.wait_for(lambda: notices(sensor, 'overload-ended'), 20, 'the end')
        upload_until_alert(lab, sensor, work, range(572, 574))
    steps = [re.search('now leaves out (.*);', n['rule']['name'])[1]
             for n in notices(sensor, 'overload') + notices(sensor, 'overload-worse')]
    assert steps == ['flows to approved destinations', 'flows of unknown protocol', 'content behind an alert', 'new transfers']
    assert counters(sensor)['capture.kernel_drops'] > 0


def test_a_worker_that_keeps_up_sheds_nothing(lab, server, tmp_path, work):
    with watched(lab, tmp_path, 'capture: {ring: 2 MiB}\n') as sensor:
        upload_until_alert(lab, sensor, work, range(580, 583))
    assert not notices(sensor, 'overload')
    assert not {k for k, n in counters(sensor).items() if k.startswith('shed.') and n}
