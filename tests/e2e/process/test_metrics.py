# SPDX-License-Identifier: Apache-2.0
"""Metrics for Prometheus: well-formed by its own library, equal to the stats record, and no way to hold up alerts."""
import os
import socket
import subprocess
import threading
import time

import lab as net
import material
import pytest
from prometheus_client.parser import text_string_to_metric_families
from test_http import curl, server, url  # noqa: F401

HEALTH = 'health: {interval: 1 s, networks-after: 0, vlan-silence: 0}'


@pytest.fixture
def watched(lab, tmp_path):
    """(sensor, path of its metrics socket)"""
    path = str(tmp_path / 'run' / 'metrics')
    with net.Sensor(lab, tmp_path, more=f'{HEALTH}\nmetrics: "unix:{path}"', options=['-w', '2']) as sensor:
        yield sensor, path


def ask(path, *words, target='/metrics'):
    return net.run('curl', '-sS', '-m', '20', '--unix-socket', path, *words, f'http://gantry{target}').stdout


def families(text):
    return {f.name: f for f in text_string_to_metric_families(text)}


def flat(stats):
    return {f'{stage}.{name}': n for stage, names in stats.items() for name, n in names.items()}


def upload(lab, sensor, work, seed):
    data = material.lane_image(seed)
    path = os.path.join(work, f'M{seed}.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
    return sensor.wait_transfer(material.sha256(data))


def test_every_figure_of_the_stats_record_is_there_with_the_same_value(lab, server, watched, work):
    sensor, path = watched
    upload(lab, sensor, work, 700)
    time.sleep(1.5)
    found = families(ask(path))
    sensor.__exit__()
    stats = flat(sensor.records('stats')[-1]['gantry']['stats'])
    moving = {'report.messages', 'report.messages_delivered', 'report.store_commits', 'flow.opened', 'capture.packets',
              'capture.bytes', 'report.incidents_closed'}
    checked = 0
    for key, value in stats.items():
        if key.startswith('interval.'):
            continue
        name = 'gantry_' + key.replace('.', '_').replace('_ppm', '_ratio')
        assert name in found, key
        total = sum(s.value for s in found[name].samples if not s.name.endswith('_created'))
        assert found[name].documentation and found[name].type in ('counter', 'gauge')
        if found[name].type == 'counter' and key not in moving and not key.startswith(('stream', 'decode')):
            assert total == value, key
            checked += 1
    assert checked > 120
    packets = {s.labels['worker']: s.value for s in found['gantry_capture_packets'].samples}
    assert set(packets) == {'1', '2'} and 10 < sum(packets.values()) <= stats['capture.packets']
    assert found['gantry_content_objects_complete'].samples[0].value == 1


def test_names_and_types_follow_the_conventions(watched):
    _, path = watched
    text = ask(path)
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith('# TYPE'))
    helps = [line.split()[2] for line in text.splitlines() if line.startswith('# HELP')]
    assert sorted(types) == sorted(set(helps)) == sorted(helps)
    for name, kind in types.items():
        assert name.startswith('gantry_') and (kind == 'counter') == name.endswith('_total'), name
        assert not name.endswith(('_ms', '_ppm', '_percent', '_kb', '_mb'))
    warnings = {s.labels['warning']: s.value for s in families(text)['gantry_health_warning'].samples}
    assert warnings['offloads-on'] == 0 and len(warnings) >= 10
    assert families(text)['gantry_build_info'].samples[0].labels['version']


def test_only_get_and_head_of_metrics_are_answered(watched):
    _, path = watched

    def status(*words, **options):
        return ask(path, '-o', '/dev/null', '-w', '%{http_code}', *words, **options)
    assert status() == '200' and status('-I') == '200'
    assert status('-X', 'POST', '-d', 'x') == status('-X', 'DELETE') == status('-X', 'OPTIONS') == '405'
    assert status(target='/') == status(target='/metrics/') == status(target='/../etc/passwd') == '404'
    head = ask(path, '-i')
    assert 'Content-Type: text/plain; version=0.0.4' in head and 'Connection: close' in head


def test_a_named_address_serves_them_and_a_name_is_refused(lab, tmp_path):
    with net.Sensor(lab, tmp_path, more=f'{HEALTH}\nmetrics: 127.0.0.1:9464'):
        text = lab.run('sensor', 'curl', '-sS', 'http://127.0.0.1:9464/metrics').stdout
        assert 'gantry_build_info' in families(text)
    for bad in ('localhost:9464', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:70000', ':9464', 'unix:metrics', '::1:9464'):
        config = tmp_path / 'bad.yaml'
        config.write_text(f'metrics: "{bad}"\n')
        result = subprocess.run([net.GANTRY, '-c', config, '--check'], capture_output=True, text=True)
        assert result.returncode == 1 and 'bad.yaml:1: error: metrics: ' in result.stderr, bad


def test_without_the_key_nothing_is_served(lab, tmp_path):
    with net.Sensor(lab, tmp_path, more=HEALTH) as sensor:
        reporter = sensor.children()['reporter'][0]
        names = [os.readlink(f'/proc/{reporter}/fd/{fd}') for fd in os.listdir(f'/proc/{reporter}/fd')]
        assert not [n for n in names if 'eventpoll' in n]
        assert lab.run('sensor', 'ss', '-Hltn').stdout.strip() == ''


class Hostile:
    """Callers that never finish, say too much, or are too many."""

    def __init__(self, path):
        self.path, self.end, self.cut, self.sockets = path, False, 0, []

    def call(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(0.2)
        s.connect(self.path)
        self.sockets.append(s)
        return s

    def drip(self):
        """A request a byte at a time, 16 of them, for as long as they are let."""
        with_end = b'GET /metrics HTTP/1.1\r\nX-Slow: ' + b'a' * 100000
        callers = [self.call() for _ in range(16)]
        for byte in with_end:
            if self.end or not callers:
                return
            for s in list(callers):
                try:
                    s.send(bytes([byte]))
                except OSError:
                    callers.remove(s)
                    self.cut += 1
            time.sleep(0.1)

    def crowd(self, count):
        for _ in range(count):
            try:
                self.call().send(b'GET /metrics HTTP/1.1\r\n')
            except OSError:
                pass


def test_slow_callers_huge_heads_and_a_thousand_connections_do_not_hold_up_an_alert(lab, server, watched, work):
    sensor, path = watched
    hostile = Hostile(path)
    slow = threading.Thread(target=hostile.drip)
    slow.start()
    time.sleep(0.3)
    crowd = threading.Thread(target=hostile.crowd, args=(1000,))
    crowd.start()
    begin = time.monotonic()
    upload(lab, sensor, work, 710)
    sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNAPPROVED, 2)
    assert time.monotonic() - begin < 3
    net.wait_for(lambda: hostile.cut == 16, 12, 'the end of the slow callers')
    hostile.end = True
    slow.join()
    crowd.join(30)
    for s in hostile.sockets:
        s.close()
    net.wait_for(lambda: 'gantry_build_info' in ask(path), 10, 'an answer')
    head = ask(path, '-o', '/dev/null', '-w', '%{http_code}', '-H', 'X-Long: ' + 'a' * 100000)
    assert head == '431'
    assert 'gantry_build_info' in ask(path), 'and it goes on'
    assert len(sensor.children()['reporter']) == 1
