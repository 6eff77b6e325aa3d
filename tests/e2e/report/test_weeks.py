# SPDX-License-Identifier: Apache-2.0
"""Forty-five days in one capture: daily uploads to an approved partner, and a few images a night to somebody else."""
import json
import struct
import subprocess

import lab as net
import material

DAY = 86400
BEGIN = 1780185600  # 2026-05-31T00:00:00Z


class Capture:
    """Writes a pcap of HTTP uploads; checksums are left zero, as a span port behind offloads shows them."""

    def __init__(self, path):
        self.file = open(path, 'wb')
        self.file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        self.port = 20000

    def packet(self, t, source, destination, sport, dport, seq, ack, flags, payload=b''):
        tcp = struct.pack('>HHIIBBHHH', sport, dport, seq, ack, 0x50, flags, 65535, 0, 0)
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, source, destination)
        data = ip + tcp + payload
        self.file.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(data), len(data)) + data)

    def upload(self, t, destination, name, body):
        me, it = (bytes(map(int, a.split('.'))) for a in (net.LANE, destination))
        self.port = 20000 + (self.port - 19999) % 40000
        sport, seq, ack = self.port, 1000, 5000
        head = (f'PUT /in/{name} HTTP/1.1\r\nHost: {destination}\r\nContent-Type: image/jpeg\r\n'
                f'Content-Length: {len(body)}\r\n\r\n').encode()
        answer = b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'
        self.packet(t, me, it, sport, 80, seq, 0, 2)
        self.packet(t + .01, it, me, 80, sport, ack, seq + 1, 0x12)
        self.packet(t + .02, me, it, sport, 80, seq + 1, ack + 1, 0x10)
        sent = 0
        stream = head + body
        while sent < len(stream):
            part = stream[sent:sent + 1400]
            self.packet(t + .03 + sent / 1e7, me, it, sport, 80, seq + 1 + sent, ack + 1, 0x18, part)
            sent += len(part)
        end = seq + 1 + sent
        self.packet(t + .1, it, me, 80, sport, ack + 1, end, 0x18, answer)
        self.packet(t + .11, me, it, sport, 80, end, ack + 1 + len(answer), 0x11)
        self.packet(t + .12, it, me, 80, sport, ack + 1 + len(answer), end + 1, 0x11)
        self.packet(t + .13, me, it, sport, 80, end + 1, ack + 2 + len(answer), 0x10)


def approved_day(capture, day, count):
    for i in range(count):
        image = material.lane_image(day * 1000 + i, 64, 48)
        capture.upload(BEGIN + day * DAY + 9 * 3600 + i * 60, net.APPROVED, f'{day}-{i}.jpg', image)


def write(path, drip=False, burst=0):
    capture = Capture(path)
    for day in range(45):
        approved_day(capture, day, burst if day == 40 and burst else 15 + day % 7)
        for i in range(4 if drip and day < 42 else 0):
            image = material.lane_image(90000 + day * 4 + i, 64, 48)
            capture.upload(BEGIN + day * DAY + 23 * 3600 + i * 300, f'203.0.113.{1 + (day + i) % 200}', f'n{i}.jpg', image)
    capture.file.close()
    return str(path)


def alerts(folder, capture, *options):
    config = folder / 'gantry.yaml'
    config.write_text(net.CONFIG.format(root=net.ROOT, outputs=''))
    out = subprocess.run([net.GANTRY, '-q', '-c', str(config), '-r', capture, '-o', 'json:-', *options], stdout=subprocess.PIPE,
                         timeout=120, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def of_vehicles(alerts):
    """Each image is in two classes here, and each class has its own line in the ledger."""
    return [a for a in alerts if a['gantry']['classes'] == ['vehicle-image']]


def test_a_drip_among_approved_traffic_alerts_and_the_rest_does_not(tmp_path):
    found = alerts(tmp_path, write(tmp_path / 'drip.pcap', drip=True))
    assert all(a['destination']['ip'].startswith('203.0.113.') for a in found)
    slow = [a for a in of_vehicles(found) if a['rule']['id'] == 'ledger-low-and-slow']
    assert slow and not any(a['rule']['id'].startswith('ledger-unusual') for a in found)
    assert len({a['gantry']['incident']['id'] for a in slow}) == 1
    assert [a['gantry']['incident']['sequence'] for a in slow] == list(range(1, len(slow) + 1))
    first, last = slow[0]['gantry']['incident'], slow[-1]['gantry']['incident']
    assert slow[0]['@timestamp'].startswith('2026-06-13T23:'), 'the 14th night'
    assert first['state'] == 'opened' and first['objects'] == 53
    assert 45 * 4 - 12 - 4 < last['objects'] <= 42 * 4
    days = [a['@timestamp'][:10] for a in slow]
    assert len(days) == len(set(days)), 'not more than once a day'


def test_the_same_weeks_without_the_drip_are_silent(tmp_path):
    assert alerts(tmp_path, write(tmp_path / 'quiet.pcap')) == []


def test_ten_times_the_usual_volume_to_an_approved_partner_alerts_once(tmp_path):
    found = alerts(tmp_path, write(tmp_path / 'burst.pcap', burst=200))
    assert [a['rule']['id'] for a in of_vehicles(found)] == ['ledger-unusual-volume'] * 2
    assert [a['gantry']['incident']['state'] for a in of_vehicles(found)] == ['opened', 'closed']
    assert {a['destination']['ip'] for a in found} == {net.APPROVED}
    assert found[0]['gantry']['verdict'] == 'approved' and found[0]['@timestamp'].startswith('2026-07-10T')
