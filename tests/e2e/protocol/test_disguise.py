# SPDX-License-Identifier: Apache-2.0
"""HTTP in clear that is called something else: by its port, by its Host, by the server's address, by a segment that nobody sent. All by curl and
nginx; each goes to a stranger of its own, under one sensor. What is encrypted stays what it is."""
import contextlib
import os
import subprocess
import sys

import lab as net
import pytest
from web import nginx

PORTS = [21, 22, 25, 53, 443, 1080]
PLAIN, SEALED = 8089, 8443
KNOWN = {'Telegram': '149.154.167.99', 'TeamViewer': '188.172.208.9'}


@pytest.fixture(scope='module')
def stores(lab, tmp_path_factory):
    """In both networks; checksums are what a wire shows, or a wrong one would not be a trick. Gives the folder in the lane."""
    folder = tmp_path_factory.mktemp('stores')
    key, cert = folder / 'key.pem', folder / 'cert.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=store.example',
                    '-days', '2'], check=True, capture_output=True)
    (folder / 'lane').mkdir()
    (folder / 'outside').mkdir()
    for space in 'lane', 'outside':
        lab.run(space, 'ethtool', '-K', 'eth0', 'tx', 'off')
    for address in KNOWN.values():
        lab.ip('outside', 'addr', 'add', f'{address}/32', 'dev', 'eth0')
    sealed = f'ssl_certificate {cert}; ssl_certificate_key {key};'
    servers = [nginx(lab, 'outside', folder / 'outside', [*PORTS, PLAIN, f'{SEALED} ssl'], sealed), nginx(lab, 'lane', folder / 'lane', PORTS)]
    yield folder / 'lane' / 'root'
    for server in servers:
        lab.stop(server)
    for address in KNOWN.values():
        lab.ip('outside', 'addr', 'del', f'{address}/32', 'dev', 'eth0')
    for space in 'lane', 'outside':
        lab.run(space, 'ethtool', '-K', 'eth0', 'tx', 'on')


@pytest.fixture(scope='module')
def watch(stores, watch):
    """Begins when checksums are right."""
    return watch


def upload(lab, path, *words):
    return lab.run('lane', 'curl', '-sS', '--fail', '-m', '20', '-T', path, *words).stdout


@pytest.mark.parametrize('port', PORTS)
def test_an_upload_to_the_port_of_another_protocol(lab, watch, picture, port):
    path, data, stranger = picture
    upload(lab, path, f'http://{stranger}:{port}/')
    watch.wait_picture(data, stranger)


@pytest.mark.parametrize('port', PORTS)
def test_a_download_from_the_port_of_another_protocol(lab, watch, stores, picture, port):
    path, data, stranger = picture
    (stores / os.path.basename(path)).write_bytes(data)
    lab.run('outside', 'curl', '-sS', '--fail', '-m', '20', '--interface', stranger, '-o', '/dev/null',
            f'http://{net.LANE}:{port}/{os.path.basename(path)}')
    watch.wait_picture(data, stranger)


@pytest.mark.parametrize('host', ['web.telegram.org', 'master.teamviewer.com', 'www.torproject.org'])
def test_an_upload_under_a_host_that_is_known_for_encryption(lab, watch, picture, host):
    path, data, stranger = picture
    upload(lab, path, '-H', f'Host: {host}', f'http://{stranger}:{PLAIN}/')
    watch.wait_picture(data, stranger)


@pytest.mark.parametrize('owner', KNOWN)
def test_an_upload_to_an_address_that_is_known_for_encryption(lab, watch, picture, owner):
    path, data, _ = picture
    upload(lab, path, f'http://{KNOWN[owner]}:{443 if owner == "Telegram" else PLAIN}/')
    watch.wait_picture(data, KNOWN[owner])


@contextlib.contextmanager
def hold(lab, port):
    """No bytes leave the lane's clients for this port while the block runs; they come again soon after it."""
    nft = lab.command('lane', 'nft')
    net.run(*nft, f'add table ip hold; add chain ip hold out {{ type filter hook output priority 0; }}; '
                  f'add rule ip hold out tcp dport {port} ip length > 80 drop')
    try:
        yield
    finally:
        net.run(*nft, 'delete table ip hold')


def refused(watch):
    stats = watch.ask('status', '--json')['stats']
    return stats['flow']['checksums_wrong'] + stats['stream']['doubtful']


@pytest.mark.parametrize('side, trick, look', [
    ('client', 'checksum', 'tls'), ('client', 'checksum', 'ssh'), ('client', 'md5', 'tls'), ('client', 'flags', 'ssh'), ('client', 'past', 'tls'),
    ('server', 'checksum', 'tls'), ('server', 'md5', 'ssh'), ('server', 'flags', 'tls'), ('server', 'past', 'ssh')])
def test_an_upload_behind_a_segment_that_nobody_sent(lab, watch, picture, side, trick, look):
    path, data, stranger = picture
    before = refused(watch)
    with hold(lab, PLAIN):
        forger = lab.start('lane', sys.executable, f'{net.HERE}/forge.py', str(PLAIN), side, trick, look, stdout=subprocess.PIPE, text=True)
        assert forger.stdout.readline() == 'ready\n'
        client = lab.start('lane', 'curl', '-sS', '--fail', '-m', '20', '-T', path, f'http://{stranger}:{PLAIN}/')
        assert forger.wait(20) == 0
    assert client.wait(20) == 0, 'the receiver took the segment'
    watch.wait_picture(data, stranger)
    net.wait_for(lambda: refused(watch) > before, 5, 'a segment that the sensor does not take')


# --- what is encrypted --------------------------------------------------------------------------------------------

def test_pictures_by_real_tls_and_ssh_are_encrypted_flows(lab, watch, picture, sshd):
    path, data, stranger = picture
    words, port, folder = sshd
    upload(lab, path, '-k', f'https://{stranger}:{SEALED}/')
    lab.run('lane', 'scp', *words, '-P', str(port), path, f'root@{stranger}:{folder}/arrived.jpg')
    assert (folder / 'arrived.jpg').read_bytes() == data
    ours = net.wait_for(lambda: len(found := [f for f in watch.records('flow') if f['destination']['ip'] == stranger]) == 2 and found, 20, 'the flows')
    assert {f['network']['protocol'] for f in ours} == {'tls', 'ssh'} and all(f['client']['bytes'] > len(data) for f in ours)
    assert not [t for t in watch.transfers() if t['destination']['ip'] == stranger]
    assert {c for a in watch.alerts() if a['destination']['ip'] == stranger for c in a['gantry']['classes']} <= {'encrypted-flow'}
