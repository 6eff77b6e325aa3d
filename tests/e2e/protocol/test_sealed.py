# SPDX-License-Identifier: Apache-2.0
"""Encrypted flows of real clients and servers over the span: SSH, HTTPS and HTTP/3, STARTTLS, VPNs. Each has an alert that must come, to a
partner whose contract is over, and a twin that must not."""
import contextlib
import hashlib
import os
import pty
import random
import select
import shutil
import signal
import ssl
import subprocess
import threading
import time

import lab as net
import pytest

pytestmark = pytest.mark.peers
NOISE = random.Random(18)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp('sealed')
    net.reachable(str(path))
    os.chmod(path, 0o755)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path / 'key.pem',
                    '-out', path / 'cert.pem', '-subj', '/CN=store.example', '-days', '2'], check=True, capture_output=True)
    os.chmod(path / 'key.pem', 0o644)
    return path


def fill(path, n):
    path.write_bytes(NOISE.randbytes(n))
    return path


@pytest.fixture
def sensor(lab, tmp_path):
    """One that does not learn who strangers are: they are told if they are to be."""
    with net.Sensor(lab, tmp_path, events='alert,flow', more='flows: {learning: 0 s}\n') as s:
        yield s


def flows_to(sensor, address):
    return [r for r in sensor.records('flow') if r['server']['ip'] == address]


def alerts_to(sensor, address):
    return [a for a in sensor.alerts() if a['destination'].get('ip') == address]


def wait_flow(sensor, address, seconds=30):
    return net.wait_for(lambda: flows_to(sensor, address), seconds, f'a record of the flow to {address}')[0]


# --- SSH ---

@pytest.fixture(scope='module')
def sshd(lab, folder):
    """On port 22 of all of outside's addresses, for root by a key."""
    os.makedirs('/run/sshd', mode=0o755, exist_ok=True)
    for name in ('host', 'user'):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', folder / name], check=True)
    shutil.copy(folder / 'user.pub', folder / 'authorized')
    os.chmod(folder / 'authorized', 0o600)
    server = lab.start('outside', '/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', '-h', str(folder / 'host'), '-o', 'StrictModes=no', '-o',
                       f'AuthorizedKeysFile={folder}/authorized', '-o', 'UsePAM=no', '-o', 'PidFile=none', '-o', 'Subsystem=sftp internal-sftp',
                       '-o', 'MaxStartups=100', '-o', 'PrintMotd=no', stderr=subprocess.DEVNULL)
    lab.wait_port('outside', net.UNKNOWN, 22)
    yield ['-q', '-i', str(folder / 'user'), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes']
    lab.stop(server)


def type_at(lab, words, lines, seconds=0.02):
    """Somebody at a terminal types these lines, key by key."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(lab.command('lane', *words), stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
    os.close(follower)

    def drain(wait):
        end = time.monotonic() + wait
        with contextlib.suppress(OSError):
            while (left := end - time.monotonic()) > 0:
                if select.select([leader], [], [], left)[0] and not os.read(leader, 65536):
                    return
    drain(1.5)
    for line in lines:
        for key in line + '\r':
            os.write(leader, key.encode())
            drain(seconds)
        drain(0.3)
    with contextlib.suppress(OSError):
        os.write(leader, b'exit\r')
    drain(1)
    os.close(leader)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


COMMANDS = ['uptime', 'ls -l /etc', 'ps aux', 'cat /etc/services', 'df -h', 'echo nothing of it', 'uname -a', 'ls /usr/share', 'id', 'date',
            'head -200 /etc/mime.types', 'env', 'mount', 'ls -la /usr/bin', 'grep -r root /etc/passwd', 'find /etc -name "*.conf"']


def sessions(lab, folder, keys):
    """(what it is, a function that runs it to an address)."""
    target = 'root@{}'

    def run(*words):
        return lambda to: lab.run('lane', *[w.format(to) for w in words], check=False)
    out = []
    for i, n in enumerate([20000, 60000, 183220, 700000, 3000000, 12000000]):
        path = fill(folder / f'f{i}', n)
        out += [('upload', run('scp', *keys, str(path), target + f':{folder}/up{i}')),
                ('upload', run('scp', '-O', *keys, str(path), target + f':{folder}/old{i}')),
                ('upload', run('sh', '-c', f'ssh {" ".join(keys)} root@{{}} "cat >/dev/null" <{path}')),
                ('download', run('scp', *keys, target + f':{path}', f'{folder}/down{i}')),
                ('download', run('scp', '-O', *keys, target + f':{path}', f'{folder}/downold{i}')),
                ('download', run('sh', '-c', f'ssh {" ".join(keys)} root@{{}} "cat {path}" >/dev/null'))]
    many = folder / 'many'
    many.mkdir()
    for i in range(40):
        fill(many / f'2026_{i}.jpg', 40000 + 997 * i)
    (folder / 'put').write_text(f'put {many}/* {folder}/\n')
    (folder / 'get').write_text(f'get {many}/* {folder}/\n')
    for _ in range(3):
        out += [('upload', run('sftp', *keys, '-b', str(folder / 'put'), target)),
                ('download', run('sftp', *keys, '-b', str(folder / 'get'), target)),
                ('upload', run('sh', '-c', f'tar cf - -C {many} . | ssh {" ".join(keys)} root@{{}} "tar tf - >/dev/null"'))]
    for i in range(24):
        lines = random.Random(i).sample(COMMANDS, 5)
        out.append(('interactive', lambda to, lines=lines, i=i: type_at(lab, ['ssh', '-tt', *keys, f'root@{to}'], lines, 0.01 + 0.01 * (i % 5))))
    return out


def test_what_a_session_is_for_is_told_by_sizes_and_directions_and_seldom_wrong(lab, watch, sshd, folder):
    work = list(enumerate(sessions(lab, folder, sshd), 100))
    lock = threading.Lock()

    def worker():
        while True:
            with lock:
                if not work:
                    return
                number, (kind, run) = work.pop()
                expected[net.stranger(number)] = kind
            run(net.stranger(number))
    expected = {}
    threads = [threading.Thread(target=worker) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wrong = []
    for address, kind in expected.items():
        flow = wait_flow(watch, address, 60)
        said = flow['gantry'].get('flow', {}).get('bulk')
        if said != kind:
            wrong.append((kind, said, flow['client']['bytes'], flow['server']['bytes']))
    print(f'{len(wrong)} of {len(expected)} wrong: {wrong}')
    assert len(wrong) * 20 <= len(expected), wrong


def test_scp_to_a_partner_whose_contract_is_over_alerts_and_says_what_it_is(lab, sensor, sshd, folder):
    path = fill(folder / 'one', 400000)
    lab.run('lane', 'scp', *sshd, str(path), f'root@{net.UNAPPROVED}:{folder}/taken')
    alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    assert alert['network']['protocol'] == 'ssh' and alert['gantry']['verdict'] == 'unapproved'
    said = alert['gantry']['ssh']
    assert 'OpenSSH' in said['client'] and len(said['hassh']) == 32
    lab.run('lane', 'scp', *sshd, str(path), f'root@{net.stranger(90)}:{folder}/taken')
    time.sleep(2)
    assert alerts_to(sensor, net.stranger(90)) == []  # less than a stranger may receive


# --- HTTPS ---

NGINX = '''daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_rlimit_nofile 1024;
events {{ worker_connections 64; }}
http {{ access_log off; client_max_body_size 64m; client_body_temp_path {folder}/body; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/q;
 uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 server {{ listen 443 ssl http2; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
  root {folder}/www; location /up {{ dav_methods PUT; }} }} }}
'''


@pytest.fixture
def https(lab, folder):
    (folder / 'www' / 'up').mkdir(parents=True, exist_ok=True)
    os.chmod(folder / 'www' / 'up', 0o777)
    fill(folder / 'www' / 'update.bin', 6000000)
    (folder / 'www' / 'index.html').write_text('<p>news</p>' * 2000)
    (folder / 'nginx.conf').write_text(NGINX.format(folder=folder))
    server = lab.start('outside', 'nginx', '-c', str(folder / 'nginx.conf'), stderr=subprocess.DEVNULL)
    lab.wait_port('outside', net.UNKNOWN, 443)
    yield ['curl', '-sk', '-m', '20', '-o', '/dev/null']
    lab.stop(server)


@pytest.mark.parametrize('how, version', [(['--http1.1', '--tls-max', '1.2'], 'TLS 1.2'), (['--http1.1', '--tlsv1.3'], 'TLS 1.3'),
                                          (['--http2', '--tls-max', '1.2'], 'TLS 1.2'), (['--http2', '--tlsv1.3'], 'TLS 1.3')])
def test_an_upload_over_https_alerts_and_says_what_it_is(lab, sensor, https, folder, how, version):
    path = fill(folder / 'upload', 300000)
    name = ['--resolve', f'store.example:443:{net.UNAPPROVED}']
    lab.run('lane', *https, *how, *name, '-T', str(path), f'https://store.example/up/{version[-1]}')
    alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    assert alert['tls']['client']['server_name'] == 'store.example' and alert['gantry']['tls']['ja4'].startswith('t')
    sensor.finish()
    tls = flows_to(sensor, net.UNAPPROVED)[0]['tls']
    assert tls['version'] == version
    if version == 'TLS 1.2':
        assert tls['server']['x509']['subject']['common_name'] == 'store.example'
        assert tls['next_protocol'] == ('h2' if '--http2' in how else 'http/1.1')


def test_software_updates_browsing_and_telemetry_over_tls_to_strangers_are_silent(lab, sensor, https, folder):
    for i in range(30):
        to = net.stranger(60 + i % 6)
        lab.run('lane', *https, '-H', 'Cookie: ' + 'c' * 900, f'https://{to}/{"update.bin" if i % 10 == 0 else "index.html"}')
    lab.run('lane', *https, '-d', f'@{fill(folder / "telemetry", 300000)}', f'https://{net.stranger(70)}/index.html')
    time.sleep(2)
    assert [a for a in sensor.alerts() if 'rule' in a] == []


def test_http_3_alerts_with_what_its_first_packets_say_and_a_download_from_a_stranger_does_not(lab, sensor, folder):
    path = fill(folder / 'h3', 200000)
    (folder / 'h3www').mkdir(exist_ok=True)
    fill(folder / 'h3www' / 'update.bin', 500000)
    servers = [lab.start('outside', 'gtlsserver', '-q', '-d', str(folder / 'h3www'), to, '4433', str(folder / 'key.pem'), str(folder / 'cert.pem'),
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for to in (net.UNAPPROVED, net.UNKNOWN)]
    net.wait_for(lambda: lab.run('outside', 'ss', '-Hlun', 'sport = :4433').stdout.count(':4433') == 2, 10, 'the servers')
    quiet = ['gtlsclient', '-q', '--exit-on-all-streams-close', '--timeout', '5s']
    try:
        lab.run('lane', *quiet, net.UNKNOWN, '4433', 'https://store.example/update.bin', check=False)
        lab.run('lane', *quiet, '-m', 'POST', '-d', str(path), net.UNAPPROVED, '4433', 'https://store.example/', check=False)
        alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    finally:
        for server in servers:
            lab.stop(server, signal.SIGKILL)
    assert alert['destination']['ip'] == net.UNAPPROVED and alert['network']['protocol'] == 'quic'
    assert alert['tls']['client']['server_name'] == 'localhost' and alert['gantry']['tls']['ja4'].startswith('q13d')
    sensor.finish()
    assert alerts_to(sensor, net.UNKNOWN) == []
    # The server says the version: an alert of the client's first packets may come before that, the flow's record does not
    upload, download = flows_to(sensor, net.UNAPPROVED)[0], flows_to(sensor, net.UNKNOWN)[0]
    assert upload['tls']['version'] == download['tls']['version'] == 'TLS 1.3'
    assert upload['client']['bytes'] > 200000 and download['server']['bytes'] > 500000


# --- names over TLS ---

@pytest.mark.parametrize('port, words, over, application', [
    (8853, ['-alpn', 'dot'], 'tls by alpn', 'TLS'), (853, [], 'tls by port', 'TLS'),
    (853, ['-alpn', 'dot', '-servername', 'dns.google'], 'tls by alpn', 'DoH_DoT'),
    (443, ['-alpn', 'h2', '-servername', 'dns.google'], 'https by name', 'DoH_DoT'),
    (443, ['-alpn', 'h2', '-servername', 'store.example'], None, 'TLS'),
    (443, ['-servername', 'www.e6r5p57kbafwrxj3plz.com'], None, 'Tor')])
def test_questions_to_the_dns_in_tls_are_told_and_by_what(lab, sensor, folder, port, words, over, application):
    server = lab.start('outside', 'openssl', 's_server', '-accept', f'{net.UNAPPROVED}:{port}', '-cert', str(folder / 'cert.pem'), '-key',
                       str(folder / 'key.pem'), '-alpn', 'dot,h2', '-quiet', stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    lab.wait_port('outside', net.UNAPPROVED, port)
    try:
        lab.run('lane', 'openssl', 's_client', '-connect', f'{net.UNAPPROVED}:{port}', '-quiet', '-no_ign_eof', *words, input='x' * 900 + '\n',
                check=False, timeout=20)
    finally:
        lab.stop(server, signal.SIGKILL)
    sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    sensor.finish()
    flow, = [f for f in flows_to(sensor, net.UNAPPROVED) if f['server']['port'] == port]
    assert flow['gantry'].get('flow', {}).get('dns_over') == over and flow['network']['application'] == application


# --- TLS behind other words ---

@pytest.mark.parametrize('protocol', ['smtp', 'imap', 'pop3', 'ftp', 'xmpp', 'postgres', 'mysql', 'ldap', 'nntp'])
@pytest.mark.parametrize('pause', ['0', '0.8'])
def test_tls_behind_starttls_is_told_as_tls_and_the_words_before_it_are_not(lab, sensor, folder, protocol, pause):
    """openssl's client speaks each protocol's words; the server is a script that knows the answers, and may think before each."""
    server = lab.start('outside', '/usr/bin/python3', os.path.join(os.path.dirname(__file__), 'starttls.py'), protocol, net.UNAPPROVED,
                       str(folder / 'cert.pem'), str(folder / 'key.pem'), pause)
    lab.wait_port('outside', net.UNAPPROVED, 2525)
    try:
        lab.run('lane', 'openssl', 's_client', '-connect', f'{net.UNAPPROVED}:2525', '-starttls', protocol, '-servername', 'mail.example',
                '-quiet', '-no_ign_eof', input='x' * 12000 + '\n', check=False, timeout=20)
        alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    finally:
        lab.stop(server, signal.SIGKILL)
    assert alert['network']['protocol'] == 'tls' and alert['tls']['client']['server_name'] == 'mail.example'
    time.sleep(1)
    assert {a['gantry']['classes'][0] for a in alerts_to(sensor, net.UNAPPROVED)} == {'encrypted-flow'}


# --- VPNs ---

@contextlib.contextmanager
def openvpn(lab, folder, peer):
    """A tunnel of one peer to another with certificates that each knows of the other."""
    for name in ('a', 'b'):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout',
                        folder / f'{name}.key', '-out', folder / f'{name}.crt', '-subj', f'/CN={name}', '-days', '2'], check=True, capture_output=True)

    def mark(name):
        der = ssl.PEM_cert_to_DER_cert((folder / f'{name}.crt').read_text())
        return ':'.join(f'{b:02x}' for b in hashlib.sha256(der).digest())
    common = ['openvpn', '--dev', 'tun', '--proto', 'udp', '--port', '1194', '--data-ciphers', 'AES-128-GCM', '--verb', '1', '--dh', 'none']
    server = lab.start('outside', *common, '--local', peer, '--tls-server', '--cert', str(folder / 'b.crt'), '--key', str(folder / 'b.key'),
                       '--peer-fingerprint', mark('a'), '--ifconfig', '10.99.0.2', '10.99.0.1', stdout=subprocess.DEVNULL)
    client = lab.start('lane', *common[:-2], '--remote', peer, '--tls-client', '--cert', str(folder / 'a.crt'), '--key', str(folder / 'a.key'),
                       '--peer-fingerprint', mark('b'), '--ifconfig', '10.99.0.1', '10.99.0.2', stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        lab.stop(client)
        lab.stop(server)


@contextlib.contextmanager
def wireguard(lab, folder, peer):
    keys = {}
    for name in ('a', 'b'):
        private = subprocess.run(['wg', 'genkey'], check=True, capture_output=True, text=True).stdout.strip()
        (folder / f'{name}.wg').write_text(private)
        keys[name] = subprocess.run(['wg', 'pubkey'], input=private, check=True, capture_output=True, text=True).stdout.strip()
    ends = [('outside', 'b', 'a', '10.98.0.2', '10.98.0.1', ['listen-port', '51820'], []),
            ('lane', 'a', 'b', '10.98.0.1', '10.98.0.2', [], ['endpoint', f'{peer}:51820'])]
    running = []
    try:
        for space, own, other, here, there, own_words, peer_words in ends:
            device = f'wg{own}{os.getpid() % 10000}'
            running.append(lab.start(space, 'wireguard-go', '-f', device, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            net.wait_for(lambda: lab.run(space, 'ip', 'link', 'show', device, check=False).returncode == 0, 10, device)
            lab.run(space, 'wg', 'set', device, 'private-key', str(folder / f'{own}.wg'), *own_words, 'peer', keys[other], 'allowed-ips',
                    f'{there}/32', *peer_words)
            lab.run(space, 'ip', 'addr', 'add', f'{here}/32', 'peer', there, 'dev', device)
            lab.run(space, 'ip', 'link', 'set', device, 'up')
        yield
    finally:
        for process in running:
            lab.stop(process)


@pytest.mark.parametrize('tunnel, inside, name', [(openvpn, '10.99.0.2', 'openvpn'), (wireguard, '10.98.0.2', 'wireguard')])
def test_a_vpn_alerts_under_its_name_and_an_idle_one_to_a_stranger_does_not(lab, sensor, folder, tunnel, inside, name):
    with tunnel(lab, folder, net.UNAPPROVED):
        net.wait_for(lambda: lab.run('lane', 'ping', '-c1', '-W1', inside, check=False).returncode == 0, 30, 'the tunnel')
        lab.run('lane', 'ping', '-c', '20', '-i', '0.05', '-s', '1200', inside, check=False)
        alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') in (['encrypted-flow'], ['unread-flow']), 10)
    assert alert['gantry']['classes'] == ['encrypted-flow'] and alert['network']['protocol'] == name
    with tunnel(lab, folder, net.UNKNOWN):
        net.wait_for(lambda: lab.run('lane', 'ping', '-c1', '-W1', inside, check=False).returncode == 0, 30, 'the tunnel')
        time.sleep(2)
    assert alerts_to(sensor, net.UNKNOWN) == []
