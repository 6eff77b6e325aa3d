# SPDX-License-Identifier: Apache-2.0
"""From findings to a case: bounds on alerts, mutes, closing, the ledger's numbers, the digest."""
import collections
import json
import os
import sqlite3
import subprocess
import time

import lab as net
import many
import material
import pytest
from test_weeks import BEGIN, DAY, Capture
from test_weeks import write as write_weeks

KEY = '00112233445566778899aabbccddeeff'
CONFIG = net.CONFIG.replace('alerts: {{global: 0}}\ndigest: {{at: never}}\n', '')


def read(folder, capture, more='', sensor='', outputs='', events='alert,stats', name='gantry', words=()):
    """The records of reading the capture."""
    config = folder / f'{name}.yaml'
    text = CONFIG.format(root=net.ROOT, outputs=outputs).replace('memory: 512 MiB', f'memory: 512 MiB{sensor}')
    config.write_text(text + more)
    done = subprocess.run([net.GANTRY, '-q', '-c', str(config), '-r', str(capture), '-o', 'json:-', '--events', events,
                           *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def alerts_of(records):
    return [r for r in records if r['event']['action'] == 'alert']


def notices_of(records, key):
    return [r for r in records if r['event']['action'] == 'notice' and r['rule']['id'] == key]


# --- no floods ---

def test_a_flood_of_destinations_is_capped_and_the_summary_says_what_was_held_back(tmp_path):
    many.write(tmp_path / 'flood.pcap', 2000)
    all_of_it = alerts_of(read(tmp_path, tmp_path / 'flood.pcap', 'alerts: {global: 0}\n'))
    assert len(all_of_it) == 4000, 'each opens and closes'
    records = read(tmp_path, tmp_path / 'flood.pcap', 'alerts: {global: 80, per-destination: 20}\n')
    told, held = alerts_of(records), notices_of(records, 'alerts-held')
    assert len(told) == 28 and len(held) == 1, 'strangers have what is common, 35 in 100'
    assert held[0]['gantry']['held']['alerts'] == 4000 - 28
    assert abs(held[0]['gantry']['held']['incidents'] - 2000) < 300, 'an estimate'
    ids = {a['gantry']['incident']['id'] for a in all_of_it}
    assert set(held[0]['gantry']['held']['ids']) < ids and len(held[0]['gantry']['held']['ids']) == 24
    assert '3972 alerts' in held[0]['rule']['name']


def upload_many(path, targets):
    capture = Capture(path)
    for i, (seconds, target) in enumerate(targets):
        capture.upload(BEGIN + seconds, target, f'{i}.jpg', material.lane_image(i, 64, 48))
    capture.file.close()
    return path


def test_one_noisy_destination_takes_no_other_one_its_alerts_and_its_next_alert_has_the_totals(tmp_path):
    noisy = [(i * 30, '203.0.113.9') for i in range(400)]
    quiet = [(100 + i, f'203.0.{i + 1}.7') for i in range(5)]
    capture = upload_many(tmp_path / 'noisy.pcap', sorted(noisy + quiet))
    records = read(tmp_path, capture, 'alerts: {global: 40, per-destination: 3, growth-interval: 60 s, window: 1 h}\n')
    told = collections.Counter(a['destination']['ip'] for a in alerts_of(records))
    assert told['203.0.113.9'] == 3 * 4, 'three an hour, in three hours and a bit'
    assert all(told[f'203.0.{i + 1}.7'] == 2 for i in range(5))
    mine = [a['gantry']['incident'] for a in alerts_of(records) if a['destination']['ip'] == '203.0.113.9']
    assert [i['sequence'] for i in mine] == list(range(1, 13)), 'what is held back takes no number'
    assert any(i.get('held_alerts', 0) > 20 for i in mine)
    assert len(notices_of(records, 'alerts-held')) == 4


def test_a_picture_of_a_lane_makes_no_plain_image_incident_and_a_holiday_picture_does(tmp_path):
    capture = Capture(tmp_path / 'two.pcap')
    capture.upload(BEGIN, '203.0.113.9', '20260531-041158_L04_ABC1234.jpg', material.lane_image(1, 64, 48))
    holiday = material.lane_image(2, 64, 48).replace(b'JVC V1.0 camera', b'hello all of us')
    capture.upload(BEGIN + 60, '198.51.100.20', 'holiday.jpg', holiday)
    capture.file.close()
    classes = {(a['destination']['ip'], a['gantry']['classes'][0]) for a in alerts_of(read(tmp_path, tmp_path / 'two.pcap'))}
    assert classes == {('203.0.113.9', 'vehicle-image'), ('198.51.100.20', 'image')}


# --- severity and techniques ---

def test_a_nightly_batch_is_scheduled_and_a_breach_of_contract_abuses_trust(tmp_path):
    capture = Capture(tmp_path / 'nights.pcap')
    for night in range(9):
        for i in range(3):
            image = material.lane_image(night * 10 + i, 64 + 8 * i, 48 + 8 * night)
            capture.upload(BEGIN + night * DAY + 79200 + i * 200, '203.0.113.9', f'{night}{i}.jpg', image)
            if night % 3 != 1:
                capture.upload(BEGIN + night * DAY + 3600 * (night * 5 % 7) + i, net.UNAPPROVED, f'u{night}{i}.jpg', image)
    capture.file.close()
    by_target = collections.defaultdict(list)
    for a in alerts_of(read(tmp_path, tmp_path / 'nights.pcap')):
        by_target[a['destination']['ip']].append(a['threat']['technique']['id'])
    nightly, other = by_target['203.0.113.9'], by_target[net.UNAPPROVED]
    assert nightly[0] == ['T1048.003'] and nightly[-1] == ['T1029', 'T1048.003']
    assert all(t == ['T1048.003', 'T1199'] for t in other), 'its contract is over, and it keeps no hours'


# --- the ledger ---

def registers(packed):
    if len(packed) == 1024:
        return list(packed)
    out = [0] * 1024
    for i in range(0, len(packed), 3):
        out[packed[i] | packed[i + 1] << 8] = packed[i + 2]
    return out


def days_of(folder):
    """Of the days: objects and bytes, and the registers of plates and images."""
    db = sqlite3.connect(f'{folder}/gantry.db')
    rows = db.execute('SELECT network, destination, class, slot, start, objects, bytes, registers, images'
                      ' FROM bucket JOIN line ON line = id WHERE slot >= 36').fetchall()
    return {r[:5]: (r[5], r[6], registers(r[7] or b''), registers(r[8] or b'')) for r in rows}


def test_two_sensors_ledgers_add_up_to_that_of_one(tmp_path):
    key = tmp_path / 'key'
    key.write_text(KEY)
    key.chmod(0o600)
    writers = {n: Capture(tmp_path / f'{n}.pcap') for n in ('one', 'two', 'all')}
    for i in range(60):
        seed = i if i % 10 else 0  # every tenth picture is the same one
        name = f'20260531-0411{i % 60:02d}_L04_ABC{1000 + i // 2}.jpg'
        for n in ('one' if i % 3 else 'two', 'all'):
            writers[n].upload(BEGIN + i * 60, '203.0.113.9', name, material.lane_image(seed, 64, 48))
    folders = {}
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o777)
    for n, capture in writers.items():
        capture.file.close()
        folders[n] = tmp_path / n
        read(tmp_path, tmp_path / f'{n}.pcap', sensor=f', state: {folders[n]}, digest-key: {key}', name=n)
    one, two, both = (days_of(folders[n]) for n in ('one', 'two', 'all'))
    assert both and set(both) == set(one) | set(two)
    for line, (objects, size, plates, images) in both.items():
        parts = [side[line] for side in (one, two) if line in side]
        assert objects == sum(p[0] for p in parts) and size == sum(p[1] for p in parts)
        assert plates == [max(p) for p in zip(*(p[2] for p in parts))]
        assert images == [max(p) for p in zip(*(p[3] for p in parts))]
        assert sum(r > 0 for r in images) in range(50, 56), '55 different pictures, in as many registers or a few less'
    other = tmp_path / 'other'
    other.write_text(KEY[::-1])
    other.chmod(0o600)
    read(tmp_path, tmp_path / 'all.pcap', sensor=f', state: {tmp_path}/foreign, digest-key: {other}', name='foreign')
    foreign = days_of(tmp_path / 'foreign')
    assert all(foreign[line][3] != both[line][3] for line in both), 'another key gives other registers'


# --- the digest ---

def test_the_digest_of_each_day_is_what_left_on_it(tmp_path):
    sizes = collections.Counter()
    capture = Capture(tmp_path / 'days.pcap')
    for day in range(3):
        for i in range(5 + day):
            image = material.lane_image(100 * day + i, 64, 48)
            target = (net.APPROVED, net.UNAPPROVED, '203.0.113.9')[i % 3]
            capture.upload(BEGIN + day * DAY + 43200 + i * 1200, target, f'{day}{i}.jpg', image)
            sizes[day, target, 'objects'] += 1
            sizes[day, target, 'bytes'] += len(image)
    capture.file.close()
    out = tmp_path / 'digest.json'
    records = read(tmp_path, tmp_path / 'days.pcap', 'digest: {at: "02:00", zone: UTC+02:00}\n',
                   outputs=f'{{format: json, to: "file:{out}", records: [digest]}}', events='alert')
    digests = [json.loads(line) for line in out.read_text().splitlines()]
    assert [d['event']['action'] for d in digests] == ['digest'] * 3
    assert [d['gantry']['digest']['until'][:19] for d in digests[:2]] == ['2026-06-01T00:00:00', '2026-06-02T00:00:00']
    names = {net.APPROVED: ('Border Labs', 'approved'), net.UNAPPROVED: ('Plate Systems', 'unapproved'),
             '203.0.113.9': ('203.0.113.0/24', 'unknown')}
    for day, d in enumerate(digests):
        volume = {(v['destination'], v['verdict']): (v['objects'], v['bytes']) for v in d['gantry']['digest']['volume']}
        assert volume == {names[t]: (sizes[day, t, 'objects'], sizes[day, t, 'bytes']) for t in names}
        assert [v['bytes'] for v in d['gantry']['digest']['volume']] == sorted((b for _, b in volume.values()), reverse=True)
    alerts = alerts_of(records)
    for state in ('opened', 'closed'):
        assert sum(d['gantry']['digest']['incidents'][state] for d in digests) == \
            sum(a['gantry']['incident']['state'] == state for a in alerts)
    says = str(digests[0]['gantry']['digest']['contracts'])
    assert 'PS-9' in says and 'ended on 2020-12-31' in says


@pytest.mark.parametrize('form, end', [('rfc5424', ' DIGEST [gantry@32473 '), ('human', 'DIGEST  2026-05-31T'),
                                       ('cef', 'CEF:0|'), ('leef', 'LEEF:2.0|'), ('ocsf', '{'), ('eve', '{')])
def test_every_format_has_the_digest(tmp_path, form, end):
    capture = Capture(tmp_path / 'day.pcap')
    capture.upload(BEGIN, net.UNAPPROVED, 'a.jpg', material.lane_image(1, 64, 48))
    capture.file.close()
    config = tmp_path / 'gantry.yaml'
    config.write_text(CONFIG.format(root=net.ROOT, outputs=''))
    done = subprocess.run([net.GANTRY, '-q', '-c', str(config), '-r', str(tmp_path / 'day.pcap'), '-o', f'{form}:-', '--events',
                           'digest'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and end in done.stdout, done.stderr
    assert '1 object' in done.stdout or '"objects":1,' in done.stdout, 'what left is told'


# --- people and a running sensor ---

@pytest.fixture
def server(lab):
    process = lab.start('outside', '/usr/bin/python3', os.path.join(net.ROOT, 'tests/e2e/upload_server.py'), '8080')
    lab.wait_port('outside', '::', 8080)
    yield
    lab.stop(process)


def send(lab, folder, target, name, content):
    path = folder / name
    path.write_bytes(content)
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(path), f'http://{target}:8080/{name}')


def alerts_to(sensor, target, kind):
    return [a for a in sensor.records('alert') if a['destination']['ip'] == target and a['gantry']['classes'] == [kind]]


def later(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def test_a_mute_hides_what_it_names_until_its_time_and_closing_gives_a_reason(lab, server, tmp_path):
    sensor = net.Sensor(lab, tmp_path, events='alert')
    with sensor:
        refused = sensor.ask('incidents', 'mute', '203.0.113.0/24', 'vehicle-image', '--until', '2020-01-01',
                             '--reason', 'over', check=False)
        assert refused.returncode == 1 and 'over already' in refused.stderr
        wide = sensor.ask('incidents', 'mute', '0.0.0.0/0', 'vehicle-image', '--until', later(60), '--reason', 'all', check=False)
        assert wide.returncode == 1 and 'at least /16' in wide.stderr and sensor.ask('incidents', 'mutes', '--json')['mutes'] == []
        assert sensor.ask('incidents', 'mute', 'x', 'y', check=False).returncode == 2
        sensor.ask('incidents', 'mute', '203.0.113.0/24', 'vehicle-image', '--until', later(6), '--reason', 'ticket 4711')
        send(lab, tmp_path, net.UNKNOWN, 'L04_20260531-041158.jpg', material.lane_image(1, 160, 120))
        send(lab, tmp_path, net.UNKNOWN, 'plates.csv', material.plate_csv(1))
        send(lab, tmp_path, net.UNAPPROVED, 'L04_20260531-041159.jpg', material.lane_image(2, 160, 120))
        net.wait_for(lambda: alerts_to(sensor, net.UNKNOWN, 'plate-record'), 5, 'the class that is not muted')
        net.wait_for(lambda: alerts_to(sensor, net.UNAPPROVED, 'vehicle-image'), 5, 'the destination that is not muted')
        assert not alerts_to(sensor, net.UNKNOWN, 'vehicle-image')
        muted = sensor.ask('incidents', 'mutes', '--json')['mutes']
        assert [(m['hidden'], m['uid'], m['reason']) for m in muted] == [(1, os.getuid(), 'ticket 4711')]
        assert sensor.ask('digest', '--json')['mutes'] == muted
        listed = sensor.ask('incidents', 'list', '--open', '--json')['incidents']
        hidden = next(i for i in listed if i['class'] == 'vehicle-image' and i['destination'] == net.UNKNOWN)
        assert hidden['alerts'] == 0 and hidden['held_alerts'] == 1 and hidden['objects'] == 1
        net.wait_for(lambda: notices(sensor, 'mute-expired'), 10, 'the end of the mute')
        for i in range(9):
            send(lab, tmp_path, net.UNKNOWN, f'L04_2026053{i}-041158.jpg', material.lane_image(10 + i, 160, 120))
        told = net.wait_for(lambda: alerts_to(sensor, net.UNKNOWN, 'vehicle-image'), 5, 'the alert behind the mute')
        assert told[0]['gantry']['incident']['state'] == 'opened' and told[0]['gantry']['incident']['objects'] == 10
        assert 'ticket 4711' in notices(sensor, 'mute-added')[0]['rule']['name']
        close(sensor, hidden['id'])


def test_an_incident_of_the_ledger_that_is_over_is_still_listed_and_on_the_page(lab, tmp_path):
    """A capture with a burst on one day is read into the state that a sensor then goes on with."""
    net.reachable(str(tmp_path))
    os.chmod(tmp_path, 0o777)
    keep = 'store: {max-age: 3650 d}\n'
    told = [a for a in alerts_of(read(tmp_path, write_weeks(tmp_path / 'burst.pcap', burst=200), keep, f', state: {tmp_path}/state',
                                      name='past')) if a['gantry']['classes'] == ['vehicle-image']]
    assert [a['gantry']['incident']['state'] for a in told] == ['opened', 'closed']
    id = told[0]['gantry']['incident']['id']
    with net.Sensor(lab, tmp_path, more=keep) as sensor:
        listed = {i['id']: i for i in sensor.ask('incidents', 'list', '--closed', '--json')['incidents']}
        assert listed[id]['rule'] == 'ledger-unusual-volume' and listed[id]['state'] == 'closed'
        assert id not in {i['id'] for i in sensor.ask('incidents', 'list', '--open', '--json')['incidents']}
        shown = sensor.ask('incidents', 'show', id, '--json')
        assert [a['state'] for a in shown['alerts']] == ['opened', 'closed']
        sensor.ask('report', '--html', str(tmp_path / 'page.html'), '--since', '2026-01-01')
    assert id in (tmp_path / 'page.html').read_text()


def notices(sensor, key):
    return [n for n in sensor.records('notice') if n['rule']['id'] == key]


def close(sensor, id):
    assert sensor.ask('incidents', 'close', id, check=False).returncode == 2, 'a reason is asked for'
    sensor.ask('incidents', 'close', id, '--reason', 'agreed by phone')
    end = net.wait_for(lambda: [a for a in sensor.records('alert') if a['gantry']['incident']['id'] == id and
                                a['gantry']['incident']['state'] == 'closed'], 5, 'the closing alert')
    assert end[0]['gantry']['incident']['settled'] == 'agreed by phone'
    shown = sensor.ask('incidents', 'show', id, '--json')
    assert shown['incidents'][0]['settled'] == 'agreed by phone' and shown['incidents'][0]['settled_by'] == os.getuid()
    assert [a['state'] for a in shown['alerts']] == ['opened', 'closed']
    assert id in sensor.ask('incidents', 'list', '--closed').stdout
    assert id not in sensor.ask('incidents', 'list', '--open').stdout
    assert sensor.ask('incidents', 'close', id, '--reason', 'again', check=False).returncode == 1
    assert sensor.ask('incidents', 'show', 'nothing', check=False).returncode == 1


def test_the_ledger_says_how_many_objects_bytes_plates_and_images_left(lab, server, tmp_path):
    sensor = net.Sensor(lab, tmp_path, events='alert')
    (tmp_path / 'key').write_text(KEY)
    (tmp_path / 'key').chmod(0o600)
    with open(sensor.config) as f:
        text = f.read()
    with open(sensor.config, 'w') as f:  # with this key no two of the values fall together
        f.write(text.replace('sensor: {', f'sensor: {{digest-key: {tmp_path}/key, ', 1))
    pictures = [material.lane_image(n, 160, 120) for n in (1, 2, 3, 1, 2, 1)]
    names = [f'20260531-04115{i}_L04_ABC{1230 + i // 2}.jpg' for i in range(6)]
    with sensor:
        for name, picture in zip(names, pictures):
            send(lab, tmp_path, net.UNAPPROVED, name, picture)
        def line():
            lines = sensor.ask('ledger', 'lanes', 'Plate Systems', 'vehicle-image', '--json')['lines']
            return lines[0] if lines and lines[0]['hour']['objects'] == len(names) else None
        got = net.wait_for(line, 5, 'the line')
        for window in ('hour', 'day', 'week', 'period'):
            w = got[window]
            assert w['objects'] == w['denied_objects'] == 6 and w['bytes'] == sum(map(len, pictures))
            assert w['distinct_images'] == len({material.sha256(p) for p in pictures}) == 3
            assert w['distinct_plates'] == len({n[-11:-4] for n in names}) == 3
        assert sensor.ask('ledger', 'booths', '--json')['lines'] == []
        assert 'Plate Systems' in sensor.ask('ledger').stdout
        digest = sensor.ask('digest', '--since', '2020-01-01', '--json')
        assert [(v['destination'], v['objects'], v['bytes']) for v in digest['volume']] == \
            [('Plate Systems', 6, sum(map(len, pictures)))]
        assert digest['incidents']['opened'] == 1 and digest['running']
        assert 'What left' in sensor.ask('digest').stdout
