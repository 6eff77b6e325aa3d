# SPDX-License-Identifier: Apache-2.0
"""A proxy outside that a partner with a contract runs, asked for others: what counts is the worse of the proxy and of whom it is asked for, and the
alert shows both. In the twin it is asked for its owner's own server. Real peers: ssh and microsocks for SOCKS, tinyproxy, haproxy."""
import itertools
import subprocess

import lab as net
import material
import pytest
from test_clients import curl
from web import nginx

PLAIN, TINY, SSH_D, MICRO, BALANCED, BEHIND = 8180, 8181, 8182, 8183, 8184, 8185
NUMBERS = itertools.count(100)

BIND = '''
import socket, struct, sys
proxy, port, peer, peer_port, path = sys.argv[1:]
s = socket.create_connection((proxy, int(port)))
s.sendall(b'\\5\\1\\0')
assert s.recv(2) == b'\\5\\0'
s.sendall(b'\\5\\2\\0\\1' + socket.inet_aton(peer) + struct.pack('>H', int(peer_port)))
assert s.recv(10)[1] == 0 and s.recv(10)[1] == 0
s.sendall(open(path, 'rb').read())
s.close()
'''
# A server of BIND whose peer has connected: it says so, and takes all.
BINDER = '''
import socket, struct, sys
port, peer = sys.argv[1:]
server = socket.create_server(('', int(port)))
while True:
    c, _ = server.accept()
    c.recv(100); c.sendall(b'\\5\\0'); c.recv(100)
    c.sendall(b'\\5\\0\\0\\1' + socket.inet_aton('192.0.2.20') + struct.pack('>H', 5000))
    c.sendall(b'\\5\\0\\0\\1' + socket.inet_aton(peer) + struct.pack('>H', 6000))
    while c.recv(65536):
        pass
    c.close()
'''

# A server of UDP ASSOCIATE: it names a port of its own, and takes what comes there.
RELAY = '''
import socket, struct, sys
server, relay = socket.create_server(('', int(sys.argv[1]))), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
relay.bind(('', 0))
while True:
    c, _ = server.accept()
    c.recv(100); c.sendall(b'\\5\\0'); c.recv(100)
    c.sendall(b'\\5\\0\\0\\1\\0\\0\\0\\0' + struct.pack('>H', relay.getsockname()[1]))
    c.recv(100)
'''
DATAGRAMS = '''
import socks, sys, time
proxy, port, to, path = sys.argv[1:]
s = socks.socksocket(socks.socket.AF_INET, socks.socket.SOCK_DGRAM)
s.set_proxy(socks.SOCKS5, proxy, int(port))
for line in open(path, 'rb'):
    s.sendto(line, (to, 5000))
    time.sleep(0.005)
'''


@pytest.fixture(scope='module')
def proxies(lab, sshd, tmp_path_factory):
    folder = tmp_path_factory.mktemp('proxies')
    words, port, _ = sshd
    (folder / 'tiny.conf').write_text(f'Port {TINY}\nTimeout 20\nMaxClients 20\n')
    started = [nginx(lab, 'outside', folder, [PLAIN, f'{BEHIND} proxy_protocol']),
               lab.start('outside', 'tinyproxy', '-d', '-c', str(folder / 'tiny.conf'), stdout=subprocess.DEVNULL),
               lab.start('outside', 'ssh', *words, '-N', '-g', '-D', f'0.0.0.0:{SSH_D}', '-p', str(port), 'root@127.0.0.1'),
               lab.start('outside', 'microsocks', '-p', str(MICRO), stderr=subprocess.DEVNULL)]
    for port in TINY, SSH_D, MICRO:
        lab.wait_port('outside', '', port)
    yield folder
    for process in started:
        lab.stop(process)


def through(kind, port):
    return lambda path, to: curl(f'--{kind}', f'{net.APPROVED}:{port}', '-T', path, f'http://{to}:{PLAIN}/')


WAYS = {
    'socks4 of ssh': through('socks4', SSH_D), 'socks5 of ssh': through('socks5', SSH_D), 'socks5 of microsocks': through('socks5', MICRO),
    'socks4a of ssh': through('socks4a', SSH_D), 'socks5 by name': through('socks5-hostname', MICRO),
    'CONNECT of tinyproxy': lambda path, to: curl('-p', '-x', f'http://{net.APPROVED}:{TINY}', '-T', path, f'http://{to}:{PLAIN}/'),
    'tinyproxy': lambda path, to: curl('-x', f'http://{net.APPROVED}:{TINY}', '-T', path, f'http://{to}:{PLAIN}/'),
}


@pytest.fixture
def image(tmp_path):
    path, data = tmp_path / 'a.jpg', material.lane_image(8800 + next(NUMBERS))
    path.write_bytes(data)
    return str(path), data


@pytest.mark.parametrize('words', WAYS.values(), ids=WAYS)
def test_who_is_asked_for_behind_an_approved_proxy(lab, proxies, sensor, image, words):
    path, data = image
    lab.run('lane', *words(path, net.APPROVED))
    t = sensor.wait_transfer(material.sha256(data))
    assert t['gantry']['verdict'] == 'approved' and not sensor.alerts()
    lab.run('lane', *words(path, net.UNAPPROVED))
    a = sensor.wait_alert(lambda a: 'vehicle-image' in a['gantry'].get('classes', []))
    assert a['gantry']['verdict'] == 'unapproved' and a['gantry']['partner'] == 'Plate Systems'
    assert a['destination']['ip'] == net.APPROVED and a['gantry']['proxied_to'] == net.UNAPPROVED
    net.wait_for(lambda: [t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()].count(material.sha256(data)) == 2, 10, 'both transfers')


def test_who_has_connected_to_a_bound_port_is_the_receiver(lab, sensor, image):
    path, data = image
    for peer in net.APPROVED, net.UNAPPROVED:
        process = lab.start('outside', '/usr/bin/python3', '-c', BINDER, '8186', peer)
        lab.wait_port('outside', '', 8186)
        lab.run('lane', '/usr/bin/python3', '-c', BIND, net.APPROVED, '8186', '0.0.0.0', '0', path)
        lab.stop(process)
    a = sensor.wait_alert(lambda a: a['gantry'].get('proxied_to', '').endswith(net.UNAPPROVED))
    assert a['gantry']['partner'] == 'Plate Systems' and a['destination']['ip'] == net.APPROVED


def test_whom_datagrams_through_a_relay_are_for(lab, sensor, tmp_path):
    """PySocks is the client."""
    (tmp_path / 'reads').write_bytes(material.plate_csv(71, 60))
    process = lab.start('outside', '/usr/bin/python3', '-c', RELAY, '8187')
    lab.wait_port('outside', '', 8187)
    lab.run('lane', '/usr/bin/python3', '-c', DATAGRAMS, net.APPROVED, '8187', net.UNAPPROVED, str(tmp_path / 'reads'))
    lab.stop(process)
    a = sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []), 20)
    assert a['network']['transport'] == 'udp' and a['destination']['ip'] == net.APPROVED
    assert a['gantry']['proxied_to'] == net.UNAPPROVED and a['gantry']['partner'] == 'Plate Systems'


@pytest.mark.parametrize('version', ['send-proxy', 'send-proxy-v2'])
def test_what_haproxy_passes_on_is_read(lab, proxies, sensor, image, tmp_path, version):
    """It stands in the lane; its head is taken off."""
    path, data = image
    (tmp_path / 'haproxy.cfg').write_text(f'''
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
listen a
  bind *:{BALANCED}
  server b {net.UNAPPROVED}:{BEHIND} {version}
''')
    process = lab.start('lane', 'haproxy', '-db', '-f', str(tmp_path / 'haproxy.cfg'), stderr=subprocess.DEVNULL)
    lab.wait_port('lane', '', BALANCED)
    lab.run('lane', *curl('-T', path, f'http://127.0.0.1:{BALANCED}/'))
    lab.stop(process)
    t = sensor.wait_transfer(material.sha256(data))
    assert t['network']['protocol'] == 'http' and t['gantry']['transfer']['complete']
    sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNAPPROVED and 'vehicle-image' in a['gantry'].get('classes', []))
