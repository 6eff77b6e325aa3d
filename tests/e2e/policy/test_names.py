# SPDX-License-Identifier: Apache-2.0
"""Names from clear answers of the DNS: shown of flows that say none of their own, and nothing else. Captures written packet by packet, then
a real resolver and real clients over the span."""
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys

import lab as net
import pytest
from test_tunnels import A, answer, encode, question
from test_unread_flows import CONFIG, hello, sealed

sys.path.append(os.path.join(os.path.dirname(__file__), '..', '..', 'evasion'))
import wire as wires  # noqa: E402

LANE, OTHER_LANE, RESOLVER, ACME, STRANGER = '10.40.3.7', '10.40.3.8', '10.1.1.53', '203.0.113.9', '198.51.100.9'
NOISE = random.Random(12).randbytes(1 << 20)
ADDRESS = bytes([203, 0, 113, 9])


@pytest.fixture
def read(tmp_path):
    def run(w, flows='', workers=1):
        config = tmp_path / 'gantry.yaml'
        config.write_text(CONFIG.format(root=net.ROOT, terms='classes: [diagnostics]', flows=flows, state=''))
        out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', w.save(tmp_path / 'c.pcap'), '-o', 'json:-', '--events', 'alert,flow',
                              '-w', str(workers)], capture_output=True, text=True, timeout=120)
        assert out.returncode == 0, out.stderr
        return [json.loads(line) for line in out.stdout.splitlines()]
    return run


def named(records, kind):
    """What each flow, or the first alert of each incident, says of the name that its host asked for."""
    return [r['gantry'].get('flow', {}).get('dns_name') for r in records if r['event']['action'] == kind and 'verdict' in r['gantry']
            and r['gantry'].get('incident', {}).get('state', 'opened') == 'opened']


def resolve(w, name, data=ADDRESS, client=LANE, server=RESOLVER, number=7, answered=True, asked=True, reply=None, cport=30000):
    ends = {'client': client, 'server': server, 'cport': cport, 'sport': 53}
    if asked:
        w.udp(0, question(name, number=number), **ends)
    if answered:
        w.udp(1, reply or answer(name, A, [(A, data)], number), **ends)
    return w.wait(0.01)


def leak(w, client=LANE, server=ACME, n=300, port=4444):
    w.tcp(client=client, server=server, sport=port).open().client(NOISE[:n]).close()
    return w


@pytest.mark.parametrize('workers', [1, 2, 3])
@pytest.mark.parametrize('server', [RESOLVER, '192.0.2.53'])
def test_a_flow_without_a_name_shows_the_one_that_its_host_asked_for(read, server, workers):
    records = read(leak(resolve(wires.Wire(), 'Drop.Acme-Storage.example', server=server)), workers=workers)
    assert named(records, 'alert') == ['drop.acme-storage.example']
    assert 'drop.acme-storage.example' in named(records, 'flow')


def test_an_address_behind_other_names_has_the_name_that_was_asked_for(read):
    name, edge = encode('www.store.example'), encode('edge.cdn.example')
    reply = (b'\0\7\x81\x80\0\1\0\2\0\0\0\0' + name + b'\0\1\0\1' + b'\xc0\x0c\0\5\0\1\0\0\0\x3c' + len(edge).to_bytes(2, 'big') + edge
             + edge + b'\0\1\0\1\0\0\0\x3c\0\4' + ADDRESS)
    assert named(read(leak(resolve(wires.Wire(), 'www.store.example', reply=reply))), 'alert') == ['www.store.example']


@pytest.mark.parametrize('more', [{'asked': False}, {'client': OTHER_LANE}, {'reply': answer('drop.example', A, [(A, ADDRESS)], 8)},
                                  {'reply': answer('bank.example', A, [(A, ADDRESS)], 7)}, {'data': bytes([203, 0, 113, 10])},
                                  {'answered': False}],
                         ids=['nobody asked', 'somebody else asked', 'another number', 'another name', 'another address', 'no answer'])
def test_what_its_host_has_not_been_told_is_not_shown(read, more):
    assert named(read(leak(resolve(wires.Wire(), 'drop.example', **more))), 'alert') == [None]


def test_a_second_answer_does_not_replace_the_first(read):
    w = resolve(wires.Wire(), 'drop.example')
    resolve(w, 'drop.example', data=bytes([198, 51, 100, 9]), asked=False)
    assert named(read(leak(w)), 'alert') == ['drop.example']
    w = resolve(wires.Wire(), 'drop.example', data=bytes([198, 51, 100, 9]))
    resolve(w, 'drop.example', asked=False)
    assert named(read(leak(w)), 'alert') == [None]


def test_a_name_that_is_over_and_one_that_came_later_are_not_shown(read):
    assert named(read(leak(resolve(wires.Wire(), 'drop.example').wait(90))), 'alert') == [None]
    w = leak(wires.Wire())
    assert named(read(resolve(w.wait(0.01), 'drop.example')), 'alert') == [None]


def test_a_flow_that_says_its_own_name_shows_that_alone(read):
    w = resolve(wires.Wire(), 'drop.example')
    t = w.tcp(client=LANE, server=ACME, sport=443).open()
    t.client(hello('own.example')).client(sealed(3000)).close()
    alert = next(r for r in read(w) if 'rule' in r)
    assert alert['tls']['client']['server_name'] == 'own.example' and 'dns_name' not in alert['gantry'].get('flow', {})


def opened(records):
    return [(r['gantry']['classes'][0], r['gantry']['partner'], r['gantry']['verdict']) for r in records
            if 'rule' in r and r['gantry']['incident']['state'] == 'opened']


def test_a_name_that_somebody_answered_makes_nobody_a_partner_and_quiets_nothing(read):
    """Who runs the resolver's zone could name any address so."""
    plain = opened(read(leak(wires.Wire(), server=STRANGER, n=900000)))
    assert plain == []
    for name in 'in.acme.example', 'mirror.updates.example':
        w = resolve(wires.Wire(), name, data=bytes([198, 51, 100, 9]))
        assert opened(read(leak(w, server=STRANGER, n=900000))) == []
        w = resolve(wires.Wire(), name, data=bytes([198, 51, 100, 9]))
        for _ in range(2):
            leak(w, server=STRANGER, n=900000)
        assert opened(read(w)) == [('unread-flow', None, 'unknown')]
    for name in 'drop.example', 'mirror.updates.example':
        w = leak(resolve(wires.Wire(), name))
        assert opened(read(w)) == [('unread-flow', 'Acme Towing', 'unapproved')]


def test_questions_to_a_resolver_inside_are_no_flows_that_matter(read):
    w = resolve(wires.Wire(), 'drop.example')
    resolve(w, 'other.example', number=8, client='10.9.3.3')
    assert read(w) == [] or all(r['event']['action'] == 'stats' for r in read(w))


# --- a real resolver over the span ---

@pytest.fixture(scope='module')
def resolver(lab, tmp_path_factory):
    """dnsmasq at an address inside, and at one outside; gives a function that says which of them the lane asks."""
    if not shutil.which('dnsmasq'):
        pytest.skip('needs dnsmasq-base')
    folder = f'/etc/netns/{lab.spaces["lane"]}'
    os.makedirs(folder, exist_ok=True)

    def ask(server):
        with open(f'{folder}/resolv.conf', 'w') as f:
            f.write(f'nameserver {server}\n')
    process = lab.start('outside', 'dnsmasq', '-k', '-C', '/dev/null', '-u', 'root', '--no-hosts', '--no-resolv', '--no-ping', '--pid-file',
                        f'--listen-address={net.INTERNAL}', f'--listen-address={net.UNKNOWN6}', '--bind-interfaces', f'--host-record=drop.example,{net.UNAPPROVED},{net.UNAPPROVED6}',
                        '--cname=files.example,drop.example', f'--host-record=telemetry.example,{net.UNAPPROVED}',
                        stderr=subprocess.DEVNULL)
    net.wait_for(lambda: lab.run('outside', 'ss', '-Hlun', 'sport = :53', check=False).stdout.strip(), 15, 'the resolver')
    yield ask
    lab.stop(process)
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)


def shown(sensor):
    return {a['gantry'].get('flow', {}).get('dns_name') for a in sensor.alerts() if a['destination'].get('ip') in (net.UNAPPROVED, net.UNAPPROVED6)}


@pytest.mark.parametrize('workers', ['1', '2'])
@pytest.mark.parametrize('name,family,server', [('drop.example', '-4', net.INTERNAL), ('files.example', '-4', net.INTERNAL),
                                                ('files.example', '-6', net.UNKNOWN6)])
def test_ssh_to_a_name_shows_it(lab, tmp_path, resolver, sshd, name, family, server, workers):
    words, port, _ = sshd
    resolver(server)
    with net.Sensor(lab, tmp_path, options=('-w', workers), events='alert,flow,stats') as sensor:
        lab.run('lane', 'ssh', family, *words, '-p', str(port), f'root@{name}', 'cat > /dev/null', input='x' * 5000)
        net.wait_for(lambda: shown(sensor), 10, 'the alert')
        assert shown(sensor) == {name}


def test_an_answer_over_tcp_to_dig_is_read_and_the_next_name_of_an_address_is_the_one_shown(lab, sensor, resolver, sshd):
    if not shutil.which('dig'):
        pytest.skip('needs bind9-dnsutils')
    words, port, _ = sshd
    lab.run('lane', 'dig', '+tcp', f'@{net.INTERNAL}', 'drop.example')
    out = lab.run('lane', 'dig', '+tcp', '+short', f'@{net.INTERNAL}', 'telemetry.example').stdout
    assert out.strip() == net.UNAPPROVED
    lab.run('lane', 'ssh', *words, '-p', str(port), f'root@{net.UNAPPROVED}', 'cat > /dev/null', input='x' * 5000)
    net.wait_for(lambda: shown(sensor), 10, 'the alert')
    assert shown(sensor) == {'telemetry.example'}
