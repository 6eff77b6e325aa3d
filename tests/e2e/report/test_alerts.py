# SPDX-License-Identifier: Apache-2.0
"""Alerts as the SOC gets them: through rsyslogd over UDP and TCP, and in time."""
import json
import os
import re
import struct
import subprocess
import time

import lab as net
import material
import pytest
from test_http import PORT, curl, server, url  # noqa: F401

UDP, TCP = 5514, 5515


@pytest.fixture
def rsyslog(lab, tmp_path):
    """rsyslogd by UDP, TCP and a local socket; the fixture is a function that gives the messages that it wrote."""
    out, conf = tmp_path / 'syslog.json', tmp_path / 'rsyslog.conf'
    conf.write_text(f'''
global(workDirectory="{tmp_path}" net.enableDNS="off" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="on")
module(load="imudp") module(load="imtcp") module(load="imuxsock" SysSock.Use="off")
template(name="line" type="list" option.jsonf="on") {{
  property(outname="transport" name="inputname" format="jsonf")
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="severity" name="syslogseverity" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
  property(outname="raw" name="rawmsg" format="jsonf")
}}
ruleset(name="all") {{ action(type="omfile" file="{out}" template="line" asyncWriting="off" flushOnTXEnd="on") }}
input(type="imudp" address="127.0.0.1" port="{UDP}" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="{TCP}" ruleset="all")
input(type="imuxsock" Socket="{tmp_path}/log" UseSpecialParser="off" ruleset="all")
''')
    process = lab.start('sensor', 'rsyslogd', '-n', '-f', str(conf), '-i', str(tmp_path / 'pid'))
    lab.wait_port('sensor', '127.0.0.1', TCP)
    net.wait_for((tmp_path / 'log').exists, 10, 'the local socket')

    def messages():
        if not out.exists():
            return []
        return [json.loads(line) for line in out.read_text(errors='surrogateescape').splitlines()]
    yield messages
    lab.stop(process)


@pytest.fixture
def image(work):
    data = material.lane_image(50, 1024, 768)
    path = os.path.join(work, '20260531-041158_L04_ABC1234.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    return path, data


def quiet_after(sensor, seconds):
    """Incidents close so long after their last finding: an orderly end leaves them open."""
    with open(sensor.config) as f:
        text = f.read()
    with open(sensor.config, 'w') as f:
        f.write(text.replace('alerts: {', f'alerts: {{quiet: {seconds} s, ', 1))
    return sensor


def wait_closed(rsyslog):
    return net.wait_for(lambda: [m for m in rsyslog() if m['id'] == 'CLOSED'] and rsyslog(), 10, 'closing alerts')


def syslog_sensor(lab, tmp_path, transport, more=''):
    to = {'udp': f'udp://127.0.0.1:{UDP}', 'tcp': f'tcp://127.0.0.1:{TCP}', 'unix': f'unix:{tmp_path}/log'}[transport]
    return net.Sensor(lab, tmp_path, outputs=f'{{format: rfc5424, to: "{to}", records: [alert]{more}}}')


def data_of(message):
    """The parameters of the structured data, by RFC 5424 section 6.3."""
    found = re.fullmatch(r'\[gantry@32473((?: [^= \]"]{1,32}="(?:[^"\\\]]|\\.)*")*)\]', message['data'])
    assert found, message['data']
    pairs = re.findall(r' ([^=]+)="((?:[^"\\\]]|\\.)*)"', found[1])
    assert len(dict(pairs)) == len(pairs), 'no parameter comes twice'
    return {name: re.sub(r'\\(["\\\]])', r'\1', value) for name, value in pairs}


@pytest.mark.parametrize('transport', ['udp', 'tcp', 'unix'])
def test_an_alert_reaches_rsyslogd_within_a_second_and_only_for_the_unapproved(lab, server, tmp_path, rsyslog, image,
                                                                             transport):
    path, _ = image
    with syslog_sensor(lab, tmp_path, transport):
        curl(lab, '-T', path, url(net.APPROVED, '/in/'))
        time.sleep(1.2)
        assert rsyslog() == [], 'an approved partner must not alert'
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        got = net.wait_for(lambda: any('class="vehicle-image"' in m['data'] for m in rsyslog()) and rsyslog(), 1.5,
                           'the alert')
    opened = [m for m in got if m['id'] == 'OPENED']
    assert opened and all(m['app'] == 'gantry' and m['host'] == 'edge-1' for m in got)
    assert all(m['facility'] == 'authpriv' and m['transport'] == {'udp': 'imudp', 'tcp': 'imtcp', 'unix': 'imuxsock'}
               [transport] for m in got)
    data = [data_of(m) for m in opened if data_of(m)['class'] == 'vehicle-image'][0]
    assert data['partner'] == 'Plate Systems' and data['verdict'] == 'unapproved' and data['state'] == 'opened'
    assert data['src'] == net.LANE and data['dst'] == net.UNAPPROVED and data['objects'] == '1'
    assert any('vehicle-image is leaving from lanes (10.40.3.7) to Plate Systems' in m['text'] for m in opened)
    assert all(m['severity'] in ('2', '3', '4') for m in opened)
    assert all('ABC1234' not in m['raw'] for m in got), 'plates are redacted in alerts'
    assert transport != 'udp' or all(len(m['raw'].encode()) <= 1024 for m in got)


def test_the_first_alert_leaves_while_the_file_is_still_moving(lab, server, tmp_path, rsyslog, work):
    path = os.path.join(work, 'L04_slow.jpg')
    with open(path, 'wb') as f:
        f.write(material.lane_image(51, 2000, 1500) + bytes(400000))
    with syslog_sensor(lab, tmp_path, 'udp') as sensor:
        upload = lab.start('lane', 'curl', '-sS', '--limit-rate', '100k', '-o', '/dev/null', '-T', path,
                           url(net.UNKNOWN, '/in/'))
        net.wait_for(lambda: [m for m in rsyslog() if m['id'] == 'OPENED'], 3, 'the alert')
        assert upload.poll() is None, 'the upload should still be running'
        assert sensor.transfers() == []
        upload.wait(60)


HOSTILE = ['a"]b\\c.jpg', 'x] [forged@1 msg="y".jpg', 'nl%0Ainjected%0D.jpg', '%E2%80%AEgpj.exe.jpg', '%FF%FE%80.jpg',
           'n' * 2000 + '.jpg', "' OR 1=1 msg=forged.jpg", '%E8%BB%8A' * 300 + '.jpg', ']' * 900 + '.jpg']


@pytest.mark.parametrize('transport', ['udp', 'tcp', 'unix'])
def test_hostile_names_cannot_break_a_message(lab, server, tmp_path, rsyslog, image, transport):
    path, _ = image
    with quiet_after(syslog_sensor(lab, tmp_path, transport), 2) as sensor:
        for i, name in enumerate(HOSTILE):
            data = material.lane_image(60 + i)
            with open(path, 'wb') as f:
                f.write(data)
            quoted = ''.join(c if c.isalnum() or c in '%._-' else f'%{ord(c):02X}' for c in name)
            curl(lab, '-g', '-T', path, url(net.UNAPPROVED, f'/{quoted}'))
            sensor.wait_transfer(material.sha256(data))
        messages = wait_closed(rsyslog)
    for m in messages:
        assert m['app'] == 'gantry' and m['host'] == 'edge-1' and m['data'].startswith('[gantry@')
        assert m['id'] in ('OPENED', 'GROWN', 'CLOSED') and data_of(m)['state'] == m['id'].lower()
        assert '\n' not in m['raw'] and 'forged@1' not in data_of(m)
    ids = [m['raw'] for m in messages]
    assert len(ids) == len(set(ids))


def test_growth_is_told_at_tens(lab, server, tmp_path, rsyslog, work):
    config = os.path.join(work, 'curl.conf')
    with open(config, 'w') as c:
        for i in range(120):
            path = os.path.join(work, f'g{i}.jpg')
            with open(path, 'wb') as f:
                f.write(material.lane_image(2000 + i, 160, 120))
            c.write(f'url = "{url(net.UNKNOWN, f"/g{i}.jpg")}"\nupload-file = "{path}"\noutput = "/dev/null"\n')
    with quiet_after(syslog_sensor(lab, tmp_path, 'tcp'), 3):
        lab.run('lane', 'curl', '-sS', '--fail', '-K', config)
        messages = wait_closed(rsyslog)
    images = [m for m in messages if 'vehicle-image' in m['data']]
    states = [m['id'] for m in images]
    assert states[0] == 'OPENED' and states[-1] == 'CLOSED'
    assert states.count('GROWN') == 2, 'at 10 and at 100'
    assert 'objects="120"' in images[-1]['data']


def test_one_bad_receiver_slows_nobody(lab, server, tmp_path, rsyslog, image):
    path, _ = image
    outputs = ('{format: rfc5424, to: "tcp://127.0.0.1:9", records: [alert]}, '
               f'{{format: rfc5424, to: "udp://127.0.0.1:{UDP}", records: [alert]}}')
    sensor = net.Sensor(lab, tmp_path, outputs=outputs)
    with sensor:
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        net.wait_for(rsyslog, 2, 'the alert by the good output')
        sensor.process.terminate()
        assert sensor.process.wait(30) == 0, 'the store keeps what could not be delivered'
    assert 'go out after the next start' in open(sensor.log).read()


# The most important parameters; fields.c gives them rank 0.
ALWAYS = {'severity', 'src', 'dst', 'seq', 'incident', 'state', 'objects', 'bytes', 'verdict', 'class'}


@pytest.mark.parametrize('limit', [480, 777, 2048])
def test_no_udp_message_is_longer_than_configured_and_none_is_cut(lab, server, tmp_path, rsyslog, image, limit):
    path, _ = image
    names = ['L04_' + 'n' * 1500 + '.jpg', '%E8%BB%8A' * 100 + '.jpg', 'L04_20260531-041158.jpg', ']' * 300 + '.jpg']
    with syslog_sensor(lab, tmp_path, 'udp', f', message-max: {limit} B') as sensor:
        for destination in (net.UNAPPROVED, net.UNKNOWN, net.UNAPPROVED6):
            for i, name in enumerate(names):
                data = material.lane_image(7000 + 10 * len(destination) + i)
                with open(path, 'wb') as f:
                    f.write(data)
                quoted = ''.join(c if c.isalnum() or c in '%._-' else f'%{ord(c):02X}' for c in name)
                curl(lab, '-g', '-T', path, url(destination, f'/{quoted}'))
                sensor.wait_transfer(material.sha256(data))
    told = len(sensor.alerts())
    messages = net.wait_for(lambda: len(rsyslog()) == told and rsyslog(), 5, 'as many messages as alerts')
    for m in messages:
        assert len(m['raw'].encode()) <= limit
        data = data_of(m)
        assert ALWAYS <= set(data), 'what matters most is never left out'
        assert m['host'] == 'edge-1' and m['text'].strip()
    if limit == 480:
        assert not any('community' in data_of(m) for m in messages)
    if limit == 2048:
        assert any('community' in data_of(m) for m in messages)


def test_json_lines_to_a_file_and_to_standard_output_are_the_same_alerts(lab, server, tmp_path, image):
    path, data = image
    sensor = net.Sensor(lab, tmp_path, options=['-o', 'json:-'], events='alert,transfer')
    out = tmp_path / 'stdout'
    with open(out, 'w') as stdout:
        sensor.process = lab.start('sensor', *sensor.words, stderr=open(sensor.log, 'w'), stdout=stdout)
        net.wait_for(lambda: 'watching' in open(sensor.log).read(), 20, 'the sensor')
        time.sleep(0.3)
        begin = time.monotonic()
        curl(lab, '-T', path, url(net.UNKNOWN, '/in/'))
        net.wait_for(sensor.alerts, 1, 'the alert in the file')
        net.wait_for(lambda: out.read_text().endswith('}\n'), 1, 'the alert on standard output')
        assert time.monotonic() - begin < 2
        sensor.wait_transfer(material.sha256(data))
        sensor.__exit__()
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {r['event']['action'] for r in lines} == {'alert', 'transfer'}

    def without_sequence(records):
        return [{**r, 'gantry': {k: v for k, v in r['gantry'].items() if k != 'sequence'}} for r in records]
    assert without_sequence(lines) == without_sequence(sensor.records())
    for a in sensor.alerts():
        assert a['file']['name'] == '20260531-041158_L04_AB***34.jpg', 'redacted in alerts'
        assert a['threat']['technique']['id'] == ['T1048.003']
        assert a['gantry']['verdict'] == 'unknown' and a['gantry']['partner'] is None
    assert sensor.transfers()[0]['file']['name'] == os.path.basename(path), 'whole in the operator\'s log'


def test_every_field_that_the_readme_names_is_in_an_alert(lab, server, sensor, image):
    path, _ = image
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
    alert = sensor.wait_alert(lambda a: a['gantry']['classes'] == ['vehicle-image'])
    text = open(os.path.join(net.ROOT, 'README.md')).read()
    section = text.split('## Reading an alert')[1].split('\n## ')[0]
    names = re.findall(r'^    ([a-z.]+(?:, [a-z.]+)*)', section, re.M)
    assert len(names) >= 6
    for name in ', '.join(names).split(', '):
        at = alert['gantry'] if name not in alert and '.' not in name and name in alert['gantry'] else alert
        for part in name.split('.'):
            assert part in at, f'README.md names {name}'
            at = at[part]
    assert {'id', 'state', 'objects', 'bytes', 'distinct_plates', 'sequence', 'first', 'last'} == set(
        alert['gantry']['incident'])


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Conversation:
    """A capture of one TCP connection, written as it goes."""

    def __init__(self, path, source, destination):
        self.file = open(path, 'wb')
        self.file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        self.ends = [(bytes(map(int, source.split('.'))), 40000), (bytes(map(int, destination.split('.'))), 80)]
        self.next, self.time = [1000, 5000], 1780000000.0
        self.packet(0, 2)
        self.packet(1, 18)
        self.packet(0, 16)

    def packet(self, side, flags, payload=b''):
        (a, sport), (b, dport) = self.ends[side], self.ends[1 - side]
        tcp = struct.pack('!HHIIBBHHH', sport, dport, self.next[side] & 0xffffffff,
                          self.next[1 - side] & 0xffffffff if flags & 16 else 0, 0x50, flags, 65535, 0, 0) + payload
        ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + a + b
        ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
        frame = b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + tcp
        self.time += 0.001
        self.file.write(struct.pack('<IIII', int(self.time), int(self.time % 1 * 1e6), len(frame), len(frame)) + frame)
        self.next[side] += len(payload) + (1 if flags & 3 else 0)

    def end(self):
        self.packet(0, 17)
        self.packet(1, 17)
        self.packet(0, 16)
        self.file.close()


def test_a_hundred_thousand_images_make_some_ten_alerts(tmp_path):
    """Tiny pictures over one connection in five minutes of packet time; the alerts are counted by class."""
    count = 100000
    talk = Conversation(tmp_path / 'many.pcap', net.LANE, net.UNKNOWN)
    picture = material.lane_image(1, 32, 32)
    for i in range(count):
        body = picture + b'%08d' % i
        talk.packet(0, 24, b'PUT /L04_20260531-%06d.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s'
                    % (i, len(body), body))
        talk.packet(1, 24, b'HTTP/1.1 204 No Content\r\n\r\n')
    talk.end()
    config = tmp_path / 'gantry.yaml'
    config.write_text(net.CONFIG.format(root=net.ROOT, outputs=''))
    result = subprocess.run([net.GANTRY, '-q', '-c', str(config), '-r', str(tmp_path / 'many.pcap'), '-o', 'json:-'],
                            capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    alerts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [a for a in alerts if 'classes' not in a['gantry']] == []
    images = [a for a in alerts if a['gantry']['classes'] == ['vehicle-image']]
    states = [a['gantry']['incident']['state'] for a in images]
    assert states == ['opened'] + ['grown'] * 5 + ['closed']
    assert [a['gantry']['incident']['objects'] for a in images] == [1, 10, 100, 1000, 10000, 100000, count]
    assert len({a['gantry']['incident']['id'] for a in images}) == 1
    assert len(alerts) <= 3 * 7, 'a hundred thousand images are some ten alerts a class'


def test_the_oldest_messages_are_not_lost_when_a_receiver_comes_late(lab, server, tmp_path, image):
    """Alerts made before anybody listens on TCP are delivered once somebody does."""
    path, _ = image
    sensor = net.Sensor(lab, tmp_path, outputs='{format: json, to: "tcp://127.0.0.1:5599", records: [alert]}')
    with sensor:
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        net.wait_for(sensor.alerts, 3, 'the alert in the file')
        time.sleep(1)
        sink = lab.start('sensor', '/usr/bin/python3', '-c', 'import socket\n'
                         's = socket.create_server(("127.0.0.1", 5599)); c, _ = s.accept(); f = c.makefile()\n'
                         'for line in f: print(line, end="", flush=True)', stdout=open(tmp_path / 'late', 'w'))
        net.wait_for(lambda: (tmp_path / 'late').read_text().endswith('}\n'), 15, 'the alert by TCP')
    sink.wait(15)
    got = [json.loads(line) for line in (tmp_path / 'late').read_text().splitlines()]
    assert [g['gantry']['incident']['id'] for g in got] == [a['gantry']['incident']['id'] for a in sensor.alerts()]
