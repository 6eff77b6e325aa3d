# SPDX-License-Identifier: Apache-2.0
"""tools/siem/rsyslog and tools/siem/syslog-ng under the daemons themselves: the fields of the sensor's RFC 5424 arrive."""
import glob
import json
import os
import re
import shutil
import socket
import subprocess

import lab as net
import pytest
import sample

# Parameters of the structured data beside the field that they show, as gantry-records(5) has them.
SAME = {'severity': 'event.severity', 'rule': 'rule.id', 'src': 'source.ip', 'dst': 'destination.ip', 'dpt': 'destination.port',
        'proto': 'network.protocol', 'file': 'file.name', 'incident': 'gantry.incident.id', 'objects': 'gantry.incident.objects',
        'bytes': 'gantry.incident.bytes', 'plates': 'gantry.incident.distinct_plates', 'verdict': 'gantry.verdict',
        'partner': 'gantry.partner', 'contract': 'gantry.contract', 'reason': 'gantry.reason', 'network': 'gantry.network'}
STRANGER = '<86>1 2026-05-31T04:12:09Z other sshd 17 OPENED - Accepted password for nobody'
FORGED = '<86>1 2026-05-31T04:12:09Z other gantry 17 OPENED [other@32473 incident="x"] forged'


def place(folder, text, port):
    """The shipped file with its port and its files replaced, each of which must be there."""
    assert '6514' in text and '/var/log/gantry-alerts.json' in text and '/var/log/gantry-sensor.json' in text
    return re.sub(r'(?<!//THIS-HOST:)6514', str(port), text).replace('/var/log/', f'{folder}/')


def written(folder, name):
    path = folder / f'gantry-{name}.json'
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run_through(folder, port):
    """The sample's records, behind a line of another program and a forged one; (alerts, the rest)."""
    with socket.create_connection(('127.0.0.1', port), 10) as s:
        for line in (STRANGER, FORGED):
            s.sendall(f'{len(line)} {line}'.encode())
    sample.send(f'rfc5424:tcp://127.0.0.1:{port}', 'alert,stats')
    wanted = len(sample.alerts())
    net.wait_for(lambda: len(written(folder, 'alerts')) >= wanted and written(folder, 'sensor'), 30, 'what was sent')
    return written(folder, 'alerts'), written(folder, 'sensor')


def check_fields(alerts, others):
    wanted = [sample.flat(a) for a in sample.alerts()]
    assert len(alerts) == len(wanted)
    for got, want in zip(alerts, wanted):
        assert got['sensor'] == 'edge-1' and got['kind'] == want['gantry.incident.state'].upper()
        assert got['time'][:19] == want['@timestamp'][:19] and got['message'].startswith(f'{want["gantry.classes"][0]} ')
        for brief, ecs in SAME.items():
            expected = want.get(ecs)
            assert got['fields'].get(brief) == (None if expected is None else str(expected)), (brief, ecs)
        assert got['fields']['technique'].split(',') == want['threat.technique.id']
    assert [o['kind'] for o in others] == ['STATS'] and sample.flat(others[0])['fields.capture.packets'].isdigit()
    text = json.dumps(alerts + others)
    assert 'forged' not in text and 'sshd' not in text


def wait_port(port):
    def ready():
        with socket.socket() as s:
            return s.connect_ex(('127.0.0.1', port)) == 0
    net.wait_for(ready, 20, f'port {port}')


def run_daemon(words, log, port, environment=None):
    process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        wait_port(port)
    except AssertionError:
        process.kill()
        raise
    return process


def end(process):
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_the_fields_arrive_through_rsyslog(tmp_path):
    port = net.free_port()
    conf = tmp_path / 'rsyslog.conf'
    conf.write_text(f'global(workDirectory="{tmp_path}" net.enableDNS="off" maxMessageSize="64k")\n' +
                    place(tmp_path, sample.read('rsyslog', 'gantry.conf'), port))
    with open(tmp_path / 'log', 'w') as log:
        process = run_daemon(['rsyslogd', '-n', '-f', str(conf), '-i', str(tmp_path / 'pid')], log, port)
        try:
            check_fields(*run_through(tmp_path, port))
        finally:
            end(process)


@pytest.fixture(scope='module')
def syslog_ng(tmp_path_factory):
    """(the program, its environment): Debian's package conflicts with rsyslog, so it is unpacked and not installed."""
    folder = tmp_path_factory.mktemp('syslog-ng')
    if os.geteuid() == 0:
        shutil.chown(folder, '_apt') if shutil.which('apt-get') else None
    got = subprocess.run(['apt-get', 'download', '-q', 'syslog-ng-core'], cwd=folder, capture_output=True, text=True)
    packages = glob.glob(f'{folder}/syslog-ng-core_*.deb')
    if got.returncode != 0 or not packages:
        pytest.skip(f'syslog-ng-core cannot be downloaded: {got.stderr[-200:]}')
    subprocess.run(['dpkg', '-x', packages[0], folder], check=True)
    library = f'{folder}/usr/lib/syslog-ng'
    modules = glob.glob(f'{library}/[0-9]*')[0]
    program = f'{folder}/usr/sbin/syslog-ng'
    environment = {**os.environ, 'LD_LIBRARY_PATH': library}
    version = subprocess.run([program, '--version'], env=environment, capture_output=True, text=True)
    if version.returncode != 0:
        pytest.skip(f'syslog-ng does not run: {version.stderr[-200:]}')
    return [program, f'--module-path={modules}'], environment


@pytest.mark.peers
def test_the_fields_arrive_through_syslog_ng(tmp_path, syslog_ng):
    words, environment = syslog_ng
    port = net.free_port()
    conf = tmp_path / 'syslog-ng.conf'
    conf.write_text('@version: 3.38\noptions { use-dns(no); keep-hostname(yes); };\n' +
                    place(tmp_path, sample.read('syslog-ng', 'gantry.conf'), port))
    words = [*words, '-F', '-f', str(conf), '-R', str(tmp_path / 'persist'), '-p', str(tmp_path / 'pid'), '-c', str(tmp_path / 'ctl'),
             '--no-caps']
    with open(tmp_path / 'log', 'w') as log:
        process = run_daemon(words, log, port, environment)
        try:
            check_fields(*run_through(tmp_path, port))
        finally:
            end(process)


def test_a_template_without_the_field_is_found(tmp_path):
    """The twin: what the check would say of a template that loses fields."""
    want = [sample.flat(a) for a in sample.alerts()]
    good = [{'sensor': 'edge-1', 'kind': w['gantry.incident.state'].upper(), 'time': w['@timestamp'], 'message': f'{w["gantry.classes"][0]} leaves',
             'fields': {**{b: str(w[e]) for b, e in SAME.items() if w.get(e) is not None},
                        'technique': ','.join(w['threat.technique.id'])}} for w in want]
    stats = [{'kind': 'STATS', 'fields': {'capture': {'packets': '1'}}}]
    check_fields(good, stats)
    for key in ('verdict', 'src', 'incident'):
        bad = json.loads(json.dumps(good))
        del bad[0]['fields'][key]
        with pytest.raises(AssertionError):
            check_fields(bad, stats)
    with pytest.raises(AssertionError):
        check_fields(good[1:], stats)
