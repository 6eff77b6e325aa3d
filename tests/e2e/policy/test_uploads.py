# SPDX-License-Identifier: Apache-2.0
"""How many uploads encrypted flows hold, by sizes and directions alone: real clients and servers over the span, whose files are counted;
then forty-five days in one capture."""
import json
import os
import random
import subprocess
import sys
import time

import lab as net
import pytest
from web import nginx

sys.path.append(os.path.join(os.path.dirname(__file__), '..', '..', 'evasion'))
import wire as wires  # noqa: E402

DAY, BEGIN = 86400, 1780185600  # 2026-05-31T00:00:00Z
SIZES = (20000, 25000, 40000, 65536, 90000, 150000, 300000, 800000, 1500000, 3000000)
LANE, ACME, STRANGER = '10.40.3.7', '203.0.113.9', '198.51.100.9'


# --- live, with real clients ---

@pytest.fixture
def flows(lab, tmp_path):
    """A sensor; the function gives the flow records to a port once it has ended."""
    with net.Sensor(lab, tmp_path, events='alert,flow') as s:
        def ended(port):
            time.sleep(1)
            records = [r for r in s.finish() if r['event']['action'] == 'flow']
            return [r for r in records if r['server'].get('port') == port and r['source']['ip'] == net.LANE]
        yield ended


def uploads(records):
    return sum(r['gantry'].get('flow', {}).get('uploads', {}).get('count', 0) for r in records)


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Thirty of them, of sizes as pictures have and larger."""
    folder = tmp_path_factory.mktemp('files')
    rng = random.Random(4)
    sizes = [int(rng.choice(SIZES) * rng.uniform(1, 1.2)) for _ in range(30)]
    for i, size in enumerate(sizes):
        (folder / f'f{i:02}.jpg').write_bytes(rng.randbytes(size))
    return folder


@pytest.fixture(scope='module')
def store(lab, tmp_path_factory):
    """nginx outside that takes PUT over TLS, HTTP/2 and HTTP/1.1 as the client likes."""
    folder = tmp_path_factory.mktemp('store')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem',
                    '-subj', '/CN=store.example', '-days', '2'], check=True, capture_output=True)
    process = nginx(lab, 'outside', folder, ['8444 ssl http2'],
                    f'ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;')
    yield f'https://{net.UNKNOWN}:8444/'
    lab.stop(process)


def names(files):
    return sorted(str(f) for f in files.iterdir())


def curl(lab, files, url, *words):
    """All files over one connection, one after the other."""
    wanted = [w for f in names(files) for w in ('-T', f, url)]
    lab.run('lane', 'curl', '-sk', '--fail', *words, *wanted)


@pytest.mark.parametrize('words', [('--http1.1', '--tlsv1.3'), ('--http1.1', '--tls-max', '1.2'),
                                   ('--http1.1', '--tlsv1.3', '-H', 'Expect:')], ids=['tls1.3', 'tls1.2', 'expect nothing'])
def test_uploads_by_http1_over_tls_are_counted_within_a_tenth(lab, flows, store, files, words):
    curl(lab, files, store, *words)
    counted = uploads(flows(8444))
    print('uploads', words, counted, 'of 30')
    assert 27 <= counted <= 33


def test_uploads_by_http1_of_a_connection_each_are_counted_within_a_tenth(lab, flows, store, files):
    for name in names(files):
        lab.run('lane', 'curl', '-sk', '--fail', '--http1.1', '-T', name, store)
    counted = uploads(flows(8444))
    print('uploads', 'a connection each', counted, 'of 30')
    assert 27 <= counted <= 33


def test_uploads_by_http2_one_after_the_other_are_counted_within_a_quarter(lab, flows, store, files):
    curl(lab, files, store, '--http2')
    counted = uploads(flows(8444))
    print('uploads', 'h2', counted, 'of 30')
    assert 23 <= counted <= 37


def test_uploads_by_http2_side_by_side_are_no_more_than_there_are(lab, flows, store, files):
    curl(lab, files, store, '--http2', '--parallel', '--parallel-max', '8')
    counted = uploads(flows(8444))
    print('uploads', 'h2 parallel', counted, 'of 30')
    assert 1 <= counted <= 33


def test_downloads_and_small_requests_are_no_uploads(lab, flows, store, files, tmp_path):
    curl(lab, files, store, '--http1.1')
    before = 33  # the thirty that went up
    for _ in range(3):
        lab.run('lane', 'curl', '-sk', '--fail', '--http1.1', *[w for f in names(files) for w in ('-o', '/dev/null', store + os.path.basename(f))])
    lab.run('lane', 'curl', '-sk', '--http1.1', '-d', 'x' * 1200, *[w for _ in range(60) for w in (store, '-o', '/dev/null')])
    assert uploads(flows(8444)) <= before


@pytest.fixture(scope='module')
def inbox(sshd):
    folder = sshd[2] / 'in'
    folder.mkdir()
    return folder


@pytest.mark.parametrize('protocol', [(), ('-O',)], ids=['sftp inside', 'legacy'])
def test_uploads_by_scp_are_counted_within_a_tenth(lab, flows, sshd, inbox, files, protocol):
    words, port, _ = sshd
    lab.run('lane', 'scp', *protocol, '-P', str(port), *words, *names(files), f'root@{net.UNKNOWN}:{inbox}/')
    counted = uploads(flows(port))
    print('uploads', 'scp', protocol, counted, 'of 30')
    assert 27 <= counted <= 33


def test_uploads_by_sftp_are_counted_within_a_tenth(lab, flows, sshd, inbox, files, tmp_path):
    words, port, _ = sshd
    (tmp_path / 'batch').write_text(''.join(f'put {f} {inbox}/\n' for f in names(files)))
    lab.run('lane', 'sftp', '-P', str(port), '-b', str(tmp_path / 'batch'), *words, f'root@{net.UNKNOWN}')
    counted = uploads(flows(port))
    print('uploads', 'sftp', counted, 'of 30')
    assert 27 <= counted <= 33


# --- forty-five days in one capture ---

CONFIG = '''sensor: {{name: e}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16]}}]
internal-networks: [10.0.0.0/8]
rules: [{root}/rules]
flows: {{quiet-names: ["*.updates.example"]}}
partners: [{{name: Border Labs, prefixes: [192.0.2.0/24], contracts: [{{id: C-1, from: 2026-01-01, until: 2026-12-31, classes: [diagnostics]}}]}}]
'''
NOISE = random.Random(11).randbytes(1 << 20)
SERVER_HELLO = (b'\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03' + NOISE[:32] + b'\x00\x13\x01\x00\x00\x2e\x00\x2b\x00\x02\x03\x04'
                + b'\x00\x33\x00\x24\x00\x1d\x00\x20' + NOISE[40:72])


def sealed(rng, n):
    out = b''
    while n > 0:
        take = min(n, 16000)
        at = rng.randrange(len(NOISE) - take)
        out += b'\x17\x03\x03' + take.to_bytes(2, 'big') + NOISE[at:at + take]
        n -= take
    return out


class Days:
    """TLS connections of a lane host, at seconds since the first day began."""

    def __init__(self):
        self.w, self.rng, self.talks = wires.Wire(), random.Random(7), []

    def talk(self, at, server, turns, name=None):
        """`turns`: (octets out, octets back)."""
        self.talks.append((at, server, turns, name))

    def save(self, path):
        from test_unread_flows import hello
        hellos = {}
        for at, server, turns, name in sorted(self.talks, key=lambda t: t[0]):
            self.w.now = BEGIN + at
            if name not in hellos:
                hellos[name] = hello(name)
            t = self.w.tcp(client=LANE, server=server, sport=443, mss=1400, acks=False, cseq=int(at) & 0xffffff).open()
            t.client(hellos[name]).server(SERVER_HELLO)
            for out, back in turns:
                t.client(sealed(self.rng, out)).server(sealed(self.rng, back))
            t.close()
        return self.w.save(path)


def drip(days, server=ACME, octets=45000):
    for day in range(42):
        for i in range(4):
            days.talk(day * DAY + 23 * 3600 + i * 300, server, [(int(octets * days.rng.uniform(.7, 1.3)), 300)])
    return days


def ordinary(days):
    """Browsing, telemetry by the minute, updates, a call, a form with a picture now and then, an approved partner."""
    for day in range(45):
        base = day * DAY + 8 * 3600
        for i in range(12):
            days.talk(base + i * 900, f'198.51.100.{10 + i}', [(700, 30000), (900, 60000), (2200, 9000)])
        days.talk(base + 50, '198.18.5.5', [(2000, 200)] * 120)
        days.talk(base + 300, '198.18.7.7', [(900, 400000)], 'eu.updates.example')
        days.talk(base + 320, '198.18.7.8', [(60000, 900)] * 2, 'eu.updates.example')
        days.talk(base + 400, '198.18.9.9', [(1200, 1200)] * 250)
        days.talk(base + 500, '192.0.2.20', [(50000, 300)] * 4)
        if day % 9 == 4:
            days.talk(base + 600, '198.18.11.11', [(800, 20000), (70000, 500)])
    return days


@pytest.fixture
def read(tmp_path):
    def run(days):
        config = tmp_path / 'gantry.yaml'
        config.write_text(CONFIG.format(root=net.ROOT))
        out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', days.save(tmp_path / 'c.pcap'), '-o', 'json:-', '--events', 'alert'],
                             capture_output=True, text=True, timeout=300)
        assert out.returncode == 0, out.stderr
        return [a for a in map(json.loads, out.stdout.splitlines()) if 'rule' in a]
    return run


def test_four_encrypted_uploads_a_night_among_ordinary_tls_alert_and_the_rest_does_not(read):
    alerts = read(drip(ordinary(Days())))
    assert {a['destination']['ip'] for a in alerts} == {ACME} and {a['rule']['id'] for a in alerts} == {'ledger-low-and-slow'}
    first, last = alerts[0], alerts[-1]
    assert first['gantry']['classes'] == ['encrypted-flow'] and '2026-06-13' <= first['@timestamp'][:10] <= '2026-06-14'
    assert 150 <= max(a['gantry']['incident']['objects'] for a in alerts) <= 42 * 4
    assert last['gantry']['incident']['id'] == first['gantry']['incident']['id']
    days = [a['@timestamp'][:10] for a in alerts if a['gantry']['incident']['state'] != 'closed']
    assert len(days) == len(set(days)), 'not more than once a day'


def test_the_same_weeks_of_ordinary_tls_are_silent(read):
    assert read(ordinary(Days())) == []
