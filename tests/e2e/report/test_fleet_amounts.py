# SPDX-License-Identifier: Apache-2.0
"""Amounts that no sensor of a fleet sees alone: too much under a contract, a day or a month, and many times the usual volume."""
import datetime
import re
import time

import lab as net
import material
import pytest
from test_fleet import SENSORS, Run, fleet_of, key, opened, server, together  # noqa: F401
from test_weeks import DAY, Capture

# 9:00 on the 10th of the month before this one: the 11th is in the same month.
TENTH = int((datetime.datetime.now(datetime.timezone.utc).replace(day=1) - datetime.timedelta(days=1)).replace(
    day=10, hour=9, minute=0, second=0, microsecond=0).timestamp())
LIMIT, EACH = 10, 4
CLASSES = 'classes: [image, vehicle-image, plate-record'


def limited(span, objects=LIMIT):
    return CLASSES, f'{span}: {{objects: {objects}}}, {CLASSES}'


def write(path, sensor, days):
    """{day: how many pictures} for the partner that may have them, no picture twice."""
    capture = Capture(path)
    for day, count in days.items():
        for i in range(count):
            capture.upload(TENTH + day * DAY + sensor * 600 + i * 60, net.APPROVED, f'{sensor}-{day}-{i}.jpg',
                           material.lane_image(sensor * 10000 + day * 100 + i, 64, 48))
    capture.file.close()
    return str(path)


def over(records):
    return [r for r in opened(records) if 'limit' in r['gantry'].get('reason', '')]


DAYS = {'per-day': {0: EACH}, 'per-month': {0: EACH // 2, 1: EACH // 2}}  # of each sensor; together 12
TODAY = {'per-day': 'today', 'per-month': 'this month'}


@pytest.mark.parametrize('span', DAYS)
def test_more_than_a_contract_allows_past_three_sensors_is_told_by_one(tmp_path, key, server, span):  # noqa: F811
    captures = [write(tmp_path / f'{k}.pcap', k, DAYS[span]) for k in range(SENSORS)]
    s = server()
    s.allow()  # what the manual says is enough
    runs, records = together(tmp_path, s.settings(key, f', user: gantry, password: {tmp_path}/password'), captures, limited(span))
    told = [a for r in records for a in over(r)]
    assert len(told) == 1, [len(over(r)) for r in records]
    assert re.fullmatch(f'contract BL-1: 1[12] objects {TODAY[span]}, limit 10; seen by several sensors together', told[0]['gantry']['reason'])
    assert told[0]['gantry']['verdict'] == 'breach' and told[0]['gantry']['term'] == f'{span} objects'
    keys = [k for k in s.ask('KEYS', 'gantry:*').split() if k != 'gantry:sensors']
    assert any(re.search(r':[cm]\d+$', k) for k in keys) and any(re.search(':t[cm]\\d+\\.1$', k) for k in keys), keys
    assert not [k for k in keys if s.ask('TTL', k).strip() == '-1']


@pytest.mark.parametrize('span', DAYS)
@pytest.mark.parametrize('why', ['it is what the contract allows', 'each is alone'])
def test_and_by_none_where(tmp_path, key, server, span, why):  # noqa: F811
    captures = [write(tmp_path / f'{k}.pcap', k, DAYS[span]) for k in range(SENSORS)]
    alone = why == 'each is alone'
    fleet = '' if alone else server(tls=False).settings(key)
    _, records = together(tmp_path, fleet, captures, limited(span, LIMIT if alone else SENSORS * EACH))
    assert not [a for r in records for a in over(r)]


def test_days_are_not_added_up_for_a_day(tmp_path, key, server):  # noqa: F811
    captures = [write(tmp_path / f'{k}.pcap', k, DAYS['per-month']) for k in range(SENSORS)]
    _, records = together(tmp_path, server(tls=False).settings(key), captures, limited('per-day'))
    assert not [a for r in records for a in over(r)]


@pytest.mark.parametrize('kind', ['lease', 'mark'])
def test_a_lease_silences_no_excess_for_longer_than_it_lasts_and_a_mark_does(tmp_path, key, server, kind):  # noqa: F811
    s = server(tls=False)
    captures = [write(tmp_path / f'{k}.pcap', k, {0: 6}) for k in range(2)]
    assert not over(Run(tmp_path, 'edge-0', s.settings(key), captures[0], change=limited('per-day')).finish())
    day, = s.ask('--scan', '--pattern', '*:c*').split()  # as if another sensor had been about to tell it, or had told it
    name, index = day.rsplit(':c', 1)
    s.ask('SET', f'{name}:{kind[0].replace("m", "t")}c{index}.1', 'another', 'PX', '600000')
    run = Run(tmp_path, 'edge-1', s.settings(key), '-', change=limited('per-day'))
    run.process.stdin.write(open(captures[1], 'rb').read())
    run.process.stdin.flush()
    since = time.monotonic()
    if kind == 'lease':
        net.wait_for(lambda: s.ask('GET', f'{name}:tc{index}.1').strip(), 60, 'the mark that it was told')
        assert time.monotonic() - since > 25
    assert len(over(run.finish())) == (kind == 'lease')


def test_who_did_not_tell_tells_what_is_ten_times_the_limit(tmp_path, key, server):  # noqa: F811
    s = server(tls=False)
    for k, count in enumerate((LIMIT + 1, 5, LIMIT * 10)):
        capture = write(tmp_path / f'{k}.pcap', k, {0: count})
        records = Run(tmp_path, f'edge-{k}', s.settings(key), capture, change=limited('per-day')).finish()
        assert len(over(records)) == (k != 1), k


def test_a_plate_that_two_sensors_see_is_one(tmp_path, key, server):  # noqa: F811
    s = server()
    s.allow()
    fleet = s.settings(key, f', user: gantry, password: {tmp_path}/password')
    head, *rows = material.plate_csv(5, 300).decode().splitlines()
    for k in range(SENSORS):  # 150 rows each, of which the next one has 75 again
        capture = Capture(tmp_path / f'{k}.pcap')
        capture.upload(int(time.time()) - DAY + k * 60, net.APPROVED, f'{k}.csv', '\n'.join([head, *rows[k * 75:k * 75 + 150], '']).encode())
        capture.file.close()
        run = Run(tmp_path, f'edge-{k}', fleet, str(tmp_path / f'{k}.pcap'))
        run.finish()
    plates = len({row.split(',')[0] for row in rows})
    assert plates > 290
    line, = [x for x in fleet_of(run)['lines'] if x['class'] == 'plate-record']
    assert line['period']['objects'] == SENSORS
    assert abs(line['period']['distinct_plates'] - plates) <= plates * .03, line  # the engine's HyperLogLog errs by 0.81 % on average


def unusual(records):
    return [r for r in opened(records) if r['rule']['id'] == 'ledger-unusual-volume']


@pytest.mark.parametrize('burst,alerts', [(18, 1), (16, 0)])
def test_many_times_the_usual_volume_past_three_sensors_is_told_by_one(tmp_path, key, server, burst, alerts):  # noqa: F811
    days = {day: 1 for day in range(8)} | {8: burst}  # 3 a day are usual past all of them; 50 are the least that is told
    captures = [write(tmp_path / f'{k}.pcap', k, days) for k in range(SENSORS)]
    _, records = together(tmp_path, server(tls=False).settings(key), captures)
    told = [a for r in records for a in unusual(r)]
    assert len(told) == alerts, [len(unusual(r)) for r in records]
    if alerts:
        assert 'seen by several sensors together' in told[0]['gantry']['reason']
    else:
        _, records = together(tmp_path, '', [write(tmp_path / f'alone-{k}.pcap', k, days | {8: 18}) for k in range(SENSORS)])
        assert not [a for r in records for a in unusual(r)]
