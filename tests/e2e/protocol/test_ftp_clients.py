# SPDX-License-Identifier: Apache-2.0
"""What clients that nobody changed can do by their own options to hide a file that they move by FTP."""
import contextlib
import os
import shutil
import subprocess

import lab as net
import material
import pytest
from test_ftp import ftp, lane_ftp, place, write_config  # noqa: F401

SEALED = 2132


def lftp(lab, script, space='lane', tls='no'):
    settings = f'set net:max-retries 1; set net:timeout 10; set ftp:ssl-allow {tls}; set ftp:ssl-allow-anonymous {tls}; set ftp:use-mdtm no; set ssl:verify-certificate no; '
    return lab.run(space, 'lftp', '-c', settings + script).stdout


def curl(lab, *words, space='lane'):
    return lab.run(space, 'curl', '-sS', '-m', '20', *words).stdout


def alerted(watch, stranger):
    return watch.wait_alert(lambda a: a['destination']['ip'] == stranger and {'image', 'vehicle-image'} & set(a['gantry'].get('classes', [])))


def told(watch, data, stranger):
    t = watch.wait_transfer(material.sha256(data))
    assert t['destination']['ip'] == stranger and t['gantry']['transfer']['complete'] and t['network']['protocol'] == 'ftp'
    alerted(watch, stranger)


@contextlib.contextmanager
def slow_to_connect(lab, stranger):
    """The lane's first SYN to this stranger is lost; it comes again after a second."""
    nft = lab.command('lane', 'nft')
    net.run(*nft, 'add table ip slow; add chain ip slow out { type filter hook output priority 0; }; '
                  f'add rule ip slow out ip daddr {stranger} tcp flags & (syn | ack) == syn limit rate 1/hour burst 1 packets counter drop')
    try:
        yield
        assert 'counter packets 1 ' in net.run(*nft, 'list', 'table', 'ip', 'slow').stdout
    finally:
        net.run(*nft, 'delete table ip slow')


def test_lftp_asks_for_tls_and_is_refused(lab, ftp, watch, picture):
    path, data, stranger = picture
    lftp(lab, f'open {place(stranger)}; put {path}', tls='yes')
    told(watch, data, stranger)


def test_curl_behind_sixty_commands_that_the_server_refuses(lab, ftp, watch, picture):
    path, data, stranger = picture
    curl(lab, *['-Q', '*XCRC a'] * 60, '-T', path, place(stranger))
    told(watch, data, stranger)


def test_curl_sends_a_table_as_text(lab, ftp, watch, picture, tmp_path):
    _, _, stranger = picture
    (tmp_path / 'reads.csv').write_bytes(material.plate_csv(91))
    curl(lab, '-B', '-T', str(tmp_path / 'reads.csv'), place(stranger))
    alert = watch.wait_alert(lambda a: a['destination']['ip'] == stranger)
    assert 'plate-record' in alert['gantry']['classes']


def test_lftp_lets_a_server_in_the_lane_send_to_another_server(lab, ftp, lane_ftp, watch, picture):
    """FXP: the client stands elsewhere, the data go between the servers, and flows are split over two workers by their pair of addresses. The one of
    the data must not be ahead of the one that reads the commands, or the file is found without its protocol."""
    path, data, stranger = picture
    shutil.copy(path, f'{lane_ftp}/{os.path.basename(path)}')
    with slow_to_connect(lab, stranger):
        lftp(lab, f'set ftp:use-fxp yes; set net:socket-bind-ipv4 {net.UNKNOWN}; '
             f'get {place(net.LANE, os.path.basename(path))} -o {place(stranger)}', 'outside')
    assert open(f'{ftp}/{os.path.basename(path)}', 'rb').read() == data
    told(watch, data, stranger)


@pytest.mark.parametrize('client', ['wget', 'aria2c'])
def test_downloads_by_other_clients(lab, lane_ftp, watch, picture, tmp_path, client):
    path, data, stranger = picture
    shutil.copy(path, f'{lane_ftp}/notes-{client}.bin')
    with lab.outside_as(stranger):
        lab.run('outside', client, '-q', place(net.LANE, f'notes-{client}.bin'), cwd=tmp_path)
    assert (tmp_path / f'notes-{client}.bin').read_bytes() == data
    told(watch, data, stranger)


# --- where commands are encrypted ---------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def sealed(lab, tmp_path_factory):
    """vsftpd outside, with TLS for those who want it; gives the folder that clients see as /in."""
    folder = str(tmp_path_factory.mktemp('sealed'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{folder}/key.pem', '-out', f'{folder}/cert.pem', '-days', '2',
                    '-subj', '/CN=ftp.example'], check=True, capture_output=True)
    os.makedirs(f'{folder}/ftp/in')
    os.makedirs(f'{folder}/empty')
    os.chmod(folder, 0o755)
    os.chmod(f'{folder}/ftp', 0o555)
    shutil.chown(f'{folder}/ftp/in', 'ftp')
    process = lab.start('outside', 'vsftpd', write_config(
        folder, SEALED, f'ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_data_ssl=NO\nforce_local_data_ssl=NO\nrsa_cert_file={folder}/cert.pem\n'
        f'rsa_private_key_file={folder}/key.pem\nrequire_ssl_reuse=NO\n'))
    lab.wait_port('outside', '::', SEALED)
    yield f'{folder}/ftp/in'
    lab.stop(process)


def put_sealed(lab, sealed, path, stranger, client, data_too):
    """Commands in TLS; the file too, or in clear."""
    to = f'ftp://{stranger}:{SEALED}/in/'
    if client == 'curl':
        curl(lab, '-k', '--ssl-reqd' if data_too else '--ftp-ssl-control', '-T', path, to)
    else:
        lftp(lab, f'set ftp:ssl-force yes; set ftp:ssl-protect-data {"yes" if data_too else "no"}; open {to}; put {path}', tls='yes')
    with open(path, 'rb') as sent, open(f'{sealed}/{os.path.basename(path)}', 'rb') as arrived:
        assert arrived.read() == sent.read()


@pytest.mark.parametrize('client', ['curl', 'lftp'])
def test_commands_in_tls_and_a_picture_in_clear(lab, sealed, watch, picture, client):
    """Nobody sees its name, nor who announced it."""
    path, data, stranger = picture
    put_sealed(lab, sealed, path, stranger, client, data_too=False)
    t = watch.wait_transfer(material.sha256(data))
    assert t['destination']['ip'] == stranger and 'name' not in t['file']
    alerted(watch, stranger)


@pytest.mark.parametrize('client', ['curl', 'lftp'])
def test_a_picture_in_tls_is_no_picture(lab, sealed, watch, picture, client):
    path, data, stranger = picture
    put_sealed(lab, sealed, path, stranger, client, data_too=True)
    curl(lab, '-T', path, f'ftp://{net.UNKNOWN}:{SEALED}/in/clear.jpg')
    net.wait_for(lambda: [t for t in watch.transfers() if t['destination']['ip'] == net.UNKNOWN and t['file']['hash']['sha256'] == material.sha256(data)],
                 10, 'the same in clear, behind it')
    assert not [t for t in watch.transfers() if t['destination']['ip'] == stranger]
    assert {c for a in watch.alerts() if a['destination']['ip'] == stranger for c in a['gantry']['classes']} <= {'encrypted-flow'}
