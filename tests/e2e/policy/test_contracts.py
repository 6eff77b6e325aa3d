# SPDX-License-Identifier: Apache-2.0
"""Terms of contracts: hours in a time zone, limits a day and a month, protocols. Captures made for the moments in question."""
import datetime
import json
import os
import sqlite3
import ssl
import subprocess
import zoneinfo

import lab as net
import material
import packets
import pytest

CHICAGO = zoneinfo.ZoneInfo('America/Chicago')
PARTNER = '192.0.2.20'
IMAGES = 'classes: [image, vehicle-image]'
CONFIG = '''sensor: {{name: e{state}}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16]}}]
rules: [{root}/rules]
partners: [{{name: Border Labs, prefixes: [192.0.2.0/24],
  contracts: [{{id: C-1, from: 2026-01-01, until: 2026-12-31, {terms}}}]}}]
'''


def at(text, zone=CHICAGO):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


class Capture:
    """Conversations at the moments that a test names."""

    def __init__(self):
        self.frames, self.times, self.port = [], [], 20000

    def add(self, moment, talk_packets):
        for i, (_, packet) in enumerate(talk_packets):
            self.frames.append(packets.ethernet(packet))
            self.times.append(moment + i * .0005)

    def image(self, moment, to=PARTNER, source='10.40.3.7', size=(64, 48)):
        self.port += 1
        talk = packets.Talk(source, to, self.port, 80)
        packets.upload(talk, f'/in/{self.port}.jpg', material.lane_image(self.port, *size))
        self.add(moment, talk.packets)

    def write(self, path):
        return packets.write(path, self.frames, self.times)


@pytest.fixture
def read(tmp_path):
    """Runs the sensor over the capture; alerts, transfers with a class."""
    def run(capture, terms, words=(), state=''):
        config = tmp_path / 'gantry.yaml'
        config.write_text(CONFIG.format(root=net.ROOT, terms=terms, state=state and f', state: {state}'))
        path = capture.write(tmp_path / 'c.pcap')
        out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', path, '-o', 'json:-', '--events', 'alert,transfer',
                              *words], capture_output=True, text=True, timeout=60)
        assert out.returncode == 0, out.stderr
        records = [json.loads(line) for line in out.stdout.splitlines()]
        alerts = [r for r in records if r['event']['action'] == 'alert' and r['gantry']['classes'] != ['image']]
        return alerts, [r for r in records if r['event']['action'] == 'transfer' and r['gantry']['classes']]
    return run


def opened(alerts):
    return [a['gantry'] for a in alerts if a['gantry']['incident']['state'] == 'opened']


def closed(alerts):
    return [a['gantry'] for a in alerts if a['gantry']['incident']['state'] == 'closed']


# --- hours ---

HOURS = f'{IMAGES}, hours: "Mon-Fri 07:00-19:00 America/Chicago"'


def test_what_comes_outside_the_contracts_hours_is_a_breach_that_names_them(read):
    capture = Capture()
    capture.image(at('2026-05-30T03:12:00'))  # a Saturday
    alerts, transfers = read(capture, HOURS)
    gantry, = opened(alerts)
    assert gantry['verdict'] == 'breach' and gantry['term'] == 'hours' and gantry['terms'] == ['hours']
    assert gantry['reason'] == ('Sat 2026-05-30 03:12 is outside the hours of contract C-1 '
                                '(Mon-Fri 07:00-19:00 America/Chicago)')
    assert [t['gantry']['verdict'] for t in transfers] == ['breach']


def test_hours_follow_the_zones_clocks_and_what_comes_within_them_is_silent(read):
    """07:00 in Chicago is 13:00 UTC until the clocks change on 8 March, and 12:00 UTC behind it."""
    utc = datetime.timezone.utc
    capture = Capture()
    for moment in ('2026-03-06T13:00:00', '2026-03-09T12:00:00', '2026-03-09T23:59:00', '2026-11-02T13:00:00'):
        capture.image(at(moment, utc))
    alerts, transfers = read(capture, HOURS)
    assert alerts == [] and [t['gantry']['verdict'] for t in transfers] == ['approved'] * 4
    capture = Capture()
    for moment in ('2026-03-06T12:59:00', '2026-03-09T11:59:00', '2026-03-10T00:00:00', '2026-11-02T12:59:00'):
        capture.image(at(moment, utc))
    alerts, _ = read(capture, HOURS)
    assert len(opened(alerts)) == 4


# --- limits ---

def drip(count, begin='2026-06-01T09:00:00', step=60, **more):
    capture = Capture()
    for i in range(count):
        capture.image(at(begin) + i * step, **more)
    return capture


LIMIT = f'{IMAGES}, hours: "24h America/Chicago", per-day: {{objects: 50}}'


def test_as_many_objects_as_the_contract_allows_are_silent(read):
    alerts, transfers = read(drip(50), LIMIT)
    assert alerts == [] and len(transfers) == 50
    assert {t['gantry']['verdict'] for t in transfers} == {'approved'}


def test_the_object_that_goes_over_the_limit_is_the_first_in_breach(read):
    alerts, transfers = read(drip(53), LIMIT)
    assert [t['gantry']['verdict'] for t in transfers] == ['approved'] * 50 + ['breach'] * 3
    gantry, = opened(alerts)
    assert gantry['incident']['objects'] == 1 and gantry['term'] == 'per-day objects' and gantry['contract'] == 'C-1'
    assert gantry['reason'] == 'contract C-1: 51 objects today, limit 50'
    assert [g['reason'] for g in closed(alerts)] == ['contract C-1: 53 objects today, limit 50']
    assert alerts[0]['event']['severity'] >= 5, 'the severity is that of the rule'


def test_a_new_day_of_the_contracts_zone_begins_with_nothing(read):
    alerts, _ = read(drip(80, '2026-06-01T23:20:00'), LIMIT)
    assert alerts == [], '40 before midnight in Chicago, 40 behind it'
    alerts, _ = read(drip(80, '2026-06-01T18:20:00'), LIMIT)
    assert len(opened(alerts)) == 1, 'midnight of UTC is none there'


def test_a_months_limit_in_bytes(read):
    size = len(material.lane_image(20001, 64, 48))
    month = f'{IMAGES}, per-month: {{bytes: {10 * (size + 200)} B}}'
    alerts, _ = read(drip(9, step=86400), month)
    assert alerts == []
    alerts, _ = read(drip(15, step=86400), month)
    assert opened(alerts)[0]['terms'] == ['per-month bytes']
    assert 'this month, limit' in opened(alerts)[0]['reason']
    alerts, _ = read(drip(15, '2026-05-25T09:00:00', step=86400), month)
    assert alerts == [], 'seven in May, eight in June'


def test_every_term_that_does_not_hold_is_named_as_soon_as_it_does_not(read):
    alerts, _ = read(drip(60, '2026-05-30T03:00:00', step=10), 'classes: [diagnostics], protocols: [TLS, SSH], '
                     'hours: "Mon-Fri 07:00-19:00 America/Chicago", per-day: {objects: 50, bytes: 200 MB}')
    gantry, = opened(alerts)
    assert gantry['terms'] == ['class', 'protocol', 'hours'] and gantry['term'] == 'class'
    assert gantry['reason'].startswith('class vehicle-image is not in contract C-1; protocol HTTP is not in it; Sat 2026-05-30')
    over = [a['gantry'] for a in alerts if 'per-day objects' in a['gantry']['terms']]
    assert over[0]['incident']['state'] == 'grown' and over[0]['incident']['objects'] == 51
    assert over[-1]['reason'].endswith('; 60 objects today, limit 50')


def test_all_workers_count_together(read):
    capture = Capture()
    for i in range(60):
        capture.image(at('2026-06-01T09:00:00') + i * 60, to=f'192.0.2.{i % 20 + 1}', source=f'10.40.3.{i % 7 + 1}')
    alerts, transfers = read(capture, LIMIT, words=['-w', '3'])
    assert sum(t['gantry']['verdict'] == 'breach' for t in transfers) == 10
    assert [g['incident']['objects'] for g in closed(alerts)] == [10]


def test_the_store_counts_on_from_one_run_to_the_next(read, tmp_path):
    state = tmp_path / 'state'
    net.reachable(str(tmp_path))
    alerts, _ = read(drip(30), LIMIT, state=state)
    assert alerts == []
    alerts, transfers = read(drip(30, '2026-06-01T12:00:00'), LIMIT, state=state)
    assert [t['gantry']['verdict'] for t in transfers] == ['approved'] * 20 + ['breach'] * 10
    assert len(opened(alerts)) == 1
    db = sqlite3.connect(state / 'gantry.db')
    assert db.execute("SELECT objects FROM contract WHERE id = 'C-1'").fetchone() == (60,)
    assert db.execute('SELECT count(*) FROM contract_object').fetchone() == (0,), 'nothing moves any more'
    db.close()
    alerts, _ = read(drip(30, '2026-06-02T09:00:00'), LIMIT, state=state)
    assert alerts == [], 'the next day'


# --- protocols ---

def test_ftp_in_a_contract_covers_its_data_connections(read):
    capture = Capture()
    capture.add(at('2026-06-01T09:00:00'), packets.ftp('10.40.3.7', PARTNER, 'a.jpg', material.lane_image(7, 64, 48)))
    alerts, transfers = read(capture, f'{IMAGES}, protocols: [FTP]')
    assert alerts == [] and transfers[0]['network']['application'] == 'FTP_DATA'
    alerts, _ = read(capture, f'{IMAGES}, protocols: [FTP_CONTROL]')
    assert opened(alerts)[0]['reason'] == 'protocol FTP is not in contract C-1'
    alerts, _ = read(capture, f'{IMAGES}, protocols: [TLS, HTTP]')
    assert opened(alerts)[0]['term'] == 'protocol'


# --- what cannot be read ---

def tls_talk(folder, size):
    """A real TLS conversation, made in memory."""
    key, cert = folder / 'key.pem', folder / 'cert.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-subj',
                    '/CN=in.example', '-days', '2'], check=True, capture_output=True)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(cert, key)
    client_context = ssl.create_default_context(cafile=str(cert))
    client_context.check_hostname = False
    bios = [ssl.MemoryBIO() for _ in range(4)]
    client = client_context.wrap_bio(bios[0], bios[1], server_hostname='in.example')
    server = server_context.wrap_bio(bios[2], bios[3], server_side=True)
    talk = packets.Talk('10.40.3.7', PARTNER, 30001, 443).open()

    def carry():
        for side, (out, into) in enumerate(((bios[1], bios[2]), (bios[3], bios[0]))):
            data = out.read()
            if data:
                talk.send(side, data)
                into.write(data)

    def step(end):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            pass
    for _ in range(4):
        step(client)
        carry()
        step(server)
        carry()
    for _ in range(0, size, 1 << 16):
        client.write(packets.noise(1, 1 << 12) * 16)
        carry()
        while server.pending() or bios[2].pending:
            server.read(1 << 16)
    return talk.close().packets


def test_encrypted_bytes_count_against_a_contracts_volume(read, tmp_path):
    capture = Capture()
    capture.add(at('2026-06-01T09:00:00'), tls_talk(tmp_path, 3 << 20))
    terms = 'classes: [diagnostics], protocols: [TLS, SSH], per-day: {{bytes: {}}}'
    alerts, _ = read(capture, terms.format('8 MB'))
    assert alerts == []
    alerts, _ = read(capture, terms.format('2 MB'))
    gantry, = opened(alerts)
    assert gantry['classes'] == ['encrypted-flow'] and gantry['terms'] == ['per-day bytes'] and gantry['verdict'] == 'breach'
    assert alerts[0]['rule']['id'] == 'encrypted-flow' and alerts[0]['network']['application'] == 'TLS'
    # What the contract allowed is not the incident's: what came from the half second on that went over it is.
    assert (3 << 20) - 2_000_000 <= closed(alerts)[0]['incident']['bytes'] < 2_000_000
