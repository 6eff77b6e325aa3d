# SPDX-License-Identifier: Apache-2.0
"""Plate reads in messages of syslog and in datagrams of text, by logger, rsyslogd, netcat and a program of its own."""
import json
import subprocess

import lab as net
import material
import pytest

PORT = 5514

DATAGRAMS = '''
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in sys.stdin.read().splitlines():
    s.sendto(line.encode(), (sys.argv[1], int(sys.argv[2])))
'''


@pytest.fixture
def collector(lab, tmp_path):
    """rsyslogd that takes messages outside."""
    (tmp_path / 'collector.conf').write_text(f'''
global(workDirectory="{tmp_path}" net.enableDNS="off")
module(load="imudp") module(load="imtcp")
ruleset(name="all") {{ action(type="omfile" file="{tmp_path}/collected" asyncWriting="off" flushOnTXEnd="on") }}
input(type="imudp" port="{PORT}" ruleset="all")
input(type="imtcp" port="{PORT}" ruleset="all")
''')
    process = lab.start('outside', 'rsyslogd', '-n', '-f', str(tmp_path / 'collector.conf'), '-i', str(tmp_path / 'collector.pid'))
    lab.wait_port('outside', '0.0.0.0', PORT)
    yield lambda: (tmp_path / 'collected').read_text() if (tmp_path / 'collected').exists() else ''
    lab.stop(process)


def reads(seed, count):
    """A message for each of so many reads."""
    rows = material.plate_csv(seed, count).decode().splitlines()[1:]
    return [json.dumps({'data_type': 'alpr_results', 'camera_id': 817341203, 'epoch_start': 1748664718000 + i,
                        'results': [{'plate': row.split(',')[0], 'confidence': 91.5, 'region': 'us-tx'}]}) for i, row in enumerate(rows)]


def forward(lab, folder, to, action):
    """rsyslogd on a lane that sends what is put into a file."""
    (folder / 'sender.conf').write_text(f'''
global(workDirectory="{folder}" net.enableDNS="off")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="{folder}/reads" tag="alpr:" ruleset="out")
ruleset(name="out") {{ action(type="omfwd" target="{to}" port="{PORT}" {action}) }}
''')
    return lab.start('lane', 'rsyslogd', '-n', '-f', str(folder / 'sender.conf'), '-i', str(folder / 'sender.pid'))


def told(records):
    return {c for r in records if r['event']['action'] == 'alert' for c in r['gantry'].get('classes', [])}


@pytest.mark.parametrize('how', ['--udp', '--udp --rfc3164', '--tcp', '--tcp --octet-count'])
def test_reads_by_logger_are_plate_records_of_one_conversation(lab, sensor, collector, tmp_path, how):
    (tmp_path / 'lines').write_text('\n'.join(reads(11, 20)) + '\n')
    lab.run('lane', 'sh', '-c', f'logger {how} -n {net.UNKNOWN} -P {PORT} -t alpr <{tmp_path}/lines')
    net.wait_for(lambda: collector().count('alpr_results') == 20, 10, 'the messages')
    sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []))
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert [(t['network']['protocol'], t['gantry']['classes']) for t in found] == [('syslog', ['plate-record'])]
    assert collector().count('alpr_results') == 20


@pytest.mark.parametrize('action', ['protocol="udp"', 'protocol="tcp"', 'protocol="tcp" TCP_Framing="octet-counted"'],
                         ids=['udp', 'lines', 'counted'])
def test_reads_that_rsyslogd_forwards(lab, sensor, collector, tmp_path, action):
    (tmp_path / 'reads').write_text('\n'.join(reads(12, 20)) + '\n')
    process = forward(lab, tmp_path, net.UNKNOWN, action)
    try:
        alert = sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []), 20)
        assert alert['network']['protocol'] == 'syslog'
        net.wait_for(lambda: collector().count('alpr_results') == 20, 10, 'all messages')
    finally:
        lab.stop(process)
    assert told(sensor.finish()) == {'plate-record'}


def test_reads_in_datagrams_of_text_count_together(lab, sensor, tmp_path):
    sink = lab.start('outside', 'socat', '-u', f'UDP-RECV:{PORT}', 'OPEN:/dev/null', stdin=subprocess.DEVNULL)
    net.wait_for(lambda: f':{PORT}' in lab.run('outside', 'ss', '-lun').stdout, 10, 'the receiver')
    try:
        lab.run('lane', '/usr/bin/python3', '-c', DATAGRAMS, net.UNKNOWN, str(PORT), input='\n'.join(reads(13, 20)))
        sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []))
    finally:
        lab.stop(sink)
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert [t['network']['protocol'] for t in found] == ['unknown']
    assert told(records) == {'plate-record'}


@pytest.mark.parametrize('to, lines', [(net.APPROVED, reads(14, 20)), (net.UNKNOWN, material.prose(8).decode().splitlines())],
                         ids=['who may receive them', 'other messages'])
def test_nobody_is_told_of(lab, sensor, collector, tmp_path, to, lines):
    (tmp_path / 'lines').write_text('\n'.join(lines) + '\n')
    lab.run('lane', 'sh', '-c', f'logger --udp -n {to} -P {PORT} -t alpr <{tmp_path}/lines')
    net.wait_for(collector, 10, 'the messages')
    records = sensor.finish()
    assert [t['network']['protocol'] for t in records if t['event']['action'] == 'transfer'] == ['syslog']
    assert not told(records)


def test_alerts_of_a_sensor_on_their_way_to_its_receiver_are_no_leak(lab, sensor, collector, tmp_path):
    """What it says itself, in its own words: plates are covered in it."""
    (tmp_path / 'lines').write_text('\n'.join(reads(15, 20)) + '\n')
    lab.run('lane', 'sh', '-c', f'logger --udp -n {net.UNKNOWN} -P {PORT} -t alpr <{tmp_path}/lines')
    sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []))
    alerts = [json.dumps(a) for a in sensor.alerts()]
    assert alerts
    (tmp_path / 'alerts').write_text('\n'.join(alerts) + '\n')
    command = f'logger --tcp --octet-count --size 16000 -n {net.stranger(7)} -P {PORT} -t gantry <{tmp_path}/alerts'
    net.wait_for(lambda: lab.run('lane', 'sh', '-c', command) and 'gantry' in collector(), 10, 'the alerts')
    records = sensor.finish()
    assert not [r for r in records if r['event']['action'] == 'alert' and r['destination'].get('ip') == net.stranger(7)]
