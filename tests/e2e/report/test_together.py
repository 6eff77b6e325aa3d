# SPDX-License-Identifier: Apache-2.0
"""What is counted together: many lanes, many addresses of one partner, flows side by side and one after the other; and what is not."""
import ipaddress
import itertools
import os
import sqlite3

import lab as net
import many
import material
import packets
import pytest
import test_case
from recording import counters
from test_case import KEY, alerts_of, read, registers

FLOWS, PICTURES = 60, 40
ACME = '  - {{name: Acme Towing, prefixes: [100.64.7.0/24]}}\nrules:'


def lane(n):
    return f'2001:db8:40:{n % 5:x}::{n % 11 + 1:x}' if n % 3 == 0 else f'10.40.{n % 4}.{n % 13 + 1}'


def picture(n):
    return material.lane_image(700 + n % PICTURES, 64, 48)


def flow(n, v4, v6, host='store.example'):
    """The packets of one upload of picture `n` from lane `n` to one of the addresses."""
    to = (v6 if ':' in lane(n) else v4)(n)
    talk = packets.Talk(lane(n), to, cport=20000 + n)
    talk.open().send(0, packets.put(f'/in/{n}.jpg', picture(n), host)).send(1, packets.answer(status='201 Created')).close()
    return [packets.ethernet(packet) for _, packet in talk.packets]


def side_by_side(flows):
    """A packet of each in turn."""
    return [frame for turn in itertools.zip_longest(*flows) for frame in turn if frame]


def half_and_half(flows):
    """The first half of them side by side, the others one after the other."""
    return side_by_side(flows[:len(flows) // 2]) + [f for one in flows[len(flows) // 2:] for f in one]


def lines_of(folder):
    """{(destination, class): (objects, bytes, register numbers of different images that are set)} of the ledger's days."""
    db = sqlite3.connect(f'{folder}/gantry.db')
    rows = db.execute('SELECT network, destination, class, sum(objects), sum(bytes), max(images) FROM line JOIN bucket ON'
                      ' line = id WHERE slot >= 36 GROUP BY id').fetchall()
    db.close()
    assert {r[0] for r in rows} <= {'lanes'}
    return {(r[1], r[2]): (r[3], r[4], sum(x > 0 for x in registers(r[5] or b''))) for r in rows}


@pytest.fixture
def told(tmp_path):
    """Reads frames with a number of workers: alerts, and the ledger's lines."""
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o777)
    (tmp_path / 'key').write_text(KEY)
    (tmp_path / 'key').chmod(0o600)
    folders = (tmp_path / f'state{n}' for n in itertools.count())

    def run(frames, workers=1, more=''):
        state = next(folders)
        path = packets.write(tmp_path / 'c.pcap', frames)
        records = read(tmp_path, path, more, sensor=f', state: {state}, digest-key: {tmp_path}/key',
                       words=['-w', str(workers)])
        return alerts_of(records), lines_of(state)
    return run


def opened(alerts):
    return [a for a in alerts if a['gantry']['incident']['state'] == 'opened']


def closed(alerts):
    return [a['gantry']['incident'] for a in alerts if a['gantry']['incident']['state'] == 'closed']


SIZES = [len(picture(n)) for n in range(FLOWS)]


@pytest.mark.parametrize('workers', [1, 3])
def test_all_addresses_of_a_partner_are_one_incident_and_one_line(told, workers):
    flows = [flow(n, lambda n: f'198.51.100.{n + 1}', lambda n: f'2001:db8:b:{n:x}::9') for n in range(FLOWS)]
    assert len({f[0][26:34] for f in flows}) > 20, 'many pairs of hosts'
    alerts, lines = told(half_and_half(flows), workers)
    assert len(opened(alerts)) == 1 and len({a['gantry']['incident']['id'] for a in alerts}) == 1
    assert [(i['objects'], i['bytes']) for i in closed(alerts)] == [(FLOWS, sum(SIZES))]
    assert set(lines) == {('Plate Systems', 'vehicle-image')}
    objects, size, images = lines['Plate Systems', 'vehicle-image']
    assert (objects, size) == (FLOWS, sum(SIZES))
    assert images in range(PICTURES - 3, PICTURES + 1), f'{PICTURES} different pictures, two may share a register'


def test_two_partners_are_two_incidents_and_two_lines(told, monkeypatch):
    monkeypatch.setattr(test_case, 'CONFIG', test_case.CONFIG.replace('rules:', ACME))
    flows = [flow(n, lambda n: f'198.51.100.{n + 1}' if n % 2 else f'100.64.7.{n + 1}', lambda n: '2001:db8:b::9')
             for n in range(FLOWS)]
    alerts, lines = told(half_and_half(flows))
    acme = [n for n in range(FLOWS) if ':' not in lane(n) and n % 2 == 0]
    assert sorted(a['gantry']['partner'] for a in opened(alerts)) == ['Acme Towing', 'Plate Systems']
    assert sorted(i['objects'] for i in closed(alerts)) == [len(acme), FLOWS - len(acme)]
    assert {k[0]: v[:2] for k, v in lines.items()} == {
        'Acme Towing': (len(acme), sum(SIZES[n] for n in acme)),
        'Plate Systems': (FLOWS - len(acme), sum(SIZES) - sum(SIZES[n] for n in acme))}


def test_unknown_hosts_are_counted_by_24_and_56_bits_and_no_further(told):
    hosts = {'203.0.113.0/24': lambda n: f'203.0.113.{n + 1}', '203.0.112.0/24': lambda n: f'203.0.112.{n + 1}',
             '2001:db8:ffff:a100::/56': lambda n: f'2001:db8:ffff:a1{n:02x}::9',
             '2001:db8:ffff:a200::/56': lambda n: f'2001:db8:ffff:a2{n:02x}::9'}
    expected = {}
    flows = []
    for n in range(FLOWS):
        four, six = [k for k in hosts if '.' in k][n // 2 % 2], [k for k in hosts if '.' not in k][n // 2 % 2]
        key = six if ':' in lane(n) else four
        objects, size = expected.get(key, (0, 0))
        expected[key] = (objects + 1, size + SIZES[n])
        flows.append(flow(n, hosts[four], hosts[six]))
    alerts, lines = told(half_and_half(flows))
    assert len(expected) == 4
    assert {k[0]: v[:2] for k, v in lines.items()} == expected
    assert len(opened(alerts)) == FLOWS, 'each host is an incident; the ledger sees them together'


def test_unknown_hosts_of_one_announced_prefix_are_counted_together_and_those_beside_it_are_not(told, tmp_path):
    (tmp_path / 'announced').write_text('# of a router\n203.0.112.0/21\n203.0.112.0/23\n2001:db8:ffff::/48\n')
    hosts = [lambda n: f'203.0.{112 + n % 2}.{n + 1}', lambda n: f'203.0.{114 + n % 2}.{n + 1}', lambda n: f'203.0.120.{n + 1}']
    where = ['203.0.112.0/23', '203.0.112.0/21', '203.0.120.0/24']
    expected, flows = {}, []
    for n in range(FLOWS):
        key = '2001:db8:ffff::/48' if ':' in lane(n) else where[n // 2 % 3]
        objects, size = expected.get(key, (0, 0))
        expected[key] = (objects + 1, size + SIZES[n])
        flows.append(flow(n, hosts[n // 2 % 3], lambda n: f'2001:db8:ffff:{n:x}00::9'))
    _, lines = told(half_and_half(flows), 3, f'announced-prefixes: {tmp_path}/announced\n')
    assert len(expected) == 4
    assert {k[0]: v[:2] for k, v in lines.items()} == expected


def test_an_unknown_host_that_bears_a_partners_name_is_none_of_its(told):
    flows = [flow(0, None, lambda n: '2001:db8:b::9'), flow(1, lambda n: '198.51.100.20', None),
             flow(2, lambda n: '203.0.113.9', None, host='in.platesystems.example')]
    alerts, lines = told(half_and_half(flows))
    assert {k[0]: v[0] for k, v in lines.items()} == {'Plate Systems': 2, '203.0.113.0/24': 1}
    assert sorted((a['gantry']['partner'], a['gantry']['verdict']) for a in opened(alerts)) == \
        [('Plate Systems', 'unapproved'), ('Plate Systems', 'unknown')]
    assert sorted(i['objects'] for i in closed(alerts)) == [1, 2]


# --- the ledger's bound ---

def write(path, numbers):
    frames = [f for n in numbers for f in many.upload(n)]
    return packets.write(path, frames, start=1780200000)


def network(n):
    return str(ipaddress.ip_network((many.FIRST + 256 * n, 24)))


def test_the_ledger_forgets_the_least_recent_and_the_stats_say_how_many(tmp_path):
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o777)
    state, count = tmp_path / 'state', 400
    more, sensor = 'alerts: {global: 0}\nledger: {memory: 1 MiB}\n', f', state: {state}'
    stats = counters(read(tmp_path, write(tmp_path / 'a.pcap', range(count)), more, sensor))
    kept = lines_of(state)
    assert 50 < len(kept) < 200
    assert stats['report']['ledger_forgotten'] == count - len(kept) and stats['report']['ledger_lines'] == len(kept)
    assert {k[0] for k in kept} == {network(n) for n in range(count - len(kept), count)}, 'the latest'
    stats = counters(read(tmp_path, write(tmp_path / 'b.pcap', [count - 1, *range(20)]), more, sensor))
    after, gone = lines_of(state), stats['report']['ledger_forgotten']
    assert gone >= 10 and len(after) == len(kept) + 20 - gone, 'most have to make room'
    assert {k[0] for k in after} == {network(n) for n in [*range(count - len(kept) + gone, count), *range(20)]}
    assert after[network(count - 1), 'vehicle-image'][0] == 2, 'what was kept is counted on'
    assert after[network(0), 'vehicle-image'][0] == 1, 'what was forgotten begins anew'


def test_a_ledger_with_room_forgets_nothing(tmp_path):
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o777)
    records = read(tmp_path, write(tmp_path / 'a.pcap', range(400)), 'alerts: {global: 0}\n', f', state: {tmp_path}/state')
    assert counters(records)['report']['ledger_forgotten'] == 0
    assert len(lines_of(tmp_path / 'state')) == 400
