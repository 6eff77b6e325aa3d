# SPDX-License-Identifier: Apache-2.0
"""Alerts as the SOC gets them: through rsyslogd over UDP and TCP, and in time."""
import json
import os
import time

import lab as net
import material
import pytest
from test_http import PORT, curl, server, url  # noqa: F401

UDP, TCP = 5514, 5515


@pytest.fixture
def rsyslog(lab, tmp_path):
    out, conf = tmp_path / 'syslog.json', tmp_path / 'rsyslog.conf'
    conf.write_text(f'''
global(workDirectory="{tmp_path}" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="on")
module(load="imudp") module(load="imtcp")
template(name="line" type="list" option.jsonf="on") {{
  property(outname="transport" name="inputname" format="jsonf")
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
''')
    process = lab.start('sensor', 'rsyslogd', '-n', '-f', str(conf), '-i', str(tmp_path / 'pid'))
    lab.wait_port('sensor', '127.0.0.1', TCP)

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


def syslog_sensor(lab, tmp_path, transport, port):
    outputs = f'{{format: rfc5424, to: "{transport}://127.0.0.1:{port}", records: [alert]}}'
    return net.Sensor(lab, tmp_path, outputs=outputs)


@pytest.mark.parametrize('transport, port', [('udp', UDP), ('tcp', TCP)])
def test_an_alert_reaches_rsyslogd_within_a_second_and_only_for_the_unapproved(lab, server, tmp_path, rsyslog, image,
                                                                             transport, port):
    path, _ = image
    with syslog_sensor(lab, tmp_path, transport, port):
        curl(lab, '-T', path, url(net.APPROVED, '/in/'))
        time.sleep(1.2)
        assert rsyslog() == [], 'an approved partner must not alert'
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        got = net.wait_for(rsyslog, 1.5, 'the alert')
    opened = [m for m in got if m['id'] == 'OPENED']
    assert opened and all(m['app'] == 'gantry' and m['host'] == 'edge-1' for m in got)
    assert any('Plate Systems' in m['data'] and 'vehicle-image' in m['data'] for m in opened)
    assert all('ABC1234' not in m['raw'] for m in got), 'plates are redacted in alerts'
    assert all(len(m['raw'].encode()) <= 1024 for m in got) or transport == 'tcp'


def test_the_first_alert_leaves_while_the_file_is_still_moving(lab, server, tmp_path, rsyslog, work):
    path = os.path.join(work, 'L04_slow.jpg')
    with open(path, 'wb') as f:
        f.write(material.lane_image(51, 2000, 1500) + bytes(400000))
    with syslog_sensor(lab, tmp_path, 'udp', UDP) as sensor:
        upload = lab.start('lane', 'curl', '-sS', '--limit-rate', '100k', '-o', '/dev/null', '-T', path,
                           url(net.UNKNOWN, '/in/'))
        net.wait_for(lambda: [m for m in rsyslog() if m['id'] == 'OPENED'], 3, 'the alert')
        assert upload.poll() is None, 'the upload should still be running'
        assert sensor.transfers() == []
        upload.wait(60)


HOSTILE = ['a"]b\\c.jpg', 'x] [forged@1 msg="y".jpg', 'nl%0Ainjected%0D.jpg', '%E2%80%AEgpj.exe.jpg', '%FF%FE%80.jpg',
           'n' * 2000 + '.jpg', "' OR 1=1 msg=forged.jpg"]


@pytest.mark.parametrize('transport, port', [('udp', UDP), ('tcp', TCP)])
def test_hostile_names_cannot_break_a_message(lab, server, tmp_path, rsyslog, image, transport, port):
    path, _ = image
    with syslog_sensor(lab, tmp_path, transport, port) as sensor:
        for i, name in enumerate(HOSTILE):
            data = material.lane_image(60 + i)
            with open(path, 'wb') as f:
                f.write(data)
            quoted = ''.join(c if c.isalnum() or c in '%._-' else f'%{ord(c):02X}' for c in name)
            curl(lab, '-g', '-T', path, url(net.UNAPPROVED, f'/{quoted}'))
            sensor.wait_transfer(material.sha256(data))
    messages = net.wait_for(lambda: [m for m in rsyslog() if m['id'] == 'CLOSED'] and rsyslog(), 5, 'closing alerts')
    for m in messages:
        assert m['app'] == 'gantry' and m['host'] == 'edge-1' and m['data'].startswith('[gantry@')
        assert m['id'] in ('OPENED', 'GROWN', 'CLOSED')
        assert '\n' not in m['raw']
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
    with syslog_sensor(lab, tmp_path, 'tcp', TCP):
        lab.run('lane', 'curl', '-sS', '--fail', '-K', config)
        time.sleep(1)
    messages = net.wait_for(lambda: [m for m in rsyslog() if m['id'] == 'CLOSED'] and rsyslog(), 5, 'closing alerts')
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
        assert sensor.process.wait(30) == 1, 'messages that could not be delivered are an error that is told'
    assert 'could not be delivered' in open(sensor.log).read()
