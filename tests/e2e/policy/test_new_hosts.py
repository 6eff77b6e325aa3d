# SPDX-License-Identifier: Apache-2.0
"""Who is new in an image network: a maintenance laptop on the lane's link, and what is none; captures of days; what outlives whom."""
import json
import os
import signal
import struct
import subprocess
import time

import lab as net
import packets as pk
import pytest

LAPTOP, LAPTOP6 = '10.40.9.19', '2001:db8:40:99::9'
LEARNT, TOLD = 'hosts: {learning: 1 h}\n', 'hosts: {learning: 1 ms}\n'
PORT = 4450


def card(lab, space):
    return json.loads(net.run('ip', '-n', lab.spaces[space], '-j', 'link', 'show', 'eth0').stdout)[0]['address']


@pytest.fixture(scope='module')
def laptop(lab):
    """A machine of its own, with a card of its own, on the same link."""
    space = lab.spaces['laptop'] = f'{lab.tag}-laptop'
    net.run('ip', 'netns', 'add', space)
    lab.ip('hub', 'link', 'add', 'p-laptop', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
    lab.ip('hub', 'link', 'set', 'p-laptop', 'master', 'br0', 'up')
    lab.ip('laptop', 'link', 'set', 'eth0', 'up')
    lab.ip('laptop', 'link', 'set', 'lo', 'up')
    lab.ip('laptop', 'addr', 'add', f'{LAPTOP}/32', 'dev', 'eth0')
    lab.ip('laptop', 'addr', 'add', f'{LAPTOP6}/128', 'dev', 'eth0', 'nodad')
    lab.ip('laptop', 'route', 'add', 'default', 'dev', 'eth0', 'src', LAPTOP)
    lab.ip('laptop', '-6', 'route', 'add', 'default', 'dev', 'eth0')
    for where, device in (('hub', 'p-laptop'), ('laptop', 'eth0')):
        lab.run(where, 'ethtool', '-K', device, 'tso', 'off', 'gso', 'off', 'gro', 'off', check=False)
    yield LAPTOP
    net.run('ip', 'netns', 'del', space, check=False)
    del lab.spaces['laptop']


@pytest.fixture(scope='module')
def echo(lab):
    """Whoever asks in the lane, or outside, is answered."""
    servers = [lab.start(space, 'socat', f'TCP6-LISTEN:{PORT},ipv6only=0,reuseaddr,fork', 'EXEC:cat') for space in ('lane', 'outside')]
    for space in 'lane', 'outside':
        lab.wait_port(space, '::', PORT)
    yield
    for s in servers:
        lab.stop(s)


def converse(lab, space, to, source):
    v, to, source = (6, f'[{to}]', f'[{source}]') if ':' in to else (4, to, source)
    out = lab.run(space, 'socat', '-t1', '-', f'TCP{v}:{to}:{PORT},bind={source}', input='how do you do\n')
    assert 'how do you do' in out.stdout


def notices(sensor, key='new-host'):
    return [r for r in sensor.records('notice') if r['rule']['id'] == key]


def of_host(sensor, host):
    return [n for n in notices(sensor) if n['source']['ip'] == host]


@pytest.fixture
def known(lab, laptop, echo, tmp_path):
    """The state of a sensor that has learnt the lane's host."""
    state = tmp_path / 'known'
    folder = tmp_path / 'learning'
    folder.mkdir()
    with net.Sensor(lab, folder, more=LEARNT, state=state) as s:
        converse(lab, 'lane', net.APPROVED, net.LANE)
        converse(lab, 'lane', net.APPROVED6, net.LANE6)
        net.wait_for(lambda: len(s.ask('hosts', '--json')['hosts']) == 2, 10, 'the host of the lane')
    assert not notices(s)
    return state


def test_a_laptop_that_appears_is_told_once_and_is_no_news_later(lab, known, tmp_path):
    with net.Sensor(lab, tmp_path, more=TOLD, state=known) as s:
        converse(lab, 'laptop', net.LANE, LAPTOP)
        net.wait_for(lambda: notices(s), 10, 'the notice')
        n, = notices(s)
        assert n['source'] == {'ip': LAPTOP, 'mac': card(lab, 'laptop').upper().replace(':', '-')}
        assert n['gantry']['network'] == 'lanes' and n['event']['kind'] == 'alert'
        assert f'{LAPTOP}, network card {card(lab, "laptop")}, a client of {net.LANE} at port {PORT}' in n['rule']['name']
        for to in net.APPROVED, net.LANE:
            converse(lab, 'laptop', to, LAPTOP)
        os.kill(s.reporter(), signal.SIGKILL)
        time.sleep(0.5)
        net.wait_for(s.reporter, 30, 'the reporter')
        converse(lab, 'laptop', net.UNKNOWN, LAPTOP)
        listed = {h['host']: h for h in s.ask('hosts', 'lanes', '--json')['hosts']}
        assert set(listed) == {net.LANE, '2001:db8:40::/64', LAPTOP}
        assert listed[LAPTOP]['card'] == card(lab, 'laptop') and not listed[LAPTOP]['learnt']
        assert listed[net.LANE]['card'] == card(lab, 'lane') and listed[net.LANE]['learnt']
        assert LAPTOP in s.ask('hosts').stdout
    again = tmp_path / 'again'
    again.mkdir()
    with net.Sensor(lab, again, more=TOLD, state=known) as s2:
        converse(lab, 'laptop', net.LANE, LAPTOP)
        converse(lab, 'lane', net.APPROVED, net.LANE)
        time.sleep(1)
    assert len(notices(s)) == 1 and not notices(s2) and not notices(s, 'new-hosts')


def test_who_is_not_answered_is_no_host(lab, known, tmp_path):
    with net.Sensor(lab, tmp_path, more=TOLD, state=known) as s:
        for port in range(5000, 5020):  # refused
            lab.run('laptop', 'socat', '-t0.1', '-', f'TCP4:{net.LANE}:{port},bind={LAPTOP}', input='x\n', check=False)
        lab.run('laptop', 'socat', '-t0.1', '-u', '-', f'UDP4:{net.LANE}:5000,bind={LAPTOP}', input='x\n', check=False)
        lab.run('laptop', 'ping', '-c2', '-i0.2', '-I', LAPTOP, net.LANE, check=False)
        # said much, heard nothing
        sink = lab.start('lane', 'socat', '-u', f'TCP4-LISTEN:{PORT + 1},reuseaddr', 'OPEN:/dev/null')
        net.wait_for(lambda: lab.run('lane', 'ss', '-Hltn', f'sport = :{PORT + 1}').stdout.strip(), 15, 'the sink')
        lab.run('laptop', 'socat', '-u', '-', f'TCP4:{net.LANE}:{PORT + 1},bind={LAPTOP}', input='much\n' * 10000)
        lab.stop(sink)
        time.sleep(1)
        assert not notices(s)
        converse(lab, 'laptop', net.LANE, LAPTOP)
        net.wait_for(lambda: of_host(s, LAPTOP), 10, 'the notice')


def test_random_addresses_of_one_64_are_one_host(lab, known, tmp_path):
    with net.Sensor(lab, tmp_path, more=TOLD, state=known) as s:
        for i in range(6):
            address = f'2001:db8:40:99::{i + 100:x}'
            lab.ip('laptop', 'addr', 'add', f'{address}/128', 'dev', 'eth0', 'nodad')
            converse(lab, 'laptop', net.APPROVED6, address)
            lab.ip('laptop', 'addr', 'del', f'{address}/128', 'dev', 'eth0')
        net.wait_for(lambda: notices(s), 10, 'the notice')
        time.sleep(1)
        assert [n['source']['ip'] for n in notices(s)] == ['2001:db8:40:99::64']


# --- captures of days, by cards that are written by hand ---

DAY = 86400
BOX = [bytes.fromhex('3c52820a1b01'), bytes.fromhex('3c52820a1b02'), bytes.fromhex('a81e84ff0001')]
OUT = bytes.fromhex('00005e000101')


def conversation(host, day, number, source=BOX[0], server=net.APPROVED):
    """A question and an answer on that day, as (time, frame)."""
    talk = pk.Talk(host, server, cport=20000 + number % 40000).open()
    talk.segment(0, pk.PSH | pk.ACK, b'GET / HTTP/1.0\r\n\r\n')
    talk.seq[0] += 18
    talk.segment(1, pk.PSH | pk.ACK, b'HTTP/1.0 200 OK\r\n\r\n')
    talk.seq[1] += 19
    talk.segment(0, pk.ACK)
    out = []
    for i, (side, packet) in enumerate(talk.packets):
        macs = OUT + source if side == 0 else source + OUT
        kind = b'\x86\xdd' if packet[0] >> 4 == 6 else b'\x08\x00'
        out.append((pk.START + day * DAY + number * 0.01 + i * 0.001, macs + kind + packet))
    return out


def write(path, frames):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for t, frame in sorted(frames, key=lambda x: x[0]):
            f.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(frame), len(frame)) + frame)


def read(folder, frames, name='days', state=True, workers=1, more=''):
    """The notices of hosts that the sensor makes of them."""
    pcap, config, told = folder / f'{name}.pcap', folder / f'{name}.yaml', folder / f'{name}.json'
    write(pcap, frames)
    net.reachable(str(folder))
    text = net.CONFIG.format(root=net.TREE, outputs='') + more
    if state:
        text = text.replace('sensor: {', f'sensor: {{state: {folder}/state, ')
    config.write_text(text)
    done = subprocess.run([net.GANTRY, '-c', config, '-r', pcap, '-w', str(workers), '-o', f'json:file:{told}', '--events', 'stats'],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in told.read_text().splitlines()]
    return [r for r in records if r['event']['action'] == 'notice' and r['rule']['id'].startswith('new-host')]


def week(hosts=((net.LANE, BOX[0]),)):
    return [f for day in range(8) for n, (host, source) in enumerate(hosts) for f in conversation(host, day, n, source)]


@pytest.mark.parametrize('workers', [1, 3])
def test_of_days_in_a_capture_the_first_seven_are_learnt(tmp_path, workers):
    frames = week() + conversation(LAPTOP, 9, 7, BOX[2]) + conversation(LAPTOP, 10, 8, BOX[2]) + conversation(net.LANE, 10, 9)
    frames += conversation(LAPTOP, 9, 11, BOX[2], net.UNKNOWN) + conversation(LAPTOP, 9, 12, BOX[2], net.UNAPPROVED)
    told = read(tmp_path, frames, workers=workers)
    assert [(n['rule']['id'], n['source']['ip'], n['source']['mac']) for n in told] == [('new-host', LAPTOP, 'A8-1E-84-FF-00-01')]
    assert told[0]['@timestamp'].startswith('2026-06-09')


def test_without_a_state_folder_nobody_is_new(tmp_path):
    assert not read(tmp_path, week() + conversation(LAPTOP, 9, 7, BOX[2]), state=False)


def test_what_one_capture_taught_holds_for_the_next(tmp_path):
    assert not read(tmp_path, week(), 'first')
    assert [n['source']['ip'] for n in read(tmp_path, conversation(LAPTOP, 9, 7, BOX[2]) + conversation(net.LANE, 9, 8), 'second')] == [LAPTOP]
    assert not read(tmp_path, conversation(LAPTOP, 11, 7, BOX[2]), 'third')


def test_twenty_in_a_day_and_then_a_sum(tmp_path):
    crowd = [f for n in range(45) for f in conversation(f'10.40.77.{n + 1}', 9, n, bytes([2, 0, 0, 0, 0, n]))]
    told = read(tmp_path, week() + crowd + conversation('10.40.78.1', 10, 99))
    assert [n['rule']['id'] for n in told] == ['new-host'] * 20 + ['new-hosts', 'new-host']
    assert told[20]['rule']['name'].startswith('25 more hosts spoke in image networks for the first time on 2026-06-09')


def test_another_machine_at_a_known_address_is_new_and_another_router_is_not(tmp_path):
    behind = [(f'10.40.5.{n}', BOX[1]) for n in range(1, 9)]
    frames = week([(net.LANE, BOX[0])] + behind)
    frames += [f for n, (host, _) in enumerate(behind) for f in conversation(host, 9, 100 + n, OUT)]
    assert not read(tmp_path, frames, 'router')
    told = read(tmp_path, conversation(net.LANE, 10, 7, BOX[2]), 'machine')
    assert [(n['source']['ip'], n['source']['mac']) for n in told] == [(net.LANE, 'A8-1E-84-FF-00-01')]
    assert 'the address spoke before, the card never did' in told[0]['rule']['name']
