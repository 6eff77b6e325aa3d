# SPDX-License-Identifier: Apache-2.0
"""10,000 alerts over RELP, TLS and UDP at once, while the receiver is stopped, killed, paused and cut off at random and
the reporter is killed ten times."""
import collections
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time

import lab as net
import pytest
from test_delivery import Receiver, keys  # noqa: F401

TLS, RELP, UDP = 6514, 2514, 5514
TLS_CUT, RELP_CUT = 2601, 2602
UPLOADS, RATE, KILLS = 10000, 250, 10   # each upload opens an incident


class Torture(Receiver):
    """One file for each way that a message came."""

    def configure(self, own, client=False):
        super().configure(own, client)
        f = self.folder
        conf = (f / 'rsyslog.conf').read_text()
        conf = conf[:conf.index('ruleset(name="all"')] + 'module(load="imudp")\n'
        for name, source in (('tls', f'imtcp" address="127.0.0.1" port="{TLS}'),
                             ('relp', f'imrelp" address="127.0.0.1" port="{RELP}'),
                             ('udp', f'imudp" address="127.0.0.1" port="{UDP}')):
            conf += (f'ruleset(name="{name}" queue.type="direct") {{ action(type="omfile" file="{f}/{name}.log" '
                     f'template="raw" asyncWriting="off") }}\ninput(type="{source}" ruleset="{name}")\n')
        (f / 'rsyslog.conf').write_text(conf)

    def start(self):
        self.process = self.lab.start('sensor', 'rsyslogd', '-n', '-f', str(self.folder / 'rsyslog.conf'), '-i',
                                      str(self.folder / 'pid'), stderr=open(self.folder / 'rsyslog.log', 'a'))
        self.lab.wait_port('sensor', '127.0.0.1', TLS)
        self.lab.wait_port('sensor', '127.0.0.1', RELP)

    def got(self, name):
        """(boot, sequence) to all that came under it; parts of messages that died with the receiver left out."""
        found = collections.defaultdict(list)
        path = self.folder / f'{name}.log'
        for line in path.read_text(errors='replace').splitlines() if path.exists() else []:
            try:
                alert = json.loads(line[line.index('{'):])
                found[alert['gantry']['boot'], alert['gantry']['sequence']].append(alert)
            except ValueError:
                pass
        return found


def torment(receiver, g):
    """One blow; returns its name."""
    blow = g.choice(['stop', 'kill', 'pause', 'kill paused'])
    if 'pause' in blow:
        os.kill(receiver.pid(), signal.SIGSTOP)
        time.sleep(g.uniform(0.2, 1))
    if blow == 'pause':
        os.kill(receiver.pid(), signal.SIGCONT)
        return blow
    receiver.stop(signal.SIGTERM if blow == 'stop' else signal.SIGKILL)
    time.sleep(g.uniform(0.1, 0.8))
    receiver.start()
    return blow


def kill_reporters(sensor, g, killed, over):
    while len(killed) < KILLS and not over.is_set():
        pid = sensor.reporter()
        if pid and pid not in killed:
            time.sleep(g.uniform(0.1, 0.8))
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        time.sleep(0.05)


@pytest.fixture
def receiver(lab, tmp_path, keys):  # noqa: F811
    r = Torture(lab, tmp_path, keys)
    yield r
    r.stop(signal.SIGKILL)


def told(state):
    """Every incident and how many alerts it has had."""
    with contextlib.closing(sqlite3.connect(f'{state}/gantry.db')) as db:
        return {(i, n) for i, last in db.execute('SELECT id, sequence FROM incident') for n in range(1, last + 1)}


def keys_of(messages):
    """What one sequence number stands for: an alert of an incident, or a notice of the sensor."""
    found = {(m['gantry']['incident']['id'], m['gantry']['incident']['sequence']) if 'incident' in m['gantry']
             else (m['rule']['id'], m['@timestamp']) for m in messages}
    assert len(found) == 1, f'two messages with one sequence number: {found}'
    return found.pop()


def alerts_of(messages):
    return {keys_of(v) for v in messages.values() if 'incident' in v[0]['gantry']}


def check_nothing_lost(name, messages, expected):
    missing = expected - alerts_of(messages)
    assert not missing, f'{name}: {len(missing)} of {len(expected)} never came'
    numbers = sorted(n for _, n in messages)
    assert numbers == list(range(1, len(numbers) + 1)), 'no hole in the sequence'
    again = sum(len(v) for v in messages.values()) - len(messages)
    print(f'{name}: {len(expected)} alerts, {again} came again')


def test_ten_thousand_alerts_survive_everything(lab, tmp_path, keys, receiver):  # noqa: F811
    g = random.Random(4)
    receiver.configure('good')
    receiver.start()
    cutters = [lab.start('sensor', sys.executable, '-B', os.path.join(net.HERE, 'cutter.py'), str(port), str(to), '7', '50000000',
                         '4') for port, to in ((TLS_CUT, TLS), (RELP_CUT, RELP))]
    lab.wait_port('sensor', '127.0.0.1', TLS_CUT)
    lab.wait_port('sensor', '127.0.0.1', RELP_CUT)
    outputs = (f'{{format: json, to: "tls://127.0.0.1:{TLS_CUT}", ca: {keys}/ca.pem, name: siem.example, '
               'hold-time: 3 s}, '
               f'{{format: json, to: "relp://127.0.0.1:{RELP_CUT}"}}, '
               f'{{format: json, to: "udp://127.0.0.1:{UDP}", message-max: 2048 B}}')
    sensor = net.Sensor(lab, tmp_path, outputs=outputs, events='alert', more='store: {outbox: 64 MiB}\n')
    killed, blows, over = [], [], threading.Event()
    with sensor:
        source = lab.start('lane', sys.executable, '-B', os.path.join(net.HERE, 'many.py'), str(UPLOADS), str(RATE))
        killer = threading.Thread(target=kill_reporters, args=(sensor, random.Random(5), killed, over))
        killer.start()
        while source.poll() is None:
            time.sleep(g.uniform(0.2, 1.2))
            blows.append(torment(receiver, g))
        over.set()
        killer.join()
        for cutter, (port, to) in zip(cutters, ((TLS_CUT, TLS), (RELP_CUT, RELP))):
            lab.stop(cutter)
            lab.start('sensor', 'socat', f'TCP4-LISTEN:{port},fork,reuseaddr,bind=127.0.0.1', f'TCP4:127.0.0.1:{to}')
        net.wait_for(lambda: len(receiver.got('relp')) >= UPLOADS, 150, 'the openings by RELP')
    assert len(killed) == KILLS and {'stop', 'kill', 'pause', 'kill paused'} <= set(blows), (len(killed), blows)
    net.wait_for(lambda: sensor.reporter() is None, 10, 'the end of the reporter')
    expected = told(sensor.state)
    assert len({i for i, _ in expected}) == UPLOADS

    with sensor:   # what could not be delivered in time at the end goes out after the next start
        net.wait_for(lambda: all(expected <= alerts_of(receiver.got(n)) for n in ('relp', 'tls')), 60, 'what was held')
    for name in ('relp', 'tls'):
        check_nothing_lost(name, receiver.got(name), expected)

    # Over UDP what was lost leaves holes, and nothing else does.
    with contextlib.closing(sqlite3.connect(f'{sensor.state}/gantry.db')) as db:
        sent = db.execute("SELECT sequence FROM output WHERE name LIKE '%udp%'").fetchone()[0]
    messages = receiver.got('udp')
    holes = set(range(1, sent + 1)) - {n for _, n in messages}
    assert holes and len(holes) + len(messages) == sent and len(expected - alerts_of(messages)) <= len(holes)
    print(f'udp: {len(expected)} alerts, {len(expected - alerts_of(messages))} lost, {len(holes)} holes; blows {blows}')
