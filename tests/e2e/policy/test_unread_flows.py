# SPDX-License-Identifier: Apache-2.0
"""Flows whose content nobody reads: who is told of them, from when on, and who is not. Captures written packet by packet, then real
clients and servers over the span."""
import datetime
import json
import os
import random
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

import lab as net
import pytest

sys.path.append(os.path.join(os.path.dirname(__file__), '..', '..', 'evasion'))
import wire as wires  # noqa: E402

LANE, ACME, LABS, STRANGER = '10.40.3.7', '203.0.113.9', '192.0.2.20', '198.51.100.9'
CONFIG = '''sensor: {{name: e{state}}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16]}}]
internal-networks: [10.0.0.0/8]
rules: [{root}/rules]
partners:
  - {{name: Acme Towing, prefixes: [203.0.113.0/24], domains: ["*.acme.example"]}}
  - {{name: Border Labs, prefixes: [192.0.2.0/24], contracts: [{{id: C-1, from: 2026-01-01, until: 2026-12-31, {terms}}}]}}
flows: {{quiet-names: ["*.updates.example"]{flows}}}
'''
NOISE = random.Random(11).randbytes(1 << 20)
MB = 1000000


def hello(name=None, seed=1):
    """A ClientHello as OpenSSL writes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(inside, outside, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outside.read()


def sealed(n):
    """Records of application data that hold noise."""
    out = b''
    while n > 0:
        take = min(n, 16000)
        at = random.Random(n).randrange(len(NOISE) - take)
        out += b'\x17\x03\x03' + take.to_bytes(2, 'big') + NOISE[at:at + take]
        n -= take
    return out


def tls(w, server, out, back=3000, name=None, port=443, client=LANE):
    t = w.tcp(client=client, server=server, sport=port, mss=8000, acks=False).open()
    t.client(hello(name)).server(b'\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03' + NOISE[:32] + b'\x00\x13\x01\x00\x00\x2e'
                                 + b'\x00\x2b\x00\x02\x03\x04' + b'\x00\x33\x00\x24\x00\x1d\x00\x20' + NOISE[40:72])
    t.client(sealed(out)).server(sealed(back))
    return t.close()


@pytest.fixture
def read(tmp_path):
    def run(w, terms='classes: [diagnostics]', flows='', state=''):
        config = tmp_path / 'gantry.yaml'
        config.write_text(CONFIG.format(root=net.ROOT, terms=terms, flows=flows, state=state and f', state: {state}'))
        out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', w.save(tmp_path / 'c.pcap'), '-o', 'json:-', '--events', 'alert,flow'],
                             capture_output=True, text=True, timeout=120)
        assert out.returncode == 0, out.stderr
        records = [json.loads(line) for line in out.stdout.splitlines()]
        return [r for r in records if r['event']['action'] == 'alert' and 'rule' in r]
    return run


def opened(alerts):
    return [(a['gantry']['classes'][0], a.get('gantry', {}).get('partner')) for a in alerts
            if a['gantry']['incident']['state'] == 'opened']


def test_an_encrypted_flow_to_a_partner_without_a_contract_alerts_with_its_first_bytes(read):
    w = wires.Wire()
    tls(w, ACME, 20 * MB // 10)
    alerts = read(w)
    assert opened(alerts) == [('encrypted-flow', 'Acme Towing')]
    first = alerts[0]
    assert first['event']['severity'] == 6
    assert first['tls']['client'].get('ja3') and first['gantry']['tls']['ja4'].startswith('t13i')
    assert alerts[-1]['gantry']['incident']['bytes'] >= 2 * MB


def test_what_nobody_parses_is_an_unread_flow_whoever_opened_it(read):
    w = wires.Wire()
    w.tcp(client=LANE, server=ACME, sport=4444).open().client(NOISE[:300]).close()
    assert opened(read(w)) == [('unread-flow', 'Acme Towing')]
    w = wires.Wire()
    w.tcp(client=ACME, server=LANE, sport=4444).open().server(NOISE[:300]).close()
    assert opened(read(w)) == [('unread-flow', 'Acme Towing')]


@pytest.mark.parametrize('noise, told', [(3000, []), (150000, [('unread-flow', 'Acme Towing')])], ids=['little', 'much'])
def test_what_stands_beside_much_text_is_unread_where_it_is_no_longer_little(read, noise, told):
    w = wires.Wire()
    text = b'as agreed the gates stay open until six, and nobody waits.\n' * 30000
    t = w.tcp(client=LANE, server=ACME, sport=4444, mss=8000).open().client(text)
    t.client(NOISE[:noise]).close()
    assert opened(read(w)) == told


@pytest.mark.parametrize('words, within', [(b'CAPABILITIES\r\n', 6), (b'CAPABILITIES\r\n' + NOISE[:1500], 0.8)], ids=['little', 'much'])
def test_words_that_usually_come_before_tls_are_told_once_none_comes_or_they_are_many(read, words, within):
    w = wires.Wire()
    t = w.tcp(client=LANE, server=ACME, sport=119).open().server(b'200 news.example ready\r\n').client(words)
    begin = w.now
    for _ in range(60):
        w.wait(0.2)
        t.client(b'x')
    alerts = read(w)
    assert opened(alerts) == [('unread-flow', 'Acme Towing')]
    assert datetime.datetime.fromisoformat(alerts[0]['@timestamp'].replace('Z', '+00:00')).timestamp() < begin + within


def test_datagrams_count_as_well_and_clocks_and_names_do_not(read):
    w = wires.Wire()
    w.udp(0, NOISE[:900], client=LANE, server=ACME).wait(2).udp(0, NOISE[:900], client=LANE, server=ACME)
    assert opened(read(w)) == [('unread-flow', 'Acme Towing')]
    w = wires.Wire()
    for i in range(20):
        w.udp(0, bytes([0x23]) + bytes(47), client=LANE, server=ACME, sport=123).wait(64)
        question = i.to_bytes(2, 'big') + b'\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04host\x04acme\x07example\x00\x00\x01\x00\x01'
        w.udp(0, question, client=LANE, server=ACME, cport=30000 + i, sport=53)
    assert opened(read(w)) == []


def test_a_connection_that_carries_nothing_and_clear_http_are_no_unread_flows(read):
    w = wires.Wire()
    w.tcp(client=LANE, server=ACME, sport=443).open().close()
    w.tcp(client=LANE, server=ACME).open().client(b'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n').server(
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok').close()
    assert opened(read(w)) == []


def tried(w, server, n=1, port=443, refused=False, opener=LANE):
    for i in range(n):
        t = w.tcp(client=opener, server=server if opener == LANE else LANE, cport=50000 + i, sport=port)
        t.segment(0, b'', wires.SYN)
        if refused:
            t.segment(1, b'', wires.RST | wires.ACK, seq=0)
    return w


def test_a_connection_that_nobody_answered_alerts_by_itself_only_where_that_is_configured(read):
    for refused in (False, True):
        for opener in (LANE, ACME):
            w = tried(wires.Wire(), ACME, 3, refused=refused, opener=opener)
            assert opened(read(w)) == []
            alerts = read(w, flows=', attempts: alert')
            assert opened(alerts) == [('unread-flow', 'Acme Towing')]
            incident = alerts[0]['gantry']['incident']
            assert (incident['attempts'], incident['objects'], incident['bytes']) == (3, 0, 0)
    for w in (tried(wires.Wire(), LABS, 3), tried(wires.Wire(), STRANGER, 3)):
        assert opened(read(w, flows=', attempts: alert')) == []


def test_it_counts_in_the_incident_of_flows_to_the_same_partner(read):
    w = tried(wires.Wire(), ACME, 5)
    w.wait(120)
    tls(w, ACME, 5000)
    alerts = read(w)
    assert opened(alerts) == [('encrypted-flow', 'Acme Towing')]
    assert alerts[0]['gantry']['incident']['attempts'] == 5
    w = tls(wires.Wire(), ACME, 5000).wire
    tried(w, ACME, 5)
    alerts = read(w)
    assert opened(alerts) == [('encrypted-flow', 'Acme Towing')]
    assert alerts[-1]['gantry']['incident']['attempts'] == 5


def test_errors_of_icmp_never_alert(read):
    w = wires.Wire()
    for i in range(5):
        probe = wires.ip(ACME, LANE, 17, wires.udp_datagram(ACME, LANE, 4000 + i, 9, b'x' * 400))
        refusal = b'\x03\x03' + b'\0\0' + bytes(4) + probe
        sum_ = wires.checksum(refusal).to_bytes(2, 'big')
        w.packet(probe, side=1).packet(wires.ip(LANE, ACME, 1, refusal[:2] + sum_ + refusal[4:])).wait(1)
    assert opened(read(w)) == []


@pytest.mark.parametrize('kind', [200, 253])
def test_messages_of_icmp_that_nobody_knows_count_as_any_flow(read, kind):
    w = wires.Wire()
    for i in range(60):
        message = bytes([kind, 0, 0, 0, 0, 0, 0, i]) + NOISE[i * 1400:][:1400]
        sum_ = wires.checksum(message).to_bytes(2, 'big')
        w.packet(wires.ip(LANE, ACME, 1, message[:2] + sum_ + message[4:])).wait(0.1)
    assert opened(read(w)) == [('unread-flow', 'Acme Towing')]


def test_what_a_contract_for_everything_covers_is_known_to_the_ledger(read, state_folder):
    """Twenty days of 200 kB, then 30 MB: nobody looked into any of it."""
    for last, told in ((200000, []), (30 * MB, [('unread-flow', 'Border Labs')])):
        w = wires.Wire()
        folder = os.path.join(state_folder, str(last))
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        for day in range(21):
            tls(w, LABS, last if day == 20 else 200000)
            w.wait(86400)
        assert opened(read(w, terms='classes: ["*"]', state=folder)) == told


def test_a_contract_without_a_flow_class_covers_it_by_its_other_terms(read):
    def one(port=443):
        w = wires.Wire()
        tls(w, LABS, MB, port=port)
        return w
    assert opened(read(one())) == []
    assert opened(read(one(), 'classes: [diagnostics], protocols: [SSH]')) == [('encrypted-flow', 'Border Labs')]
    assert opened(read(one(), 'classes: [diagnostics], protocols: [TLS]')) == []
    assert opened(read(one(), 'classes: [unread-flow]')) == [('encrypted-flow', 'Border Labs')]
    assert opened(read(one(), 'classes: [encrypted-flow]')) == []
    assert opened(read(one(), 'classes: [encrypted-flow], per-day: {bytes: 500 kB}')) == [('encrypted-flow', 'Border Labs')]


def test_a_stranger_is_told_by_the_megabyte_and_not_for_telemetry_or_downloads(read):
    w = wires.Wire()
    tls(w, STRANGER, 3 * MB)
    alerts = read(w)
    assert opened(alerts) == [('encrypted-flow', None)]
    assert alerts[0]['event']['severity'] <= 5
    for out, back in ((300000, 3000), (2 * MB, 2 * MB), (100000, 8 * MB)):
        w = wires.Wire()
        tls(w, STRANGER, out, back)
        assert opened(read(w)) == [], (out, back)


def test_a_quiet_name_may_take_more_and_a_partners_name_makes_it_worse(read):
    w = wires.Wire()
    tls(w, STRANGER, 5 * MB, name='eu.updates.example')
    assert opened(read(w)) == []
    w = wires.Wire()
    tls(w, LABS, MB, name='store.acme.example')
    assert opened(read(w, 'classes: [encrypted-flow]')) == [('encrypted-flow', 'Acme Towing')]


def test_flows_without_a_quiet_name_are_told_beside_one_that_has_it(read):
    w = wires.Wire()
    tls(w, STRANGER, 5 * MB, name='eu.updates.example')
    tls(w, STRANGER, 11 * MB // 10)
    assert opened(read(w)) == [('encrypted-flow', None)]


def test_two_classes_to_one_stranger_are_one_sum(read):
    w = wires.Wire()
    tls(w, STRANGER, 6 * MB // 10)
    w.tcp(client=LANE, server=STRANGER, sport=4444, mss=8000).open().client(NOISE[:600000]).close()
    alerts = read(w)
    assert len(opened(alerts)) == 1
    assert re.fullmatch(r'the address belongs to no partner; 1.2 MB left for its network today, 3.[0-9] kB came back',
                        alerts[0]['gantry']['reason'])


def test_what_left_before_a_silence_is_told_as_of_then(read):
    """As the clock has it on an interface: within a second, and on its own day."""
    w = wires.Wire()
    t = w.tcp(client=LANE, server=ACME, sport=4444).open().client(b'x')
    w.wait(3600)
    t.close()
    assert read(w)[0]['@timestamp'][:20] in ('2026-05-31T04:12:09.', '2026-05-31T04:12:10.')
    for more, told in ((5, [('encrypted-flow', 'Border Labs')]), (86400, [])):
        w = tls(wires.Wire(), LABS, 15 * MB).wire
        w.wait(more)
        tls(w, LABS, 15 * MB)
        assert opened(read(w, 'classes: [encrypted-flow], per-day: {bytes: 20 MB}')) == told


def test_who_types_slowly_is_in_no_breach_of_a_contract_for_a_protocol_and_is_told_at_once_without_one(read):
    terms = 'classes: ["*"], protocols: [FTP, HTTP], per-day: {bytes: 1 GB}'
    for partner, told in ((LABS, []), (ACME, [('unread-flow', 'Acme Towing')])):
        w = wires.Wire()
        t = w.tcp(client=LANE, server=partner, sport=80).open().client(b'GET')
        w.wait(5)
        t.client(b' / HTTP/1.1\r\nHost: a.example\r\n\r\n').server(b'HTTP/1.1 204 No Content\r\n\r\n').close()
        w.wait(20)
        t = w.tcp(client=partner, server=LANE, sport=21).open().server(b'220 ready\r\n')
        w.wait(5)
        t.client(b'USER a\r\n').server(b'331 go on\r\n').close()
        alerts = read(w, terms)
        assert opened(alerts) == told
        assert not told or alerts[0]['@timestamp'] < '2026-05-31T04:12:09.800'
    w = wires.Wire()
    w.tcp(client=LANE, server=LABS, sport=80).open().client(b'GET')
    w.wait(60).udp(0, b'x', client='10.9.0.1', server='10.9.0.2')
    assert opened(read(w, terms)) == [('unread-flow', 'Border Labs')]


@pytest.fixture
def state_folder():
    """The sensor writes it as another user."""
    folder = tempfile.mkdtemp(prefix='gantry-state-')
    os.chmod(folder, 0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize('flows, told', [('', {('encrypted-flow', 'Acme Towing')}),
                                         (', learning: 0', {('encrypted-flow', 'Acme Towing'), ('encrypted-flow', None)})])
def test_a_new_sensor_learns_who_strangers_are_for_a_week_unless_told_otherwise(read, state_folder, flows, told):
    w = wires.Wire()
    tls(w, STRANGER, 3 * MB)
    tls(w, ACME, 1000)
    assert set(opened(read(w, state=state_folder, flows=flows))) == told


# --- live, with real clients and servers ---

@pytest.fixture(scope='session')
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tls')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem',
                    '-subj', '/CN=store.example', '-days', '2'], check=True, capture_output=True)
    return folder / 'key.pem', folder / 'cert.pem'


def serve_tls(lab, pair, to):
    key, cert = pair
    server = lab.start('outside', 'openssl', 's_server', '-accept', f'{to}:8443', '-key', str(key), '-cert', str(cert), '-quiet',
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE)
    lab.wait_port('outside', to, 8443)
    return server


@pytest.mark.parametrize('version, said', [(['--tlsv1.2', '--tls-max', '1.2'], 'TLS 1.2'), (['--tlsv1.3'], 'TLS 1.3')])
def test_tls_to_a_partner_whose_contract_is_over_alerts_within_seconds_and_says_what_it_is(lab, sensor, pair, version, said):
    begun = time.time()
    server = serve_tls(lab, pair, net.UNAPPROVED)
    try:
        lab.run('lane', 'curl', '-sk', '-m', '3', *version, f'https://{net.UNAPPROVED}:8443/', '-d', 'x' * 3000, check=False)
        alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 5)
    finally:
        lab.stop(server)
    assert alert['gantry']['verdict'] == 'unapproved' and alert['event']['severity'] == 6
    assert alert['tls']['version'] == said and alert['tls']['client']['ja3'] and alert['gantry']['tls']['ja4'][0] == 't'
    if said == 'TLS 1.2':
        assert alert['tls']['server']['x509']['subject']['common_name'] == 'store.example'
        assert len(alert['tls']['server']['hash']['sha256']) == 64
    assert time.time() - begun < 15


def test_netcat_to_that_partner_is_an_unread_flow_and_tls_to_an_approved_one_is_silent(lab, sensor, pair):
    listener = lab.start('outside', 'socat', '-u', f'TCP-LISTEN:4444,bind={net.UNAPPROVED}', 'OPEN:/dev/null')
    lab.wait_port('outside', net.UNAPPROVED, 4444)
    lab.run('lane', 'socat', '-u', '-', f'TCP:{net.UNAPPROVED}:4444', input='\x01\x02 nobody knows this\n' * 50)
    sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['unread-flow'], 8)
    lab.stop(listener)
    before = len(sensor.alerts())
    server = serve_tls(lab, pair, net.APPROVED)
    lab.run('lane', 'curl', '-sk', '-m', '2', f'https://{net.APPROVED}:8443/', '-d', 'x' * 3000, check=False)
    lab.stop(server)
    time.sleep(2)
    assert [a for a in sensor.alerts()[before:] if a['gantry'].get('classes') != ['unread-flow']] == []
