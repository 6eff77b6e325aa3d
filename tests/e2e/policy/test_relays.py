# SPDX-License-Identifier: Apache-2.0
"""What goes to a relay inside is judged by whom the relay is asked for. Real proxies in an internal network; the servers behind them are the
outside's. Each file is moved to who may not receive it and to who may, by the same way."""
import os
import subprocess

import lab as net
import material
import pytest
from web import nginx

PLAIN, TLS, PROXY, SOCKS, MAIL, HTTP2 = 8090, 8443, 8093, 8095, 8025, 8097
RELAY = net.INTERNAL
NAMES = {net.UNAPPROVED: 'up.platesystems.example', net.APPROVED: 'up.labs.example'}
MORE = f'relays: [{RELAY}]\ninternal-domains: ["*.corp.example"]\n'


def curl(*words):
    return ['curl', '-sS', '--fail', '-m', '20', *words]


def stored(host, path):
    return f'http://{host}:{PLAIN}/{os.path.basename(path)}'


# By address, through a relay that is told whom it is for
WAYS = {
    'a request in absolute form': lambda path, to: curl('-x', f'http://{RELAY}:{PROXY}', '-T', path, stored(to, path)),
    'CONNECT': lambda path, to: curl('-p', '-x', f'http://{RELAY}:{PROXY}', '-T', path, stored(to, path)),
    'SOCKS 4': lambda path, to: curl('--socks4', f'{RELAY}:{SOCKS}', '-T', path, stored(to, path)),
    'SOCKS 4a': lambda path, to: curl('--socks4a', f'{RELAY}:{SOCKS}', '-T', path, stored(to, path)),
    'SOCKS 5': lambda path, to: curl('--socks5', f'{RELAY}:{SOCKS}', '-T', path, stored(to, path)),
    'SOCKS 5 by name': lambda path, to: curl('--socks5-hostname', f'{RELAY}:{SOCKS}', '-T', path, stored(to, path)),
}


@pytest.fixture(scope='module')
def relay(lab, sshd, tmp_path_factory):
    folder = tmp_path_factory.mktemp('relay')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem',
                    '-subj', '/CN=relay', '-days', '2'], check=True, capture_output=True)
    (folder / 'tinyproxy.conf').write_text(f'Port {PROXY}\nListen {RELAY}\nTimeout 20\nMaxClients 20\n')
    words, port, _ = sshd
    processes = [nginx(lab, 'outside', folder, [PLAIN, f'{TLS} ssl'],
                       f'ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;'),
                 lab.start('outside', 'tinyproxy', '-d', '-c', str(folder / 'tinyproxy.conf'), stdout=subprocess.DEVNULL),
                 lab.start('outside', 'ssh', *words, '-N', '-g', '-D', f'{RELAY}:{SOCKS}', '-p', str(port), 'root@127.0.0.1')]
    for listening in PROXY, SOCKS:
        lab.wait_port('outside', '', listening)
    yield
    for process in processes:
        lab.stop(process)


@pytest.fixture(scope='module')
def watched(lab, relay, tmp_path_factory):
    folder = tmp_path_factory.mktemp('watched')
    with net.Sensor(lab, folder, events='alert,transfer,flow', more=MORE) as s:
        # Who approves names: the lab's own configuration gives Border Labs none
        text = open(s.config).read().replace('  - name: Border Labs\n', '  - name: Border Labs\n    domains: ["*.labs.example"]\n')
        with open(s.config, 'w') as f:
            f.write(text)
        s.ask('reload')
        yield s


def picture(tmp_path, seed):
    path = tmp_path / f'20260531-041158_L04_KXR{seed}.jpg'
    path.write_bytes(material.lane_image(seed))
    return str(path), path.read_bytes()


def check_both(lab, sensor, tmp_path, send, seed, targets):
    """To the one that may not receive it and to the one that may."""
    path, data = picture(tmp_path, seed)
    lab.run('lane', *send(path, net.UNAPPROVED))
    t = sensor.wait_transfer(material.sha256(data))
    assert t['destination']['ip'] == RELAY and t['gantry']['target'] == targets[net.UNAPPROVED]
    assert (t['gantry']['verdict'], t['gantry']['partner']) == ('unapproved', 'Plate Systems')
    assert t['network']['direction'] == 'outbound'
    path, data = picture(tmp_path, seed + 1)
    lab.run('lane', *send(path, net.APPROVED))
    t = sensor.wait_transfer(material.sha256(data))
    assert (t['gantry']['verdict'], t['gantry']['partner'], t['gantry']['target']) == ('approved', 'Border Labs', targets[net.APPROVED])


@pytest.mark.parametrize('way', WAYS)
def test_a_picture_through_a_relay_is_judged_by_its_target_by(lab, watched, tmp_path, way):
    check_both(lab, watched, tmp_path, WAYS[way], 4000 + 10 * list(WAYS).index(way), {a: a for a in NAMES})
    alert = watched.wait_alert(lambda a: a['gantry'].get('classes') == ['vehicle-image'] and a['gantry']['target'] == net.UNAPPROVED)
    assert alert['gantry']['partner'] == 'Plate Systems' and alert['destination']['ip'] == RELAY


# Two tunnels of one connection of HTTP/2, and a picture in each, a frame of either in turn.
TUNNELS = '''
import socket, sys, time, h2.config, h2.connection, h2.events
relay, port, *pairs = sys.argv[1:]
link = socket.create_connection((relay, int(port)))
c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, validate_outbound_headers=False))
c.initiate_connection()
left, opened = {}, 0
for to, path in zip(pairs[::2], pairs[1::2]):
    stream, data = c.get_next_available_stream_id(), open(path, 'rb').read()
    c.send_headers(stream, [(':method', 'CONNECT'), (':authority', to)])
    head = f'PUT /{path.rpartition("/")[2]} HTTP/1.1\\r\\nHost: {to}\\r\\nContent-Length: {len(data)}\\r\\n\\r\\n'
    left[stream] = head.encode() + data
link.sendall(c.data_to_send())
while opened < len(left):
    for event in c.receive_data(link.recv(65536)):
        if isinstance(event, h2.events.ResponseReceived):
            assert dict(event.headers)[b':status'] == b'200', event.headers
            opened += 1
    link.sendall(c.data_to_send())
while any(left.values()):
    if not any(c.local_flow_control_window(s) for s, data in left.items() if data):
        c.receive_data(link.recv(65536))
    for stream in left:
        n = min(1000, len(left[stream]), c.local_flow_control_window(stream))
        if n:
            c.send_data(stream, left[stream][:n])
            left[stream] = left[stream][n:]
    link.sendall(c.data_to_send())
time.sleep(1)
'''


def test_tunnels_beside_each_other_in_one_connection_have_targets_of_their_own(lab, watched, tmp_path):
    proxy = lab.start('outside', 'nghttpx', '--conf=/dev/null', '--http2-proxy', f'-f{RELAY},{HTTP2};no-tls', f'-b{RELAY},{PROXY}', '--single-process',
                      '--errorlog-file=/dev/null')
    lab.wait_port('outside', RELAY, HTTP2)
    sent = {}
    for n, to in enumerate((net.UNAPPROVED, net.APPROVED)):
        sent[to] = picture(tmp_path, 6500 + n)
    try:
        lab.run('lane', '/usr/bin/python3', '-c', TUNNELS, RELAY, str(HTTP2), *[word for to in sent for word in (f'{to}:{PLAIN}', sent[to][0])])
        for to, verdict in ((net.UNAPPROVED, 'unapproved'), (net.APPROVED, 'approved')):
            t = watched.wait_transfer(material.sha256(sent[to][1]))
            assert (t['gantry']['verdict'], t['gantry']['target']) == (verdict, to) and t['gantry']['transfer']['complete']
    finally:
        lab.stop(proxy)


def test_where_the_proxy_is_transparent_the_host_header_is_the_target(lab, watched, tmp_path):
    def send(path, to):
        return curl('-H', f'Host: {NAMES[to]}', '-T', path, stored(RELAY, path))
    check_both(lab, watched, tmp_path, send, 5000, NAMES)


def test_where_the_proxy_is_transparent_the_server_name_of_tls_is_the_target(lab, watched):
    for to, name in reversed(NAMES.items()):
        lab.run('lane', 'curl', '-sk', '-m', '5', '--resolve', f'{name}:{TLS}:{RELAY}', f'https://{name}:{TLS}/x', '-d', 'x' * 3000, check=False)
    alert = watched.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'])
    assert (alert['gantry']['partner'], alert['gantry']['target']) == ('Plate Systems', NAMES[net.UNAPPROVED])
    assert not [a for a in watched.alerts() if a['gantry'].get('target') == NAMES[net.APPROVED]]


def test_a_stranger_behind_a_relay_is_a_stranger_and_an_own_server_is_none(lab, watched, tmp_path):
    path, data = picture(tmp_path, 6000)
    lab.run('lane', *curl('-H', 'Host: a.b.upload.example', '-T', path, stored(RELAY, path)))
    alert = watched.wait_alert(lambda a: a['gantry'].get('target') == 'a.b.upload.example')
    assert alert['gantry']['verdict'] == 'unknown' and alert['gantry']['partner'] is None
    watched.wait_transfer(material.sha256(data))
    lines = watched.ask('ledger', '--json')['lines']
    assert any(line['destination'] == 'upload.example (by relay)' for line in lines)
    for seed, words in ((6001, ['-H', 'Host: wiki.corp.example']), (6002, []), (6003, ['-x', f'http://{RELAY}:{PROXY}'])):
        path, data = picture(tmp_path, seed)
        lab.run('lane', *curl(*words, '-T', path, stored(RELAY, path)))
        assert watched.wait_transfer(material.sha256(data))['gantry']['verdict'] == 'internal'
    assert not [a for a in watched.alerts() if a['gantry'].get('target') in ('wiki.corp.example', RELAY)]


@pytest.fixture(scope='module')
def mail(lab, relay, tmp_path_factory):
    process = lab.start('outside', '/usr/bin/python3', f'{net.HERE}/protocol/mail_server.py', str(tmp_path_factory.mktemp('mail')), str(MAIL))
    lab.wait_port('outside', RELAY, MAIL)
    yield
    lab.stop(process)


def send_mail(lab, tmp_path, seed, *recipients):
    path = tmp_path / f'reads{seed}.txt'
    path.write_bytes(b'From: lane@corp.example\r\nSubject: reads\r\n\r\n' + material.plate_csv(seed).replace(b'\n', b'\r\n'))
    to = [w for r in recipients for w in ('--mail-rcpt', r)]
    lab.run('lane', 'curl', '-sS', '-m', '20', '--mail-from', 'lane@corp.example', *to, '-T', str(path), f'smtp://{RELAY}:{MAIL}/lane')


def test_mail_to_a_relay_is_judged_by_its_recipients_of_whom_the_worst_counts(lab, mail, watched, tmp_path):
    def of(target):
        return [t for t in watched.transfers() if t['gantry'].get('target') == target]
    send_mail(lab, tmp_path, 9000, 'b@up.labs.example')
    send_mail(lab, tmp_path, 9001, 'b@wiki.corp.example')
    send_mail(lab, tmp_path, 9002, 'b@up.platesystems.example')
    alert = watched.wait_alert(lambda a: a['gantry'].get('target') == 'b@up.platesystems.example')
    assert (alert['gantry']['classes'], alert['gantry']['verdict'], alert['gantry']['partner']) == (['plate-record'], 'unapproved', 'Plate Systems')
    assert alert['destination']['ip'] == RELAY and alert['network']['direction'] == 'outbound'
    assert {t['gantry']['verdict'] for t in of('b@up.labs.example')} == {'approved'}
    assert {t['gantry']['verdict'] for t in of('b@wiki.corp.example')} == {'internal'}
    send_mail(lab, tmp_path, 9003, 'd@up.labs.example', 'd@sales.platesystems.example', 'd@wiki.corp.example', 'd@stranger.example')
    t = net.wait_for(lambda: of('d@sales.platesystems.example'), 10, 'the transfer')[0]
    assert (t['gantry']['verdict'], t['gantry']['partner']) == ('unapproved', 'Plate Systems')
    assert not [a for a in watched.alerts() if a['gantry'].get('target') in ('b@up.labs.example', 'b@wiki.corp.example')]


def test_without_relays_nothing_of_it_is_looked_at(lab, relay, sensor, tmp_path):
    for i, send in enumerate(WAYS.values()):
        path, _ = picture(tmp_path, 7000 + i)
        lab.run('lane', *send(path, net.UNAPPROVED))
    path, data = picture(tmp_path, 7900)
    lab.run('lane', *curl('-T', path, stored(net.UNAPPROVED, path)))  # the sensor sees
    sensor.wait_transfer(material.sha256(data))
    assert {t['destination']['ip'] for t in sensor.transfers()} == {net.UNAPPROVED}
    assert {a['destination']['ip'] for a in sensor.alerts()} == {net.UNAPPROVED}
